"""Physical lines being edited, and the splices that this comes to in the end."""

from __future__ import annotations

from dataclasses import dataclass

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

    @property
    def text(self) -> bytes:
        """The logical line."""
        return b"".join(row.content for row in self.rows if row.joins)

    def locate(self, at: int) -> tuple[int, int]:
        """The row that holds the byte `at` of the text, by its index, and the byte's column."""
        found = (0, 0)
        for index, row in enumerate(self.rows):
            if not row.joins:
                continue
            size = len(row.content)
            if at < size:
                return index, at
            found = index, size
            at -= size
        return found

    def behind(self, at: int) -> tuple[int, int]:
        """Row and column just behind the byte before `at`."""
        index, column = self.locate(at - 1)
        return index, column + 1

    def spans(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """What the bytes from `start` to `end` cover: (row index, first column, column behind the last)."""
        result: list[tuple[int, int, int]] = []
        base = 0
        for index, row in enumerate(self.rows):
            if not row.joins:
                continue
            size = len(row.content)
            low, high = max(start, base), min(end, base + size)
            if low < high:
                result.append((index, low - base, min(high - base, len(row.body))))
            base += size
        return result

    def insert_after(self, index: int, body: bytes) -> None:
        """A new line below row `index`; a missing newline at the end of the file stays missing."""
        above = self.rows[index]
        end = above.end
        if not end:
            above.end = self.lines.newline
        self.rows.insert(index + 1, Row(body, end, None, True))

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
