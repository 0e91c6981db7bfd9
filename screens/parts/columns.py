"""How a list's columns share its width. They depend on the width alone, never on the rows: nothing
jumps while one scrolls, and a million rows need no measuring.

    widths((Column("ADDRESS", share=3, least=18), Column("TABLE", least=8, most=12, drop=70)), 80)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

GAP = 2
"""Blank cells between two columns."""


class Column(NamedTuple):
    """A column: `least` and `most` (0: no limit) cells, `share` parts of what is left over; in a list
    narrower than `drop` cells it is left out. `right`: aligned at its right edge, for numbers."""

    title: str
    share: int = 1
    least: int = 4
    most: int = 0
    drop: int = 0
    right: bool = False


def widths(columns: Sequence[Column], width: int) -> list[int]:
    """The cells of each column in a list `width` cells wide; 0 where a column is left out."""
    shown = [column.drop <= width for column in columns]
    result = [column.least if use else 0 for column, use in zip(columns, shown, strict=True)]
    left = width - sum(result) - GAP * max(0, sum(shown) - 1)
    if left < 0:
        _shrink(result, -left)
        return result
    while left > 0:
        open_ = [
            i for i, column in enumerate(columns)
            if shown[i] and column.share and (not column.most or result[i] < column.most)
        ]  # fmt: skip
        if not open_:
            break
        parts = sum(columns[i].share for i in open_)
        given = 0
        for i in open_:
            room = max(1, left * columns[i].share // parts)
            if columns[i].most:
                room = min(room, columns[i].most - result[i])
            room = min(room, left - given)
            result[i] += room
            given += room
        left -= given
    return result


def _shrink(result: list[int], excess: int) -> None:
    """Take `excess` cells from the widest columns."""
    while excess > 0 and any(cells > 1 for cells in result):
        widest = max(range(len(result)), key=result.__getitem__)
        result[widest] -= 1
        excess -= 1
