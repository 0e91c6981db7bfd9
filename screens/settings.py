"""Settings (`,` or `:settings`): mailtui's own, each with its value, where it stands and what it means."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import ownforms
from mailtui.screens.parts.actionindex import Index, action_index
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keymap import take_settings
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.ownlines import about, as_text, where
from mailtui.screens.parts.ownsettings import OwnRow, own_rows
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.session import Change
from mailtui.settings import load
from mailtui.text.fewrows import FewRows


class SettingsScreen(BackgroundList[OwnRow]):
    """See the module's text. What is kept here is written at once: it is not Postfix's, and not staged."""

    MODE = "settings"
    NOUNS = ("setting", "settings")
    HELP_TITLE = "the settings"
    EMPTY = "There are no settings"
    COLUMNS = (
        Column("SETTING", share=0, least=26),
        Column("VALUE", share=4, least=14),
        Column("WHERE", share=0, least=17, drop=60),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "edit", id="settings.edit",
                tooltip="Change the value, or the keys of the action; it is written at once."),
        Binding("d", "default", "default", id="settings.default",
                tooltip="Take the line out of its file, so that the default holds; also one that is wrong."),
        Binding("n", "new", "new instance", id="settings.new",
                tooltip="Name a Postfix instance, to choose at start and by the palette."),
        Binding("tab", "part(1)", "next part", id="settings.next-part",
                tooltip="Go to the next part: problems, settings, instances, silenced findings, keys."),
        Binding("shift+tab", "part(-1)", "previous part", show=False, id="settings.previous-part",
                tooltip="Go to the previous part."),
        *list_keys("settings", "settings", "!"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._index: Index | None = None

    @on(events.Mount)
    def _look_for_actions(self) -> None:
        def found(index: Index) -> None:
            self._index = index
            self.read_again()

        beside(self, "actions", action_index, found, self.bad)

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[OwnRow]:  # noqa: ARG002  # not Postfix's
        return FewRows(own_rows(self._index), lambda row: row.key, lambda row: f"{row.title} {row.value}")

    def refresh_view(self, change: Change) -> None:
        super().refresh_view(change)
        if change.paths:  # read again by key: the files may be others
            self._take_over()

    def _take_over(self) -> None:
        take_settings(self.console, load())
        self.console.examine_again()

    def stage(self, made: Made) -> None:
        """What was made is written already."""
        super().stage(made)
        if not made.refused:
            if self.lines.marked:
                self.lines.unmark_all()
            self._take_over()
            self.read_again()

    def cells_of(self, row: OwnRow) -> Row:
        marker = "!" if row.part == "problem" else " "
        value = [(row.value, "error")] if row.part == "problem" else row.value
        return Row((row.title, value, where(row)), marker, "" if row.place is not None else "dim")

    def aside(self) -> str:
        return "mailtui's own; written at once"

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        self.pane.show([(row.title, "bold")], [(where(row, whole=True), "dim")], list(about(row)))

    # Actions

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def action_edit(self) -> None:
        await self.laid()
        row, index = self.row, self._index
        if row is None:
            return
        setting = row.setting
        if row.part == "problem":
            self.say(f"Mend it in {row.place}, or take the line out with {key_for('settings.default', 'd')}")
        elif row.part == "key" and index is not None:
            form = ownforms.key_form(row, self._keys_of(row))
            await self.open_form(
                form,
                lambda _, values: ownforms.keep_keys(index, row, values),
                lambda _, values: ownforms.key_notes(index, row.name, values),
            )
        elif row.part in {"instance", "silence"}:
            await self._edit_table(row.part, row)
        elif setting is not None and setting.kind.shape == "tables":
            await self._into(setting.name)
        elif setting is not None:
            await self.open_form(
                ownforms.setting_form(row),
                lambda _, values: ownforms.keep_setting(setting, values),
                lambda _, values: ownforms.setting_notes(setting, values),
            )

    def _keys_of(self, row: OwnRow) -> Sequence[str]:
        assert row.action is not None
        return dict(self.session.settings.keymap).get(row.name, row.action.keys)

    async def _into(self, name: str) -> None:
        """From the line that counts the entries of a kind to the first of them."""
        part = "key" if name == "keymap" else name
        rows = self.lines.rows
        at = next((n for n in range(len(rows)) if str(rows.key(n)[0]) == part), None)  # type: ignore[index]
        if at is not None:
            self.lines.move_to(at)
        elif name == "instance":
            await self._edit_table("instance", None)
        else:
            none = {"silence": "One is silenced in the findings", "keymap": "The actions are being read"}
            self.say(none[name])

    async def action_new(self) -> None:
        await self.laid()
        await self._edit_table("instance", None)

    async def _edit_table(self, part: str, row: OwnRow | None) -> None:
        await self.open_form(
            ownforms.table_form(part, row),
            lambda _, values: ownforms.keep_table(part, row, values),
            lambda _, values: ownforms.table_notes(part, values),
        )

    def action_default(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                self.act(lambda _: ownforms.take_out(rows))

        ask_many(self, lambda: self.when_laid(go), "Reset", "Their lines go at once, without undo.")

    def action_part(self, step: int) -> None:
        rows, here = self.lines.rows, self.lines.cursor
        parts = [str(rows.key(n)[0]) for n in range(len(rows))]  # type: ignore[index]  # (part, name, …)
        starts = [n for n, part in enumerate(parts) if n == 0 or parts[n - 1] != part]
        further = [n for n in starts if (n - here) * step > 0]
        if starts:
            self.lines.move_to(further[0 if step > 0 else -1] if further else starts[0 if step > 0 else -1])

    def action_copy(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                self.console.copy_and_show("\n".join(as_text(row) for row in rows))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row) for row in self.shown_rows())

        save_text(self, "settings", "settings.txt", lines, lambda path: self.say(f"Saved as {path}"))
