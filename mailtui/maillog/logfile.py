"""A log file held open: its lines stay reachable after it was renamed, compressed or deleted.

Reads with pread, never mmap: a file that shrinks under a map kills the process.
"""

from __future__ import annotations

import os
import weakref
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta

from mailtui.maillog.chunks import LONGEST, SIZE
from mailtui.maillog.stamp import when

_PEEK = 8192
"""Bytes read to find where a line ends; most lines have some hundred."""
_SAMPLES = 128
"""Places of a file whose times are looked at to date what lies between them."""
_HEAD = 1024
"""Bytes at the begin of two files, and at the end of the shorter, that tell whether one is a copy."""
SLACK = timedelta(minutes=65)
"""How far the times of neighbouring lines may run backwards: an hour where summer time ends."""


class LogFile:
    """A file, or a part of one: everything below counts in bytes of it. The descriptor is closed when nobody
    holds the object any more."""

    def __init__(self, fd: int, path: str, *, modified: float | None = None) -> None:
        """Takes the descriptor over. `modified`: when its last line was written, if the file itself does not
        tell (one unpacked a moment ago)."""
        self.path = path
        self._fd = fd
        self._modified = modified
        self._closing = weakref.finalize(self, os.close, fd)
        self._emptied: LogFile | None = None
        self._dated: list[tuple[int, datetime]] = []  # from the end backwards: a line, its time

    @classmethod
    def open(cls, path: str) -> LogFile:
        """Raises OSError."""
        return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), path)

    @property
    def fd(self) -> int:
        """Its descriptor, as long as the object lives; it changes with `repoint`."""
        return self._fd

    @property
    def title(self) -> str:
        """Its name, without the folder."""
        return os.path.basename(self.path)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode: what stays the same when it is renamed."""
        status = os.fstat(self._fd)
        return status.st_dev, status.st_ino

    @property
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    @property
    def modified(self) -> datetime:
        """When it was written to last."""
        seconds = os.fstat(self._fd).st_mtime if self._modified is None else self._modified
        return datetime.fromtimestamp(seconds).astimezone()

    def repoint(self, other: LogFile) -> None:
        """Exchange descriptors with another: this file was copied there and emptied."""
        self._fd, other._fd = other._fd, self._fd  # of its own kind
        self._closing.detach()
        other._closing.detach()
        self._closing = weakref.finalize(self, os.close, self._fd)
        other._closing = weakref.finalize(other, os.close, other._fd)
        self.path = other.path
        self._emptied = other  # another thread may be about to read by its descriptor

    # Bytes

    def read(self, offset: int, size: int) -> bytes:
        """At most `size` bytes; fewer only where the file ends before."""
        raw = os.pread(self._fd, size, offset)
        while 0 < len(raw) < size:
            more = os.pread(self._fd, size - len(raw), offset + len(raw))
            if not more:
                break
            raw += more
        return raw

    def data_from(self, offset: int) -> int:
        """Where the next byte stands that is no hole."""
        try:
            return os.lseek(self._fd, offset, os.SEEK_DATA)
        except OSError:
            return offset

    def line_end(self, offset: int, end: int) -> int:
        """The offset behind the newline of the line that holds the byte at `offset`; `end` at most."""
        size = 256
        while offset < end:
            raw = self.read(offset, min(size, end - offset))
            if not raw:
                break
            found = raw.find(b"\n")
            if found >= 0:
                return offset + found + 1
            offset += len(raw)
            size = min(size * 4, SIZE)
        return end

    def line_start(self, offset: int, start: int = 0) -> int:
        """Where the line begins that holds the byte at `offset`; not before `start`, and not further off than
        a line may be long."""
        least = max(start, offset - LONGEST)
        size = 512
        while offset > least:
            begin = max(least, offset - size)
            found = self.read(begin, offset - begin).rfind(b"\n")
            if found >= 0:
                return begin + found + 1
            offset = begin
            size = min(size * 4, SIZE)
        return least

    def line(self, offset: int, end: int) -> bytes:
        """The line that begins at `offset`, without its newline. Raises LookupError where it is gone."""
        raw = self.read(offset, min(_PEEK, end - offset))
        if b"\n" not in raw and offset + len(raw) < end:
            stop = self.line_end(offset, min(end, offset + LONGEST))
            raw = self.read(offset, stop - offset)
        if not raw:
            raise LookupError(f"{self.path}: cut short meanwhile; the line is gone")
        return raw.partition(b"\n")[0].removesuffix(b"\r")

    def back(self, end: int, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """What stands between two offsets that begin lines, newest first, in blocks of whole lines. Ends
        early where the file was cut meanwhile."""
        while end > start:
            begin = max(start, end - SIZE)
            if begin > start:
                after = self.line_end(begin - 1, end)
                begin = after if after < end else self.line_start(begin, start)
            raw = self.read(begin, end - begin)
            if len(raw) < end - begin:
                return
            yield begin, raw
            end = begin

    def forward(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """The same, oldest first."""
        while start < end:
            stop = min(end, start + SIZE)
            if stop < end:
                before = self.line_start(stop, start)
                stop = before if before > start else self.line_end(stop, min(end, start + LONGEST))
            raw = self.read(start, stop - start)
            if not raw:
                return
            yield start, raw
            start += len(raw)

    # Times

    def now(self, offset: int) -> datetime:
        """What no time of the line at `offset` can lie after: the time of a later line, or of the file."""
        dated, found = self._dated, self.modified
        size = self.size
        step = max(SIZE, size // _SAMPLES)
        at = (dated[-1][0] if dated else size) - step
        while at > offset:
            latest = dated[-1][1] if dated else found
            start = self.line_end(at, at + LONGEST)
            dated.append((at, when(self.read(start, 64), latest) or latest))
            at -= step
        place = bisect_left(dated, -offset, key=lambda one: -one[0]) - 1
        return dated[place][1] if place >= 0 else found

    def time(self, offset: int, end: int, now: datetime | None = None) -> datetime | None:
        """The time of the first line from `offset` on that has one; None where none of the next has."""
        for _ in range(20):
            if offset >= end:
                return None
            found = when(self.read(offset, 64), now or self.now(offset))
            if found is not None:
                return found
            offset = self.line_end(offset, end)
        return None

    def since(self, moment: datetime, start: int, end: int) -> int:
        """Where the first line begins that was written at `moment` or later, or a little before that."""
        moment -= SLACK
        low, high = start, end
        while high - low > _PEEK:
            middle = self.line_start((low + high) // 2, low)
            if middle <= low:
                middle = self.line_end((low + high) // 2, high)
                if middle >= high:
                    break
            found = self.time(middle, high)
            if found is None or found >= moment:
                high = middle
            else:
                low = middle
        return low


def same(one: LogFile, other: LogFile) -> bool:
    """Whether the shorter of two files is how the longer begins: a copy of it."""
    shorter = min(one.size, other.size)
    if shorter == 0:
        return False
    for start in (0, max(0, shorter - _HEAD)):
        size = min(_HEAD, shorter)
        if one.read(start, size) != other.read(start, size):
            return False
    return True
