"""A list screen whose rows are read in a thread and laid anew after each change of the draft or the disk.

    class DomainsScreen(BackgroundList[DomainRow]):
        MODE = "domains"
        COLUMNS = (…)
        def read(self, after, edits): return domain_list(after, …)        # in a thread: rows, see `Listing`
        def cells_of(self, row): return Row((row.domain, row.source), row.marker)
        def describe(self, key): self.pane.show(…, …, …)                  # self.row is the row there
        def form_for(self, …): await self.open_form(form, make, check)

Keys typed ahead of what they staged wait (`when_laid`, `laid`). `open_form` puts a form into the detail pane;
what `make` returns is staged as one act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic

from textual import events

from mailtui.edits.draft import merged
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.beside import beside, in_daemon, problem
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.laidlist import LaidList, Listing, View

if TYPE_CHECKING:
    from mailtui.screens.parts.form import Form, Note, Values
    from mailtui.screens.parts.formview import FormEditor
    from mailtui.screens.parts.typedlines import LineEditor

__all__ = ["BackgroundList", "Listing", "Made"]


class BackgroundList(LaidList[View], Generic[View]):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self.editor: FormEditor | None = None
        self._check: Callable[[Instance, Values], Sequence[Note]] | None = None
        self._make: Callable[[Instance, Values], Made] | None = None
        self._not_staged: Values | None = None
        """What could not be staged: its notes say more than those that are found while one types."""

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
            self._make, self._check, self._not_staged = make, check, None
            self.editor = FormEditor(form, self._stage_form, self._close_form)
            self.pane.display = False
            self.add_class("editing")
            await self.query_one(".side").mount(self.editor)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into the list must not take the keys away from what is being typed."""
        if self.editor is not None and self.editor not in event.widget.ancestors:
            self.editor.focus_field()

    def on_line_editor_changed(self, event: LineEditor.Changed) -> None:
        event.stop()
        editor, check, edits = self.editor, self._check, self.session.draft.edits
        if editor is None or check is None:
            return
        values = editor.form.values()

        def look() -> Sequence[Note]:
            return check(self.ahead.at(edits).instance, values)

        def looked(notes: Sequence[Note]) -> None:
            now = editor.form.values()
            if self.editor is editor and now == values and now != self._not_staged:
                editor.show_notes(notes)

        beside(self, "check", look, looked, lambda error: self.say(problem(error), "error"))

    async def _stage_form(self) -> None:
        """Stage what is typed and close the form, or say why not. Once this returns the list shows it."""
        editor, make, edits = self.editor, self._make, self.session.draft.edits
        if editor is None or make is None:
            return
        values = editor.form.values()

        def work() -> Made:
            made = make(self.ahead.at(edits).instance, values)
            if made.refused or not made.edits:
                return made
            mine = {(edit.target, edit.key) for edit in made.edits}
            trouble = self.ahead.at(merged((*edits, *made.edits))).trouble
            why = next((found.text for name, found in trouble.items() if name in mine), "")
            return Made(refused=why) if why else made

        try:
            made = await in_daemon(work, "prepare")
        except Exception as error:  # noqa: BLE001  # it is said, and what was typed stays
            self.say(problem(error), "error")
            return
        if made.refused:
            self.say(made.refused, "warning")
            if made.notes:
                self._not_staged = values
                editor.show_notes(made.notes)
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
