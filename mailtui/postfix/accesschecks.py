"""What is wrong, or doubtful, about an entry of an access table in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.formats.entries import Entry
from mailtui.formats.table import Table
from mailtui.postfix.accessactions import check_action, told
from mailtui.postfix.accesskeychecks import key_doubts, key_problem
from mailtui.postfix.accesskeys import form_of, meaning
from mailtui.postfix.accessuses import AccessRules
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.entrychecks import EntryWarning, duplicates
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.mapsearch import Maps
from mailtui.text.safe import decode, safe

_ADDRESS_ROW = re.compile(
    rb"^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}|[0-9a-f]*:[0-9a-f:.]*)(?=[ \t])", re.MULTILINE | re.IGNORECASE
)
_DUNNO_ROW = re.compile(
    rb"^\.?([^\s#:]*[^\s#:0-9.][^\s#:]*)[ \t]+dunno(?=\s|\Z)", re.MULTILINE | re.IGNORECASE
)
_LOOKED_AT = 200
"""Rows of a table that are looked at for one that hides others."""


def check_access_entry(
    instance: Instance, table: AliasTable, rules: AccessRules, key: str, value: str, replacing: str | None
) -> Iterator[EntryWarning]:
    """Everything to say about `key` → `value`. Raises InstanceError."""
    if not table.editable:
        text = f"{safe(table.spec)} cannot be edited: {table.note or table.lookup.how}"
        yield EntryWarning("table", text, "error")
    for said in check_action(value, rules.place):
        yield EntryWarning("destination", said.text, said.severity, 0)
    problem = key_problem(rules.kind, rules.style, key)
    if problem:
        yield EntryWarning("address", problem, "error")
        return
    for text in key_doubts(rules.kind, rules.style, key):
        severity = "advice" if text.startswith("matches") else "warning"
        yield EntryWarning("address", text, severity)  # type: ignore[arg-type]  # one of the two above
    nothing = Maps(rules.kind.check, (), instance.files, LocalUsers())
    yield from duplicates(instance, table, key, replacing, nothing)
    if rules.kind.by == "host":
        yield from _hidden(instance, table, rules, key, value)


def _hidden(
    instance: Instance, table: AliasTable, rules: AccessRules, key: str, value: str
) -> Iterator[EntryWarning]:
    """The name is looked up before the address: what it gives is all that is asked."""
    if table.target is None:
        return
    try:
        document = entries(instance.files, table.target)
    except OSError:  # the table's own note says so
        return
    assert isinstance(document, Table)
    if form_of(rules.kind, rules.style, key) not in {"address", "network"}:
        if key.lower() == "unknown" or (
            value.split(None, 1)[:1] and value.split(None, 1)[0].upper() == "DUNNO"
        ):
            entry = _first(document, _ADDRESS_ROW)
            if entry is not None:
                name = safe(decode(entry.key))
                yield EntryWarning(
                    "address",
                    f"hides the addresses of this table from its clients: {name} on line {entry.line} is not"
                    " asked for them, as the name comes first",
                )
        return
    entry = _first(document, _DUNNO_ROW)
    if entry is not None:
        name = safe(decode(entry.key))
        yield EntryWarning(
            "address",
            f"is not asked for a client whose name has DUNNO above it: {name} on line {entry.line}",
        )


def _first(document: Table, wanted: re.Pattern[bytes]) -> Entry | None:
    """The first entry in force whose line fits."""
    for count, found in enumerate(wanted.finditer(document.raw)):
        if count >= _LOOKED_AT:
            return None
        index = document.index_of_line(document.lines.at(found.start()))
        if index is not None and document.is_enabled(index):
            return document.entry(index)
    return None


def told_access(rules: AccessRules, key: str, value: str) -> list[str]:
    """What an entry does, in a few sentences."""
    if key_problem(rules.kind, rules.style, key) or not value:
        return []
    return [f"{meaning(rules.kind, rules.style, key)}: {told(value, rules.place)}"]
