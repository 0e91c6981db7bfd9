"""The newest lines of a log in bounded memory: blocks of bytes with offsets, decoded only when shown."""

from __future__ import annotations

import io
from array import array
from bisect import bisect_right
from collections import deque
from itertools import accumulate
from threading import Lock


class _Block:
    __slots__ = ("raw", "starts")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.starts = array("L", accumulate(map(len, io.BytesIO(raw)), initial=0))

    def __len__(self) -> int:
        return len(self.starts) - 1


class LogLines:
    """Lines by their number since the start; old blocks fall away above `limit` bytes.

    `first` is the number of the oldest line still held, `len()` one more than the newest. One thread may
    append while another reads.
    """

    def __init__(self, limit: int = 32 << 20) -> None:
        self.limit = limit
        self.first = 0
        self.size = 0
        self._blocks: deque[_Block] = deque()
        self._firsts: list[int] = []
        self._end = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return self._end

    def append(self, raw: bytes) -> int:
        """Add whole lines; returns how many."""
        block = _Block(raw)
        if not len(block):
            return 0
        with self._lock:
            self._blocks.append(block)
            self._firsts.append(self._end)
            self._end += len(block)
            self.size += len(raw)
            while self.size > self.limit and len(self._blocks) > 1:
                old = self._blocks.popleft()
                self.size -= len(old.raw)
                self._firsts.pop(0)
                self.first = self._firsts[0]
        return len(block)

    def line(self, number: int) -> bytes:
        """A line without its newline. Raises IndexError where it has fallen away or is not there yet."""
        with self._lock:
            if not self.first <= number < self._end:
                raise IndexError(number)
            place = bisect_right(self._firsts, number) - 1
            block = self._blocks[place]
            offset = number - self._firsts[place]
        return block.raw[block.starts[offset] : block.starts[offset + 1]].rstrip(b"\r\n")

    def blocks(self, number: int) -> list[tuple[int, bytes]]:
        """The lines from `number` on that are still held: blocks of bytes, each with its first number."""
        with self._lock:
            held = list(zip(self._firsts, self._blocks, strict=True))
        found = []
        for first, block in held:
            skip = max(0, number - first)
            if skip < len(block):
                found.append((first + skip, block.raw[block.starts[skip] :]))
        return found
