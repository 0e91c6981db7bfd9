"""Numbers of rows that a search found, ascending: a million of them as one byte a row, and never all at once.

found = Chosen([4]); found.mark(Marked(10, b"\\1\\0\\1"))     # 4, 10, 12
found[1], len(found), found.place_of(12), found.so_far()
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count, islice
from typing import Self, overload


@dataclass(frozen=True, slots=True)
class Marked:
    """The numbers `first + at` for each `at` at which `marks` holds 1; it holds 0 elsewhere."""

    first: int
    marks: bytes

    def __len__(self) -> int:
        return int.from_bytes(self.marks, "little").bit_count()

    def __iter__(self) -> Iterator[int]:
        return compress(count(self.first), self.marks)


class Chosen(Sequence[int]):
    """Ascending numbers that can only grow at the end. `so_far` gives those of now, which stay the same."""

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._pieces: list[Marked | array[int]] = []
        self._firsts = array("Q")
        """The least number that each piece can hold."""
        self._starts = array("Q")
        """How many numbers stand before each piece."""
        self._length = 0
        self._read: tuple[int, Sequence[int]] = (-1, ())
        for number in numbers:
            self.append(number)

    def append(self, number: int) -> None:
        """Add a number above all others."""
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, array):
            last.append(number)
        else:
            self._add(array("Q", (number,)), number)
        self._length += 1

    def mark(self, marked: Marked) -> None:
        """Add numbers above all others."""
        if size := len(marked):
            self._add(marked, marked.first)
            self._length += size

    def _add(self, piece: Marked | array[int], first: int) -> None:
        self._pieces.append(piece)
        self._firsts.append(first)
        self._starts.append(self._length)

    def so_far(self) -> Self:
        """The numbers of now; costs nothing, and does not grow."""
        other = type(self)()
        other._pieces, other._firsts, other._starts = self._pieces, self._firsts, self._starts  # noqa: SLF001
        other._length = self._length  # noqa: SLF001  # one of our own
        return other

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> array[int]: ...
    def __getitem__(self, place: int | slice) -> int | array[int]:
        if isinstance(place, slice):
            places = range(self._length)[place]
            return array("Q", self if places == range(self._length) else map(self.__getitem__, places))
        if place < 0:
            place += self._length
        if not 0 <= place < self._length:
            raise IndexError(place)
        piece = bisect_right(self._starts, place) - 1
        if self._read[0] != piece:
            held = self._pieces[piece]
            self._read = (piece, held if isinstance(held, array) else array("Q", held))
        return self._read[1][place - self._starts[piece]]

    def __iter__(self) -> Iterator[int]:
        return islice((number for piece in self._pieces for number in piece), self._length)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.place_of(number) is not None

    def place_of(self, number: int) -> int | None:
        """Where a number stands, None where it does not."""
        piece = bisect_right(self._firsts, number) - 1
        if piece < 0:
            return None
        held, start = self._pieces[piece], self._starts[piece]
        if isinstance(held, array):
            at = bisect_left(held, number)
            found = at < len(held) and held[at] == number
        else:
            above = number - held.first
            found = above < len(held.marks) and held.marks[above] == 1
            at = held.marks.count(1, 0, above)
        return start + at if found and start + at < self._length else None
