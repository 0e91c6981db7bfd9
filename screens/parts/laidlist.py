"""A list whose rows are read in a thread and laid anew after each change of the draft or the disk: the part
of a `BackgroundList` (background.py) that knows nothing of forms.

Keys typed ahead of what they staged wait (`when_laid`, `laid`), and what they mean stays what it was.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from textual import events, on

from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.ahead import Ahead, Trouble
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.filterbar import Filtered
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.linelist import Listed, Row, Rows
from mailtui.screens.parts.listscreen import UNREAD, ListScreen
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher
from mailtui.text.query import Query

AT_ONCE = 0.05
"""Seconds for which the first paint waits for the list: most are read by then."""
LAID = 2.0
"""Seconds that a key waits for what the keys before it staged to be shown."""

Troubles = Mapping[tuple[Target, str], Trouble]
View = TypeVar("View")
Seen_co = TypeVar("Seen_co", covariant=True)


class Listing(Protocol[Seen_co]):
    """Rows as the model gives them. All but `search` must be quick."""

    def __len__(self) -> int: ...
    def row(self, index: int) -> Seen_co: ...
    def key(self, index: int) -> Hashable: ...
    def find(self, key: Hashable) -> int | None: ...
    def search(self, query: Query) -> Iterator[int | None]:
        """The rows that match, with None now and then."""


class _Rows(Generic[View]):
    """A listing as the list shows it."""

    def __init__(self, listing: Listing[View], show: Callable[[View], Row]) -> None:
        self.listing, self._show = listing, show

    def __len__(self) -> int:
        return len(self.listing)

    def cells(self, index: int) -> Row:
        return self._show(self.listing.row(index))

    def key(self, index: int) -> Hashable:
        return self.listing.key(index)

    def find(self, key: Hashable) -> int | None:
        return self.listing.find(key)


class LaidList(ListScreen, Generic[View]):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self.listing: Listing[View] | None = None
        self.trouble: Troubles = {}
        """Why staged edits cannot be written, by target and key of the edit."""
        self.wanted_row: Hashable | None = None
        self._generation = -1
        self._waiting: list[tuple[list[Hashable], Callable[[], None]]] = []
        self._meant: list[Hashable] | None = None
        self._acting = False
        self._wrong = ""
        self._read = asyncio.Event()

    # What a screen says

    @abstractmethod
    def read(self, after: Instance, edits: Sequence[Edit]) -> Listing[View]:
        """All rows with the draft laid over the instance. In a thread; InstanceError and OSError are told."""

    @abstractmethod
    def cells_of(self, row: View) -> Row:
        """A row's cells and marker."""

    # The list

    @on(events.Mount)
    async def _begin(self) -> None:
        self.ahead = Ahead(self.session.instance)
        self.read_again()
        with suppress(TimeoutError):
            async with asyncio.timeout(AT_ONCE):
                await self._read.wait()

    def load(self) -> Rows:
        return Listed() if self.listing is None else _Rows(self.listing, self.cells_of)

    def read_again(self) -> None:
        """Have the list made anew."""
        draft = self.session.draft
        edits, generation = draft.edits, draft.generation
        self._wrong = ""

        def make() -> tuple[Listing[View], Troubles]:
            after = self.ahead.at(edits)
            return self.read(after.instance, edits), after.trouble

        def made(answer: tuple[Listing[View], Troubles]) -> None:
            found, self.trouble = answer
            self._made(found, generation)

        beside(self, "list", make, made, self._unreadable)

    def _unreadable(self, error: Exception) -> None:
        self._read.set()
        self._waiting.clear()
        self.lines.empty = self._wrong = problem(error)
        self.bar.say((UNREAD if self.listing is None else self._wrong, "error"))
        self.lines.refresh_rows()

    def _made(self, found: Listing[View], generation: int) -> None:
        self.listing, self._generation = found, generation
        self.lines.empty = self.nothing()
        to, self.wanted_row = self.wanted_row, None
        self.reload(to)
        self._read.set()
        self._go_on()

    @property
    def _is_laid(self) -> bool:
        """Whether the list shows all that is staged, and nothing more is being worked out."""
        fresh = self._generation == self.session.draft.generation
        return self.listing is not None and fresh and not self._acting

    def _go_on(self) -> None:
        """Do what waited for the list, in turn."""
        while self._waiting and self._is_laid:
            self._meant, act = self._waiting.pop(0)
            try:
                act()
            finally:
                self._meant = None

    def refresh_view(self, change: Change) -> None:
        if change.paths:
            self.ahead.forget()
        if change.paths or change.draft:
            self.read_again()

    def when_laid(self, act: Callable[[], None]) -> None:
        """Do it once the list shows all that is staged: keys typed ahead mean what will be on the screen.
        `chosen` says there what is marked, or under the cursor, now, whatever keys follow."""
        self._waiting.append((self.lines.chosen(), act))
        self._go_on()

    async def laid(self) -> None:
        """Wait until the list shows all that is staged, a moment at most."""
        done = asyncio.Event()
        self.when_laid(done.set)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAID):
                await done.wait()

    def hits(self, text: str) -> Iterator[int | None]:
        return self.listing.search(Query.parse(text)) if self.listing is not None else iter(())

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def _count(self, shown: int, done: bool) -> None:
        if self.listing is None:
            self.lines.empty = self._wrong or "reading…"
        else:
            super()._count(shown, done)

    @property
    def row(self) -> View | None:
        """The row under the cursor."""
        return self.row_of(self.lines.key)

    def row_of(self, key: Hashable | None) -> View | None:
        """The row that a key names now."""
        if self.listing is None or key is None:
            return None
        index = self.listing.find(key)
        return None if index is None else self.listing.row(index)

    def chosen_keys(self) -> list[Hashable]:
        """What an action is meant for: the keys of the marked rows, else of the one under the cursor. Where
        none of the marked rows is shown, that is said."""
        keys = self.lines.chosen() if self._meant is None else self._meant
        if not keys:
            self.none_shown()
        return keys

    def chosen(self) -> list[View]:
        """The rows of these keys. Making a hundred thousand of them is for a thread: `row_of` each there."""
        found = (self.row_of(key) for key in self.chosen_keys())
        return [row for row in found if row is not None]

    # Staging

    def stage(self, made: Made) -> None:
        """Stage what an action or a form came to as one act, and tell of it."""
        if made.refused:
            self.say(made.refused, "warning")
            return
        if made.edits:
            self.wanted_row = made.to
            self.session.stage(*made.edits, label=made.label)
            if self.lines.marked:
                self.lines.unmark_all()
        if made.says:
            self.say(" · ".join(made.says))

    def act(self, make: Callable[[Instance], Made]) -> None:
        """Work out in a thread what an action comes to, over all that is staged, and stage it. The next one
        waits for it, in `when_laid` and in `laid`."""
        edits = self.session.draft.edits
        self._acting = True

        def work() -> Made:
            return make(self.ahead.at(edits).instance)

        def done(made: Made) -> None:
            self._acting = False
            self.stage(made)
            self._go_on()

        def failed(error: Exception) -> None:
            self._acting = False
            self._waiting.clear()
            self.bad(error)

        beside(self, "act", work, done, failed)

    def shown_rows(self) -> Iterator[View]:
        """The rows that the filter lets through, in order: for saving."""
        if self.listing is None:
            return
        shown = self.lines.rows
        numbers = shown.indices[:] if isinstance(shown, Filtered) else range(len(self.listing))
        for number in numbers:
            yield self.listing.row(number)
