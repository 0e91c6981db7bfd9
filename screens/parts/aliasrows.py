"""An AliasList as rows of a LineList."""

from __future__ import annotations

from collections.abc import Hashable

from mailtui.postfix.aliases import AliasList, AliasRow, RowKind
from mailtui.postfix.aliasrows import item_kind
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Span, Spans

_SIGNS: dict[RowKind, str] = {
    "catchall": "catch-all",
    "domain": "domain",
    "extension": "extension",
    "pattern": "pattern",
}
_ITEM_SIGNS: dict[RowKind, str] = {"command": "command ", "file": "file ", "include": "list "}
_SHOWN = 40
"""Destinations shown in a row; the detail pane has them all."""

AliasKey = tuple[str, str, int]
"""What a row is, wherever it stands: table, key, and its line where the key stands there twice."""


def key_of(row: AliasRow) -> AliasKey:
    """The key of a row."""
    if row.kinds == ("opaque",):
        return (row.table.spec, "", -1)
    return (row.table.spec, row.key.casefold(), (row.line or 0) if row.duplicate else 0)


def destination_spans(items: tuple[str, ...]) -> Spans:
    """The destinations in one line, each as what it is."""
    spans: list[Span] = []
    for place, item in enumerate(items[:_SHOWN]):
        if place:
            spans.append((", ", "dim"))
        sign = _ITEM_SIGNS.get(item_kind(item))
        if sign is not None:
            spans.append((sign, "dim"))
        spans.append((item, ""))
    if len(items) > _SHOWN:
        spans.append((f", … {len(items)} in all", "dim"))
    return spans


class AliasRows:
    """The rows of a list screen, decoded as they are shown."""

    def __init__(self, source: AliasList) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def row(self, index: int) -> AliasRow:
        return self.source.row(index)

    def cells(self, index: int) -> Row:
        row = self.source.row(index)
        if row.kinds == ("opaque",):
            return Row(("", [("; ".join(row.notes), "dim")], row.table.name), row.marker)
        style = "dim" if not row.enabled or row.duplicate or row.marker == "-" else ""
        signs = [(f" {_SIGNS[kind]}", "dim") for kind in row.kinds if kind in _SIGNS]
        return Row(
            ([(row.address, style), *signs], destination_spans(row.destinations), row.table.name),
            row.marker or " ",
            style,
        )

    def key(self, index: int) -> Hashable:
        return key_of(self.source.row(index))

    def find(self, key: Hashable) -> int | None:
        if not isinstance(key, tuple) or len(key) != 3:
            return None
        spec, name, line = key
        for table, numbers in self.source.ranges():
            if table.spec != spec:
                continue
            if line == -1 or table.target is None:
                return numbers.start
            found = self.source.locate(table.target, name)
            if found is not None and line:
                return next((n for n in numbers if self.source.row(n).line == line), None)
            return found
        return None
