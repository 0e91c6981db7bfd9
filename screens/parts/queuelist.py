"""The list of the queue's views: read every few seconds, grouped in a thread, filtered, its pane filled."""

from __future__ import annotations

import time
from array import array
from collections.abc import Hashable
from typing import ClassVar

from textual.timer import Timer

from mailtui.postfix.mailqueue.groups import TITLES, By, Group, grouped, inside, matched
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.postfix.mailqueue.query import QueueQuery
from mailtui.postfix.mailqueue.stuck import Lifetimes
from mailtui.postfix.mailqueue.usual import Usual
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.linelist import LineList, Rows
from mailtui.screens.parts.listscreen import NO_HIT, ListScreen
from mailtui.screens.parts.queueacts import words_of
from mailtui.screens.parts.queuebar import bar_words
from mailtui.screens.parts.queuedetail import about_group, about_message
from mailtui.screens.parts.queuerows import MESSAGES, GroupRows, MessageRows, group_columns
from mailtui.screens.parts.queuestore import NO_LOG, QueueStore
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.streaming import Streaming
from mailtui.screens.parts.text import Matcher
from mailtui.text.scan import Hits

NO_MAIL = "The queue is empty"
_NEXT = 500
"""Rows around the cursor among which one that is still there is looked for."""
_SAY = 0.5
"""Seconds between two words on how far the reading is."""
_LOOK = 64
"""Messages that a search looks at between two looks at the keys."""


