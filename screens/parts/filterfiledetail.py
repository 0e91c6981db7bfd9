"""What the list of filter files, and its detail pane, say about a row."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

from mailtui.formats.keywordgrammar import GRAMMARS, Kind
from mailtui.milters.filterfiles import FileRow
from mailtui.milters.keywordhelp import SETS
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.servicedetail import said
from mailtui.screens.parts.text import Spans, short_path

_KINDS = {
    "boolean": "yes or no",
    "number": "a number",
    "size": "a size: digits, and K, M or G",
    "socket": "local:/path or inet:PORT@HOST",
    "clamd": "unix:/path or tcp:HOST:PORT",
    "file": "a file's path",
    "folder": "a folder's path",
    "key": "the path of a private key",
    "user": "USER or USER:GROUP",
    "hosts": "hosts, .domains, addresses and networks with commas, or a file of them",
    "list": "items with commas, or a file of them (refile: for patterns with *)",
    "keytable": "a file: name domain:selector:key",
    "signingtable": "a file: pattern name; refile: for patterns with *",
    "names": "names with commas, without blanks",
    "networks": "networks with commas, without blanks; host bits 0",
    "network": "a host, a network, or local",
    "address": "a mail address",
    "addresses": "addresses with commas",
    "secret": "a password, in clear text",
    "text": "a text",
}
"""What values look like, by kind."""


def state(row: FileRow) -> str:
    """A file's head: how many there are, and whether anybody reads it just now."""
    file = row.file
    if file.missing:
        return f"not there yet; {key_for('filterfiles.new', 'n')} makes it"
    runs = _runs(row)
    return f"{row.value}{', ' if runs else ''}{runs}  {os.path.basename(file.target.path)}"


def _runs(row: FileRow) -> str:
    program, process = row.file.program, row.file.process
    if program.learns == "legacy":
        return "not read under systemd"
    if program.learns == "postfix":
        return "read by what Postfix starts"
    return f"process {process.pid}" if process is not None else "not running"


def shown(row: FileRow, value: str) -> str:
    """A value for the list; a password is not shown."""
    return "•••••" if row.known is not None and row.known.kind == "secret" and value else value


def title(row: FileRow) -> tuple[Spans, Spans]:
    """The pane's title, left and right."""
    path = short_path(row.file.target.path)
    if row.sort == "file":
        return [(row.file.name, "bold"), (f"  {row.file.program.does}", "dim")], [(path, "dim")]
    signs: Spans = [] if row.enabled or row.line is None else [("  off", "dim")]
    place = f"{path}:{row.line}" if row.line is not None else f"{path}: not set"
    return [(row.name, "bold"), *signs], [(place, "dim")]


def about(row: FileRow) -> list[Spans]:
    """Everything to say."""
    return list(_of_file(row) if row.sort == "file" else _of_row(row))


def _of_file(row: FileRow) -> Iterator[Spans]:
    file = row.file
    yield said("read by", f"{file.program.name}: {_runs(row)}")
    if file.process is not None:
        yield said("started", " ".join(file.process.words))
    if file.keyword:
        yield said("named by", file.keyword)
    if file.program.checker and file.is_keywords:
        yield said("check", f"{' '.join(file.program.checker)} looks at it before anything is written")
    yield said("change", _needs(row))
    if file.debconf:
        owner = f"debconf owns it: dpkg-reconfigure {file.debconf} may write it again"
        yield said("owner", owner, "warning")
    if file.missing:
        yield said("missing", "it is named, and not there: the program does not start so", "error")


def _of_row(row: FileRow) -> Iterator[Spans]:
    if row.problem:
        yield said("wrong", row.problem, "error")
    if row.marker == "-":
        yield said("was", shown(row, row.was or row.value) or "there")
        yield said(
            "then", f"the default: {row.default or 'none'}" if row.sort == "keyword" else "gone", "warning"
        )
    elif row.was is not None and row.was != row.value:
        yield said("before", shown(row, row.was))
        yield said("now", shown(row, row.value))
    elif row.line is not None:
        yield said("value" if row.enabled else "off", shown(row, row.value) or "(none)")
    if not row.counts and row.enabled:
        yield said("twice", "another line of the same name counts, not this one", "warning")
    known = row.known
    if known is not None:
        yield said("default", known.default or "none")
        yield said("means", known.text)
        choices = known.choices
        yield said("takes", ", ".join(choices) if choices else _KINDS.get(known.kind, known.kind))
    elif row.sort == "keyword":
        if _is_open(row):
            yield said("means", f"man 5 {row.file.target.format} tells")
        else:
            yield said("means", "not a keyword that this version's manual page knows", "warning")
    yield said("change", _needs(row))


def _is_open(row: FileRow) -> bool:
    """Whether the program knows more keywords than are explained here."""
    grammar = GRAMMARS.get(cast("Kind", row.file.target.format))
    return grammar is not None and not grammar.closed


def _needs(row: FileRow) -> str:
    program = row.file.program
    if program.learns == "legacy":
        return "changes nothing under systemd: set it in the .conf"
    if program.learns == "postfix":
        return "Postfix is reloaded, so that it starts the program anew"
    if row.file.target.format == "whitelist":
        return f"{program.name} reads it again at SIGHUP"
    if row.sort == "file" and row.file.is_keywords and program.restart is not None:
        return f"{program.name} is told to read it again; for some keywords it is restarted"
    need = program.needs([row.file.keyword or row.name])
    if need == "reload":
        return f"{program.name} is told to read it again (SIGUSR1); no mail waits"
    meanwhile = "; meanwhile mail goes as milter_default_action says" if program.socket else ""
    return f"{program.name} is restarted{meanwhile}"


def whole(row: FileRow) -> list[str]:
    """All of it as lines."""
    left, right = title(row)
    lines = ["".join(text for text, _ in line) for line in (left, right)]
    lines += ["", *("".join(text for text, _ in line) for line in about(row))]
    if row.sort == "keyword" and row.file.target.format != "defaults":
        lines += ["", f"The whole story: man 5 {row.file.target.format}"]
    if row.known is not None and row.known.kind in SETS:
        lines += ["A data set: items with commas, file:/path, refile:/path, db:, dsn:, ldap: (opendkim(8))"]
    return lines


def as_text(row: FileRow) -> str:
    """A row as its file has it."""
    if row.sort == "file":
        return f"# {row.file.target.path}"
    off = "" if row.enabled and row.marker != "-" else "#"
    if row.sort == "row":
        return f"{off}{row.name}{'  ' * bool(row.value)}{row.value}"
    sign = {"policyd-spf.conf": " = ", "smtpd.conf": ": ", "defaults": "="}.get(row.file.target.format, "  ")
    return f"{off}{row.name}{sign}{shown(row, row.value)}"
