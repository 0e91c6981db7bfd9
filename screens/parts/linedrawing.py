"""How the rows of a list are drawn: a heading, the cursor, marks, letters, cells cut to their columns, what a
filter found underlined. A row is drawn once and kept as long as it looks the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from rich.segment import Segment
from textual.strip import Strip

from mailtui.screens.parts.columns import Column, widths
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.rows import Listed, Rows
from mailtui.screens.parts.text import (
    Matcher,
    Span,
    Spans,
    cells,
    cut,
    plain_in_use,
    segments,
    show,
    spans_width,
    wrapped,
)

_CACHED = 400

_SPOKEN = {
    "+": "new", "~": "changed", "-": "deleted", "#": "off", "*": "changed on the disk", "!": "error",
    "?": "warning", "=": "duplicate", ">": "here", "w": "warns only",
}  # fmt: skip
"""What a row's letter is called where it is read out."""
_MARKER_STYLES = {"!": "error", "?": "warning", "*": "warning", "#": "dim", "=": "dim"}


LEAD = 3
"""Cells before a row: whether it is marked, and its state."""
SPOKEN_LEAD = len(" warning, ")
"""The same where that is said in words, as soon as there is one to be said: most are no longer."""


def lead_room() -> int:
    """The cells that stand before a row, as far as that is known before it is drawn: for those who wrap text
    for a list."""
    return SPOKEN_LEAD if plain_in_use() else LEAD


def _lead(marker: str, marked: bool) -> list[Span]:
    """What stands before a row, as letters or in words."""
    style = _MARKER_STYLES.get(marker, "bold")
    if not plain_in_use():
        return [(">" if marked else " ", "accent"), (marker or " ", style), (" ", "")]
    state = [(f"{_SPOKEN.get(marker, marker)}, ", style)] if marker.strip() else []
    return [(" ", ""), *[("marked, ", "accent")] * marked, *state]


class DrawnLines(Painted):
    """See the module's text. `cursor` and `top` are the indices of the current row and of the first visible
    one."""

    def __init__(
        self,
        *columns: Column,
        header: bool,
        quiet: bool,
        id: str | None,  # noqa: A002  # Textual's own name for it
        classes: str | None,
    ) -> None:
        """`quiet`: no cursor is shown while another widget has the keys."""
        super().__init__(id=id, classes=classes)
        self._columns = columns
        self._header = 1 if header else 0
        self._quiet = quiet
        self.empty = ""
        self.rows: Rows = Listed()
        self.marked: set[Hashable] = set()
        self.cursor = 0
        self.top = 0
        self._match: Matcher | None = None
        self._widths: list[int] = []
        self._led = LEAD
        """Cells before a row; where states are said in words, those of the longest that was drawn."""
        self._strips: dict[tuple[int, bool, bool, bool], Strip] = {}

    @property
    def reading_line(self) -> int:
        return self._header + self.cursor - self.top

    def refresh_rows(self) -> None:
        """Paint all rows again: their contents changed, their number and order did not."""
        self._strips.clear()
        self.refresh()

    def forget_drawn(self) -> None:
        """Rows that are not on the screen now may say something else when they come again."""
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = self.top + y - self._header
        if y < self._header:
            return self.strip(self._header_line(width), width)
        if index < len(self.rows):
            return self._row_strip(index, width)
        if len(self.rows) or not self.empty:
            return self.strip(segments([], width, self.paint), width)
        said = wrapped([("   ", ""), (self.empty, "dim")], width - 1, LEAD)
        return self.strip(segments(said[index] if index < len(said) else [], width, self.paint), width)

    @property
    def room(self) -> int:
        """The cells of a row beside what stands before it."""
        return self.size.width - self._led

    def _shared(self) -> list[int]:
        """The columns' cells."""
        return widths(self._columns, self.room)

    def _header_line(self, width: int) -> list[Segment]:
        spans: list[Span] = [(" " * self._led, "")]
        for column, room in self._shown_columns():
            spans.extend((self._fitted([(column.title, "dim")], column, room), ("  ", "")))
        return segments(spans[:-1], width, self.paint)

    def _shown_columns(self) -> Iterator[tuple[Column, int]]:
        return ((column, room) for column, room in zip(self._columns, self._widths, strict=False) if room)

    @staticmethod
    def _fitted(spans: Spans, column: Column, room: int) -> Span:
        """A heading, padded."""
        text = cut(show(spans[0][0]), room)
        gap = " " * (room - cells(text))
        return (gap + text if column.right else text + gap, spans[0][1])

    def _row_strip(self, index: int, width: int) -> Strip:
        here = index == self.cursor
        marked = bool(self.marked) and self.rows.key(index) in self.marked
        name = (index, here, here and self.has_focus, marked)
        strip = self._strips.get(name)
        if strip is None or strip.cell_length != width:
            if len(self._strips) >= _CACHED:
                self._strips.clear()
            strip = self._strips[name] = self.strip(self._row_line(index, width, marked), width)
        return strip

    def _row_line(self, index: int, width: int, marked: bool) -> list[Segment]:
        row = self.rows.cells(index)
        lead = _lead(row.marker, marked)
        said = spans_width(lead)
        if said > self._led:  # the rows that are drawn already get their columns where this one has them
            self._led = max(said, SPOKEN_LEAD)
            self._widths = self._shared()
            self.call_later(self.refresh_rows)
        taken = self._led
        line = segments(lead, min(taken, width), self.paint)
        shown = list(zip(self._columns, self._widths, row.cells, strict=False))
        for column, room, cell in shown:
            if not room:
                continue
            spans = [(cell, row.style)] if isinstance(cell, str) else cell
            if isinstance(spans, bytes):
                spans = [(show(spans), row.style)]
            if column.right:
                spans = [(" " * max(0, room - sum(cells(show(text)) for text, _ in spans)), ""), *spans]
            line.extend(segments(spans, room, self.paint, match=self._match))
            line.append(Segment("  ", self.paint[""]))
        # Each part is as wide as it was asked for: nothing must be measured where all of them fit.
        left = width - taken - sum(room + 2 for _, room, _ in shown if room)
        if left < 0 or width < 3:
            line = list(Segment.adjust_line_length(line, width, self.paint[""]))
        elif left:
            line.append(Segment(" " * left, self.paint[""]))
        if index != self.cursor or (self._quiet and not self.has_focus):
            return line
        if not self.has_focus and not self.paint["cursor"].reverse:
            return [Segment(text, (style or self.paint[""]) + self.paint["bar"]) for text, style, _ in line]
        return [Segment(text, self.over_cursor(style or self.paint[""])) for text, style, _ in line]
