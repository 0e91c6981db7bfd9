"""A screen that is a list: filter bar, list, detail pane, wired together.

    class AliasesScreen(ListScreen):
        MODE = "aliases"
        COLUMNS = (Column("ADDRESS", share=3), Column("GOES TO", share=4), Column("TABLE", least=8, drop=70))
        BINDINGS = [Binding("n", "new", "new", id="aliases.new", tooltip="Make a new alias."),
                    Binding("enter", "open", "edit", id="aliases.edit", tooltip="Edit this alias.")]

        def load(self): return AliasRows(self.session…)          # Rows; called at start and by reload()
        def hits(self, text): return scan(parse(text), …)       # iterator of index | None
        def matcher(self, text): return parse(text).spans       # underlines; or None
        def describe(self, key): self.pane.show(…)               # the cursor came to a row (None: no row)
        def open_row(self, key): …                               # action open: Enter, double click

`self.rows` are all rows, `self.lines` the LineList, `self.bar` the FilterBar, `self.pane` the DetailPane.
`self.reload()` after a change: cursor, marks and filter stay.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import DetailPane
from mailtui.screens.parts.filterbar import FilterBar, Filtered, FilterRunner, Found
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import LIST_ACTIONS, key_for, keyed
from mailtui.screens.parts.linelist import LineList, Listed, Rows
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.splitscreen import SplitScreen
from mailtui.screens.parts.text import Matcher
from mailtui.text.scan import Hits

PROBLEMS = frozenset("!?=*")
"""The signs of rows that `e` and `E` stop at."""
UNREAD = "cannot be read"
"""What the bar says beside a list that says why."""
NO_HIT = "Nothing matches; / and Esc clear the filter"
NEAR = 200
"""Rows in which the next problem is looked for at once; beyond them it is looked for in a thread."""


class ListScreen(SplitScreen):
    """See the module's text."""

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = "Nothing here"
    """What stands in a list without rows; `{aliases.new:n}` is the key of an action."""
    NOUNS: ClassVar[tuple[str, str]] = ("row", "rows")
    """What one row is called, and what several are."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="list.open", tooltip="Open the row under the cursor."),
        *LIST_ACTIONS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows = Listed()
        self._first_hit = False
        self._wanted: Hashable | None = None
        self._shown_hits = False
        self._runner = FilterRunner(self, self._found)

    # What a screen says

    @abstractmethod
    def load(self) -> Rows:
        """All rows, as they are now."""

    @abstractmethod
    def hits(self, text: str) -> Hits:
        """The indices of the rows that a filter text matches, many as `Marked`, with None now and then."""

    def matcher(self, text: str) -> Matcher | None:  # noqa: ARG002
        """What the list underlines for this filter text."""
        return None

    def describe(self, key: Hashable | None) -> None:
        """Show the row under the cursor in the pane."""

    def open_row(self, key: Hashable) -> None:
        """Enter on a row, or a double click."""

    def aside(self) -> str:
        """What the bar says behind the number of rows."""
        return ""

    def nothing(self) -> str:
        """What stands in a list that has no rows at all."""
        return keyed(self.EMPTY)

    def counted(self, number: int) -> str:
        """A number of rows in words."""
        return f"{number} {self.NOUNS[number != 1]}"

    # What a screen uses

    def reload(self, to: Hashable | None = None) -> None:
        """Load the rows anew and filter them as before; the cursor goes to `to`, or stays with its row."""
        self.rows = self.load()
        if self.bar.text:
            self._search(self.bar.text, first=False, to=to)
        else:
            self._show_all(to)

    def body(self) -> ComposeResult:
        yield FilterBar()
        with Container(classes="split"):
            yield LineList(*self.COLUMNS, empty=self.nothing())
            with Vertical(classes="side"):
                yield from self.side()

    def side(self) -> ComposeResult:
        """What lies beside or below the list."""
        yield DetailPane()

    def refresh_view(self, change: Change) -> None:
        if change.draft or change.paths:
            self.reload()

    def none_shown(self) -> bool:
        """Whether rows are marked of which none is shown: an action is for none then, and that is said."""
        if not self.lines.marked or self.lines.chosen():
            return False
        if self.bar.text:
            clear = f"{key_for('list.filter', '/')} and Esc show all"
            self.say(f"The marked rows are hidden by the filter; {clear}", "warning")
        else:
            self.lines.unmark_all()
            self.say("The marked rows are gone; none is marked now", "warning")
        return True

    # Inside

    def on_mount(self) -> None:
        focus_now(self.lines)
        self.lines.follower = self.describe
        self.reload()

    def _show_all(self, to: Hashable | None = None) -> None:
        self._runner.cancel()
        self.lines.set_rows(self.rows, to=to)
        self._count(len(self.rows), done=True)

    def _search(self, text: str, *, first: bool, to: Hashable | None = None) -> None:
        """Look for what a filter text matches; `first`: as one types, with the cursor on the first hit."""
        self._first_hit, self._wanted, self._shown_hits = first, to, False
        self._runner.run(self.hits(text))

    def _found(self, found: Found) -> None:
        if not (self._first_hit or found.done):
            return  # the same filter over changed rows: the cursor's row may still come
        rows = Filtered(self.rows, found.rows)
        if self._shown_hits:
            self.lines.add_rows(rows)
        else:
            match = self.matcher(self.bar.text)
            self.lines.set_rows(rows, match=match, to=self._wanted, first=self._first_hit)
            self._shown_hits = True
        self._count(len(found.rows), done=found.done)

    def _count(self, shown: int, done: bool) -> None:
        total = len(self.rows)
        marked = f"{len(self.lines.marked)} marked  " if self.lines.marked else ""
        if self.bar.text:
            words = f"{shown}{'' if done else '…'} of {total} shown"
        else:
            words = self.counted(total)
        if self.bar.text and done and not shown:
            self.lines.empty = NO_HIT
            self.lines.refresh_rows()
        elif self.lines.empty == NO_HIT:
            self.lines.empty = self.nothing()
        aside = self.aside()
        self.bar.say((marked, "accent"), words, (f"  {aside}" if aside else "", "dim"))

    def filter_to(self, text: str) -> None:
        self.bar.text = text
        focus_now(self.lines)

    def go_to_row(self, number: int) -> None:
        self.lines.move_to(number - 1)
        focus_now(self.lines)

    def action_open(self) -> None:
        self.lines.action_select()

    def action_problem(self, step: int) -> None:
        """Go to the next row that bears a sign of a problem, or back to the one before."""
        rows, here = self.lines.rows, self.lines.cursor

        def next_in(places: range) -> int | None:
            return next((place for place in places if rows.cells(place).marker in PROBLEMS), None)

        def go(place: int | None) -> None:
            if place is None:
                self.say("No further row with a problem" if step > 0 else "No problem above")
            elif self.lines.rows is rows:
                self.lines.move_to(place)

        beyond = range(here + step, len(rows) if step > 0 else -1, step)
        near = next_in(beyond[:NEAR])
        if near is not None or len(beyond) <= NEAR:
            go(near)
        else:
            beside(self, "problem", lambda: next_in(beyond[NEAR:]), go, self.bad)

    def bad(self, error: Exception) -> None:
        """Say that something did not work."""
        from mailtui.screens.parts.dialogs import ErrorDialog

        self.app.push_screen(ErrorDialog("This did not work", [problem(error)]))

    def action_filter(self) -> None:
        self.bar.focus_field()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        if event.text:
            self._search(event.text, first=True)
        else:
            self._show_all()

    def on_filter_bar_submitted(self, event: FilterBar.Submitted) -> None:
        event.stop()
        if event.first:
            self.lines.move_to(0)
        focus_now(self.lines)

    def on_filter_bar_cleared(self, event: FilterBar.Cleared) -> None:
        event.stop()
        focus_now(self.lines)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        event.stop()
        self.describe(self.lines.key)  # a later move may have been told already

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        event.stop()
        self.open_row(event.key)

    def on_line_list_marked(self, event: LineList.Marked) -> None:
        event.stop()
        self._count(len(self.lines.rows), done=True)
