"""One list over every alias-like table of an instance, with what is staged laid over it.

A row is decoded when it is asked for. Row numbers are counted: each table takes a range of them, and
within it entries and staged new ones alternate by position; nothing is kept for each row.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import NamedTuple

from mailtui.formats.aliases import Aliases
from mailtui.formats.entry_notes import note
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.aliasdoubts import LOCAL_ONLY, holding, wrong
from mailtui.postfix.aliasrows import AliasRow, RowKind, entry_row, opaque_row, staged_row
from mailtui.postfix.aliassegments import Segment, document_of
from mailtui.postfix.aliastables import AliasTable, AliasTables, Role
from mailtui.postfix.files import Reader
from mailtui.postfix.lookups import PATTERNS
from mailtui.postfix.staged import OFF, AddedRow, Overlay, StagedRow
from mailtui.text.chosen import Marked
from mailtui.text.query import Query
from mailtui.text.safe import decode, encode
from mailtui.text.scan import Hits, runs

__all__ = [
    "AddedRow", "AliasList", "AliasRow", "AliasTable", "AliasTables",
    "Overlay", "Role", "RowKind", "StagedRow", "Standing",
]  # fmt: skip


MANY = 500
"""Staged changes from which on their entries are looked up together."""


class Standing(NamedTuple):
    """An entry by its place: its line from 1, whether an earlier one has its key, whether it is off."""

    table: AliasTable
    key: str
    line: int
    duplicate: bool
    off: bool


class AliasList:
    """The rows of all tables, in order. Belongs to one state of the files: make another after a change."""

    def __init__(self, tables: AliasTables, reader: Reader, overlay: Overlay | None = None) -> None:
        """A table whose entries cannot be listed is one row, which says why."""
        self.tables = tables
        self._rules = tables.rules
        self._segments = [Segment(table, document_of(table, reader)) for table in tables]
        self._indices: dict[tuple[Target, str], int | None] = {}
        self.overlay = overlay or Overlay()
        self.lay(self.overlay)

    def lay(self, overlay: Overlay) -> None:
        """Show these staged changes instead of those so far."""
        self.overlay = overlay
        start = 0
        for segment in self._segments:
            target = segment.table.target
            segment.lay(overlay.added.get(target, []) if target is not None else [])
            segment.start = start
            start += len(segment)
        self._length = start

    def under(self, overlay: Overlay) -> AliasList:
        """The same entries with these staged changes; this list stays as it is, for whoever shows it."""
        other = copy(self)
        other._segments = [replace(one) for one in self._segments]  # noqa: SLF001  # one of our own
        other.lay(overlay)
        return other

    def __len__(self) -> int:
        return self._length

    def ranges(self) -> list[tuple[AliasTable, range]]:
        """The row numbers of each table."""
        return [(one.table, range(one.start, one.start + len(one))) for one in self._segments]

    def row(self, number: int) -> AliasRow:
        """A row, decoded now. Raises IndexError."""
        segment = self._segment_at(number)
        if segment.document is None:
            return opaque_row(segment.table)
        index, added = segment.place(number - segment.start)
        if added is not None:
            return staged_row(segment.table, added.row, self._rules)
        staged = self._staged_at(segment, index)
        return entry_row(
            segment.table, segment.document, index, self._rules, staged, duplicate=segment.is_duplicate(index)
        )

    def standing(self, number: int) -> Standing | None:
        """Which entry a row is, without what it says; None for a staged new one and for a whole table."""
        segment = self._segment_at(number)
        if segment.document is None:
            return None
        index, added = segment.place(number - segment.start)
        if added is not None:
            return None
        entry = segment.document.entry(index)
        return Standing(
            segment.table, decode(entry.key), entry.line, segment.is_duplicate(index), not entry.enabled
        )

    def remark(self, number: int) -> str:
        """The comment line directly above an entry in force, as it stands in the file; empty for none."""
        segment = self._segment_at(number)
        if segment.document is None:
            return ""
        index, added = segment.place(number - segment.start)
        if added is not None or not segment.document.is_enabled(index):
            return ""
        key = segment.document.entry(index).key
        if segment.document.find(key) != index:
            return ""
        return decode(note(segment.document, key) or b"")

    def rows(self) -> Iterator[AliasRow]:
        """The entries of all tables, staged ones included; not the rows that stand for a whole table."""
        for segment in self._segments:
            if segment.document is not None:
                yield from (self.row(number) for number in range(segment.start, segment.start + len(segment)))

    def _segment_at(self, number: int) -> Segment:
        if not 0 <= number < self._length:
            raise IndexError(number)
        return next(one for one in reversed(self._segments) if one.start <= number and len(one))

    # Staged rows

    def _staged_at(self, segment: Segment, index: int) -> StagedRow | None:
        """What is staged for an entry: for the one that counts, or for a commented-out one switched on."""
        target, document = segment.table.target, segment.document
        if target is None or document is None or not self.overlay.staged:
            return None
        key = decode(document.fold(document.entry(index).key))
        for name in (key,) if document.is_enabled(index) else (OFF + key, key):
            staged = self.overlay.staged.get((target, name))
            if staged is not None and self._index(segment, name) == index:
                return staged
        return None

    def _index(self, segment: Segment, key: str) -> int | None:
        """The entry that a folded key names: the one in force, else the one commented out."""
        target, document = segment.table.target, segment.document
        if target is None or document is None:
            return None
        if (target, key) not in self._indices and len(self.overlay.staged) > MANY:
            self._look_up_staged(target, document)
        if (target, key) not in self._indices:
            raw = encode(key.removeprefix(OFF))
            index = None if key.startswith(OFF) else document.find(raw)
            self._indices[target, key] = document.find_disabled(raw) if index is None else index
        return self._indices[target, key]

    def _look_up_staged(self, target: Target, document: Table | Aliases) -> None:
        """The entries that the staged changes of a table mean, all by one walk through it."""
        keys = [key for where, key in self.overlay.staged if where == target and not key.startswith(OFF)]
        found = document.find_many(map(encode, keys))
        for key in keys:
            index = found.get(encode(key))
            self._indices[target, key] = document.find_disabled(encode(key)) if index is None else index

    def locate(self, target: Target, key: str) -> int | None:
        """The row of a key in a table, None where it is gone. Staged new ones are found too."""
        for segment in self._segments:
            document = segment.document
            if segment.table.target != target or document is None:
                continue
            folded = decode(document.fold(encode(key)))
            index = self._index(segment, folded)
            return self.locate_new(target, key) if index is None else segment.row_of(index)
        return None

    def locate_new(self, target: Target, key: str) -> int | None:
        """The row of a staged new entry."""
        folded = Table.fold(encode(key))
        for segment in self._segments:
            for at, added in enumerate(segment.added if segment.table.target == target else ()):
                if Table.fold(encode(added.row.address)) == folded:
                    return segment.start + segment.merged[at]
        return None

    def locate_off(self, target: Target, key: str) -> int | None:
        """The row of a commented-out entry; of several of one key the last."""
        for segment in self._segments:
            if segment.table.target == target and segment.document is not None:
                index = segment.document.find_disabled(encode(key))
                return None if index is None else segment.row_of(index)
        return None

    def at_line(self, target: Target, line: int) -> int | None:
        """The row of the entry that begins at a line of the file, counted from 1."""
        for segment in self._segments:
            if segment.table.target == target and segment.document is not None:
                index = segment.document.index_of_line(line - 1)
                return None if index is None else segment.row_of(index)
        return None

    def doubtful(self) -> array[int]:
        """The rows that may have a problem, sorted: ask `row` for its marker. For a worker."""
        found: set[int] = set()
        for segment in self._segments:
            found.update(segment.start + segment.merged[at] for at in range(len(segment.added)))
            if segment.document is None:
                found.add(segment.start)
                continue
            if segment.table.kind is not None and segment.table.editable:
                found.update(map(segment.row_of, wrong(segment.document, segment.table.kind)))
            indices = set(segment.duplicates)
            if segment.table.role == "virtual" and segment.table.editable:
                indices |= holding(segment.document, LOCAL_ONLY)
            found.update(segment.row_of(index) for index in indices)
        for target, key in self.overlay.staged:
            row = self.locate(target, key)
            if row is not None:
                found.add(row)
        return array("L", sorted(found))

    def warm(self) -> None:
        """Make what a search and a look-up will need. For a worker."""
        for segment in self._segments:
            if segment.document is not None:
                segment.document.find(b"")
                segment.document.find_disabled(b"")

    def mark_duplicates(self) -> bool:
        """Find the entries that do not count (the `=` rows), and make searches ready; whether there are any
        such entries. For a worker: a second for a million rows."""
        for segment in self._segments:
            if segment.document is not None:
                segment.document.get_ready()
            if segment.document is not None and segment.table.lookup.type not in PATTERNS:
                segment.duplicates = array("L", segment.document.duplicates())
        return any(segment.duplicates for segment in self._segments)

    # Searching

    def search(self, query: Query) -> Iterator[int | None]:
        """The rows that match by address or destination, in order; staged values count as well as those in
        the file. None now and then, so that a worker can give way. An empty query gives every row."""
        for hit in self.hits(query):
            if isinstance(hit, Marked):
                yield from hit
            else:
                yield hit

    def hits(self, query: Query) -> Hits:
        """As `search`; hits that were found together come together."""
        for segment in self._segments:
            if segment.document is None:
                if query.empty or query.matches(encode(segment.table.spec)):
                    yield segment.start
                continue
            yield from self._search(segment, segment.document, query)

    def _search(self, segment: Segment, document: Table | Aliases, query: Query) -> Hits:
        more: list[int] = []
        for row in self._staged_hits(segment, query):
            if row is None:
                yield None
            else:
                more.append(row)
        more = sorted(set(more))
        at = 0
        for found in runs(query, document):
            if found is None:
                yield None
                continue
            rows = segment.rows_of(found)
            while at < len(more) and more[at] < rows.first:
                yield more[at]
                at += 1
            end = bisect_left(more, rows.first + len(rows.marks), at)
            if at < end:
                marks = bytearray(rows.marks)
                for row in more[at:end]:
                    marks[row - rows.first] = 1
                rows, at = Marked(rows.first, bytes(marks)), end
            yield rows
        yield from more[at:]

    def _staged_hits(self, segment: Segment, query: Query) -> Iterator[int | None]:
        """The rows whose staged values match; in no order."""
        for at, added in enumerate(segment.added):
            if query.matches(_text(added.row)):
                yield segment.start + segment.merged[at]
        for (target, key), staged in self.overlay.staged.items():
            if target == segment.table.target and query.matches(_text(staged)):
                index = self._index(segment, key)
                if index is not None:
                    yield segment.row_of(index)
                yield None


def _text(staged: StagedRow) -> bytes:
    return encode(" ".join((staged.address, *staged.items)))
