"""A list screen whose rows are read in a thread and laid anew after each change of the draft or the disk.

    class DomainsScreen(BackgroundList[DomainRow]):
        MODE = "domains"
        COLUMNS = (…)
        def read(self, after, edits): return domain_list(after, …)        # in a thread: rows, see `Listing`
        def cells_of(self, row): return Row((row.domain, row.source), row.marker)
        def describe(self, key): self.pane.show(…, …, …)                  # self.row is the row there
        def form_for(self, …): await self.open_form(form, check, make)

Keys typed ahead of what they staged wait (`when_laid`, `laid`). `open_form` puts a form into the detail pane;
what `make` returns is staged as one act.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from textual import events, on

from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.ahead import Ahead
from mailtui.screens.parts.beside import beside, in_daemon, problem
from mailtui.screens.parts.filterbar import Filtered
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linelist import Listed, Row, Rows
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher
from mailtui.text.query import Query

if TYPE_CHECKING:
    from mailtui.screens.parts.form import Form, Note, Values
    from mailtui.screens.parts.formview import FormEditor

AT_ONCE = 0.05
"""Seconds for which the first paint waits for the list: most are read by then."""
LAID = 2.0
"""Seconds that a key waits for what the keys before it staged to be shown."""
PROBLEMS = frozenset("!?=*")

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


@dataclass(frozen=True, slots=True)
class Made:
    """What a form or an action comes to. `refused`: why nothing can be staged; `says`: sentences to tell;
    `to`: the row that the cursor goes to."""

    edits: Sequence[Edit] = field(default_factory=tuple)
    label: str = ""
    to: Hashable | None = None
    says: Sequence[str] = ()
    refused: str = ""


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


class BackgroundList(ListScreen, Generic[View]):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self.listing: Listing[View] | None = None
        self.editor: FormEditor | None = None
        self.wanted_row: Hashable | None = None
        self._check: Callable[[Instance, Values], Sequence[Note]] | None = None
        self._make: Callable[[Instance, Values], Made] | None = None
        self._generation = -1
        self._waiting: list[Callable[[], None]] = []
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

        def make() -> Listing[View]:
            return self.read(self.ahead.at(edits).instance, edits)

        beside(self, "list", make, lambda found: self._made(found, generation), self._unreadable)

    def _unreadable(self, error: Exception) -> None:
        self._read.set()
        self.lines.empty = problem(error)
        self.bar.say((problem(error), "error"))
        self.lines.refresh_rows()

    def _made(self, found: Listing[View], generation: int) -> None:
        self.listing, self._generation = found, generation
        self.lines.empty = self.EMPTY
        to, self.wanted_row = self.wanted_row, None
        self.reload(to)
        self._read.set()
        while self._waiting and self._generation == self.session.draft.generation:
            self._waiting.pop(0)()

    def refresh_view(self, change: Change) -> None:
        if change.paths:
            self.ahead.forget()
        if change.paths or change.draft:
            self.read_again()

    def when_laid(self, act: Callable[[], None]) -> None:
        """Do it once the list shows all that is staged: keys typed ahead mean what will be on the screen."""
        if self.listing is not None and self._generation == self.session.draft.generation:
            act()
        else:
            self._waiting.append(act)

    async def laid(self) -> None:
        """Wait until the list shows all that is staged, a moment at most."""
        end = time.monotonic() + LAID
        while self.listing is None or self._generation != self.session.draft.generation:
            if time.monotonic() > end:
                return
            await asyncio.sleep(0.002)

    def hits(self, text: str) -> Iterator[int | None]:
        return self.listing.search(Query.parse(text)) if self.listing is not None else iter(())

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def _count(self, shown: int, done: bool) -> None:
        if self.listing is None:
            self.lines.empty = "reading…"
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

    def chosen(self) -> list[View]:
        """What an action is meant for: the marked rows, else the one under the cursor."""
        found = (self.row_of(key) for key in self.lines.chosen())
        return [row for row in found if row is not None]

    def action_problem(self, step: int) -> None:
        rows, place = self.lines.rows, self.lines.cursor + step
        while 0 <= place < len(rows):
            if rows.cells(place).marker in PROBLEMS:
                self.lines.move_to(place)
                return
            place += step
        self.say("No further row with a problem" if step > 0 else "No problem above")

    # Staging

    def stage(self, made: Made) -> None:
        """Stage what an action came to as one act, and tell of it."""
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
        """Work out in a thread what an action comes to, over all that is staged, and stage it."""
        edits = self.session.draft.edits

        def work() -> Made:
            return make(self.ahead.at(edits).instance)

        beside(self, "act", work, self.stage, self.bad)

    # The form

    async def open_form(
        self,
        form: Form,
        make: Callable[[Instance, Values], Made],
        check: Callable[[Instance, Values], Sequence[Note]] | None = None,
    ) -> None:
        """Open a form in the detail pane, unless one is open. `make` says what it comes to, `check` what
        there is to say while it is typed; both run in threads, over all that is staged. Once this returns
        keys go to the form: those typed ahead must not be commands of the list."""
        from mailtui.screens.parts.formview import FormEditor

        if self.editor is None:
            self._make, self._check = make, check
            self.editor = FormEditor(form, self._stage_form, self._close_form)
            self.pane.display = False
            self.add_class("editing")
            await self.query_one(".side").mount(self.editor)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into the list must not take the keys away from what is being typed."""
        if self.editor is not None and self.editor not in event.widget.ancestors:
            self.editor.focus_field()

    def on_form_editor_changed(self, event: FormEditor.Changed) -> None:
        event.stop()
        editor, check, edits = self.editor, self._check, self.session.draft.edits
        if editor is None or check is None:
            return
        values = editor.form.values()

        def look() -> Sequence[Note]:
            return check(self.ahead.at(edits).instance, values)

        def looked(notes: Sequence[Note]) -> None:
            if self.editor is editor and editor.form.values() == values:
                editor.show_notes(notes)

        beside(self, "check", look, looked, lambda error: self.say(problem(error), "error"))

    async def _stage_form(self) -> None:
        """Stage what is typed and close the form, or say why not. Once this returns the list shows it."""
        editor, make, edits = self.editor, self._make, self.session.draft.edits
        if editor is None or make is None:
            return
        values = editor.form.values()
        try:
            made = await in_daemon(lambda: make(self.ahead.at(edits).instance, values), "prepare")
        except Exception as error:  # noqa: BLE001  # it is said, and what was typed stays
            self.say(problem(error), "error")
            return
        if made.refused:
            self.say(made.refused, "warning")
            return
        await self._close_form()
        self.stage(made)
        await self.laid()
        if made.edits and not made.says:
            self.say("staged " + "; ".join(edit.describe() for edit in made.edits))

    async def _close_form(self) -> None:
        """Back to the list."""
        editor, self.editor = self.editor, None
        self.remove_class("editing")
        self.pane.display = True
        focus_now(self.lines)
        if editor is not None:
            await editor.remove()

    def bad(self, error: Exception) -> None:
        """Say that something did not work."""
        from mailtui.screens.parts.dialogs import ErrorDialog

        self.app.push_screen(ErrorDialog("This did not work", [problem(error)]))

    def shown_rows(self) -> Iterator[View]:
        """The rows that the filter lets through, in order: for saving."""
        if self.listing is None:
            return
        shown = self.lines.rows
        numbers = shown.indices[:] if isinstance(shown, Filtered) else range(len(self.listing))
        for number in numbers:
            yield self.listing.row(number)
