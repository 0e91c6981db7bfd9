"""An AliasList as rows of a LineList."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.aliases import AliasList, AliasRow, RowKind, Standing
from mailtui.postfix.aliasrows import item_kind
from mailtui.screens.parts.ahead import Trouble
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Span, Spans
from mailtui.text.safe import decode, encode

SIGNS: Mapping[RowKind, str] = {
    "catchall": "catch-all",
    "domain": "domain",
    "subdomains": "subdomains",
    "everything": "everything",
    "extension": "extension",
    "pattern": "pattern",
    "network": "network",
    "user": "user",
    "null": "null sender",
}
"""What an address is, in one word beside it."""

ITEM_SIGNS: Mapping[RowKind, str] = {"command": "command ", "file": "file ", "include": "list "}
"""What a destination is, in one word before it."""

_SHOWN = 40
"""Destinations shown in a row; the detail pane has them all."""

AliasKey = tuple[str, str, int]
"""What a row is, wherever it stands: table, folded key, and which of several with this key: 0 the one that
counts, OFF the one commented out, NEW a staged one, else the line of another."""

OFF, NEW, _TABLE = -1, -2, -3


def folded(key: str) -> str:
    """A key as postmap and postalias fold it."""
    return decode(Table.fold(encode(key)))


def destination_spans(items: tuple[str, ...], style: str = "", *, plain: bool = False) -> Spans:
    """The destinations in one line, each as what it is; `plain`: they are no destinations, but texts."""
    spans: list[Span] = []
    for place, item in enumerate(items[:_SHOWN]):
        if place:
            spans.append((", ", "dim"))
        sign = None if plain else ITEM_SIGNS.get(item_kind(item))
        if sign is not None:
            spans.append((sign, "dim"))
        spans.append((item, style))
    if len(items) > _SHOWN:
        spans.append((f", … {len(items)} in all", "dim"))
    return spans


class AliasRows:
    """The rows of a list screen, decoded as they are shown. `trouble` are the staged edits that cannot be
    written as they are."""

    def __init__(self, source: AliasList, trouble: Mapping[tuple[Target, str], Trouble]) -> None:
        self.source, self.trouble = source, trouble

    def __len__(self) -> int:
        return len(self.source)

    def row(self, index: int) -> AliasRow:
        """The row, its marker and notes completed."""
        row = self.source.row(index)
        found = self.trouble_of(row) if self.trouble else None
        if found is None:
            return row
        if row.marker == "-":  # whose letter the trouble takes
            now = row.destinations if row.was is None else row.was
            row = replace(row, destinations=now, was=None, notes=("is to be deleted", *row.notes))
        return replace(row, marker=found.marker, notes=(*row.notes, found.text))

    def trouble_of(self, row: AliasRow) -> Trouble | None:
        """What keeps the row's staged edit from being written."""
        if row.table.target is None:
            return None
        return next(
            (
                self.trouble[row.table.target, name]
                for name in (folded(row.key), folded(row.address))
                if (row.table.target, name) in self.trouble
            ),
            None,
        )

    def cells(self, index: int) -> Row:
        row = self.row(index)
        if row.kinds == ("opaque",):
            spec: Spans = [(row.table.spec, "dim")]
            return Row((spec, [("; ".join(row.notes), "dim")], row.table.lookup.type), row.marker)
        style = "dim" if not row.enabled or row.duplicate or row.marker == "-" else ""
        signs = [(f"  {SIGNS[kind]}", "dim") for kind in row.kinds if kind in SIGNS]
        goes_to = destination_spans(row.destinations, style, plain=row.table.kind is not None)
        return Row(([(row.address, style), *signs], goes_to, row.table.name), row.marker or " ", style)

    def key(self, index: int) -> Hashable:
        """What row `index` is, an `AliasKey`; without reading what the entry says, as `*` asks for many."""
        entry = self.source.standing(index)
        if entry is None:
            row = self.source.row(index)
            if row.kinds == ("opaque",) or row.table.target is None:
                return (row.table.spec, "", _TABLE)
            return (row.table.spec, folded(row.key), NEW)
        return (entry.table.spec, folded(entry.key), self._which(entry))

    def _which(self, entry: Standing) -> int:
        if entry.duplicate:
            return entry.line
        if not entry.off or entry.table.target is None:
            return 0
        found = self.source.locate_off(entry.table.target, entry.key)
        last = self.source.standing(found) if found is not None else None
        return OFF if last is not None and last.line == entry.line else entry.line

    def find(self, key: Hashable) -> int | None:
        if not isinstance(key, tuple) or len(key) != 3:
            return None
        spec, name, which = key
        for table, numbers in self.source.ranges():
            if table.spec != spec:
                continue
            if which == _TABLE or table.target is None:
                return numbers.start
            if which in {0, OFF, NEW}:
                exact = {OFF: self.source.locate_off, NEW: self.source.locate_new}.get(which)
                place = exact(table.target, name) if exact is not None else None
                return self.source.locate(table.target, name) if place is None else place
            found = self.source.at_line(table.target, which)
            return found if found is not None and folded(self.source.row(found).key) == name else None
        return None


def problems(rows: AliasRows) -> Iterator[int]:
    """The rows that say something is wrong, in order. In a thread: a large table takes a while."""
    for number in rows.source.doubtful():
        if rows.row(number).marker in {"!", "?", "=", "*"}:
            yield number
