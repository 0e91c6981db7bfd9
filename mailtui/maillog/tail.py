"""Following a log file as it grows, is rotated by rename or by copytruncate, vanishes and comes back.

After a rename the old file is read on until it has been quiet for a while, because its writer keeps it open
for a moment; files that came and went between two looks are found among the rotated ones. After a
copytruncate the rest is read from the copy.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mailtui.maillog import compressed, rotated
from mailtui.maillog.chunks import LONGEST
from mailtui.maillog.chunks import SIZE as CHUNK
from mailtui.maillog.compressed import Damaged
from mailtui.maillog.logfile import LogFile, same
from mailtui.maillog.rotated import Sibling

INTERVAL = 0.1
"""Seconds between two looks."""
DRAIN = 2.0
"""Seconds for which a renamed file must be quiet before it is let go."""
LOOKS = 10
"""How often the files between two looks are searched for while they are being rotated."""
TOLD = 30.0
"""Seconds for which lines that were lost are told of."""
FINGERPRINT = 256
"""Bytes before the position, and at the begin, that must still be there; else the file was emptied."""
AT_ONCE = 4 << 20
"""Bytes that one call gives at most, about."""


class Block(NamedTuple):
    """Whole lines, and where they stand."""

    raw: bytes
    file: LogFile
    offset: int


class _Emptied(Exception):
    """The bytes that were read are not there any more."""


class _Reader:
    """One file, read up to `position`. What is behind its last newline waits for its own."""

    def __init__(self, file: LogFile, position: int = 0) -> None:
        self.file, self.position = file, position
        self.grew = time.monotonic()
        self._partial = b""
        self._print = file.read(max(0, position - FINGERPRINT), min(FINGERPRINT, position))
        self._head = file.read(0, min(FINGERPRINT, position))

    def read(self) -> Block | None:
        """The whole lines of the next bytes; empty where there are none whole; None at the end. Raises
        _Emptied. What is checked and what is read come by one call, so that nobody can come between."""
        known = len(self._print)
        raw = os.pread(self.file.fd, known + CHUNK, self.position - known)
        if raw[:known] != self._print or os.pread(self.file.fd, len(self._head), 0) != self._head:
            raise _Emptied
        if len(raw) == known:
            return None
        offset = self.position - len(self._partial)
        self.position += len(raw) - known
        self.grew = time.monotonic()
        self._print = raw[-FINGERPRINT:]
        if len(self._head) < FINGERPRINT:
            self._head = self.file.read(0, min(FINGERPRINT, self.position))
        cut = raw.rfind(b"\n", known) + 1
        if not cut:
            whole, rest = b"", self._partial + raw[known:]
            if len(rest) >= LONGEST:
                whole, rest = rest, b""  # an endless line is given in pieces
        else:  # copied once: at 15 MB/s each copy counts
            whole, rest = b"".join((self._partial, memoryview(raw)[known:cut])), raw[cut:]
        self._partial = rest
        return Block(whole, self.file, offset)

    def rest(self) -> Block | None:
        """What never got its newline; for a file that nobody writes any more."""
        raw, self._partial = self._partial, b""
        return Block(raw + b"\n", self.file, self.position - len(raw)) if raw else None

    def is_copy(self, other: LogFile) -> bool:
        """Whether another file holds what was read of this one."""
        begin = self.position - len(self._print)
        return bool(self._head) and (
            other.read(begin, len(self._print)) == self._print
            and other.read(0, len(self._head)) == self._head
        )


class FileTail:
    """Gives whole lines of a growing file, in blocks, in order. Not for two threads at once."""

    def __init__(
        self,
        path: str,
        backlog: int = 256 * 1024,
        on_begin: Callable[[LogFile, int], object] = lambda _file, _begin: None,
    ) -> None:
        """`backlog`: how many bytes before the present end are given first (whole lines only). `on_begin` is
        told once of the file that was there first, and where in it reading begins."""
        self.path = path
        self._backlog, self._on_begin = backlog, on_begin
        self._begun = False
        self._reader: _Reader | None = None
        self._old: list[_Reader] = []  # oldest first
        self.trouble = ""
        """Why nothing comes at the moment, or what did not, in words; empty while all is well."""
        self._lost_until = 0.0

    def poll(self) -> bytes:
        """The whole lines that came since the last call, some megabytes at most; empty if none."""
        return b"".join(block.raw for block in self.blocks())

    def blocks(self) -> Iterator[Block]:
        """The same as blocks; those of older files first."""
        given = 0
        for block in self._all():
            if block.raw:
                yield block
            given += len(block.raw)
            if given >= AT_ONCE:
                return

    def close(self) -> None:
        """Forget all files."""
        self._reader, self._old = None, []

    def _all(self) -> Iterator[Block]:
        yield from self._drained()
        if self._reader is None and not self._open():
            return
        for _ in range(100):  # as many rotations may have come since the last look
            assert self._reader is not None
            try:
                while (block := self._reader.read()) is not None:
                    yield block
            except _Emptied:
                self._restart(self._reader)
            else:
                if not self._rotated(self._reader):
                    return
            yield from self._drained()

    # A renamed file

    def _rotated(self, reader: _Reader) -> bool:
        """Whether there is another file by that name: this one and those between are drained from now on."""
        try:
            status = os.stat(self.path)
        except OSError as error:
            if time.monotonic() - reader.grew > DRAIN:
                self.trouble = f"{self.path}: {(error.strerror or str(error)).lower()}"
            return False
        identity = reader.file.identity
        if (status.st_dev, status.st_ino) == identity:
            self._well()
            return False
        new = self._opened()
        if new is None:
            return False
        reader.grew = time.monotonic()
        self._old.append(reader)
        between = _between(reader, new)
        if between is None:
            self._lost_until = time.monotonic() + TOLD
            self._well()
        self._old.extend(map(_Reader, between or ()))
        self._reader = _Reader(new)
        return True

    def _well(self) -> None:
        """The log can be read; what was lost a moment ago is still told."""
        lost = f"{self.path}: rotated faster than it could be read: lines in between are missing here"
        self.trouble = lost if time.monotonic() < self._lost_until else ""

    def _drained(self) -> Iterator[Block]:
        """What came in older files. Of a quiet one nothing more will come, not even a newline."""
        for reader in list(self._old):
            try:
                while (block := reader.read()) is not None:
                    yield block
            except _Emptied:
                reader.grew = 0.0
            if time.monotonic() - reader.grew >= DRAIN:
                self._old.remove(reader)
                if rest := reader.rest():
                    yield rest

    # An emptied file

    def _restart(self, reader: _Reader) -> None:
        """Read the rest from the copy, then the file from its begin."""
        file = reader.file
        fresh = LogFile(os.dup(file.fd), self.path)
        copy = _copy_of(reader)
        # What was read must stay reachable by its offsets, or be nowhere: never among other lines.
        file.repoint(copy or LogFile(compressed.nameless(), self.path))
        reader.grew = time.monotonic() if copy else 0.0
        self._old.append(reader)
        # A writer that does not append leaves a hole before its next line.
        start = fresh.data_from(0) if fresh.read(0, 1) == b"\0" else 0
        while fresh.read(start, 1) == b"\0":
            zeros = fresh.read(start, CHUNK)
            start += len(zeros) - len(zeros.lstrip(b"\0"))
        self._reader = _Reader(fresh, start)

    # Opening

    def _opened(self) -> LogFile | None:
        try:
            file = LogFile.open(self.path)
        except OSError as error:
            self.trouble = f"{self.path}: {(error.strerror or str(error)).lower()}"
            return None
        self._well()
        return file

    def _open(self) -> bool:
        file = self._opened()
        if file is None:
            return False
        position = 0
        if not self._begun:
            self._begun = True
            end = file.size
            position = max(0, end - self._backlog)
            if position:
                position = file.line_end(position - 1, end)
            self._on_begin(file, position)
        self._reader = _Reader(file, position)
        return True


def _between(old: _Reader, newest: LogFile) -> list[LogFile] | None:
    """The files that came and went between two looks, oldest first; None where each look finds others."""
    for _ in range(LOOKS):
        listed = rotated.newer_than(old.file.identity, newest.path)
        if listed is None:  # removed, or compressed: then its like is among these
            written = int(old.file.modified.timestamp())
            listed = [one for one in rotated.siblings(newest.path) if one.modified >= written][::-1]
        found: list[LogFile] = []
        for sibling in listed:
            file = _opened_as(sibling)
            if file is None:
                break  # rotated at this moment: look again
            known = [newest, *found]
            if (
                sibling.identity != newest.identity
                and not old.is_copy(file)
                and not any(same(file, other) for other in known)
            ):
                found.append(file)
        else:
            return found
    return None


def _copy_of(reader: _Reader) -> LogFile | None:
    """The newest rotated file that holds what was read of the emptied one."""
    for sibling in rotated.siblings(reader.file.path)[:5]:
        file = _opened_as(sibling)
        if file is not None and reader.is_copy(file):
            return file
    return None


def _opened_as(sibling: Sibling) -> LogFile | None:
    """A sibling's lines; None where it is another file meanwhile, or cannot be read."""
    try:
        file = LogFile.open(sibling.path)
        return compressed.lines_of(file, sibling.modified).file if file.identity == sibling.identity else None
    except (OSError, Damaged):
        return None


def follow(
    tail: FileTail,
    give: Callable[[bytes], None],
    stop: threading.Event,
    interval: float = INTERVAL,
    on_trouble: Callable[[str], None] = lambda _words: None,
) -> None:
    """Hand each block of new lines to `give` until `stop` is set. `on_trouble` is told once
    why nothing comes, and again when that is another reason."""
    told = ""
    try:
        while not stop.is_set():
            block = tail.poll()
            if tail.trouble != told:
                told = tail.trouble
                if told:
                    on_trouble(told)
            if block:
                give(block)
            else:
                stop.wait(interval)
    finally:
        tail.close()
