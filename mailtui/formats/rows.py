"""Physical lines being edited, and the splices that this comes to in the end."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from mailtui.formats.lines import BLANK, COMMENT, Lines
from mailtui.formats.splice import Splice


@dataclass(slots=True)
class Row:
    """One line. `origin`: its number in the file, None for a new one. `joins`: part of the logical line."""

    body: bytes
    end: bytes
    origin: int | None
    joins: bool

    @property
    def content(self) -> bytes:
        """What the line gives to the logical one: a CR before the newline belongs to it."""
        return self.body + self.end.removesuffix(b"\n")

    @property
    def raw(self) -> bytes:
        return self.body + self.end


def _row(lines: Lines, number: int) -> Row:
    line = lines.line(number)
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n" if line.endswith(b"\n") else b""
    return Row(line[: len(line) - len(end)], end, number, lines.kinds[number] not in (BLANK, COMMENT))


def shrunk(start: int, old: bytes, new: bytes) -> Splice | None:
    """The splice that turns `old`, which stands at `start`, into `new` without touching what they share."""
    if old == new:
        return None
    low, limit = 0, min(len(old), len(new))
    while low < limit and old[low] == new[low]:
        low += 1
    tail = 0
    while tail < limit - low and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return Splice(start + low, start + len(old) - tail, new[low : len(new) - tail])


class Rows:
    """The lines `first` to `last` of a file, both included, as a list that may be changed."""

    def __init__(self, lines: Lines, first: int, last: int) -> None:
        self.lines = lines
        self.first, self.last = first, last
        self.rows = [_row(lines, number) for number in range(first, last + 1)]
        self.changed()

    def changed(self) -> None:
        """Read the logical line anew; to be called after a change of `rows`."""
        members = [(index, row.content) for index, row in enumerate(self.rows) if row.joins]
        self.text = b"".join(content for _, content in members)
        """The logical line."""
        self._members = [index for index, _ in members]
        self._bases = list(accumulate((len(content) for _, content in members), initial=0))

    def write(self, index: int, body: bytes) -> None:
        """Give row `index` another text."""
        self.rows[index].body = body
        self.changed()

    def drop(self, index: int) -> None:
        """Take row `index` out."""
        del self.rows[index]
        self.changed()

    def insert_after(self, index: int, *bodies: bytes) -> None:
        """New lines below row `index`; a missing newline at the end of the file stays missing."""
        above = self.rows[index]
        end = above.end
        if not end:
            above.end = self.lines.newline
        ends = [above.end] * (len(bodies) - 1) + [end]
        self.rows[index + 1 : index + 1] = [
            Row(body, after, None, True) for body, after in zip(bodies, ends, strict=True)
        ]
        self.changed()

    def _at(self, at: int) -> int:
        return min(bisect_right(self._bases, at), len(self._members)) - 1

    def locate(self, at: int) -> tuple[int, int]:
        """The row that holds the byte `at` of the text, by its index, and the byte's column."""
        found = self._at(at)
        return self._members[found], at - self._bases[found]

    def behind(self, at: int) -> tuple[int, int]:
        """Row and column just behind the byte before `at`."""
        index, column = self.locate(at - 1)
        return index, column + 1

    def spans(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """What the bytes from `start` to `end` cover: (row index, first column, column behind the last)."""
        result: list[tuple[int, int, int]] = []
        for member in range(self._at(start), self._at(end - 1) + 1):
            base, index = self._bases[member], self._members[member]
            high = min(end - base, len(self.rows[index].body))
            result.append((index, max(start - base, 0), high))
        return result

    def splices(self) -> list[Splice]:
        """What has changed against the file, as small as it can be said."""
        starts = self.lines.starts
        result: list[Splice] = []
        expected, place = self.first, starts[self.first]
        for row in self.rows:
            if row.origin is None:
                result.append(Splice(place, place, row.raw))
                continue
            if row.origin > expected:
                result.append(Splice(starts[expected], starts[row.origin], b""))
            change = shrunk(starts[row.origin], self.lines.line(row.origin), row.raw)
            if change is not None:
                result.append(change)
            expected, place = row.origin + 1, starts[row.origin + 1]
        if expected <= self.last:
            result.append(Splice(starts[expected], starts[self.last + 1], b""))
        return result
