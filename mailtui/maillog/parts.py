"""The parts of which a span is made: files, compressed or not, and what comes only once."""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from mailtui.maillog import compressed
from mailtui.maillog.chunks import LONGEST, SIZE
from mailtui.maillog.compressed import Damaged
from mailtui.maillog.lines import Spool
from mailtui.maillog.logfile import LogFile


class Part(ABC):
    """Some lines in their order. `size` is how many bytes they are, None until that is known; `trouble` what
    could not be read of them, in words."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.size: int | None = None
        self.trouble = ""

    @abstractmethod
    def blocks(self) -> Iterator[bytes]:
        """All of it in blocks of whole lines, oldest first; the last line may lack its newline."""

    @abstractmethod
    def file(self) -> tuple[LogFile, int, int]:
        """It as bytes of a file, from one offset to another."""

    @abstractmethod
    def now(self) -> datetime:
        """What no time in it lies after."""


class FilePart(Part):
    """A file. One that is compressed is unpacked while it is read, and into a file for random access."""

    def __init__(self, file: LogFile, begin: int = 0) -> None:
        """`begin`: a byte before which nothing counts, of a file that is not compressed."""
        super().__init__(file.path)
        self._raw, self._begin = file, begin
        self._packed = compressed.kind(file.fd)
        self._lines: LogFile | None = None if self._packed else file
        self._end = 0 if self._packed else file.size
        self.size = None if self._packed else self._end - begin

    @property
    def estimated(self) -> int:
        """About how many bytes it is."""
        return compressed.unpacked_size(self._raw.fd, self._packed) if self.size is None else self.size

    def blocks(self) -> Iterator[bytes]:
        if self._lines is not None:
            yield from (raw for _, raw in self._lines.forward(self._begin, self._end))
            return
        try:
            yield from whole_lines(compressed.stream(self._raw.fd, self._packed))
        except Damaged as error:
            self.trouble = f"{self.title}: {error}; what could be read is shown"

    def file(self) -> tuple[LogFile, int, int]:
        if self._lines is None:
            try:
                self._lines, trouble = compressed.lines_of(self._raw, self._raw.modified.timestamp())
            except Damaged as error:
                self._lines, trouble = LogFile.open(os.devnull), str(error)
            self.trouble = f"{self.title}: {trouble}" if trouble else ""
            self._end = self.size = self._lines.size
        return self._lines, self._begin, self._end

    def now(self) -> datetime:
        return self._raw.modified


class OncePart(Part):
    """What comes only once, and is put away as it does: standard input, a pipe, the journal."""

    def __init__(self, title: str, open_source: Callable[[], Iterable[bytes]], *, kept: bool = True) -> None:
        """`open_source` gives blocks of bytes, when it is first read. Without `kept` it is read only once,
        and nothing is put away."""
        super().__init__(title)
        self._open: Callable[[], Iterable[bytes]] | None = open_source
        self._source: Iterator[bytes] = iter(())
        self._spool = Spool()
        self._kept = kept
        self._put: LogFile | None = None
        self._end = 0

    def blocks(self) -> Iterator[bytes]:
        if self._put is not None:
            yield from (raw for _, raw in self._put.forward(0, self._end))
        if self._open is not None:
            self._source, self._open = whole_lines(self._open()), None
        for block in self._source:
            self._keep(block)
            yield block
        self.size = self._end

    def _keep(self, block: bytes) -> None:
        put = self._spool.put(block) if self._kept else None
        if put is not None:
            self._put = put[0]
        elif self._kept:
            self._kept, self.trouble = False, self._spool.trouble
        self._end += len(block)

    def file(self) -> tuple[LogFile, int, int]:
        for _ in self.blocks():
            pass
        if self._put is None:
            self._put = LogFile(compressed.nameless(), self.title)
        return self._put, 0, min(self._end, self._put.size)

    def now(self) -> datetime:
        return datetime.now().astimezone()


def descriptor(fd: int) -> Iterator[bytes]:
    """What a descriptor gives, as it comes."""
    while block := os.read(fd, SIZE):
        yield block


def stream(path: str) -> Iterator[bytes]:
    """What a pipe or a terminal gives, as it comes. Raises OSError."""
    with open(path, "rb", buffering=0) as source:
        yield from descriptor(source.fileno())


def is_file(path: str) -> bool:
    """Whether a path can be read at any offset. Raises OSError where there is nothing."""
    return stat.S_ISREG(os.stat(path).st_mode)


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut behind newlines, in blocks of a megabyte at most where lines allow; what waits is
    given when `blocks` raises or ends."""
    rest: list[bytes] = []
    waiting = 0
    try:
        for block in blocks:
            cut = block.rfind(b"\n") + 1
            if not cut and waiting + len(block) < LONGEST:
                rest.append(block)
                waiting += len(block)
                continue
            cut = cut or len(block)
            yield b"".join([*rest, block[:cut]])
            rest, waiting = ([block[cut:]], len(block) - cut) if cut < len(block) else ([], 0)
    except Damaged:
        if rest:
            yield b"".join(rest)
        raise
    if rest:
        yield b"".join(rest)
