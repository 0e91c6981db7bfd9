"""Following a log file as it grows, is rotated by rename or by copytruncate, vanishes and comes back.

Reads with pread, never mmap: a file that shrinks under a map kills the process. After a rename the old
file is read on until it has been quiet for a while, because its writer keeps it open for a moment.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

CHUNK = 1 << 20
"""Bytes read at once."""
INTERVAL = 0.1
"""Seconds between two looks."""
DRAIN = 2.0
"""Seconds for which a renamed file must be quiet before it is let go."""
FINGERPRINT = 256
"""Bytes before the position that must still be there; else the file was truncated and grew past it."""


class FileTail:
    """Gives whole lines of a growing file, in blocks of bytes, in order. Not for two threads at once."""

    def __init__(self, path: str, backlog: int = 256 * 1024) -> None:
        """`backlog`: how many bytes before the present end are given first (whole lines only)."""
        self.path = path
        self._backlog = backlog
        self._fd = -1
        self._position = 0
        self._inode = 0
        self._partial = b""
        self._print = b""
        self._old: list[tuple[int, int, float]] = []  # descriptor, position, when it last grew
        self.trouble = ""
        """Why nothing comes at the moment, in words; empty while all is well."""

    def _open(self) -> bool:
        try:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            self.trouble = f"{self.path}: {(error.strerror or str(error)).lower()}"
            return False
        self.trouble = ""
        self._inode = os.fstat(self._fd).st_ino
        return True

    def _start(self) -> None:
        size = os.fstat(self._fd).st_size
        self._position = max(0, size - self._backlog)
        if self._position:
            head = os.pread(self._fd, CHUNK, self._position - 1)
            cut = head.find(b"\n")
            self._position += max(cut, 0)
        self._backlog = 0

    def _take(self, fd: int, position: int) -> bytes:
        return os.pread(fd, CHUNK, position)

    def _lines(self, raw: bytes) -> bytes:
        """The whole lines of what was read; the rest waits for its newline."""
        raw = self._partial + raw
        cut = raw.rfind(b"\n") + 1
        self._partial = raw[cut:]
        return raw[:cut]

    def _rotated(self) -> bool:
        try:
            return os.stat(self.path).st_ino != self._inode
        except OSError:
            return False

    def _truncated(self) -> bool:
        size = os.fstat(self._fd).st_size
        if size < self._position:
            return True
        if not self._print:
            return False
        return os.pread(self._fd, len(self._print), self._position - len(self._print)) != self._print

    def _drain_old(self) -> bytes:
        out = b""
        kept: list[tuple[int, int, float]] = []
        for fd, position, grew in self._old:
            raw = self._take(fd, position)
            if raw:
                out += self._lines(raw)
                kept.append((fd, position + len(raw), time.monotonic()))
            elif time.monotonic() - grew < DRAIN:
                kept.append((fd, position, grew))
            else:
                os.close(fd)
        self._old = kept
        return out

    def poll(self) -> bytes:
        """The whole lines that came since the last call, at most about a megabyte; empty if none."""
        out = self._drain_old()
        if self._fd < 0:
            if not self._open():
                return out
            if self._backlog:
                self._start()
            else:
                self._position = 0
            self._print = b""
        if self._truncated():
            self._position, self._partial, self._print = 0, b"", b""
        raw = self._take(self._fd, self._position)
        if raw:
            self._position += len(raw)
            self._print = (self._print + raw)[-FINGERPRINT:]
            return out + self._lines(raw)
        if self._rotated():
            self._old.append((self._fd, self._position, time.monotonic()))
            self._fd, self._backlog = -1, 0
            return out + self.poll()
        return out

    def close(self) -> None:
        for fd in [self._fd, *(old for old, _position, _grew in self._old)]:
            if fd >= 0:
                os.close(fd)
        self._fd, self._old = -1, []


def follow(
    tail: FileTail, give: Callable[[bytes], None], stop: threading.Event, interval: float = INTERVAL
) -> None:
    """Hand each block of new lines to `give` until `stop` is set. Runs in a thread of its own."""
    try:
        while not stop.is_set():
            block = tail.poll()
            if block:
                give(block)
            else:
                stop.wait(interval)
    finally:
        tail.close()
