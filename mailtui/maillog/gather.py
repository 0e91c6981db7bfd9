"""Finding lines in a log of any size: by bytes, block after block, in both directions from a place."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from mailtui.maillog.chunks import key_at
from mailtui.maillog.head import head
from mailtui.maillog.story import Cancelled, Lines

_LETTERS = rb"0-9A-Za-z"


_ROOM = 4 << 20


def keep_freed() -> None:
    """Let the C library keep what is freed from now on, before many blocks of a megabyte are read: it does
    once a larger one was given back (mallopt(3), M_MMAP_THRESHOLD). Otherwise each block costs its page
    faults anew, a third of the time of a trace."""
    bytes(_ROOM)


class Found(NamedTuple):
    """A line (without its newline), its key, and the moment that it cannot be later than."""

    key: int
    line: bytes
    now: datetime | None


class Block(NamedTuple):
    """Whole lines; see `story.Piece`."""

    first: int
    raw: bytes
    now: datetime | None


def word(text: bytes) -> re.Pattern[bytes]:
    """Finds a text where no letter or digit stands beside it."""
    return re.compile(rb"(?<![" + _LETTERS + rb"])" + re.escape(text) + rb"(?![" + _LETTERS + rb"])")


def needle(line: bytes) -> bytes:
    """What stands in every line of the process that wrote this one: `postfix/smtpd[138]:`; empty where the
    line names none."""
    found = head(line)
    if not found.process or not found.pid:
        return b""
    usual = b"%s[%s]:" % (found.process, found.pid)
    return usual if usual in line else b"%s %s " % (found.process, found.pid)


def hits(block: Block, text: bytes) -> Iterator[Found]:
    """The lines of a block that hold this text, oldest first."""
    raw = block.raw
    at = raw.find(text)
    while at >= 0:
        start = raw.rfind(b"\n", 0, at) + 1
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end
        yield Found(key_at(block.first, raw, start), raw[start:end].rstrip(b"\r"), block.now)
        at = raw.find(text, end)


def last_hits(block: Block, text: bytes) -> Iterator[Found]:
    """The same, newest first."""
    raw = block.raw
    at = raw.rfind(text)
    while at >= 0:
        start = raw.rfind(b"\n", 0, at) + 1
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end
        yield Found(key_at(block.first, raw, start), raw[start:end].rstrip(b"\r"), block.now)
        at = raw.rfind(text, 0, start)


class Reader:
    """Reads a log from any place, both ways. Raises Cancelled between two blocks where nobody waits."""

    def __init__(self, lines: Lines, cancel: threading.Event | None = None) -> None:
        self._lines, self._cancel = lines, cancel
        keep_freed()

    def _go_on(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled

    def older(self, key: int | None, limit: int | None = None) -> Iterator[Block]:
        """The lines before `key` (None: all), newest block first, about `limit` bytes of them."""
        passed = 0
        pieces = self._lines.back(cancel=self._cancel) if key is None else self._lines.back(key, self._cancel)
        for piece in pieces:
            self._go_on()
            yield Block(piece.first, piece.raw, piece.now)
            passed += len(piece.raw)
            if limit is not None and passed >= limit:
                return

    def newer(self, key: int | None, limit: int | None = None) -> Iterator[Block]:
        """The lines from `key` on (None: all), oldest block first, about `limit` bytes of them."""
        passed = 0
        for first, raw in self._lines.blocks(key):
            self._go_on()
            if limit is not None:
                raw = _cut(raw, limit - passed)
            yield Block(first, raw, self._lines.now(first))
            passed += len(raw)
            if limit is not None and passed >= limit:
                return

    def line(self, key: int) -> Found | None:
        """The line of a key; None where there is none."""
        for block in self.newer(key, 1):
            raw = block.raw.split(b"\n", 1)[0].rstrip(b"\r")
            return Found(key, raw, block.now) if block.first == key else None
        return None

    def some_before(self, key: int, size: int = 1 << 16) -> int:
        """The key of a line about `size` bytes before another; of the oldest, where there are fewer."""
        found = key
        for block in self.older(key, size):
            start = block.raw.rfind(b"\n", 0, max(len(block.raw) - size, 0)) + 1
            found = key_at(block.first, block.raw, start)
        return found

    def in_block(self, block: Block, text: bytes) -> Iterator[Found]:
        """The lines of a block that hold a text, oldest first."""
        return hits(block, text)

    def before(self, key: int, text: bytes, limit: int | None = None) -> Iterator[Found]:
        """The lines before `key` that hold a text, newest first."""
        for block in self.older(key, limit):
            yield from last_hits(block, text)

    def after(self, key: int, text: bytes, limit: int | None = None) -> Iterator[Found]:
        """The lines from `key` on that hold a text, oldest first."""
        for block in self.newer(key, limit):
            yield from hits(block, text)


def _cut(raw: bytes, limit: int) -> bytes:
    """The first whole lines of a block, `limit` bytes of them and the rest of that line."""
    if len(raw) <= limit:
        return raw
    return raw[: raw.find(b"\n", max(limit - 1, 0)) + 1] or raw
