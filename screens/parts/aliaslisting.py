"""The list of the Aliases screen: read in a thread, laid out anew after each change, problems found."""

from __future__ import annotations

import asyncio
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress

from textual import events, on

from mailtui.formats.target import Target
from mailtui.postfix.aliases import AliasList, AliasRow, AliasTables, Overlay
from mailtui.postfix.aliastables import maps_in_use
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapkinds import MAP_KINDS
from mailtui.screens.parts.ahead import Ahead, Trouble
from mailtui.screens.parts.aliasrows import AliasRows, problems
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.filterbar import Filtered
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Listed, Rows
from mailtui.screens.parts.listscreen import UNREAD, ListScreen
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher
from mailtui.text.query import Query
from mailtui.text.scan import Hits

AT_ONCE = 0.05
"""Seconds for which the first paint waits for the list: small tables are read by then."""
LAID = 2.0
"""Seconds that a key waits for what the keys before it staged to be shown."""


class Listing(ListScreen):
    """A list screen over the aliases of the instance, with what is staged."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases: AliasList | None = None
        """What is shown, a draft of generation `_generation` laid over it."""
        self.trouble: Mapping[tuple[Target, str], Trouble] = {}
        self._generation = -1
        self._must_read = True
        self.wanted_row: Hashable | None = None
        self._waiting: list[Callable[[], None]] = []
        self._problems: array[int] | None = None
        self._read = asyncio.Event()
        self._wrong = ""
        """Why it cannot be read."""
        self.view = ""
        """The parameter whose tables are shown; empty: the aliases."""
        self.views: tuple[str, ...] = ("",)
        """What can be shown here."""
        self._lists: dict[str, AliasList] = {}
        """The lists that were read, by view."""
        self._places: dict[str, Hashable] = {}
        """Where the cursor was in each."""

    # What can be shown

    def views_of(self, instance: Instance) -> tuple[str, ...]:
        """What can be shown. In a thread."""
        return ("", *maps_in_use(instance))

    def tables_of(self, instance: Instance, view: str) -> AliasTables:
        """The tables of a view. In a thread; raises InstanceError."""
        return AliasTables.of_maps(instance, view) if view else AliasTables.of(instance)

    def columns_of(self, view: str) -> tuple[Column, ...]:
        """The columns of a view: those of the aliases, headed by what the tables of a parameter hold."""
        if not view:
            return self.COLUMNS
        kind, (key, value, *more) = MAP_KINDS[view], self.COLUMNS
        return (key._replace(title=kind.key_title), value._replace(title=kind.value_title), *more)

    def rows_of(self, aliases: AliasList) -> AliasRows:
        """The list as rows of the screen."""
        return AliasRows(aliases, self.trouble)

    # The list: read in a thread, because a table may be huge, and laid out anew after each change

    @on(events.Mount)
    async def _begin(self) -> None:
        self.ahead = Ahead(self.session.instance)
        self._update()
        with suppress(TimeoutError):
            async with asyncio.timeout(AT_ONCE):
                await self._read.wait()

    def load(self) -> Rows:
        return Listed() if self.aliases is None else self.rows_of(self.aliases)

    def _update(self, *, read: bool = False) -> None:
        """Have the list made anew, from the disk or from what was read."""
        self._must_read |= read
        self._wrong = ""
        instance, draft = self.session.instance, self.session.draft
        if self._must_read:
            self._lists.clear()
        view = self.view
        before = self._lists.get(view)
        edits, generation = draft.edits, draft.generation

        def make() -> tuple[AliasList, tuple[str, ...]]:
            staged = Overlay()
            if edits:
                from mailtui.edits.overlay import items_of, overlay, text_of

                staged = overlay(edits, instance.files, text_of if view else items_of)
            if before is not None:
                return before.under(staged), self.views
            made = AliasList(self.tables_of(instance, view), instance.files, staged)
            made.warm()
            return made, self.views_of(instance)

        def made(answer: tuple[AliasList, tuple[str, ...]]) -> None:
            found, views = answer
            self._must_read = self._must_read and before is not None
            self._lists[view] = found
            if views != self.views:
                self.views = views
                self.refresh_bindings()
            if view in views:
                self._made(found, generation)
            else:  # its parameter names no table any more
                self.show_view("")

        beside(self, "list", make, made, self._unreadable)

    def _unreadable(self, error: Exception) -> None:
        self._read.set()
        self.lines.empty = self._wrong = problem(error)
        self.bar.say((UNREAD if self.aliases is None else self._wrong, "error"))
        self.lines.refresh_rows()

    def _made(self, found: AliasList, generation: int) -> None:
        self.aliases, self._generation, self._problems = found, generation, None
        self.lines.empty = self.nothing()
        to, self.wanted_row = self.wanted_row, None
        self.reload(to)
        self._read.set()
        self._look_closer(found)
        while self._waiting and self._generation == self.session.draft.generation:
            self._waiting.pop(0)()

    def show_view(self, view: str) -> None:
        """Show the tables of another parameter, or the aliases."""
        if self.lines.key is not None:
            self._places[self.view] = self.lines.key
        self.view, self.aliases, self.bar.text = view, None, ""
        self.wanted_row = self._places.get(view)
        self.lines.unmark_all()
        self.lines.set_columns(*self.columns_of(view))
        self.reload()
        self._update()

    def aside(self) -> str:
        if len(self.views) < 2 and not self.view:
            return ""
        place = self.views.index(self.view) + 1 if self.view in self.views else 1
        return f"{self.view} {place}/{len(self.views)} (Tab)".lstrip()

    def counted(self, number: int) -> str:
        return f"{number} {'entry' if number == 1 else 'entries'}" if self.view else super().counted(number)

    def nothing(self) -> str:
        if not self.view:
            return super().nothing()
        return f"No entry in {self.view} yet; {key_for('aliases.new', 'n')} makes one"

    def _look_closer(self, found: AliasList) -> None:
        """What takes longer: entries that do not count, staged edits that cannot be written."""
        edits = self.session.draft.edits

        def look() -> tuple[bool, Mapping[tuple[Target, str], Trouble]]:
            return found.mark_duplicates(), self.ahead.at(edits).trouble if edits else {}

        def looked(seen: tuple[bool, Mapping[tuple[Target, str], Trouble]]) -> None:
            duplicates, trouble = seen
            changed = duplicates or trouble != self.trouble
            self.trouble, self._problems = trouble, None
            if changed and isinstance(self.rows, AliasRows):
                self.rows.trouble = trouble
                self.lines.refresh_rows()
                self.describe(self.lines.key)

        beside(self, "look", look, looked, lambda error: self.say(problem(error), "error"))

    def refresh_view(self, change: Change) -> None:
        if change.paths:
            self.ahead.forget()
        if change.paths or change.draft:
            self._update(read=bool(change.paths))

    def when_laid(self, act: Callable[[], None]) -> None:
        """Do it once the list shows all that is staged: keys typed ahead mean what will be on the screen."""
        if self.aliases is not None and self._generation == self.session.draft.generation:
            act()
        else:
            self._waiting.append(act)

    async def laid(self) -> None:
        """Wait until the list shows all that is staged, a moment at most."""
        end = time.monotonic() + LAID
        while self.aliases is None or self._generation != self.session.draft.generation:
            if time.monotonic() > end:
                return
            await asyncio.sleep(0.002)

    def hits(self, text: str) -> Hits:
        return self.aliases.hits(Query.parse(text)) if self.aliases is not None else iter(())

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def _count(self, shown: int, done: bool) -> None:
        if self.aliases is None:
            self.lines.empty = self._wrong or "reading…"
        else:
            super()._count(shown, done)

    @property
    def row(self) -> AliasRow | None:
        """The row under the cursor."""
        index = self._index
        return None if index is None or not isinstance(self.rows, AliasRows) else self.rows.row(index)

    def somebody(self) -> str:
        row = self.row
        return row.address if row is not None else ""

    @property
    def _index(self) -> int | None:
        """The number of the row under the cursor among all rows."""
        rows, place = self.lines.rows, self.lines.cursor
        if place >= len(rows):
            return None
        return rows.indices[place] if isinstance(rows, Filtered) else place

    def row_of(self, key: Hashable) -> AliasRow | None:
        """The row that a key names now."""
        rows = self.rows
        index = rows.find(key) if isinstance(rows, AliasRows) else None
        return rows.row(index) if index is not None and isinstance(rows, AliasRows) else None

    # Problems

    def action_problem(self, step: int) -> None:
        rows, here = self.rows, self._index
        if not isinstance(rows, AliasRows) or here is None:
            return

        def go(found: array[int]) -> None:
            self._problems = found
            start = bisect_right(found, here) if step > 0 else bisect_left(found, here) - 1
            for place in range(start, len(found) if step > 0 else -1, step):
                index = self._shown_at(found[place])
                if index is not None:
                    self.lines.move_to(index)
                    return
            self.say("No further row with a problem" if step > 0 else "No problem above")

        if self._problems is not None:
            go(self._problems)
        else:
            beside(self, "problem", lambda: array("L", problems(rows)), go, self.bad)

    def _shown_at(self, number: int) -> int | None:
        """The place in the list of a row, None where the filter hides it."""
        rows = self.lines.rows
        if not isinstance(rows, Filtered):
            return number
        place = bisect_left(rows.indices, number)
        return place if place < len(rows.indices) and rows.indices[place] == number else None