class QueueList(ListScreen):
    """All of the queue, or (`within`) the messages of one group."""

    COLUMNS: ClassVar[tuple[Column, ...]] = MESSAGES
    EMPTY = "Reading the queue…"

    def __init__(self, store: QueueStore | None = None, within: tuple[By, str] | None = None) -> None:
        super().__init__()
        self._given, self.within = store, within
        self._reading: Streaming[Listing] = Streaming(self, "queue")
        self._searching: Streaming[int] = Streaming(self, "origins")
        self._counting: Streaming[Usual] = Streaming(self, "usual")
        self._next: Timer | None = None
        self._laying = 0
        self._growing = False
        """Whether the rows stand as they were read, not yet by their age: the cursor then stays on top."""
        self._said = 0.0
        self._rows: Rows = GroupRows([])

    @property
    def help_title(self) -> str:
        return f"the queue, {TITLES[self.within[0]]}" if self.within is not None else "the queue"

    @property
    def store(self) -> QueueStore:
        """What the queue's views share."""
        if self._given is None:
            find = self.session.find_log or (lambda: NO_LOG)
            instance = self.session.instance
            self._given = QueueStore(instance.config_dir, find, lambda: Lifetimes.of(instance))
        return self._given

    @property
    def by(self) -> By | None:
        """What the rows are grouped by."""
        return None if self.within is not None else self.store.by

    # Reading

    def on_mount(self) -> None:
        if self.store.listing.complete:
            self.lay()
        self.read_again()

    def on_unmount(self) -> None:
        self._reading.cancel()
        self._searching.cancel()
        self._counting.cancel()

    def read_again(self) -> None:
        """Read the queue now, unless that is being done."""
        if self._next is not None:
            self._next.stop()
        if not self._reading.running:
            self._reading.start(self.store.read, self._took, self._failed)

    def _took(self, parts: list[Listing], done: bool) -> None:
        other = bool(parts) and self.store.take(parts[-1])
        if other:
            self.lay()
        if done:
            if self.by is None or not len(self.store.listing):  # groups may still be counted
                self.lines.empty = NO_MAIL
            if not other:
                self.lines.refresh_rows()  # ages
            self._later()
            self._search_log()
        if done or time.monotonic() - self._said > _SAY:
            self._said = time.monotonic()
            self._count(len(self.lines.rows), done=True)

    def _failed(self, error: Exception) -> None:
        self.store.trouble = words_of(error)
        self.lines.empty = self.store.trouble
        self._later()
        self._count(len(self.lines.rows), done=True)
        self.lines.refresh_rows()

    def _later(self) -> None:
        self._next = self.set_timer(self.store.pause, self._in_time)

    def _in_time(self) -> None:
        if self.is_current:
            self.read_again()
        else:
            self._next = None

    def on_screen_resume(self) -> None:
        if self.is_mounted and self._next is None and not self._reading.running:
            self.read_again()

    def refresh_view(self, change: Change) -> None:
        if self.session.instance.config_dir in change.paths:  # `r`
            self.read_again()

    def _search_log(self) -> None:
        if not self._searching.running:
            self._searching.start(self.store.search, self._found_origins, self._no_origins)

    def _found_origins(self, found: list[int], done: bool) -> None:
        if any(found) or (done and self.by in ("user", "client")):
            asks = QueueQuery.parse(self.bar.text).asks_origin
            if self.by in ("user", "client") or self.within is not None or asks:
                if done or not self._waits:
                    self.lay()
            else:
                self.lines.refresh_rows()
        if done:
            self.describe(self.lines.key)

    def _no_origins(self, error: Exception) -> None:
        self.store.no_origins = problem(error)
        self.describe(self.lines.key)

    # Laying the rows

    @property
    def _waits(self) -> bool:
        """Whether rows are being made in a thread."""
        return any(one.group == "lay" and one.is_running for one in self.workers)

    def lay(self, *, first: bool = False) -> None:
        """Show what the store has now: as it is, or once a thread has grouped it."""
        self._laying += 1
        store, by, mine = self.store, self.by, self._laying
        listing, origins = store.listing, store.origins

        def stopped() -> bool:
            return self._laying != mine

        def laid(rows: array[int]) -> None:
            if not stopped():
                self._show(MessageRows(listing, origins, rows, store.lives))

        def put(groups: list[Group]) -> None:
            if not stopped():
                self._show_groups(groups, first=first)

        if self.within is not None:
            name, key = self.within
            if listing.complete:
                beside(self, "lay", lambda: inside(listing, origins, name, key, stopped), laid, self.bad)
        elif by is None:
            order = listing.order if listing.complete else range(len(listing))
            self._show(MessageRows(listing, origins, order, store.lives))
        elif listing.complete:
            query = QueueQuery.parse(self.bar.text)
            beside(self, "lay", lambda: grouped(listing, query, origins, by, None, stopped), put, self.bad)

    def group_by(self, by: By | None) -> None:
        """Show groups, or the messages themselves."""
        self.store.by = by
        self.lines.marked.clear()
        self.lines.set_columns(*(group_columns(by) if by is not None else MESSAGES))
        self._rows = self.rows = GroupRows([])
        self.lines.empty = "Grouping…" if by is not None else NO_MAIL
        self.lines.set_rows(self._rows, first=True)
        self.lay(first=True)
        self._count(0, done=False)

    def _show_groups(self, groups: list[Group], *, first: bool) -> None:
        self._rows = self.rows = GroupRows(groups)
        self.lines.empty = NO_HIT if len(self.store.listing) else NO_MAIL
        self.lines.set_rows(self._rows, first=first)
        self._count(len(groups), done=True)

    def _show(self, rows: MessageRows) -> None:
        """Other messages; or, while they are read, more of them, not painted before they are seen."""
        if not rows.listing.complete and not self.bar.text and isinstance(self._rows, MessageRows):
            self._rows = self.rows = rows
            self._growing = True
            self.lines.add_rows(rows)
            return
        untouched = self._growing and not self.lines.cursor
        to = rows.key(0) if untouched and len(rows) else _survivor(self.lines, rows)
        self._growing = not rows.listing.complete
        self._rows = rows
        if rows.listing.complete and self.lines.marked:
            self.lines.marked = {each for each in self.lines.marked if rows.find(each) is not None}
        self.reload(to)

    def bad(self, error: Exception) -> None:
        self.say(problem(error), "error")

    def load(self) -> Rows:
        return self._rows

    def hits(self, text: str) -> Hits:
        rows, query = self._rows, QueueQuery.parse(text)
        if not isinstance(rows, MessageRows):
            return
        listing, origins = rows.listing, self.store.origins
        for place, row in enumerate(rows.order):
            if matched(listing, query, origins, row) is not None:
                yield place
            elif place % _LOOK == 0:
                yield None

    def matcher(self, text: str) -> Matcher | None:
        return QueueQuery.parse(text).spans

    def _search(self, text: str, *, first: bool, to: Hashable | None = None) -> None:
        if self.by is None:
            super()._search(text, first=first, to=to)
        else:
            self.lay(first=first)

    def _show_all(self, to: Hashable | None = None) -> None:
        if self.by is None or not self.store.listing.complete:
            super()._show_all(to)
        else:
            self.lay()

    def _count(self, shown: int, done: bool) -> None:
        self.bar.say(
            *bar_words(
                self.store, width=self.size.width, shown=shown, rows=self._rows, done=done,
                marked=len(self.lines.marked), filter_text=self.bar.text, within=self.within, by=self.by,
            )
        )  # fmt: skip

    # What the cursor is on

    def describe(self, key: Hashable | None) -> None:
        group = self.group(key)
        row = self.store.listing.row_of(key) if isinstance(key, str) else None
        if group is not None:
            if group.by == "user" and group.key and not self.store.knows_usual:
                self._count_usual()
            self.pane.show(*about_group(group, self.store.usual))
        elif row is not None:
            entry = self.store.listing.entry(row)
            origin = self.store.origins.of(entry.queue_id)
            self.pane.show(*about_message(entry, origin, self.store.no_origins, self.store.lives))
        else:
            self.pane.show([], [], [])

    def _count_usual(self) -> None:
        """Find out what each user usually hands in, once nothing else is looked for in the log."""
        if self._counting.running or self._searching.running:
            return

        def failed(_error: Exception) -> None:
            self.store.no_usual()  # the pane says already that the log cannot be read

        def counted(_found: list[Usual], done: bool) -> None:
            if done:
                self.describe(self.lines.key)

        self._counting.start(self.store.count_usual, counted, failed)

    def group(self, key: Hashable | None) -> Group | None:
        rows = self._rows
        place = rows.find(key) if isinstance(rows, GroupRows) and key is not None else None
        return rows.groups[place] if isinstance(rows, GroupRows) and place is not None else None


def _survivor(lines: LineList, rows: MessageRows) -> Hashable | None:
    """Where the cursor goes if its message is gone: to the next that is still there, or the one before."""
    here, before = lines.cursor, lines.rows
    if not len(before) or rows.find(before.key(here)) is not None:
        return None
    places = [*range(here + 1, min(here + _NEXT, len(before))), *range(here - 1, max(here - _NEXT, -1), -1)]
    return next((before.key(place) for place in places if rows.find(before.key(place)) is not None), None)
