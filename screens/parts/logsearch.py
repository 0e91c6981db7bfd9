"""The log's filter: what matches is looked for in a thread, back to the oldest line of all, and shown as it
is found; lines that come meanwhile are tried as they come.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from mailtui.maillog.chunks import Chunk
from mailtui.maillog.feed import Feed
from mailtui.screens.parts.filterbar import FilterBar
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.logview import LogView
from mailtui.screens.parts.streaming import Stop, Streaming

if TYPE_CHECKING:
    from mailtui.maillog.logquery import LogQuery
    from mailtui.maillog.search import Progress


class LogSearch(LogView):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: Progress | None = None
        """How far the search is."""
        self._begun = False
        self._wanted: int | None = None
        self._searching: Streaming[array[int] | Progress] = Streaming(self, "search")
        self._matching: Streaming[array[int]] = Streaming(self, "matching")

    def on_unmount(self) -> None:
        self._searching.cancel()
        self._matching.cancel()

    @property
    def searching(self) -> bool:
        """Whether older lines are still looked through."""
        return self._searching.running

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        self.filter_by(event.text)

    def filter_by(self, text: str) -> None:
        """Show what a filter finds, back to the oldest line of all; without a text, everything."""
        from mailtui.maillog.logquery import LogQuery

        query = LogQuery.parse(text, datetime.now().astimezone())
        self._searching.cancel()
        self._matching.cancel()
        self.progress = None
        if query.problem:
            self.bar.say((query.problem, "error"))
        elif query.empty:
            self.unfilter()
        else:
            self._search(query)

    def unfilter(self) -> None:
        """Show every line again; the cursor stays on its line."""
        self.show_all(to=self.here)

    def _search(self, query: LogQuery) -> None:
        feed = self.feed
        self.asked, self._begun, self._wanted = query, False, self.here
        self.hits = array("q")
        self.seen = end = len(feed.lines)

        def work(stop: Stop) -> Iterator[array[int] | Progress]:
            from mailtui.maillog.search import search

            return search(feed, query, end, stop)

        self._searching.start(work, self._found, self.failed)
        self.say_state()

    def _found(self, parts: list[array[int] | Progress], done: bool) -> None:
        fresh = array("q")
        for part in reversed(parts):
            if isinstance(part, array):
                fresh.extend(sorted(part))
            elif self.progress is None or part.done > self.progress.done:
                self.progress = part
        self.hits = fresh + self.hits
        if not self._begun and (fresh or done or self.progress is not None):
            self._begun = True
            self.lay(to=self._wanted)
        elif fresh:
            self.grow()
        self.say_state()
        if done:
            self.tell_trouble(again=True)

    def take_in(self) -> None:
        """What of the new lines matches is found in a thread, as a filter may take its time."""
        if self.asked is None:
            super().take_in()
            return
        if self._matching.running:
            return
        feed, query, start = self.feed, self.asked, self.seen
        end = self.seen = len(feed.lines)
        if start < end:
            self._matching.start(
                lambda stop: found_in(feed, query, start, end, stop), self._matched, self.failed
            )

    def _matched(self, parts: list[array[int]], done: bool) -> None:
        for part in parts:
            self.hits.extend(part)  # in place, for there may be millions
        if self._begun and any(parts):
            self.grow()
        self.say_state()
        if done and self.following and self.seen < len(self.feed.lines):
            self.take_in()

    def on_filter_bar_submitted(self, event: FilterBar.Submitted) -> None:
        """The hit to go to is the newest, which the cursor is near already."""
        event.stop()
        focus_now(self.lines)

    def on_filter_bar_cleared(self, event: FilterBar.Cleared) -> None:
        event.stop()
        focus_now(self.lines)

    def filter_to(self, text: str) -> None:
        self.bar.text = text
        focus_now(self.lines)

    def action_filter(self) -> None:
        self.bar.focus_field()

    def stop_work(self) -> bool:
        """End what runs in threads; False where nothing does."""
        return self._searching.cancel()

    def action_stop(self) -> None:
        """Escape in the list: end what runs; else clear the filter."""
        if self.stop_work():
            self.say("Stopped; what was found stays")
            self.say_state()
        elif self.bar.text:
            self.bar.text = ""


class _Fresh:
    """The lines of a feed between two keys, as what can be searched."""

    total = None

    def __init__(self, feed: Feed, start: int, stop: int) -> None:
        self._feed, self._start, self._stop = feed, start, stop
        self.blocks, self.key_at, self.now, self.sender = feed.blocks, feed.key_at, feed.now, feed.sender

    def back(self, before: int | None = None, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        """The lines, newest first."""
        del before, cancel
        for first, raw in reversed(list(self._feed.lines.forward(self._start, self._stop))):
            yield Chunk(first, raw, self._feed.now(first), "")


def found_in(feed: Feed, query: LogQuery, start: int, stop: int, cancel: Stop) -> Iterator[array[int]]:
    """The keys of the lines between two that match, ascending, in one array."""
    from mailtui.maillog.search import search

    parts = [
        part for part in search(_Fresh(feed, start, stop), query, None, cancel) if isinstance(part, array)
    ]
    found = array("q")
    for part in reversed(parts):
        part.reverse()
        found.extend(part)
    yield found
