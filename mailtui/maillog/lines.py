"""The newest lines of a log in bounded memory: blocks of bytes with offsets, decoded only when shown.

Lines that fall out of memory are read again from their file; those of a log that is no file are put away
into one, see Spool.
"""

from __future__ import annotations

import io
import os
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from threading import Lock
from typing import NamedTuple

from mailtui.maillog.chunks import SIZE
from mailtui.maillog.compressed import KEPT_FREE, nameless
from mailtui.maillog.logfile import SLACK, LogFile
from mailtui.maillog.stamp import when

HELD = 1 << 20
"""Bytes of lines in memory."""
_SMALL = 1 << 16
"""A block of fewer bytes is joined with the next, so that a slow log does not cost more than its lines; where
less is kept in all, of fewer than a 16th of that."""


class Spool:
    """A file without a name for lines that stand in no log file; made when it is first needed."""

    def __init__(self) -> None:
        self._file: LogFile | None = None
        self._end = 0
        self.trouble = ""
        """Why it takes no more, in words."""

    def put(self, raw: bytes) -> tuple[LogFile, int] | None:
        """Where the bytes stand now; None where there is no room."""
        try:
            if self._file is None:
                self._file = LogFile(nameless(), "")
            room = os.fstatvfs(self._file.fd)
            if room.f_bavail < room.f_blocks * KEPT_FREE:
                raise OSError("the disk is nearly full")
            offset, view = self._end, memoryview(raw)
            while view:
                view = view[os.pwrite(self._file.fd, view, self._end + len(raw) - len(view)) :]
        except OSError as error:
            self.trouble = f"older lines cannot be kept: {(error.strerror or str(error)).lower()}"
            return None
        self._end += len(raw)
        return self._file, offset


class _Block:
    """Lines in memory, and where they stand in a file, if they do."""

    __slots__ = ("file", "offset", "raw", "starts")

    def __init__(self, raw: bytes, file: LogFile | None = None, offset: int = 0) -> None:
        self.raw, self.file, self.offset = raw, file, offset
        self.starts = array("Q", accumulate(map(len, io.BytesIO(raw)), initial=0))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def continued_by(self, file: LogFile | None, offset: int) -> bool:
        return self.file is file and self.offset + len(self.raw) == offset


class _Gone(NamedTuple):
    """Lines that fell out of memory."""

    first: int
    lines: int
    file: LogFile | None
    offset: int
    size: int


