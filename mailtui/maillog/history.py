"""Everything that was logged before a feed began: the rest of its file, then the rotated ones, newest first.

    for chunk in history.back():      # newest first
        …
    history.line(key)                 # one line again; keys are negative, see `chunks`

A file is opened, and unpacked where it is compressed, when the reader comes to it.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from mailtui.maillog import compressed, rotated
from mailtui.maillog.chunks import Chunk
from mailtui.maillog.compressed import Damaged
from mailtui.maillog.logfile import SLACK, LogFile, same
from mailtui.maillog.rotated import Sibling
from mailtui.maillog.source import denied


class History:
    """What there is before a feed began. This one is empty; see FileHistory and JournalHistory."""

    trouble: tuple[str, ...] = ()
    """What could not be read, or not to its end, in words."""

    @property
    def total(self) -> int | None:
        """Bytes of it all, about; None where nobody knows."""
        return 0

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of its older files, newest first."""
        return ()

    @property
    def opened(self) -> int:
        """The oldest key that can be had at once: what is older must be opened, and unpacked perhaps."""
        return 0

    def back(self, before: int = 0, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        """What was logged before the line with the key `before`, newest first, about a megabyte at once."""
        del before, cancel
        return iter(())

    def forward(
        self, start: int | None = None, stop: int = 0, cancel: threading.Event | None = None
    ) -> Iterator[Chunk]:
        """The lines from the key `start` (the oldest of all if None) up to `stop`, oldest first."""
        del start, stop, cancel
        return iter(())

    def line(self, key: int) -> bytes:
        """A line by its key, without its newline. Raises LookupError where it is not there, or gone."""
        raise LookupError(key)

    def now(self, key: int) -> datetime:
        """What no time in that line can lie after. Raises LookupError."""
        raise LookupError(key)

    def key_at(self, moment: datetime, cancel: threading.Event | None = None) -> int:
        """The key of the first line that was logged at `moment` or later, or of one shortly before."""
        del moment, cancel
        return 0


class _Part(NamedTuple):
    """A file, of which the bytes up to `end` count; `base` bytes lie between that and the feed's begin."""

    file: LogFile
    end: int
    base: int

    def key(self, offset: int) -> int:
        return offset - self.end - self.base

    def offset(self, key: int) -> int:
        return key + self.end + self.base


class FileHistory(History):
    """That of a file and its rotated siblings. May be read by several threads."""

    def __init__(self, file: LogFile, begin: int) -> None:
        """`file` is followed from its byte `begin` on, which begins a line."""
        self._parts = [_Part(file, begin, 0)]
        newer = rotated.newer_than(file.identity, file.path)
        listed = rotated.siblings(file.path)
        self._older = listed if newer is None else listed[len(newer) + 1 :]
        self._next = 0
        self._lock = threading.RLock()
        self._sizes: dict[str, int] = {}

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(sibling.path.rpartition("/")[2] for sibling in self._older)

    @property
    def opened(self) -> int:
        return self._parts[-1].key(0)

    @property
    def total(self) -> int:
        return sum(part.end for part in self._parts) + sum(map(self._size, self._older[self._next :]))

    def _size(self, sibling: Sibling) -> int:
        if sibling.path not in self._sizes:
            try:
                file = LogFile.open(sibling.path)
                packed = compressed.kind(file.fd)
                size = compressed.unpacked_size(file.fd, packed) if packed else sibling.size
            except OSError:
                size = 0  # said in `trouble` once the reader comes to it
            self._sizes[sibling.path] = size
        return self._sizes[sibling.path]

    # Files

    def _part(self, index: int, cancel: threading.Event | None) -> _Part | None:
        """The file with this number, opened if need be; None behind the oldest, or where `cancel` is set."""
        if index < len(self._parts):
            return self._parts[index]
        with self._lock:
            while index >= len(self._parts) and self._next < len(self._older):
                if cancel is not None and cancel.is_set():
                    return None
                file = self._opened(self._older[self._next], cancel)
                if file is None and cancel is not None and cancel.is_set():
                    return None
                self._next += 1
                if file is not None:
                    last = self._parts[-1]
                    self._parts.append(_Part(file, file.size, last.base + last.end))
        return self._parts[index] if index < len(self._parts) else None

    def _opened(self, sibling: Sibling, cancel: threading.Event | None) -> LogFile | None:
        path = sibling.path
        try:
            file = LogFile.open(path)
            if not sibling.still_is(file):  # rotated once more meanwhile
                path = rotated.where_now(sibling, self._parts[0].file.path) or ""
                if not path:
                    self._say(f"{sibling.path}: was removed meanwhile")
                    return None
                file = LogFile.open(path)
            file, trouble = compressed.lines_of(file, sibling.modified, cancel)
            if trouble:
                self._say(f"{path}: {trouble}")
        except PermissionError:
            self._say(denied(path))
            return None
        except OSError as error:
            self._say(f"{path}: {(error.strerror or str(error)).lower()}")
            return None
        except Damaged as error:
            if cancel is None or not cancel.is_set():
                self._say(f"{path}: {error}")
            return None
        return None if file.size == 0 or any(same(part.file, file) for part in self._parts) else file

    def _say(self, trouble: str) -> None:
        if trouble not in self.trouble:
            self.trouble = (*self.trouble, trouble)

    # Lines

    def _find(self, key: int) -> tuple[_Part, int]:
        parts = self._parts
        part = parts[max(0, bisect_left(parts, -key, key=lambda one: one.base) - 1)]
        offset = part.offset(key)
        if not 0 <= offset < part.end:
            raise LookupError(key)
        return part, offset

    def line(self, key: int) -> bytes:
        part, offset = self._find(key)
        return part.file.line(offset, part.end)

    def now(self, key: int) -> datetime:
        part, offset = self._find(key)
        return part.file.now(offset)

    def back(self, before: int = 0, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        index = 0
        while (part := self._part(index, cancel)) is not None:
            index += 1
            end = min(part.offset(before), part.end)
            for offset, raw in part.file.back(max(end, 0)):
                if cancel is not None and cancel.is_set():
                    return
                end = offset
                yield self._chunk(part, offset, raw)
            if end > 0:
                self._say(f"{part.file.path}: was cut short meanwhile; {end} bytes are gone")

    def forward(
        self, start: int | None = None, stop: int = 0, cancel: threading.Event | None = None
    ) -> Iterator[Chunk]:
        count = 0
        while start is None or count == 0 or start < self._parts[count - 1].key(0):
            if self._part(count, cancel) is None:
                break
            count += 1
        for part in reversed(self._parts[:count]):
            begin = 0 if start is None else max(0, part.offset(start))
            for offset, raw in part.file.forward(begin, min(part.offset(stop), part.end)):
                if cancel is not None and cancel.is_set():
                    return
                yield self._chunk(part, offset, raw)

    @staticmethod
    def _chunk(part: _Part, offset: int, raw: bytes) -> Chunk:
        return Chunk(part.key(offset), raw, part.file.now(offset + len(raw)), part.file.title)

    def key_at(self, moment: datetime, cancel: threading.Event | None = None) -> int:
        index = 0
        while (part := self._part(index, cancel)) is not None:
            index += 1
            first = part.file.time(0, part.end)
            if part.end and (first is None or first < moment - SLACK):
                return part.key(part.file.since(moment, 0, part.end))
            older = self._older[self._next] if self._next < len(self._older) else None
            if index == len(self._parts) and older and older.modified < (moment - SLACK).timestamp():
                return part.key(0)  # its newest line is older: no need to unpack it
        return self._parts[-1].key(0)
