"""Blocks of whole lines of a log, and the keys by which its lines are known.

A line has one key, an integer, and keys ascend in time. Lines that came since a feed began are numbered from
0; an older line has a negative key, its distance in bytes from where the feed began. So lines in one block
are one apart from 0 on, and as far apart as they are long below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

SIZE = 1 << 20
"""Bytes of a block, about: a block holds whole lines, and a long line makes a long block."""
LONGEST = 32 << 20
"""A line of more bytes is taken for several: no file can fill the memory."""


class Chunk(NamedTuple):
    """Whole lines of a log. `first` is the key of its first line; `now` the moment that no time in it can lie
    after, which gives traditional times their year; `title` names the file."""

    first: int
    raw: bytes
    now: datetime
    title: str

    def key(self, offset: int) -> int:
        """The key of the line that begins at an offset of `raw`."""
        return key_at(self.first, self.raw, offset)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line without its newline, with its key, oldest first."""
        return lines_of(self.first, self.raw)


def key_at(first: int, raw: bytes, offset: int) -> int:
    """The key of the line that begins at `offset` of a block whose first line has the key `first`."""
    return first + (offset if first < 0 else raw.count(b"\n", 0, offset))


def lines_of(first: int, raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a block without their newlines, each with its key, oldest first."""
    key, step = first, first < 0
    lines = raw.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for line in lines:
        yield key, line.removesuffix(b"\r")
        key += len(line) + 1 if step else 1
