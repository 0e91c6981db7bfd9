"""`mailtui table` for tables of patterns and networks (regexp, pcre, cidr): rules in their order."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, unreadable
from mailtui.cli.output import Failed, columns, note, write, write_json
from mailtui.cli.tableaccess import value_findings
from mailtui.formats.patterns import Patterns
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.patternrows import pattern_lines, rules_document
from mailtui.text.safe import decode, encode


def rule_rows(context: Context, target: Target) -> Iterator[dict[str, object]]:
    """The rules as JSON has them; `counts` is false where Postfix passes over one, or never comes to it."""
    files = context.instance.files
    try:
        lines = pattern_lines(files, files, target, lambda _value: ())
    except OSError as error:
        raise unreadable(error, target.path) from None
    for at in range(len(lines)):
        line = lines.row(at)
        row = line.row
        yield {
            "key": line.name, "value": line.value, "enabled": row.enabled, "line": row.line,
            "counts": row.enabled and not line.notes, "depth": row.depth,
            **({"problem": line.notes[0][0]} if line.notes else {}),
        }  # fmt: skip


def list_rules(context: Context, target: Target) -> None:
    """All of them in their order, those that are off too."""
    rows = list(rule_rows(context, target))
    if context.json:
        write_json(rows)
        return
    cells = []
    for row in rows:
        sign = "#" if not row["enabled"] else " " if row["counts"] else "!"
        indent = "  " * int(str(row["depth"]))
        cells.append((sign, f"{indent}{row['key']}", str(row["value"]), str(row.get("problem", ""))))
    for line in columns(cells):
        write(line)


def set_rule(context: Context, options: argparse.Namespace, lookup: Lookup, target: Target) -> int:
    """Give a rule another result, or add one: before the rule that `--before` names, else as the last."""
    from mailtui.edits.patternmaking import adding, setting

    value = " ".join(options.value).strip()
    _check_value(context, options, lookup, value)
    document = _document(context, target)
    at = document.find(encode(options.key))
    text = f"{options.key} {value}"
    try:
        if at is not None and options.before is None:
            if decode(document.rows[at].value) == value:
                return carry_out(context, [])
            return carry_out(context, [setting(document, target, at, text)])
        before = None if options.before is None else _place(document, options.before)
        return carry_out(context, [adding(document, target, text, before)])
    except Refused as refused:
        raise Failed(refused.what, do=refused.do) from None


def remove_rule(context: Context, options: argparse.Namespace, target: Target) -> int:
    """Take a rule out, of an if … endif all of it."""
    from mailtui.edits.patternmaking import removing

    document = _document(context, target)
    at = document.find(encode(options.key))
    if at is None:
        from mailtui.cli.nearnames import tell_absent

        tell_absent("rule", options.key, (decode(row.name) for row in document.rows if row.enabled))
        return carry_out(context, [])
    try:
        return carry_out(context, [removing(document, target, at)])
    except Refused as refused:
        raise Failed(refused.what, do=refused.do) from None


def _place(document: Patterns, name: str) -> int:
    at = document.find(encode(name))
    if at is None:
        raise Failed(f"there is no rule {name}", do="name one as `mailtui table list` shows it")
    return at


def _document(context: Context, target: Target) -> Patterns:
    try:
        return rules_document(context.instance.files, target)
    except OSError as error:
        raise unreadable(error, target.path) from None


def _check_value(context: Context, options: argparse.Namespace, lookup: Lookup, value: str) -> None:
    wrong: list[str] = []
    try:
        for found in value_findings(context, lookup, value):
            if found.severity == "error" and not options.anyway:
                wrong.append(found.text)
            else:
                note(f"{'note' if found.severity == 'advice' else 'warning'}: {found.text}")
    except InstanceError as error:
        note(f"note: {error}")
    if wrong:
        raise Failed(f"{options.key} → {value}: {'; '.join(wrong)}", do="--anyway sets it all the same")
