"""The entries of virtual_mailbox_maps, read all at once: whose mailbox, and where."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.postfix.delivery import below
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.localaccounts import LocalBoxes, local_domain
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.lookups import PATTERNS, Lookup
from mailtui.postfix.mailsize import Format
from mailtui.text.safe import decode, encode, safe

MAPS = "virtual_mailbox_maps"


class Entry(NamedTuple):
    """An entry: its key and value as written, its number in the table, whether it is in force (not commented
    out), and whether it counts (no earlier one has its key)."""

    key: str
    value: str
    number: int
    enabled: bool
    counts: bool
    folded: str


@dataclass(frozen=True, slots=True)
class BoxTable:
    """One table. `document` None: its entries cannot be listed, `note` says why. Else the note tells what
    keeps it from counting."""

    lookup: Lookup
    document: Table | Aliases | None
    note: str = ""

    @property
    def spec(self) -> str:
        """The table as the parameter names it."""
        return self.lookup.written

    @property
    def editable(self) -> bool:
        return self.lookup.editable and self.document is not None


def box_tables(instance: Instance) -> list[BoxTable]:
    """The tables in the order in which they are searched. Raises ParameterError."""
    return [_table(instance, lookup) for lookup in instance.lookups(MAPS)]


def _table(instance: Instance, lookup: Lookup) -> BoxTable:
    target = lookup.target
    if lookup.type in PATTERNS and lookup.has_file:
        return BoxTable(lookup, None, f"{lookup.how}; its patterns name no mailboxes that could be listed")
    if target is None:
        return BoxTable(lookup, None, lookup.how)
    try:
        document = entries(instance.files, target)
    except FileNotFoundError:
        note = f"{safe(lookup.path)} does not exist; the first mailbox makes it"
        return BoxTable(lookup, Table.parse(b""), note)
    except OSError as error:
        return BoxTable(lookup, None, problem_words(error, lookup.path, MAPS))
    compiled = lookup.compiled()
    note = ""
    if compiled is not None and not compiled.exists:
        note = f"not compiled: {lookup.program} {safe(lookup.spec)} makes it count"
    elif compiled is not None and compiled.older:
        note = f"saved after it was last compiled: {lookup.program} {safe(lookup.spec)} makes it count"
    return BoxTable(lookup, document, note)


def read_entries(table: BoxTable, seen: set[str]) -> Iterator[Entry]:
    """Every entry, those commented out included. `seen`: the folded keys of earlier tables, added to."""
    document = table.document
    if document is None:
        return
    fields, is_enabled = document.fields, document.is_enabled
    for number in range(len(document)):  # a hundred thousand times: hence so plainly
        text = fields(number).decode("utf-8", "surrogateescape")
        key, _, value = text.partition(" ")
        if '"' in text or "\\" in text:
            entry = document.entry(number)
            key, value = decode(entry.key), decode(entry.value)
        folded = key.lower() if key.isascii() else decode(Table.fold(encode(key)))
        enabled = is_enabled(number)
        counts = enabled and folded not in seen
        if enabled:
            seen.add(folded)
        yield Entry(key, value, number, enabled, counts, folded)


_read: WeakKeyDictionary[Table | Aliases, list[Entry]] = WeakKeyDictionary()


def _remembered(table: BoxTable, seen: set[str]) -> list[Entry]:
    """The entries of a table; those of the first one are kept for as long as its document is."""
    document = table.document
    if document is None or seen:
        return list(read_entries(table, seen))
    found = _read.get(document)
    if found is None:
        found = _read[document] = list(read_entries(table, seen))
    else:
        seen.update(entry.folded for entry in found if entry.enabled)
    return found


@dataclass(slots=True)
class State:
    """The mailboxes of one state of an instance, read whole. Raises ParameterError and InstanceError."""

    instance: Instance
    users: LocalUsers
    tables: list[tuple[BoxTable, list[Entry]]] = field(init=False)
    locals: LocalBoxes = field(init=False)
    domain: str = field(init=False)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        self.tables = [(table, _remembered(table, seen)) for table in box_tables(self.instance)]
        self.locals = LocalBoxes(self.instance, self.users)
        self.domain = local_domain(self.instance)

    @property
    def base(self) -> str:
        return self.instance.parameters.effective("virtual_mailbox_base")

    def entries(self) -> Iterator[tuple[BoxTable, Entry]]:
        for table, found in self.tables:
            for entry in found:
                yield table, entry


def exists(path: str) -> bool:
    """Whether something is at a path, as far as we may look."""
    return bool(path) and os.path.exists(path.rstrip("/") or "/")


def path_of(base: str, entry: Entry) -> tuple[str, Format]:
    """Where virtual(8) delivers for an entry, and how."""
    path = below(base, entry.value)
    return path, "maildir" if path.endswith("/") else "mbox"
