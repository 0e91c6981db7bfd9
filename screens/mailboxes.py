"""Mailboxes (`4`): what virtual_mailbox_maps has, then this machine's accounts; how much lies in each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import probe
from mailtui.postfix.mailboxes import MailboxList, MailboxRow, mailbox_list
from mailtui.postfix.resolution import Resolution
from mailtui.postfix.resolve import fate, resolve
from mailtui.screens.parts.aliasexplain import ExplainView
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.background import BackgroundList, Listing, Made
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.filterbar import Filtered
from mailtui.screens.parts.keys import key_for, on_again, takes_back
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import COPIED, list_keys
from mailtui.screens.parts.mailboxbulk import MailboxesForm
from mailtui.screens.parts.mailboxcount import Counting
from mailtui.screens.parts.mailboxdetail import about, as_text, cells
from mailtui.screens.parts.mailboxedits import makes, removed, switched
from mailtui.screens.parts.mailboxform import MailboxForm
from mailtui.screens.parts.savetext import save_text

SETTLE = 0.08
"""Seconds the cursor rests on a row before it is followed what becomes of its mail."""


class MailboxesScreen(BackgroundList[MailboxRow]):
    """See the module's text."""

    MODE = "mailboxes"
    NOUNS = ("mailbox", "mailboxes")
    EMPTY = "No mailbox yet; {mailboxes.new:n} makes one"
    COLUMNS = (
        Column("ADDRESS", share=5, least=18),
        Column("PATH", share=4, least=12),
        Column("KIND", share=0, least=7, drop=56),
        Column("UID:GID", share=0, least=11, drop=92),
        Column("SIZE", share=0, least=7, right=True),
        Column("MESSAGES", share=0, least=8, drop=68, right=True),
        Column("NEWEST", share=0, least=10, drop=88),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="mailboxes.new", tooltip="Make a new mailbox."),
        Binding("enter", "edit", "edit", id="mailboxes.edit",
                tooltip="Change where the mail of this address lies, its format and its owner; of several"
                " marked ones format and owner."),
        Binding("d", "delete", "delete", id="mailboxes.delete",
                tooltip="Stage the removal of the entry, and say where its mail lies: it is never removed."),
        Binding("number_sign", "switch", "off/on", id="mailboxes.switch",
                tooltip="Comment the entry out, or in again; it stays in the file, the mail where it is."),
        Binding("x", "explain", "explain", id="mailboxes.explain",
                tooltip="Follow mail for this address to where it is delivered."),
        Binding("c", "count", "count", show=False, id="mailboxes.count",
                tooltip="Count again how much lies in the marked mailboxes, or in all."),
        Binding("escape", "stop", "stop counting", show=False, id="mailboxes.stop",
                tooltip="Count no further."),
        *list_keys("mailboxes", "mailboxes"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.counting = Counting(self, self._counted, self.bad)
        self._notes: Sequence[str] = ()
        self._drawn: Sequence[object] = ()
        self._stopped = False

    # The list

    def read(self, after: Instance, edits: Sequence[Edit]) -> MailboxList:  # noqa: ARG002
        found = mailbox_list(self.session.instance, after)
        found.find(("virtual", ""))  # it learns the places of all keys now, and not in the screens' thread
        self._notes = found.notes
        return found

    def cells_of(self, row: MailboxRow) -> Row:
        return cells(row, self.counting.size(row))

    def somebody(self) -> str:
        row = self.row
        return row.address if row is not None else ""

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        size, notes, edits = self.counting.size(row), self._notes, self.session.draft.edits
        made = row.marker == "+" and makes(edits, row.path)
        self.pane.show(*about(row, size, notes, made=made))
        if row.is_mailbox and (row.marker == "-" or not row.enabled):

            def told(then: str) -> None:
                if self.lines.key == key:
                    self.pane.show(*about(row, size, notes, then))

            def then() -> str:
                return fate(self.ahead.at(edits).instance, row.address)

            beside(self, "fate", then, told, lambda error: self.say(problem(error), "error"), wait=SETTLE)

    # Counting

    def _made(self, found: Listing[MailboxRow], generation: int) -> None:
        super()._made(found, generation)
        self._start()

    def _start(self, again: Callable[[str], bool] | None = None) -> None:
        """Count what was not counted, and what `again` says; nothing while counting is stopped."""
        if isinstance(self.listing, MailboxList) and not self._stopped and self.is_current:
            self.counting.start(self.listing, again)
            self._look()
            self._count(len(self.lines.rows), done=True)

    def on_screen_suspend(self) -> None:
        self.counting.stop()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if not self.counting.finished:
            self._start()

    def on_unmount(self) -> None:
        self.counting.stop()
        super().on_unmount()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop":
            return self.counting.running
        return super().check_action(action, parameters)

    def action_stop(self) -> None:
        self._stopped = True
        self.counting.stop()
        self._counted()

    def action_count(self) -> None:
        self._stopped = False
        paths = {row.path for row in self.chosen()} if self.lines.marked else None
        self._start(lambda path: paths is None or path in paths)

    def _look(self) -> Sequence[object]:
        """What is known of the rows on the screen; the others of them are counted first."""
        lines, shown = self.lines, self.lines.rows
        places = range(lines.top, min(lines.top + lines.page, len(shown)))
        numbers = [shown.indices[at] for at in places] if isinstance(shown, Filtered) else list(places)
        if self.listing is None or not numbers or numbers[-1] >= len(self.listing):
            return ()
        rows = [self.listing.row(number) for number in numbers]
        sizes = [self.counting.size(row) for row in rows]
        self.counting.first([number for number, size in zip(numbers, sizes, strict=True) if size is None])
        return [*numbers, *sizes]

    def _counted(self) -> None:
        """Show what was counted since the last call: paint only where something on the screen is another."""
        drawn, self._drawn = self._drawn, self._look()
        if drawn == self._drawn:
            self.lines.forget_drawn()
        else:
            self.lines.refresh_rows()
            self.describe(self.lines.key)
        self._count(len(self.lines.rows), done=True)

    def aside(self) -> str:
        counting, goes_on = self.counting, f"{key_for('mailboxes.count', 'c')} goes on"
        if counting.running:
            stops = f"{key_for('mailboxes.stop', 'Esc')} stops"
            return f"counting {counting.done} of {counting.total}, {stops}" if counting.total else "counting…"
        if counting.finished:
            return counting.sum.words + (", not all can be read" if counting.sum.problem else "")
        if counting.total:
            return f"{counting.done} of {counting.total} counted, {goes_on}"
        return f"not all counted, {goes_on}" if self._stopped else ""

    # Staging

    def _with_chosen(self, make: Callable[[Instance, Sequence[MailboxRow]], Made]) -> None:
        """Stage what an action comes to for the rows that are marked (or under the cursor) now."""

        def act() -> None:
            listing, keys = self.listing, self.chosen_keys()
            if listing is None:
                return

            def work(after: Instance) -> Made:
                places = (listing.find(key) for key in keys)
                return make(after, [listing.row(place) for place in places if place is not None])

            self.act(work)

        self.when_laid(act)

    def action_delete(self) -> None:
        def make(after: Instance, rows: Sequence[MailboxRow]) -> Made:
            return removed(after, rows, self.session.draft.edits, self.counting.size)

        ask_many(self, lambda: self._with_chosen(make))

    def action_switch(self) -> None:
        self._with_chosen(switched)

    # The form

    async def action_new(self) -> None:
        await self.laid()
        form = MailboxForm.new(self.ahead.at(self.session.draft.edits).instance, self.row)
        await self.open_form(form.form, form.make, form.check)

    async def action_edit(self) -> None:
        if len(self.lines.marked) > 1:
            await self.laid()
            if not (rows := self.chosen()):
                return
            form = MailboxesForm(rows)
            await self.open_form(form.form, form.make, form.check)
        else:
            await self._open(self.lines.key)

    def open_row(self, key: Hashable) -> None:
        """A double click."""
        self.call_later(self._open, key)

    async def _open(self, key: Hashable | None) -> None:
        await self.laid()
        row = self.row_of(key)
        if row is None:
            return
        if row.marker == "-":
            self.say(f"This mailbox is to be deleted; {takes_back()}", "warning")
        elif not row.editable or not row.is_mailbox:
            self.say(f"{row.address}: {row.why_not or row.delivery}", "warning")
        elif not row.enabled:
            self.say(f"This mailbox is off; {on_again('mailboxes')}", "warning")
        else:
            form = MailboxForm.of(row)
            await self.open_form(form.form, form.make, form.check)

    # Looking

    def action_explain(self) -> None:
        row, edits = self.row, self.session.draft.edits
        if row is None or not row.is_mailbox:
            return
        address = probe(row.address)

        def after() -> Instance:
            return self.ahead.at(edits).instance

        def show(found: Resolution) -> None:
            self.app.push_screen(ExplainView(found, after))

        beside(self, "explain", lambda: resolve(after(), address), show, self.bad)

    def action_copy(self) -> None:
        if rows := self.chosen():
            text = "\n".join(as_text(row, self.counting.size(row)) for row in rows[:COPIED])
            self.console.copy_and_show(text, len(rows) - COPIED)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row, self.counting.size(row)) for row in self.shown_rows())

        save_text(self, "mailboxes", "mailboxes.txt", lines, lambda path: self.say(f"Saved as {path}"))
