"""The lines of a log feed as rows of a LineList. A row is known by its line's number since the start."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from time import perf_counter

from mailtui.maillog.feed import Feed
from mailtui.maillog.record import parse
from mailtui.maillog.view import Severity, may_be_problem, row
from mailtui.screens.parts.linelist import Row
from mailtui.text.query import Query

STYLES: dict[Severity, str] = {
    "good": "good", "plain": "", "quiet": "dim", "warning": "warning", "error": "error",
}  # fmt: skip
"""A row's severity as a style's name."""
LOOK = 0.001
"""Seconds of searching between two signs of life."""


class LogRows:
    """The lines with these numbers, ascending: a range of them, or the hits of a filter. They stay the same
    lines while others come and the oldest fall out of memory."""

    def __init__(self, feed: Feed, numbers: Sequence[int], *, raw: bool) -> None:
        self.feed, self.numbers, self.raw = feed, numbers, raw

    @classmethod
    def all(cls, feed: Feed, *, raw: bool) -> LogRows:
        """Every line that is held now."""
        return cls(feed, range(feed.lines.first, len(feed.lines)), raw=raw)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def end(self) -> int:
        """The number after the last one."""
        return self.numbers[-1] + 1 if self.numbers else 0

    def line(self, index: int) -> bytes:
        """The line as it is in the file."""
        return line_at(self.feed, self.numbers[index]) or b"(fell out of memory)"

    def cells(self, index: int) -> Row:
        line = self.line(index)
        if self.raw:
            return Row((line,))
        shown = row(parse(line), self.feed.sender)
        what = [(f"{shown.letter} {shown.what}", STYLES[shown.severity])]
        return Row(
            (shown.clock, what, shown.peer, shown.path or shown.peer, shown.result),
            style="dim" if shown.severity == "quiet" else "",
        )

    def key(self, index: int) -> Hashable:
        return self.numbers[index]

    def find(self, key: Hashable) -> int | None:
        if not isinstance(key, int):
            return None
        index = bisect_left(self.numbers, key)
        return index if index < len(self.numbers) and self.numbers[index] == key else None

    def next_problem(self, index: int, step: int) -> int | None:
        """The nearest row before or behind `index` that tells of a problem. It may look at all."""
        index += step
        while 0 <= index < len(self):
            line = self.line(index)
            if may_be_problem(line) and row(parse(line)).severity in {"warning", "error"}:
                return index
            index += step
        return None


def line_at(feed: Feed, number: int) -> bytes:
    """A line by its number; empty where it has fallen out of memory."""
    try:
        return feed.lines.line(number)
    except IndexError:
        return b""


def hits(feed: Feed, numbers: range, query: Query) -> Iterator[int | None]:
    """The numbers of the lines that match, and None now and then."""
    looked = perf_counter()
    for number in numbers:
        if query.matches(line_at(feed, number)):
            yield number
        if perf_counter() - looked > LOOK:
            yield None
            looked = perf_counter()
