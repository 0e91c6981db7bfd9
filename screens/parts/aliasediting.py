"""The part of the Aliases screen that opens the editor, checks what is typed, and stages it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from textual import events

from mailtui.edits.draft import merged
from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.screens.parts.aliaslisting import Listing
from mailtui.screens.parts.aliasrows import NEW, folded
from mailtui.screens.parts.beside import beside, in_daemon, problem
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import key_for

if TYPE_CHECKING:
    from mailtui.postfix.entrychecks import EntryWarning
    from mailtui.postfix.propose import Proposal
    from mailtui.screens.parts.aliaseditor import AliasEditor
    from mailtui.screens.parts.aliasform import Form
    from mailtui.screens.parts.typedlines import LineEditor


class Editing(Listing):
    """A list screen with an alias editor in its detail pane."""

    def __init__(self) -> None:
        super().__init__()
        self.editor: AliasEditor | None = None
        self._not_staged: tuple[str, tuple[str, ...]] | None = None
        """What could not be staged: why says more than what is found while one types."""

    @abstractmethod
    def stage(self, edits: Sequence[Edit], label: str = "", to: Hashable | None = None) -> None:
        """Stage edits as one act; the cursor goes to the row `to`."""

    async def edit(self, form: Form) -> None:
        """Open the editor with this form, unless it is open. Once this returns, keys go to it: those typed
        ahead must not be commands of the list."""
        from mailtui.screens.parts.aliaseditor import AliasEditor

        if self.editor is None:
            self._not_staged = None
            self.editor = AliasEditor(form, self._known, self._stage_form, self._close_editor)
            self.pane.display = False
            self.add_class("editing")
            await self.query_one(".side").mount(self.editor)

    def _known(self, prefix: str) -> Sequence[str]:
        """In a thread: names to complete with. What cannot be read now has none."""
        if self.aliases is None:
            return []
        from mailtui.postfix.propose import known_addresses

        try:
            return known_addresses(self.session.instance, self.aliases.tables, prefix)
        except (InstanceError, OSError):
            return []

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into the list must not take the keys away from what is being typed."""
        if self.editor is not None and self.editor not in event.widget.ancestors:
            self.editor.focus_field()

    # What is typed is looked at

    def on_line_editor_changed(self, event: LineEditor.Changed) -> None:
        event.stop()
        editor = self.editor
        if editor is None or self.aliases is None:
            return
        form, tables, edits = editor.form, self.aliases.tables, self.session.draft.edits
        asked = (form.address, form.items)
        if asked != self._not_staged:
            self._not_staged = None

        def look() -> tuple[Proposal | None, list[EntryWarning]]:
            if form.kind is not None:
                return None, self._map_warnings(form, asked) if asked[0].strip() else []
            from mailtui.postfix.propose import proposed_table
            from mailtui.postfix.validate import check_entry

            after = self.ahead.at(edits).instance
            table, key, proposal = form.table, form.key, None
            if form.is_new and asked[0].strip():
                proposal = proposed_table(self.session.instance, tables, asked[0])
                if not form.by_hand:
                    table, key = proposal.table, proposal.address
            if table is None or not asked[0].strip():
                return proposal, []
            replacing = None if form.is_new else form.was_address
            found = check_entry(after, table, key, asked[1], replacing)
            return proposal, [each for each in found if asked[1] or each.field != "destination"]

        def looked(answer: tuple[Proposal | None, list[EntryWarning]]) -> None:
            if self.editor is editor and (form.address, form.items) == asked:
                if answer[0] is not None:
                    form.take(answer[0])
                if asked != self._not_staged:
                    editor.show_warnings(answer[1])

        beside(self, "check", look, looked, lambda error: self.say(problem(error), "error"))

    def _map_warnings(self, form: Form, typed: tuple[str, tuple[str, ...]]) -> list[EntryWarning]:
        """What the checks of a table that is none of aliases say. For a worker."""
        from mailtui.postfix.mapchecks import check_map_entry

        if form.table is None:
            return []
        after = self.ahead.at(self.session.draft.edits).instance
        replacing = None if form.is_new else form.was_address
        found = check_map_entry(after, form.table, typed[0], "".join(typed[1]), replacing)
        return [each for each in found if typed[1] or each.field != "destination"]

    def _hopeless(self, form: Form) -> str:
        """Why an entry cannot work, unless it was insisted on: then it is staged. For a worker."""
        typed = (form.address, form.items)
        if form.insisted == typed or form.missing():
            return ""
        if form.kind is None:
            wrong = self._bouncing(form)
        else:
            wrong = [each.text for each in self._map_warnings(form, typed) if each.severity == "error"]
        if not wrong:
            return ""
        form.insisted = typed
        return f"{wrong[0]} · {key_for('edit.next', 'Enter')} again stages it all the same"

    def _bouncing(self, form: Form) -> list[str]:
        """New destinations by which mail bounces, by the rule that `alias set` and an import go by."""
        from mailtui.postfix.destinations import item_problem

        table = form.table
        if table is None:
            return []
        new = [item for item in form.items if item not in form.was]
        found = (
            (item, item_problem(self.session.instance, item, virtual=table.role == "virtual")) for item in new
        )
        return [f"{item}: {why}" for item, why in found if why]

    # Staging it

    async def _stage_form(self) -> None:
        """Stage what is typed and close the editor, or say why not. Once this returns the list shows it."""
        editor, aliases = self.editor, self.aliases
        if editor is None or aliases is None:
            return
        from mailtui.postfix.entrychecks import EntryWarning
        from mailtui.postfix.propose import proposed_table

        form, before = editor.form, self.session.draft.edits

        def prepare() -> str:
            """Why it cannot be staged; empty where it can."""
            if form.is_new and form.address.strip() and form.kind is None:
                form.take(proposed_table(self.session.instance, aliases.tables, form.address))
            if why := form.missing() or self._hopeless(form):
                return why
            edits = form.edits()
            mine = {(edit.target, edit.key) for edit in edits}
            trouble = self.ahead.at(merged((*before, *edits))).trouble
            return next((found.text for name, found in trouble.items() if name in mine), "")

        try:
            why = await in_daemon(prepare, "prepare")
        except Exception as error:  # noqa: BLE001  # it is said, and what was typed stays
            self.say(problem(error), "error")
            return
        if why:
            self.say(why, "warning")
            self._not_staged = (form.address, form.items) if form.items else None
            editor.show_warnings([EntryWarning("address", why, "error")] if form.items else [])
            return
        edits, table = form.edits(), form.table
        await self._close_editor()
        if edits and table is not None:
            to = (table.spec, folded(form.key), NEW) if form.is_new or form.staged_new else None
            self.stage(edits, to=to)
            await self.laid()
            self.say("staged " + "; ".join(edit.describe() for edit in edits))

    async def _close_editor(self) -> None:
        """Back to the list."""
        editor, self.editor = self.editor, None
        self.remove_class("editing")
        self.pane.display = True
        focus_now(self.lines)
        if editor is not None:
            await editor.remove()
