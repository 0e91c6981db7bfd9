"""The base settings (`b` in Domains): what every domain depends on, where it stands, what to know of it."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramhelp import short_of
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside, in_daemon
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.form import Made, Note, Values
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.parameteredits import form_of, value_notes, with_value
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.settinglist import SettingLine, SettingList, setting_list
from mailtui.screens.parts.text import Spans, short_path

TOLD = 4
"""Settings of one act that are told of one by one."""
_SIGNS = {"error": ("!", "error"), "warning": ("?", "warning"), "advice": ("note", "")}


class BaseSettingsScreen(BackgroundList[SettingLine]):
    """See the module's text."""

    MODE = "basesettings"
    NOUNS = ("setting", "settings")
    HELP_TITLE = "the base settings"
    EMPTY = "Postfix knows none of the base settings"
    COLUMNS = (
        Column("SETTING", share=0, least=32),
        Column("VALUE", share=4, least=16),
        Column("WHERE", share=0, least=12, drop=60),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "edit", id="basesettings.edit", tooltip="Change the value."),
        Binding("d", "delete", "default", id="basesettings.delete",
                tooltip="Take it out of main.cf, so that Postfix's default is in force."),
        Binding("e", "problem(1)", "next problem", show=False, id="basesettings.next-problem",
                tooltip="Go to the next row with a problem: ! ?"),
        Binding("E", "problem(-1)", "previous problem", show=False, id="basesettings.previous-problem",
                tooltip="Go to the previous row with a problem."),
        Binding("y", "copy", "copy", id="basesettings.copy",
                tooltip="Copy the marked settings, or this one, and show them as plain text."),
        Binding("s", "save", "save", id="basesettings.save",
                tooltip="Save the settings that are shown as a text file."),
    ]  # fmt: skip

    def read(self, after: Instance, edits: Sequence[Edit]) -> SettingList:
        return setting_list(self.session.instance, after if edits else self.session.instance)

    def cells_of(self, row: SettingLine) -> Row:
        setting = row.setting
        return Row(
            (setting.name, _value(row), _where(row)), row.marker, "" if setting.explicit or row.was else "dim"
        )

    def aside(self) -> str:
        return "what every domain depends on"

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        self.pane.show([(row.setting.name, "bold")], [(_place(row, short=True), "dim")], list(_about(row)))

    # Actions

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def action_edit(self) -> None:
        await self.laid()
        row = self.row
        if row is None:
            return
        name, edits = row.setting.name, self.session.draft.edits
        try:
            form, was = await in_daemon(lambda: form_of(self.ahead.at(edits).instance, name), "form")
        except InstanceError as error:
            self.say(str(error), "error")
            return
        before = form.before["value"]

        def check(after: Instance, values: Values) -> list[Note]:
            return [] if values["value"] == before else value_notes(after, name, values)

        await self.open_form(form, lambda after, values: with_value(after, name, was, before, values), check)

    def action_delete(self) -> None:
        def go() -> None:
            names = [str(key) for key in self.chosen_keys()]
            self.act(lambda after: _reset(after, names))

        ask_many(self, lambda: self.when_laid(go), "Reset")

    def action_copy(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                texts = partial("\n".join, [_as_text(row) for row in rows])
                beside(self, "copy", texts, self.console.copy_and_show, self.bad)

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (_as_text(row) for row in self.shown_rows())

        save_text(self, "settings", "settings.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _reset(after: Instance, names: Sequence[str]) -> Made:
    """These back to their defaults, as far as they are set."""
    parameters = after.parameters
    was = {name: value for name in names if (value := parameters.get(name)) is not None}
    if not was:
        return Made(refused="It is not set: the default is in force already")
    edits = [ResetParameter(after.main, name, value) for name, value in was.items()]
    label = f"- {len(edits)} parameters back to their defaults" if len(edits) > 1 else ""
    says = [f"{name}: {parameters.default(name) or 'empty'}, the default" for name in list(was)[:TOLD]]
    return Made(edits, label, says=says)


def _value(row: SettingLine) -> str | Spans:
    effective = row.setting.effective
    if effective is None:
        return [(row.setting.value or "", "error")]
    return effective or [("(empty)", "dim")]


def _where(row: SettingLine) -> str:
    setting = row.setting
    if setting.file is None:
        return "default"
    return f"{os.path.basename(setting.file)}:{setting.line}"


def _place(row: SettingLine, *, short: bool = False) -> str:
    setting = row.setting
    if setting.file is None:
        return "not set: Postfix's default"
    return f"{short_path(setting.file) if short else setting.file}:{setting.line}"


def _about(row: SettingLine) -> Iterator[Spans]:
    setting, was = row.setting, row.was
    for found in row.findings:
        yield _said(_SIGNS[found.severity][0], found.text, _SIGNS[found.severity][1])
    if was is not None:
        yield _said("before", _written(was.value, was.default))
        yield _said("now", _written(setting.value, setting.default))
    elif setting.value is not None and setting.value != setting.effective:
        yield _said("written", setting.value)
    yield _said("value", setting.effective or "(empty)")
    if setting.explicit and setting.default is not None:
        yield _said("default", setting.default or "(empty)")
    if row.overridden_by:
        have = "has its" if len(row.overridden_by) == 1 else "have their"
        yield _said("but", f"{', '.join(row.overridden_by)} {have} own in master.cf", "warning")
    short = short_of(setting.name)
    if short:
        yield _said("is", short)
    if setting.note:
        yield _said("note", setting.note)


def _written(value: str | None, default: str | None) -> str:
    if value is None:
        return f"the default: {default or '(empty)'}"
    return value or "(empty)"


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def _as_text(row: SettingLine) -> str:
    """As postconf prints it, and where it stands."""
    return f"{row.setting.name} = {row.setting.effective or ''}  ({_place(row)})"
