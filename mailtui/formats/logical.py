"""A logical line as one text, with the way back from a place in it to the byte in the file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from mailtui.formats.lines import Lines


class Logical:
    """The physical lines `numbers`, joined as Postfix joins them: without newlines, nothing in their place.

    `skip` bytes at the beginning of each line are left out: 1 for lines that are commented out.
    """

    __slots__ = ("_raw_at", "_text_at", "text", "whole")

    def __init__(self, lines: Lines, numbers: Sequence[int], skip: int = 0) -> None:
        self._raw_at = [lines.starts[number] + skip for number in numbers]
        self._text_at: list[int] = []
        parts: list[bytes] = []
        length = 0
        for number, start in zip(numbers, self._raw_at, strict=True):
            part = lines.raw[start : lines.starts[number + 1]].removesuffix(b"\n")
            self._text_at.append(length)
            parts.append(part)
            length += len(part)
        self.whole = b"".join(parts)
        """The text with whatever follows a NUL."""
        self.text = self.whole.partition(b"\0")[0]
        """What Postfix sees: a NUL ends it."""

    @property
    def is_utf8(self) -> bool:
        """Whether Postfix takes the line as UTF-8; else postmap and postalias drop it."""
        if self.text and self.text.isascii():  # of a line that a NUL begins the whole is tried
            return True
        try:
            self.whole.decode()
        except UnicodeDecodeError:
            return False
        return True

    def row(self, at: int) -> int:
        """Which of the physical lines holds the byte at `at` of the text, counted from 0."""
        return max(0, bisect_right(self._text_at, at) - 1)

    def start(self, at: int) -> int:
        """The offset in the file of the byte at `at` of the text."""
        row = self.row(at)
        return self._raw_at[row] + at - self._text_at[row]

    def end(self, at: int) -> int:
        """The offset in the file just behind the byte before `at` of the text."""
        return self.start(at - 1) + 1 if at else self.start(0)
