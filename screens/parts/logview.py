"""The list of the log screen: the live end with what was read before it, or what a filter found. What is put
before or behind leaves the cursor on its line.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from mailtui.maillog.feed import Feed
from mailtui.screens.parts.beside import problem, there
from mailtui.screens.parts.columns import Column, widths
from mailtui.screens.parts.detail import DetailPane
from mailtui.screens.parts.filterbar import FilterBar
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.logfoot import LogFoot
from mailtui.screens.parts.logkeys import Keys
from mailtui.screens.parts.loglist import LogList
from mailtui.screens.parts.logrows import LogRows
from mailtui.screens.parts.splitscreen import SplitScreen

if TYPE_CHECKING:
    from mailtui.maillog.logquery import LogQuery

FOOT = 1.0
"""Least seconds between two looks at the last hour's numbers."""
PEERS = 2
"""Which of the columns is that of clients."""


class LogView(SplitScreen):
    """See the module's text."""

    EMPTY: ClassVar[str] = "Nothing was logged yet"
    COLUMNS: ClassVar[tuple[Column, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.following = True
        self.raw = False
        self.fold = True
        self.asked: LogQuery | None = None
        """The filter; None where every line is shown."""
        self.older = array("q")
        """Keys of the history that was read."""
        self.hits = array("q")
        """Keys of what the filter found."""
        self.seen = 0
        """How many of the lines that came are taken into what is shown."""
        self._told = 0
        self._painted = 0.0
        self._foot_due = False

    @property
    def feed(self) -> Feed:
        """The log that all screens share; followed from now on."""
        return self.console.live_log.start()

    @property
    def lines(self) -> LogList:
        return self.query_one(LogList)

    @property
    def rows(self) -> LogRows:
        """What the list shows."""
        rows = self.lines.rows
        return rows if isinstance(rows, LogRows) else LogRows(self.feed, Keys())

    @property
    def here(self) -> int | None:
        """The key of the line under the cursor."""
        key = self.lines.key
        return key if isinstance(key, int) else None

    def body(self) -> ComposeResult:
        yield FilterBar()
        with Container(classes="split"):
            yield LogList(*self.COLUMNS, empty=self.EMPTY)
            with Vertical(classes="side"):
                yield DetailPane()
        yield LogFoot()

    def on_mount(self) -> None:
        self._forget = self.console.live_log.news.subscribe(self._news)
        focus_now(self.lines)
        self.lines.follower = self.describe
        self.show_all()
        self._paint_foot()
        self.set_interval(60, self._paint_foot)

    def on_unmount(self) -> None:
        self._forget()

    def on_screen_resume(self) -> None:
        if self.is_mounted:
            self._news(None)

    def describe(self, key: Hashable | None) -> None:
        """Show the row under the cursor in the pane."""

    # What is shown

    def _keys(self) -> Keys:
        if self.asked is not None:
            return Keys(self.hits)
        return Keys(self.older, range(self.feed.lines.start, self.seen))

    def _matcher(self) -> Callable[[str], list[tuple[int, int]]] | None:
        return self.asked.spans if self.asked is not None else None

    def lay(self, *, to: int | None = None) -> None:
        """Make the rows anew (another filter, folded or not, raw or not); the cursor stays with its line."""
        here = to if to is not None else self.lines.key
        rows = LogRows(
            self.feed, self._keys(), raw=self.raw, fold=self.fold, peer_room=self._peer_room
        )  # fmt: skip
        self._set(rows, here)

    def _peer_room(self) -> int:
        return widths(self.COLUMNS, self.lines.room)[PEERS]

    def relay(self, key: int) -> None:
        """Show the same rows after one was unfolded; the cursor goes to a line."""
        self.lines.set_rows(self.rows, match=self._matcher(), to=key)
        self.say_state()

    def grow(self) -> None:
        """Put what is new into the rows; the cursor stays with its line."""
        here, rows = self.lines.key, self.rows
        rows.grow(self._keys())
        self._set(rows, here)

    def _set(self, rows: LogRows, here: Hashable | None) -> None:
        if not self.following and isinstance(here, int) and len(rows) and rows.find(here) is None:
            here = rows.keys[min(rows.keys.place(here), len(rows.keys) - 1)]
        self.lines.set_rows(rows, match=self._matcher(), to=here)
        if self.following:
            self.to_end()
        self.say_state()

    def to_end(self) -> None:
        """Put the cursor on the newest row."""
        self.lines.move_to(len(self.lines.rows) - 1)

    def show_all(self, to: int | None = None) -> None:
        """Show every line."""
        self.asked = None
        self.hits = array("q")
        self.seen = len(self.feed.lines)
        self.lay(to=to)

    def _news(self, _news: None) -> None:
        if not (self.is_current and there(self)):
            return
        if not self._foot_due:
            self._foot_due = True
            self.set_timer(max(0.01, self._painted + FOOT - time.monotonic()), self._paint_foot)
        if self.following:
            self.take_in()
        else:
            self.say_state()

    def take_in(self) -> None:
        """Show what came since."""
        self.seen = len(self.feed.lines)
        self.grow()

    def on_log_list_follow(self, event: LogList.Follow) -> None:
        event.stop()
        self.follow()

    def follow(self) -> None:
        """Go to the newest line, and on with each that comes."""
        self.following = True
        self.take_in()
        self.to_end()
        self.say_state()

    def _paint_foot(self) -> None:
        self._painted, self._foot_due = time.monotonic(), False
        minutes = self.feed.rates.minutes()
        self.query_one(LogFoot).set_curves(
            ("accepted", [minute.accepted for minute in minutes], "good"),
            ("deferred", [minute.deferred for minute in minutes], "warning"),
            ("rejected", [minute.rejected for minute in minutes], "error"),
        )

    def failed(self, error: Exception) -> None:
        """Say that work in a thread failed."""
        self.say(problem(error), "error")
        self.say_state()

    def tell_trouble(self, *, again: bool = False) -> None:
        """Say what of the history could not be read: once, or `again` because something is missing by it."""
        trouble = self.feed.history.trouble
        if trouble and (again or len(trouble) > self._told):
            more = f" · and {len(trouble) - 1} more" if len(trouble) > 1 else ""
            self.say(f"{trouble[-1]}{more}", "warning")
        self._told = len(trouble)

    # The bar

    def say_state(self) -> None:
        """What is shown, at the filter's right: live, or how much is new; how far a search has come."""
