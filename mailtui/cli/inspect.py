"""`mailtui inspect KIND FILE`: a file as mailtui reads it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mailtui.cli.context import Context, given_file
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import columns, note, write, write_bytes, write_json
from mailtui.formats.document import parse
from mailtui.formats.target import FORMATS, Format
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from mailtui.formats.dataset import DataSet
    from mailtui.formats.defaults import Defaults
    from mailtui.formats.keywords import KeywordDocument
    from mailtui.formats.listfile import ListFile
    from mailtui.formats.maincf import MainCf
    from mailtui.formats.mastercf import MasterCf
    from mailtui.formats.patterns import Patterns
    from mailtui.formats.table import Table
    from mailtui.formats.whitelist import Whitelist

TOLD = 20
"""Problems that are told one by one; a file of another kind has one a line."""


def parser() -> Parser:
    top = Parser(
        prog="mailtui inspect",
        description="Print a file's entries and problems as mailtui reads them.",
        parents=[common_options()],
    )
    top.add_argument("kind", choices=FORMATS, metavar="KIND", help=" ".join(FORMATS))
    top.add_argument("file", type=Path)
    top.add_argument("--raw", action="store_true", help="write the document's bytes, which equal the file's")
    top.set_defaults(call=inspect)
    return top


def _main_cf(document: MainCf) -> list[dict[str, Any]]:
    found = [*document.parameters, *document.commented]
    return [
        {"line": p.line, "name": p.name, "value": decode(p.value), "enabled": p.enabled}
        for p in sorted(found, key=lambda definition: definition.line)
    ]


def service_json(service: Any) -> dict[str, Any]:
    """One service of master.cf in interface names."""
    return {
        "service": service.name,
        "type": service.type,
        "private": service.private,
        "unprivileged": service.unprivileged,
        "chroot": service.chroot,
        "wakeup": service.wakeup,
        "process_limit": service.process_limit,
        "command": service.command,
        "options": {o.name: decode(o.value) for o in service.options if o.enabled},
        "enabled": service.enabled,
        "line": service.line,
    }


def _table(document: Table) -> list[dict[str, Any]]:
    entries = (document.entry(index) for index in range(len(document)))
    return [
        {"line": e.line, "key": decode(e.key), "value": decode(e.value), "enabled": e.enabled}
        for e in entries
    ]


def _patterns(document: Patterns) -> list[dict[str, Any]]:
    return [
        {
            "line": row.line, "key": decode(row.name), "value": decode(row.value), "enabled": row.enabled,
            "depth": row.depth,
        }
        for row in document.rows
    ]  # fmt: skip


def _keywords(document: KeywordDocument) -> list[dict[str, Any]]:
    return [
        {"line": k.line, "name": k.name, "value": decode(k.value), "enabled": k.enabled, "counts": k.counts}
        for k in document.entries
    ]


def _rows(document: DataSet) -> list[dict[str, Any]]:
    return [
        {"line": r.line, "key": decode(r.key), "value": decode(r.value), "enabled": r.enabled}
        for r in document.rows
    ]


def _named(line: int, text: bytes) -> dict[str, Any]:
    return {"line": line, "key": decode(text), "value": "", "enabled": True}


def _entries(kind: Format, document: Any) -> list[dict[str, Any]]:
    match kind:
        case "regexp" | "pcre" | "cidr":
            return _patterns(cast("Patterns", document))
        case "list":
            return [_named(each.line, each.text) for each in cast("ListFile", document).tokens]
        case "whitelist":
            return [_named(each.line, each.text) for each in cast("Whitelist", document).entries]
        case "defaults":
            return [
                {"line": a.line, "name": decode(a.name), "value": decode(a.value), "enabled": a.enabled}
                for a in cast("Defaults", document).assignments
            ]
        case (
            "opendkim.conf" | "opendmarc.conf" | "clamav-milter.conf" | "clamd.conf" | "policyd-spf.conf"
            | "smtpd.conf"
        ):  # fmt: skip
            return _keywords(cast("KeywordDocument", document))
        case "keytable" | "signingtable" | "trustedhosts":
            return _rows(cast("DataSet", document))
        case "main.cf":
            return _main_cf(cast("MainCf", document))
        case "master.cf":
            return [service_json(service) for service in cast("MasterCf", document).services]
        case _:
            return _table(cast("Table", document))


def inspect(context: Context, options: argparse.Namespace) -> None:
    kind: Format = options.kind
    document = parse(kind, given_file(str(options.file)))
    if options.raw:
        write_bytes(document.raw)
        return
    entries = _entries(kind, document)
    problems = [{"line": problem.line, "text": problem.text} for problem in document.problems]
    if context.json:
        write_json({"entries": entries, "problems": problems})
        return
    rows = [
        (
            str(entry["line"]),
            "" if entry["enabled"] else "#",
            *(str(value) for value in list(entry.values())[1:3]),
        )
        if "service" not in entry
        else (
            str(entry["line"]),
            "" if entry["enabled"] else "#",
            f"{entry['service']}/{entry['type']}",
            entry["command"],
        )
        for entry in entries
    ]
    for line in columns(rows):
        write(line)
    for problem in problems[:TOLD]:
        note(f"{options.file}:{problem['line']}: {problem['text']}")
    if len(problems) > TOLD:
        what = f"; a file with NUL bytes is no {kind}" if b"\0" in document.raw else ""
        note(f"and {len(problems) - TOLD:,} problems more{what}; --json has all of them")
