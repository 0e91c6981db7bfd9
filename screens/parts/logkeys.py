"""The keys of a log's lines in their order: what was read of the history, then what came since.

A line is known by one number. Of those that came since the console began it is their count from there;
of older ones it is negative, the place of their first byte counted back from there. So the order is kept
however much is read, and nothing must be counted.
"""

from __future__ import annotations

import io
from array import array
from bisect import bisect_left
from itertools import accumulate


def keys_of(first: int, raw: bytes) -> array[int]:
    """The keys of the lines of a block of history whose first line has the key `first`."""
    keys = array("q", accumulate(map(len, io.BytesIO(raw)), initial=first))
    keys.pop()
    return keys


class Keys:
    """`older` (negative keys, or the hits of a filter) and then `live`. Ascending; never changed: what is put
    to the end of `older` later is none of these."""

    def __init__(self, older: array[int] | None = None, live: range = range(0)) -> None:
        self.older = array("q") if older is None else older
        self.live = live
        self._count = len(self.older)

    def __len__(self) -> int:
        return self._count + len(self.live)

    def __getitem__(self, index: int) -> int:
        if index < 0:
            index += len(self)
        count = self._count
        return self.older[index] if index < count else self.live[index - count]

    def place(self, key: int) -> int:
        """The index of the first key that is not below `key`."""
        count = self._count
        if self.live and key >= self.live.start:
            return count + min(key - self.live.start, len(self.live))
        return bisect_left(self.older, key, 0, count)

    def find(self, key: int) -> int | None:
        """The index of a key, or None."""
        index = self.place(key)
        return index if index < len(self) and self[index] == key else None

    def part(self, start: int, stop: int) -> list[int]:
        """The keys at some indices."""
        return [self[index] for index in range(max(0, start), min(stop, len(self)))]

    @property
    def end(self) -> int:
        """The number after the newest; 0 where there is none."""
        return self[-1] + 1 if len(self) else 0
