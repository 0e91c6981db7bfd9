"""Parameters (`0`): everything that main.cf can set, with its default, its help, and who overrides it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.parameters import squeeze
from mailtui.postfix.paramlist import ParameterList, ParameterRow, parameter_list
from mailtui.screens.parts import parameterdetail, parameteredits
from mailtui.screens.parts.ahead import Trouble
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.beside import beside, in_daemon, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.keys import takes_back
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import COPIED, list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.servicedetail import said
from mailtui.screens.parts.text import Spans
from mailtui.screens.parts.twins import TwinList

if TYPE_CHECKING:
    from mailtui.postfix.paramhelp import Help

SETTLE = 0.05
"""Seconds the cursor rests on a row before its help is looked up."""


class ParametersScreen(TwinList[ParameterRow]):
    """See the module's text."""

    MODE = "parameters"
    NOUNS = ("parameter", "parameters")
    OTHER = "services"
    EMPTY = "Nothing is set; {parameters.only-set:c} shows the defaults too"
    COLUMNS = (
        Column("PARAMETER", share=3, least=28),
        Column("VALUE", share=4, least=16),
        Column("DEFAULT", share=2, least=16, drop=110),
        Column("SET", share=0, least=10, drop=66),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "edit", id="parameters.edit", tooltip="Set it, with the help of its type."),
        Binding("c", "only_set", "only set", id="parameters.only-set",
                tooltip="Show only what main.cf sets, or all that Postfix knows."),
        Binding("x", "explain", "explain", id="parameters.explain",
                tooltip="Who uses and overrides it, and the manual's own text, whole."),
        Binding("d", "reset", "reset", id="parameters.delete",
                tooltip="Take it out of main.cf: the default holds again."),
        Binding("n", "new", "new", show=False, id="parameters.new",
                tooltip="A name of your own, for $name or a restriction class."),
        *list_keys("parameters", "parameters"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.only_set = False

    def read(self, after: Instance, edits: Sequence[Edit]) -> ParameterList:  # noqa: ARG002
        found = parameter_list(self.session.instance, after, explicit_only=self.only_set)
        for _ in found.rows():
            pass  # each row is made here, in the thread: what is wrong with it takes a look at its tables
        return found

    def cells_of(self, row: ParameterRow) -> Row:
        value = squeeze(row.value if row.value is not None else row.default or "")
        place = f":{row.line}" if row.line is not None else ""
        if row.overridden_by:
            place = f"{place} +{len(row.overridden_by)} -o".lstrip()
        style = "" if row.explicit and row.marker != "-" else "dim"
        trouble = self._trouble_of(row)
        marker = row.marker or " " if trouble is None else trouble.marker
        return Row(
            (row.name, value, row.default if row.default is not None else "–", place),
            marker,
            style,
        )

    def _trouble_of(self, row: ParameterRow) -> Trouble | None:
        """Why what is staged for it cannot be written."""
        return self.trouble.get((self.session.instance.main, row.name))

    def aside(self) -> str:
        return "set in main.cf" if self.only_set else ""

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        edits, path = self.session.draft.edits, self.session.instance.main.path

        def look() -> list[Spans]:
            after = self.ahead.at(edits).instance
            return parameterdetail.about(after, row, _help(after, row.name))

        def found_out(lines: list[Spans]) -> None:
            if self.lines.key == key:
                trouble = self._trouble_of(row)
                first = [said("staged", trouble.text, "error")] if trouble is not None else []
                self.pane.show(*parameterdetail.title(row, path), [*first, *lines])

        def failed(error: Exception) -> None:
            found_out([*parameterdetail.at_once(row), said("unknown", problem(error), "error")])

        found_out(parameterdetail.at_once(row))
        beside(self, "about", look, found_out, failed, wait=SETTLE)

    # Actions

    def action_only_set(self) -> None:
        self.only_set = not self.only_set
        self.read_again()

    def action_explain(self) -> None:
        row, edits = self.row, self.session.draft.edits
        if row is None:
            return

        def look() -> list[str]:
            after = self.ahead.at(edits).instance
            return parameterdetail.whole(after, row, _help(after, row.name))

        def show(lines: list[str]) -> None:
            self.console.show_plain(row.name, "\n".join(lines), hang=True)

        beside(self, "explain", look, show, self.bad)

    def action_reset(self) -> None:
        def go() -> None:
            rows = self.chosen()
            self.act(lambda after: parameteredits.reset(after, rows))

        ask_many(self, lambda: self.when_laid(go), "Reset")

    async def action_edit(self) -> None:
        await self.laid()
        row, edits = self.row, self.session.draft.edits
        if row is None:
            return
        if row.marker == "-":
            self.say(f"{row.name} goes back to its default; {takes_back()}", "warning")
            return
        try:
            form, was = await in_daemon(
                lambda: parameteredits.form_of(self.ahead.at(edits).instance, row.name), "form"
            )
        except (InstanceError, OSError) as error:
            self.bad(error)
            return
        before = form.before["value"]
        await self.open_form(
            form,
            lambda after, values: parameteredits.with_value(after, row.name, was, before, values),
            lambda after, values: parameteredits.value_notes(after, row.name, values),
        )

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def action_new(self) -> None:
        await self.laid()
        await self.open_form(parameteredits.new_form(), parameteredits.new, parameteredits.new_notes)

    def action_copy(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                text = "\n".join(_as_text(row) for row in rows[:COPIED])
                self.console.copy_and_show(text, len(rows) - COPIED)

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (_as_text(row) for row in self.shown_rows())

        save_text(self, "parameters", "parameters.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _help(after: Instance, name: str) -> Help:
    """The manual's word: read when it is first asked for, in a thread."""
    from mailtui.postfix.paramhelp import help_of

    return help_of(after, name)


def _as_text(row: ParameterRow) -> str:
    """A row as a line of main.cf; what is not set as a comment."""
    if row.value is None or row.marker == "-":
        return f"# {row.name} = {row.default or ''}".rstrip()
    return f"{row.name} = {row.value}".rstrip()
