"""Several lines of spans, wrapped; and the pane that shows a row's details with a title over them.

    pane = DetailPane(id="detail")
    pane.show([("webmaster@falcot.com", "bold")], [("/etc/postfix/virtual:4", "dim")], lines)

`lines` is a list of spans; a line that is too long goes on, indented, on the next. The pane lies below
the list, or right of it in a wide window (`frame.tcss`); a screen may mount its own editor into it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip

from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.keys import MOVES
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import (
    Span,
    Spans,
    cells,
    rule,
    segments,
    short_path,
    show,
    spans_width,
    wrapped,
)

INDENT = 4
"""Columns by which the later lines of a wrapped one are set in."""

_LABELLED = re.compile(r"( *)(?:(?:\S+ ){1,3} +(?=\S))?")
"""The blanks that a line begins with, and the label before its text."""
_LONGEST_LABEL = 16
"""Columns beyond which that is a column of a table, and the text would have no room beside it."""

LABEL = 9
"""Columns of the label before a detail line, `("note".ljust(LABEL), "dim")`; wrapped text stays beside it."""

_PLACE = 14
"""Columns that what stands at the right end of a title keeps, however long the title is."""


def beside_label(line: Spans) -> int:
    """The columns by which the later lines of this one are set in, so that its label stands alone."""
    found = _LABELLED.match("".join(text for text, _ in line))
    assert found is not None  # it may match nothing at all
    blanks = len(found[1])
    if blanks > INDENT:
        return min(blanks, _LONGEST_LABEL)  # it goes on from the line above
    return found.end() if found.end() <= _LONGEST_LABEL else blanks + 2 * bool(blanks)


class Lines(Painted):
    """Wrapped lines; more than fit are scrolled with the cursor keys, once it has the focus. `hang`: each is
    set in by its own label, not by `indent`."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVES]

    def __init__(
        self,
        lines: Sequence[Spans] = (),
        *,
        indent: int = INDENT,
        hang: bool = False,
        focusable: bool = False,
        id: str | None = None,  # noqa: A002  # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._source = list(lines)
        self._indent, self._hang = indent, hang
        self._wrapped: list[list[Span]] = []
        self._width = -1
        self.top = 0
        self.can_focus = focusable

    def set_lines(self, lines: Sequence[Spans]) -> None:
        """Show these lines instead, from the first. Only those that differ are painted."""
        before, top, width = self._wrapped, self.top, self._width
        self._source, self._width, self.top = list(lines), -1, 0
        if width != self.size.width or top:
            self.refresh(layout=self.styles.is_auto_height)
            return
        self._wrap(width)
        if self.styles.is_auto_height and len(before) != len(self._wrapped):
            self.refresh(layout=True)
            return
        shown = range(min(max(len(before), len(self._wrapped)), self.size.height))
        if max(len(before), len(self._wrapped)) > self.size.height:
            self.refresh()
        elif changed := [y for y in shown if before[y : y + 1] != self._wrapped[y : y + 1]]:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    @property
    def plain(self) -> list[str]:
        """The lines as text, unwrapped: for copying."""
        return ["".join(text for text, _ in line) for line in self._source]

    def height_at(self, width: int) -> int:
        """The lines it takes in `width` columns."""
        self._wrap(width)
        return len(self._wrapped)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        return max(1, self.height_at(width))

    def _wrap(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self._wrapped = [
                part
                for line in self._source
                for part in wrapped(line, width, beside_label(line) if self._hang else self._indent)
            ]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        self._wrap(width)
        index = self.top + y
        spans = self._wrapped[index] if index < len(self._wrapped) else []
        more = len(self._wrapped) - self.top - self.size.height
        if y == self.size.height - 1 and more > 0:
            spans = [(f"{'':{self._indent}}… {more + 1} more lines", "dim")]
        return self.strip(segments(spans, width, self.paint), width)

    def _scroll(self, top: int) -> None:
        top = max(0, min(top, len(self._wrapped) - self.size.height))
        if top != self.top:
            self.top = top
            self.refresh()

    def action_down(self) -> None:
        self._scroll(self.top + 1)

    def action_up(self) -> None:
        self._scroll(self.top - 1)

    def action_page_down(self) -> None:
        self._scroll(self.top + self.size.height - 1)

    def action_page_up(self) -> None:
        self._scroll(self.top - self.size.height + 1)

    def action_first(self) -> None:
        self._scroll(0)

    def action_last(self) -> None:
        self._scroll(len(self._wrapped))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(self.top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(self.top - 3)


class Rule(Bar):
    """A horizontal line; with a title it reads `── title ───`."""

    def __init__(self, title: str = "", id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._title = title

    def set_title(self, title: str) -> None:
        """Show this title in the line."""
        self._title = title
        self.refresh()

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        if not self._title:
            return [(rule() * width, "dim")], []
        rest = max(0, width - 4 - cells(show(self._title)))
        return [(rule() * 2, "dim"), (f" {self._title} ", "title"), (rule() * rest, "dim")], []


class TitleLine(Bar):
    """A line with something at its left and something at its right end."""

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._left: list[Span] = []
        self._right: list[Span] = []

    def show(self, left: Spans, right: Spans = ()) -> None:
        """Show these spans."""
        self._left, self._right = list(left), list(right)
        self.refresh()

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        left: list[Span] = [(" ", ""), *self._left, (" ", "")]
        if not self._right:
            return left, []
        room = max(_PLACE, width - spans_width(left) - 2)
        right = self._right
        if len(right) == 1 and right[0][0][:1] == "/" and spans_width(right) > room:
            right = [(short_path(show(right[0][0]), room), right[0][1])]
        return left, [(" ", ""), *right, (" ", "")]


class DetailPane(Vertical):
    """A rule, a title, and lines about what the list's cursor is on."""

    def compose(self) -> ComposeResult:
        yield Rule()
        yield TitleLine()
        yield Lines(indent=3 + LABEL)

    def show(self, left: Spans, right: Spans, lines: Sequence[Spans]) -> None:
        """Show a title (left and right part) and lines; nothing at all where they are empty."""
        self.query_one(TitleLine).show(left, right)
        self.query_one(Lines).set_lines([[("   ", ""), *line] for line in lines])