class LogLines:
    """Lines by their number since the start; old blocks leave the memory above `limit` bytes.

    `first` is the number of the oldest line still in memory, `start` of the oldest that can be had, `len()`
    one more than the newest. One thread may append while others read.
    """

    def __init__(self, limit: int = HELD, spool: Spool | None = None) -> None:
        """`spool` takes what falls out of memory and stands in no file."""
        self.limit = limit
        self.first = 0
        self.size = 0
        self.total = 0
        """Bytes of all lines so far."""
        self._small = min(_SMALL, limit // 16)
        self._spool = spool
        self._blocks: deque[_Block] = deque()
        self._firsts: list[int] = []
        self._gone: list[_Gone] = []
        self._last: tuple[_Gone | None, _Block | None] = (None, None)
        self._end = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return self._end

    @property
    def start(self) -> int:
        """The number of the oldest line that can be had."""
        with self._lock:
            lost = next((gone for gone in reversed(self._gone) if gone.file is None), None)
            return 0 if lost is None else lost.first + lost.lines

    def append(self, raw: bytes, file: LogFile | None = None, offset: int = 0) -> int:
        """Add whole lines, which stand at an offset of a file if one is named; returns how many."""
        if file is None and self._blocks:
            offset = self._blocks[-1].offset + len(self._blocks[-1].raw)
        block = _Block(raw, file, offset)
        if not len(block):
            return 0
        count = len(block)
        with self._lock:
            last = self._blocks[-1] if self._blocks else None
            if last is not None and len(last.raw) < self._small and last.continued_by(file, offset):
                self._blocks[-1] = _Block(last.raw + raw, file, last.offset)
            else:
                self._blocks.append(block)
                self._firsts.append(self._end)
            self._end += count
            self.size += len(raw)
            self.total += len(raw)
            while self.size > self.limit and len(self._blocks) > 1:
                self._let_go()
        return count

    def _let_go(self) -> None:
        old, first = self._blocks.popleft(), self._firsts.pop(0)
        self.size -= len(old.raw)
        self.first = self._firsts[0]
        file, offset, size = old.file, old.offset, len(old.raw)
        if file is None and self._spool is not None:
            file, offset = self._spool.put(old.raw) or (None, 0)
        last = self._gone[-1] if self._gone else None
        joins = last is not None and last.file is file and last.offset + last.size == offset
        if last is not None and (
            (file is None and last.file is None) or (joins and last.size + size <= SIZE)
        ):
            self._gone[-1] = last._replace(lines=last.lines + len(old), size=last.size + size)
            return
        self._gone.append(_Gone(first, len(old), file, offset, size))

    def line(self, number: int) -> bytes:
        """A line without its newline. Raises LookupError where it is gone or not there yet."""
        block, first = self._block_of(number)
        index = number - first
        if index >= len(block):
            raise IndexError(number)
        return block.raw[block.starts[index] : block.starts[index + 1]].rstrip(b"\r\n")

    def file_of(self, number: int) -> tuple[LogFile, int] | None:
        """The file in which a line stands, and where about; None where it stands in none."""
        with self._lock:
            place = bisect_right(self._firsts, number) - 1
            if place >= 0:
                block = self._blocks[place]
                return None if block.file is None else (block.file, block.offset)
            gone = self._gone[bisect_right(self._gone, number, key=lambda one: one.first) - 1]
            return None if gone.file is None else (gone.file, gone.offset)

    def _block_of(self, number: int) -> tuple[_Block, int]:
        """The block with a line, read again if need be, and its first number."""
        with self._lock:
            if not 0 <= number < self._end:
                raise IndexError(number)
            if number >= self.first:
                place = bisect_right(self._firsts, number) - 1
                return self._blocks[place], self._firsts[place]
            gone = self._gone[bisect_right(self._gone, number, key=lambda one: one.first) - 1]
        return self._again(gone), gone.first

    def _again(self, gone: _Gone) -> _Block:
        """A block from its file; the last one is remembered, as a screenful of lines is asked for singly."""
        known, block = self._last
        if known is gone and block is not None:
            return block
        if gone.file is None:
            raise IndexError(gone.first)
        raw = gone.file.read(gone.offset, gone.size)
        if len(raw) < gone.size:
            raise LookupError(f"{gone.file.path}: cut short meanwhile; the line is gone")
        block = _Block(raw)
        self._last = (gone, block)  # one assignment: another thread sees a whole pair
        return block

    def forward(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """The lines from one number up to another, oldest first, wherever they are; without what is gone."""
        start, stop = max(start, 0), min(stop, self._end)
        while start < stop:
            try:
                block, first = self._block_of(start)
            except LookupError:
                start = self._after(start)
                continue
            low, high = start - first, min(stop - first, len(block))
            yield start, block.raw[block.starts[low] : block.starts[high]]
            start = first + high

    def back(self, stop: int) -> Iterator[tuple[int, bytes]]:
        """The lines before a number, newest first."""
        stop = min(stop, self._end)
        while stop > 0:
            try:
                block, first = self._block_of(stop - 1)
            except LookupError:
                stop = self._before(stop)
                continue
            yield first, block.raw[: block.starts[stop - first]]
            stop = first

    def key_at(self, moment: datetime) -> int:
        """The number of the first line of `moment` or later, or of one shortly before; 0 where all are."""
        low, high = self.start, self._end
        while high - low > 1:
            middle = (low + high) // 2
            block, first = self._block_of(middle)
            start = block.starts[middle - first]
            at = when(block.raw[start : start + 64], None if block.file is None else block.file.modified)
            if at is None or at >= moment - SLACK:
                high = middle
            else:
                low = middle
        return low if low > self.start else 0

    def _after(self, number: int) -> int:
        with self._lock:
            gone = self._gone[bisect_right(self._gone, number, key=lambda one: one.first) - 1]
            return gone.first + gone.lines

    def _before(self, stop: int) -> int:
        with self._lock:
            return self._gone[bisect_right(self._gone, stop - 1, key=lambda one: one.first) - 1].first
