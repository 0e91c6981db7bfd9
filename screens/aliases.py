"""Aliases (`3`): one list over every alias table of the instance, edited in the detail pane."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState, get_current_worker

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import RemoveEntry, RenameEntry, SetEntry, SwitchEntry
from mailtui.edits.model import Edit
from mailtui.edits.overlay import overlay
from mailtui.postfix.aliases import AliasList, AliasRow, AliasTables
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.propose import known_addresses, proposed_table
from mailtui.postfix.resolve import fate, resolve
from mailtui.postfix.validate import check_entry
from mailtui.screens.parts.aliasdetail import about, explained
from mailtui.screens.parts.aliaseditor import AliasEditor, Form
from mailtui.screens.parts.aliasrows import AliasRows, key_of
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import DetailPane
from mailtui.screens.parts.dialogs import ErrorDialog, TextView
from mailtui.screens.parts.linelist import Listed
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher
from mailtui.styles import stylesheet
from mailtui.text.query import Query

SETTLE = 0.08
"""Seconds the cursor rests on a row before it is resolved."""
TOLD = 8
"""Rows of a bulk edit whose fate is told one by one."""


class AliasesScreen(ListScreen):
    """See the module's text."""

    MODE = "aliases"
    CSS_PATH = stylesheet("aliases")
    EMPTY = "No alias yet; n makes one"
    COLUMNS = (
        Column("ADDRESS", share=4, least=16),
        Column("GOES TO", share=5, least=16),
        Column("TABLE", share=0, least=10, drop=56),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="aliases.new", tooltip="Make a new alias."),
        Binding("enter", "open", "edit", id="aliases.edit", tooltip="Edit the address and its destinations."),
        Binding("d", "delete", "delete", id="aliases.delete",
                tooltip="Stage the removal, and say what becomes of the mail."),
        Binding("number_sign", "switch", "off/on", id="aliases.switch",
                tooltip="Comment the entry out, or in again; it stays in the file."),
        Binding("x", "explain", "explain", id="aliases.explain",
                tooltip="Follow the address to its final deliveries, and find who else ends there."),
        Binding("e", "problem(1)", "next problem", show=False, id="aliases.next-problem",
                tooltip="Go to the next row with a problem."),
        Binding("E", "problem(-1)", "previous problem", show=False, id="aliases.previous-problem",
                tooltip="Go to the previous row with a problem."),
        Binding("y", "copy", "copy", show=False, id="aliases.copy", tooltip="Copy the alias."),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._list: AliasList | None = None
        self._editor: AliasEditor | None = None
        self._wanted_row: Hashable | None = None

    # The list: read in a thread, because a table may be huge

    def on_mount(self) -> None:
        self.bar.say("reading…")

    def load(self) -> AliasRows | Listed:
        if self._list is None:
            self._read()
            return Listed()
        return AliasRows(self._list)

    def _read(self, to: Hashable | None = None) -> None:
        self._wanted_row = to if to is not None else self._wanted_row
        self.run_worker(
            self._build, name="read", group="read", thread=True, exclusive=True, exit_on_error=False
        )

    def _build(self) -> AliasList:
        instance = self.session.instance
        made = AliasList(
            AliasTables.of(instance), instance.files, overlay(self.session.draft.edits, instance.files)
        )
        made.mark_duplicates()
        return made

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.name != "read":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, AliasList):
            self._list = event.worker.result
            to, self._wanted_row = self._wanted_row, None
            self.reload(to)
        elif event.state is WorkerState.ERROR:
            self.bar.say((str(event.worker.error), "error"))

    def refresh_view(self, change: Change) -> None:
        if change.paths or self._list is None:
            self._read()
        elif change.draft:
            self._list.lay(overlay(self.session.draft.edits, self.session.instance.files))
            self.reload()

    def hits(self, text: str) -> Iterator[int | None]:
        return self._list.search(Query.parse(text)) if self._list is not None else iter(())

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def side(self) -> ComposeResult:
        yield DetailPane()

    @property
    def row(self) -> AliasRow | None:
        """The row under the cursor."""
        return self._row_of(self.lines.key)

    def _row_of(self, key: Hashable | None) -> AliasRow | None:
        rows = self.rows
        if key is None or not isinstance(rows, AliasRows):
            return None
        index = rows.find(key)
        return rows.row(index) if index is not None else None

    # The instance as it would be with the draft written

    def _after(self) -> Instance:
        instance = self.session.instance
        return instance.over(Candidate(instance.files, self.session.draft.edits))

    # Detail

    def describe(self, key: Hashable | None) -> None:
        row = self._row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        left, right, lines = about(row, None)
        self.pane.show(left, right, lines)
        if row.kinds != ("opaque",):
            self.run_worker(self._resolve(row), group="resolve", exclusive=True, exit_on_error=False)

    async def _resolve(self, row: AliasRow) -> None:
        import asyncio

        await asyncio.sleep(SETTLE)
        try:
            found = await asyncio.to_thread(lambda: resolve(self._after(), example(row)))
        except (InstanceError, OSError) as error:
            self.bar.say((str(error), "error"))
            return
        if self.lines.key == key_of(row):
            self.pane.show(*about(row, found))

    # Staging

    def _stage(self, edits: Sequence[Edit], label: str = "", to: Hashable | None = None) -> None:
        if not edits:
            return
        if to is not None:
            self._wanted = to
        self.session.stage(*edits, label=label)
        self.lines.unmark_all()

    def _chosen_rows(self) -> list[AliasRow]:
        found = (self._row_of(key) for key in self.lines.chosen())
        return [row for row in found if row is not None]

    def _editable(self, rows: Sequence[AliasRow]) -> list[AliasRow]:
        """Those that can be edited; of others the first is named with its reason."""
        fine = [row for row in rows if row.editable and row.kinds != ("opaque",)]
        other = next((row for row in rows if row not in fine), None)
        if other is not None:
            why = (
                "an entry above has the same key, so this one does not count"
                if other.duplicate
                else other.table.note
            )
            self.say(f"{other.table.name} cannot be edited here: {why or other.table.lookup.how}", "warning")
        return fine

    def action_delete(self) -> None:
        rows = [row for row in self._editable(self._chosen_rows()) if row.marker != "-"]
        edits = [removal(row) for row in rows]
        self._stage([edit for edit in edits if edit is not None])
        if rows:
            self.run_worker(self._tell_fate(rows), group="fate", exclusive=True, exit_on_error=False)

    async def _tell_fate(self, rows: Sequence[AliasRow]) -> None:
        """What becomes of mail to the addresses that were just removed."""
        import asyncio

        def told() -> list[str]:
            after = self._after()
            return [f"{row.address}: {fate(after, example(row))}" for row in rows[:TOLD]]

        try:
            lines = await asyncio.to_thread(told)
        except (InstanceError, OSError) as error:
            lines = [str(error)]
        more = f" · and {len(rows) - TOLD} more" if len(rows) > TOLD else ""
        self.say("deleted when written · " + " · ".join(lines) + more)

    def action_switch(self) -> None:
        rows = [row for row in self._editable(self._chosen_rows()) if row.marker not in {"-", "+"}]
        self._stage([
            SwitchEntry(row.table.target, row.address, row.destinations, on=not row.enabled)
            for row in rows
            if row.table.target is not None
        ])  # fmt: skip

    # The editor

    def action_new(self) -> None:
        if self._list is None:
            return
        tables = tuple(self._list.tables)
        suits = next((table for table in tables if table.editable), None)
        if suits is None:
            self.say("No alias table of this instance can be edited here", "warning")
            return
        self._edit(Form("", (), suits, tables))

    def action_open(self) -> None:
        if self.lines.key is not None:
            self.open_row(self.lines.key)

    def open_row(self, key: Hashable) -> None:
        row = self._row_of(key)
        if row is None or not self._editable([row]) or self._list is None:
            return
        if row.marker == "-":
            self.say("This row is to be deleted; u takes that back", "warning")
            return
        tables = tuple(self._list.tables)
        form = Form(
            row.address, row.destinations, row.table, tables, row.address, row.destinations, fixed=True
        )
        self._edit(form)

    def _edit(self, form: Form) -> None:
        if self._editor is not None:
            return
        self._editor = AliasEditor(form, self._known)
        self.pane.display = False
        self.add_class("editing")
        self.query_one(".side").mount(self._editor)

    def _known(self, prefix: str) -> list[str]:
        """In a thread: names to complete with."""
        if self._list is None:
            return []
        try:
            return known_addresses(self.session.instance, self._list.tables, prefix)
        except (InstanceError, OSError):
            return []

    def on_alias_editor_changed(self, event: AliasEditor.Changed) -> None:
        event.stop()
        self.run_worker(self._check(event.form), group="check", exclusive=True, exit_on_error=False)

    async def _check(self, form: Form) -> None:
        import asyncio

        instance, tables = self._after(), self._list.tables if self._list is not None else None
        if tables is None or not form.address:
            return
        try:
            if form.new:
                proposal = await asyncio.to_thread(proposed_table, instance, tables, form.address)
                if self._editor is not None:
                    self._editor.propose(proposal.table)
                    form = self._editor.typed()
            if form.table is None:
                return
            replacing = None if form.new else form.was_address
            warnings = await asyncio.to_thread(
                check_entry, instance, form.table, form.address, form.destinations, replacing
            )
        except (InstanceError, OSError) as error:
            self.say(str(error), "error")
            return
        if self._editor is not None and not get_current_worker().is_cancelled:
            self._editor.show_warnings(warnings)

    def on_alias_editor_staged(self, event: AliasEditor.Staged) -> None:
        event.stop()
        form = event.form
        problem = unfinished(form)
        if problem:
            self.say(problem, "warning")
            return
        edits = edits_of(form)
        self._close_editor()
        if edits and form.table is not None:
            self._stage(edits, to=(form.table.spec, form.address.casefold(), 0))
            self.say("; ".join(edit.describe() for edit in edits))

    def on_alias_editor_closed(self, event: AliasEditor.Closed) -> None:
        event.stop()
        self._close_editor()

    def _close_editor(self) -> None:
        if self._editor is not None:
            self._editor.remove()
            self._editor = None
        self.remove_class("editing")
        self.pane.display = True
        self.lines.focus()

    # Looking

    def action_explain(self) -> None:
        row = self.row
        if row is not None and row.kinds != ("opaque",):
            self.run_worker(self._explain(example(row)), group="explain", exclusive=True, exit_on_error=False)

    async def _explain(self, address: str) -> None:
        import asyncio

        try:
            lines = await asyncio.to_thread(lambda: explained(self._after(), address))
        except (InstanceError, OSError) as error:
            self.app.push_screen(ErrorDialog(f"{address} cannot be followed", [str(error)]))
            return
        self.app.push_screen(TextView(f"Where mail for {address} goes", lines))

    def action_problem(self, step: int) -> None:
        rows = self.lines.rows
        index = self.lines.cursor + step
        while 0 <= index < len(rows):
            if rows.cells(index).marker in {"!", "?", "=", "*"}:
                self.lines.move_to(index)
                return
            index += step
        self.say("No further row with a problem")

    def action_copy(self) -> None:
        row = self.row
        if row is not None:
            self.console.copy(f"{row.address}  {', '.join(row.destinations)}")
            self.say("Copied, if your terminal allows it")


def example(row: AliasRow) -> str:
    """An address that the row takes: of a catch-all any name in its domain."""
    return f"anyone{row.address}" if row.address.startswith("@") else row.address


def removal(row: AliasRow) -> Edit | None:
    """The edit that removes a row; of a new one, that takes it back."""
    if row.table.target is None:
        return None
    return RemoveEntry(row.table.target, row.address, row.destinations)


def unfinished(form: Form) -> str:
    """What is missing before it can be staged."""
    if not form.address:
        return "Type an address first"
    if not form.destinations:
        return "An alias needs a destination; to remove the alias close the editor and press d"
    if form.table is None or form.table.target is None:
        return "No table can take this address"
    return ""


def edits_of(form: Form) -> list[Edit]:
    """What the form changes: the name, the destinations, or both."""
    if form.table is None or form.table.target is None or not form.touched:
        return []
    target = form.table.target
    if form.new:
        return [SetEntry(target, form.address, form.destinations, None)]
    edits: list[Edit] = []
    if form.address != form.was_address:
        edits.append(RenameEntry(target, form.was_address, form.address, form.was))
    if form.destinations != form.was:
        edits.append(SetEntry(target, form.address, form.destinations, form.was))
    return edits
