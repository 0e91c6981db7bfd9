"""`name = value` on a logical line: where name, value and items stand, in the text and in the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailtui.formats.lines import Lines
from mailtui.formats.lists import SEPARATORS, each
from mailtui.formats.logical import Logical

SPACE = b" \t\n\v\f\r"
"""What C's isspace() knows: cut around names and values (`split_nameval`)."""


class Token(NamedTuple):
    """One item of a list. `start` and `end` are offsets in the file, `line` counts from 1.

    An item in `{ }` may run over several lines; `text` is then what Postfix reads, its lines joined.
    """

    text: bytes
    start: int
    end: int
    line: int


class Layout(Logical):
    """A logical line and its physical ones: `members` are their numbers, counted from 0."""

    __slots__ = ("begin", "members", "stop")

    def __init__(self, lines: Lines, members: Sequence[int]) -> None:
        super().__init__(lines, members)
        self.members = members
        self.begin = lines.starts[members[0]]
        """Offset of the first line."""
        self.stop = lines.starts[members[-1] + 1]
        """Offset after the last line and its newline."""

    def line(self, at: int) -> int:
        """The line number, from 0, of the byte `at` of the text."""
        return self.members[self.row(at)]

    def in_one_line(self, start: int, end: int) -> bool:
        """Whether the bytes from `start` to `end` of the text stand on one physical line."""
        return end <= start or self.row(start) == self.row(end - 1)

    def tokens(self, start: int, end: int, separators: bytes = SEPARATORS) -> list[Token]:
        """The items between `start` and `end` of the text."""
        return [
            Token(item.text, self.start(item.start), self.end(item.end), self.line(item.start) + 1)
            for item in each(self.text[:end], separators, start)
        ]


class Parts(NamedTuple):
    """Where name and value stand in the text of a logical line (`split_nameval`).

    `name_end`: behind the name; `equals`: behind the `=`; the value runs from `start` to `end`, blanks
    around it not counted. Where the value is empty both are `equals`.
    """

    name_end: int
    equals: int
    start: int
    end: int


def split(text: bytes) -> Parts | str:
    """`name = value` in its parts, or what is wrong with it. A NUL ends the text, as it does for Postfix."""
    text = text.partition(b"\0")[0]
    name_end = 0
    while name_end < len(text) and text[name_end] not in SPACE and text[name_end] != 0x3D:
        name_end += 1
    if not name_end:
        return "no parameter name"
    equals = len(text) - len(text[name_end:].lstrip(SPACE))
    if text[equals : equals + 1] != b"=":
        return "no “=” after the parameter name"
    equals += 1
    end = len(text.rstrip(SPACE))
    if end <= equals:
        return Parts(name_end, equals, equals, equals)
    return Parts(name_end, equals, len(text) - len(text[equals:].lstrip(SPACE)), end)
