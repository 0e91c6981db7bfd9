"""The Aliases screen's other lists: Tab goes from the aliases to the tables that rewrite and route, one
parameter at a time; and `t`, which tries an address on the live tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.postfix.aliases import AliasRow
from mailtui.screens.parts.aliasdetail import about
from mailtui.screens.parts.aliasediting import Editing
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.field import Field

if TYPE_CHECKING:
    from mailtui.screens.parts.text import Spans


class Views(Editing):
    """See the module's text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "view(1)", "other tables", key_display="Tab", id="aliases.next-list",
                tooltip="The next list: aliases, then each table that rewrites or routes mail here."),
        Binding("shift+tab", "view(-1)", "other tables back", show=False, id="aliases.previous-list",
                tooltip="The list before."),
        Binding("t", "try", "try", show=False, id="aliases.try",
                tooltip="Try an address on the live tables: each key that Postfix asks, by postmap -q."),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tab is a key where there is another list, unless a field has the cursor."""
        if action == "view":
            return (len(self.views) > 1 or bool(self.view)) and not isinstance(self.focused, Field)
        return super().check_action(action, parameters)

    def action_view(self, step: int) -> None:
        if self.editor is None and self.views:
            place = self.views.index(self.view) if self.view in self.views else 0
            self.show_view(self.views[(place + step) % len(self.views)])
            self.refresh_bindings()

    def nouns(self) -> tuple[str, str]:
        """What a row is called, one and many."""
        return ("entry", "entries") if self.view else ("alias", "aliases")

    # An entry of a table that is none of aliases

    def describe_map(self, row: AliasRow, wait: float) -> None:
        """Show what the entry does to mail."""
        key, edits = self.lines.key, self.session.draft.edits
        left, right, lines = about(row, None)
        gone = row.marker == "-" or not row.enabled

        def look() -> list[Spans]:
            from mailtui.screens.parts.mapdetail import fate_of, said, words

            after = self.ahead.at(edits).instance
            return [said("then", fate_of(after, row), "warning")] if gone else words(after, row)

        def show(more: list[Spans]) -> None:
            if self.lines.key == key:
                self.pane.show(left, right, [*lines, *more])

        def failed(error: Exception) -> None:
            show([[(problem(error), "error")]])

        beside(self, "resolve", look, show, failed, wait=wait)

    def explain_map(self, row: AliasRow) -> None:
        """`x`: all there is to say of the entry."""
        edits = self.session.draft.edits

        def look() -> list[str]:
            from mailtui.screens.parts.mapdetail import explained

            return explained(self.ahead.at(edits).instance, row)

        self._show(f"{row.address} in {self.view}", look)

    def _show(self, title: str, look: object) -> None:
        from mailtui.screens.parts.dialogs import TextView

        assert callable(look)
        beside(self, "explain", look, lambda lines: self.app.push_screen(TextView(title, lines)), self.bad)

    # Trying

    def action_try(self) -> None:
        from mailtui.screens.parts.trydialog import TryDialog

        row = self.row
        text = row.address if row is not None and row.kinds[0] not in {"opaque", "pattern"} else ""
        parameter = self.view or (
            "alias_maps" if row is not None and row.table.role == "local" else "virtual_alias_maps"
        )

        def answered(answer: str | None) -> None:
            if answer is None:
                return

            def look() -> list[str]:
                from mailtui.screens.parts.mapdetail import tried

                return tried(self.session.instance, parameter, answer)

            self._show(f"{answer} in {parameter}", look)

        self.app.push_screen(TryDialog(parameter, text), answered)
