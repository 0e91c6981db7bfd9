"""What a `LineList` shows: rows by index, each with a key that it keeps wherever it stands."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mailtui.screens.parts.text import Spans

Cell = str | bytes | Spans
"""A cell: text from anywhere, or spans where parts of it have styles of their own."""


class Row(NamedTuple):
    """What one row shows. `marker` is its state's letter: `+ ~ - # * ! ? =`, see the help page;
    `style` lies under the cells that have none of their own ("dim" for what is not in force)."""

    cells: Sequence[Cell]
    marker: str = " "
    style: str = ""


class Rows(Protocol):
    """Where a list's rows come from. All must be quick: `cells` is called for every visible row."""

    def __len__(self) -> int: ...
    def cells(self, index: int) -> Row: ...
    def key(self, index: int) -> Hashable: ...
    def find(self, key: Hashable) -> int | None: ...


@dataclass(slots=True)
class Listed:
    """Rows from a plain list of (key, row): for short lists."""

    items: Sequence[tuple[Hashable, Row]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.items)

    def cells(self, index: int) -> Row:
        return self.items[index][1]

    def key(self, index: int) -> Hashable:
        return self.items[index][0]

    def find(self, key: Hashable) -> int | None:
        return next((index for index, (have, _) in enumerate(self.items) if have == key), None)
