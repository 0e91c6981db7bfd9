"""Physical lines of a Postfix file and how they join into logical ones (postconf(5), `readlline`).

A line whose first byte is no blank begins a logical line; a line that begins with a blank continues
the one above it; empty lines and lines whose first non-blank byte is `#` are ignored and do *not*
end a logical line. The index costs 9 bytes a line, so a million lines are cheap.
"""

from __future__ import annotations

import io
from array import array
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate, compress, count
from typing import Self

BLANK, COMMENT, CONTINUATION, FIRST = 0, 1, 2, 3
"""The kinds of a physical line. A CONTINUATION above the first FIRST line is an orphan."""

_BLANKS = b" \t\r\n\v\f"
_KIND_OF_FIRST_BYTE = bytes(
    BLANK if byte == 0x0A else COMMENT if byte == 0x23 else CONTINUATION if byte in _BLANKS else FIRST
    for byte in range(256)
)
_IS_FIRST = bytes(1 if kind == FIRST else 0 for kind in range(256))
_IS_CONTINUATION = bytes(1 if kind == CONTINUATION else 0 for kind in range(256))


def _kind_of_indented(line: bytes) -> int:
    text = line.lstrip(_BLANKS)
    if not text:
        return BLANK
    return COMMENT if text[0] == 0x23 else CONTINUATION


def kind_of(line: bytes) -> int:
    """The kind of a physical line."""
    kind = _KIND_OF_FIRST_BYTE[line[0]] if line else BLANK
    return _kind_of_indented(line) if kind == CONTINUATION else kind


def shifted(numbers: array[int], by: int) -> array[int]:
    """The numbers, each greater by `by`."""
    return array(numbers.typecode, map(by.__add__, numbers)) if by else numbers


class Lines:
    """Offsets and kinds of all physical lines of `raw`. Line numbers here count from 0."""

    __slots__ = ("__dict__", "firsts", "kinds", "raw", "starts")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.starts = array("Q", accumulate(map(len, io.BytesIO(raw)), initial=0))
        """Offset of each line and, last, the length of the file."""
        kinds = bytearray(bytes(map(raw.__getitem__, self.starts[:-1])).translate(_KIND_OF_FIRST_BYTE))
        at = kinds.find(CONTINUATION)
        while at >= 0:
            kinds[at] = _kind_of_indented(self.line(at))
            at = kinds.find(CONTINUATION, at + 1)
        self.kinds = bytes(kinds)
        self.firsts = array("L", compress(count(), self.kinds.translate(_IS_FIRST)))
        """Line numbers at which logical lines begin."""

    @cached_property
    def continuations(self) -> array[int]:
        """The numbers of lines that continue another."""
        return array("L", compress(count(), self.kinds.translate(_IS_CONTINUATION)))

    @classmethod
    def of(cls, raw: bytes, starts: array[int], kinds: bytes, firsts: array[int]) -> Self:
        """The lines of `raw` where all of this is known already."""
        lines = cls.__new__(cls)
        lines.raw, lines.starts, lines.kinds, lines.firsts = raw, starts, kinds, firsts
        return lines

    def replaced(self, raw: bytes, top: int, bottom: int, window: Lines) -> Lines:
        """The lines of `raw`, which has the lines of `window` where this file has those from `top` to before
        `bottom`. Line `bottom`, if there is one, must begin a logical line."""
        head, tail = self.starts[:top], self.starts[bottom:]
        starts = (
            head + shifted(window.starts[:-1], self.starts[top]) + shifted(tail, len(raw) - len(self.raw))
        )
        kinds = self.kinds[:top] + window.kinds + self.kinds[bottom:]
        low, high = bisect_left(self.firsts, top), bisect_left(self.firsts, bottom)
        below = shifted(self.firsts[high:], len(kinds) - len(self.kinds))
        firsts = self.firsts[:low] + shifted(window.firsts, top) + below
        return Lines.of(raw, starts, kinds, firsts)

    def __len__(self) -> int:
        return len(self.kinds)

    def line(self, number: int) -> bytes:
        """A physical line with its line end."""
        return self.raw[self.starts[number] : self.starts[number + 1]]

    def at(self, offset: int) -> int:
        """The number of the line that holds the byte at `offset`."""
        return max(0, min(bisect_right(self.starts, offset) - 1, len(self.kinds) - 1))

    def logical(self, first: int) -> list[int]:
        """The physical lines of the logical line that begins at line `first`: it and its continuations."""
        members = [first]
        end = self.kinds.find(FIRST, first + 1)
        end = len(self.kinds) if end < 0 else end
        at = self.kinds.find(CONTINUATION, first + 1, end)
        while at >= 0:
            members.append(at)
            at = self.kinds.find(CONTINUATION, at + 1, end)
        return members

    def orphans(self) -> list[int]:
        """Continuation lines above the first logical line; Postfix drops them with a warning."""
        end = self.firsts[0] if self.firsts else len(self.kinds)
        return [number for number in range(end) if self.kinds[number] == CONTINUATION]

    @property
    def newline(self) -> bytes:
        """The line end this file uses: that of its first line, LF where it has none."""
        end = self.starts[1] if len(self.kinds) else 0
        return b"\r\n" if self.raw[:end].endswith(b"\r\n") else b"\n"

    @property
    def ends_open(self) -> bool:
        """Whether the last line lacks its newline, so that appended text would join it."""
        return bool(self.raw) and not self.raw.endswith(b"\n")
