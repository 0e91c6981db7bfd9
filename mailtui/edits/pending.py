"""Splices of one round, kept in the order of the file while they come in any order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from mailtui.formats.splice import Splice

_BLOCK = 1000
"""Splices of a block, above which it is cut in two: to put one into a single long list would move half of the
others each time."""


class Pending:
    """The splices by their place, those of one place in the order in which they came."""

    def __init__(self, splices: Iterable[Splice] = ()) -> None:
        made = sorted(splices, key=_range)
        self._blocks = [made[at : at + _BLOCK] for at in range(0, len(made), _BLOCK)] or [[]]
        self._tops = [_range(block[0]) for block in self._blocks if block]
        """The place of the first splice of each block; none where there is no splice."""

    def __iter__(self) -> Iterator[Splice]:
        for block in self._blocks:
            yield from block

    def __bool__(self) -> bool:
        return bool(self._tops)

    def _place(self, splice: Splice) -> tuple[int, int]:
        """The block and the place in it that a splice would have."""
        number = max(0, bisect_right(self._tops, _range(splice)) - 1)
        return number, bisect_right(self._blocks[number], _range(splice), key=_range)

    def beside(self, splice: Splice) -> tuple[Splice | None, Splice | None]:
        """Its neighbours, if it were put in."""
        number, at = self._place(splice)
        block = self._blocks[number]
        following = self._blocks[number + 1] if number + 1 < len(self._blocks) else []
        return block[at - 1] if at else None, block[at] if at < len(block) else next(iter(following), None)

    def put(self, splice: Splice) -> None:
        """Put a splice in its place."""
        number, at = self._place(splice)
        block = self._blocks[number]
        block.insert(at, splice)
        if not at:
            self._tops[number : number + 1] = [_range(splice)]
        if len(block) > 2 * _BLOCK:
            self._blocks[number : number + 1] = [block[:_BLOCK], block[_BLOCK:]]
            self._tops.insert(number + 1, _range(block[_BLOCK]))


def _range(splice: Splice) -> tuple[int, int]:
    return splice[:2]
