"""A list of rows of which only the visible ones are ever asked for: a million rows cost what fifty do.

    class Rows:                                  # any object like this; see `Rows`
        def __len__(self): …
        def cells(self, index): return Row(("webmaster@falcot.com", "jean"), marker="~")
        def key(self, index): …                  # hashable: what the row is, wherever it stands
        def find(self, key): …                   # its index now, or None

    lines = LineList(Column("ADDRESS", share=3), Column("TABLE", least=8, drop=70))
    lines.set_rows(rows)                         # cursor and marks stay with their rows' keys
    on LineList.Highlighted / .Selected / .Marked: message.index, message.key

Enter is the screen's key (its footer says what it does there): bind it to an action that calls
`action_select`, or acts on `lines.key` itself.

Nothing here is animated: a key costs the two lines it changes, or one paint of the list. There is no
scrollbar, whose half blocks some consoles cannot show.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.keys import MOVES
from mailtui.screens.parts.linedrawing import DrawnLines
from mailtui.screens.parts.rows import Listed, Row, Rows
from mailtui.screens.parts.text import Matcher

__all__ = ["LineList", "Listed", "Row", "Rows"]

MARK_LIMIT = 100_000
"""Rows that `*` marks at most: an action on more of them is one for a filter or the command line."""


class LineList(DrawnLines, can_focus=True):
    """The list. `cursor` is the index of the current row; 0 in an empty list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("space", "mark", "mark", show=False, id="list.mark", tooltip="Mark the row, or unmark it."),
        Binding(
            "asterisk", "mark_all", "mark all", show=False, id="list.mark-all",
            tooltip="Mark all shown rows, or unmark them.",
        ),
    ]  # fmt: skip

    class _About(Message):
        """Something about one row of `lines`: its `index`, and its `key`."""

        def __init__(self, lines: LineList, index: int, key: Hashable) -> None:
            super().__init__()
            self.lines, self.index, self.key = lines, index, key

        @property
        def control(self) -> LineList:
            return self.lines

    class Highlighted(_About):
        """The cursor came to another row (key None: the list is empty). Only the last one counts."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LineList.Highlighted) and message.lines is self.lines

    class Selected(_About):
        """A row was chosen: by the screen's key for it, or by a double click."""

    class Marked(Message):
        """The marks changed; `count` rows are marked."""

        def __init__(self, lines: LineList, count: int) -> None:
            super().__init__()
            self.lines, self.count = lines, count

        @property
        def control(self) -> LineList:
            return self.lines

    def __init__(
        self,
        *columns: Column,
        rows: Rows | None = None,
        empty: str = "",
        header: bool = True,
        marks: bool = True,
        quiet: bool = False,
        id: str | None = None,  # noqa: A002  # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """`quiet`: no cursor is shown while another widget has the keys."""
        super().__init__(*columns, header=header, quiet=quiet, id=id, classes=classes)
        self._marks_allowed = marks
        self.empty = empty
        if rows is not None:
            self.rows = rows
        self.follower: Callable[[Hashable | None], object] | None = None
        """Called instead of `Highlighted` where the cursor moves: what it shows is painted with the move."""

    # What others call

    @property
    def key(self) -> Hashable | None:
        """The key of the row under the cursor; None in an empty list."""
        return self.rows.key(self.cursor) if len(self.rows) else None

    def set_rows(
        self, rows: Rows, *, match: Matcher | None = None, to: Hashable | None = None, first: bool = False
    ) -> None:
        """Show other rows, or the same after a change. The cursor goes to the row `to`, or to the first
        row, or stays with its row; where that is gone it keeps its place. `match` underlines in the cells."""
        wanted = to if to is not None else (None if first else self.key)
        above = self.cursor - self.top
        place = rows.find(wanted) if wanted is not None and len(rows) else None
        self.rows, self._match = rows, match
        if place is None:
            place = 0 if first else self.cursor
        self.cursor = self._clamped(place)
        self.top = self.cursor - above
        self._show_cursor()
        self.refresh_rows()
        self._highlighted()

    def add_rows(self, rows: Rows) -> None:
        """Show `rows`, which are those shown now and more after them: paints only what that makes visible."""
        count, self.rows = len(self.rows), rows
        if count == 0:
            self._highlighted()
        if count - self.top < self.page:
            self.refresh()

    def set_columns(self, *columns: Column) -> None:
        """Show other columns; `set_rows` comes next where the rows' cells change with them."""
        self._columns = columns
        self._widths = self._shared()
        self.refresh_rows()

    def move_to(self, index: int) -> None:
        """Put the cursor on row `index` (the nearest there is) and make it visible."""
        index = self._clamped(index)
        if index == self.cursor:
            return
        before, self.cursor = self.cursor, index
        if self._show_cursor():
            self.refresh()
        else:
            self._refresh_row(before)
            self._refresh_row(index)
        if self.follower is not None:
            self.follower(self.key)
        else:
            self._highlighted()

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key; False where there is none."""
        index = self.rows.find(key)
        if index is None:
            return False
        self.move_to(index)
        return True

    def chosen(self) -> list[Hashable]:
        """What an action is meant for: the keys of the marked rows, in the list's order, or else the
        row under the cursor."""
        if not self.marked:
            return [] if self.key is None else [self.key]
        found = ((self.rows.find(key), key) for key in self.marked)
        return [key for _, key in sorted((index, key) for index, key in found if index is not None)]

    def unmark_all(self) -> None:
        """Forget all marks."""
        self.marked.clear()
        self._marks_changed()

    # Keys

    @property
    def page(self) -> int:
        """Rows visible at once."""
        return max(1, self.size.height - self._header)

    def action_down(self) -> None:
        self.move_to(self.cursor + 1)

    def action_up(self) -> None:
        self.move_to(self.cursor - 1)

    def action_page_down(self) -> None:
        self._turn(self.page - 1)

    def action_page_up(self) -> None:
        self._turn(1 - self.page)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self.rows) - 1)

    def action_select(self) -> None:
        if len(self.rows):
            self.post_message(self.Selected(self, self.cursor, self.key))

    def action_mark(self) -> None:
        key = self.key
        if key is None or not self._marks_allowed:
            return
        self.marked.symmetric_difference_update({key})
        self._refresh_row(self.cursor)
        self.post_message(self.Marked(self, len(self.marked)))
        self.action_down()

    def action_mark_all(self) -> None:
        if not self._marks_allowed:
            return
        if len(self.rows) > MARK_LIMIT:
            self.app.notify(f"More than {MARK_LIMIT:,} rows are shown: filter first", severity="warning")
            return
        shown = {self.rows.key(index) for index in range(len(self.rows))}
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown
        self._marks_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return self._marks_allowed or action not in {"mark", "mark_all"}

    # Mouse, size, focus

    def on_click(self, event: events.Click) -> None:
        index = self.top + event.y - self._header
        if event.y >= self._header and index < len(self.rows):
            self.move_to(index)
            if event.chain == 2:
                self.action_select()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-3)

    def on_resize(self) -> None:
        if not self._widths:
            self.top = 0  # what was asked for before there was a size was a guess
        self._widths = self._shared()
        self._show_cursor()
        self.refresh_rows()

    def on_focus(self) -> None:
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        self._refresh_row(self.cursor)

    # Inside

    def _clamped(self, index: int) -> int:
        return max(0, min(index, len(self.rows) - 1))

    def _show_cursor(self) -> bool:
        """Scroll so that the cursor is visible; whether that moved the rows."""
        before = self.top
        top = min(self.top, self.cursor, max(0, len(self.rows) - self.page))
        self.top = max(0, top, self.cursor - self.page + 1)
        return self.top != before or not self._strips

    def _turn(self, lines: int) -> None:
        """Move rows and cursor together, as far as there are rows."""
        top = max(0, min(self.top + lines, len(self.rows) - self.page))
        if top != self.top:
            self.top = top
            self.refresh()
        self.move_to(self.cursor + lines)

    def _scroll(self, lines: int) -> None:
        self.top = max(0, min(self.top + lines, len(self.rows) - self.page))
        self.refresh()
        self.move_to(max(self.top, min(self.cursor, self.top + self.page - 1)))

    def _refresh_row(self, index: int) -> None:
        self.refresh(Region(0, index - self.top + self._header, self.size.width, 1))

    def _marks_changed(self) -> None:
        self.refresh_rows()
        self.post_message(self.Marked(self, len(self.marked)))

    def _highlighted(self) -> None:
        self.post_message(self.Highlighted(self, self.cursor, self.key))
