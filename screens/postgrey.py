"""postgrey (`o` in the policy services): its options, and the clients and recipients that it does not
greylist; Tab goes from one list to the next."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.edits import postgreyplan
from mailtui.edits.model import Edit
from mailtui.formats.whitelist import Listed
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.greylisting import KNOWN, Places, option_problem, places
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values
from mailtui.screens.parts.keys import on_again, takes_back
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.postgreyacts import (
    PlanOf,
    made_of,
    option_plan,
    removed,
    switched,
    together,
)
from mailtui.screens.parts.postgreyrows import (
    VIEWS,
    PostgreyLine,
    View,
    about,
    option_lines,
    shown_view,
    white_lines,
)
from mailtui.screens.parts.ruleview import Foot
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans, short_path
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import safe

_TITLES: dict[View, str] = {"options": "Options", "clients": "Clients", "recipients": "Recipients"}
_HINTS: dict[Listed, str] = {
    "clients": "a host name or domain, an address, a.b.c, a network a.b.c.d/n, or /pattern/",
    "recipients": "user@domain, user@ in every domain, a domain, or /pattern/",
}
_OPTIONS = (
    Column("OPTION", share=0, least=22),
    Column("VALUE", share=2, least=16),
    Column("IS", share=3, least=16, drop=60),
)
_WHITE = (
    Column("NOT GREYLISTED", share=2, least=24),
    Column("FILE", share=0, least=26, drop=56),
    Column("NOTE", share=2, least=10, drop=84),
)


class PostgreyScreen(BackgroundList[PostgreyLine]):
    """See the module's text."""

    MODE = "restrictions"
    HELP_TITLE = "postgrey"
    COLUMNS = _OPTIONS
    EMPTY = "No entry; {postgrey.new:n} makes one"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="postgrey.new", tooltip="One more that is not greylisted."),
        Binding("enter", "open", "edit", id="postgrey.edit", tooltip="Change the option, or the entry."),
        Binding("tab", "view(1)", "next list", key_display="Tab", id="postgrey.view",
                tooltip="Options, clients, recipients: the next list; Shift+Tab: the one before."),
        Binding("d", "delete", "delete", id="postgrey.delete",
                tooltip="Take the entry out; of an option: its default again."),
        Binding("number_sign", "switch", "off/on", id="postgrey.switch",
                tooltip="Comment the entry out, or in again; of an option that is a yes or no: turn it."),
        Binding("shift+tab", "view(-1)", "list before", show=False),
        *list_keys("postgrey", "rows", "?"),
        Binding("escape", "app.leave", "back", show=False),
    ]  # fmt: skip

    def __init__(self, view: View = "options") -> None:
        super().__init__()
        self.view: View = view
        self.places: Places | None = None

    def body(self) -> ComposeResult:
        yield from super().body()
        yield Foot()

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[PostgreyLine]:
        before = self.session.instance
        self.places = places(before)
        now = after if edits else before
        if self.view == "options":
            try:
                rows = option_lines(before, now, self.places)
            except FileNotFoundError:
                raise InstanceError(
                    "postgrey is not installed", "apt-get install postgrey", self.places.defaults.path
                ) from None
        else:
            rows = white_lines(before, now, self.places, self.view)
        return FewRows(rows, lambda line: line.key, lambda line: line.words)

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(to)
        foot = self.query_one(Foot)
        foot.words = shown_view(self.places) if self.places is not None else ()
        foot.refresh()

    def _count(self, shown: int, done: bool) -> None:
        super()._count(shown, done)
        if self.listing is not None and not self.lines.marked:
            tabs: list[tuple[str, str]] = []
            for view in VIEWS:
                here = view == self.view
                tabs.append(
                    (f"[{_TITLES[view]}]" if here else f" {_TITLES[view]} ", "bold" if here else "dim")
                )
            number = f"{shown} of {len(self.listing)} shown  " if self.bar.text else ""
            self.bar.say(number, *tabs)

    def cells_of(self, row: PostgreyLine) -> Row:
        style = "" if row.enabled and row.staged != "-" else "dim"
        if row.view == "options":
            value: Spans = [(row.value or "(none)", "" if row.given else "dim")]
            if row.runs is not None:
                value = [*value, (f"  runs with {row.runs}", "warning")]
            return Row((row.name, value, [(row.says, "dim")]), row.marker, style)
        where = f"{row.target.name}:{row.line}" if row.target is not None else ""
        return Row((row.name, [(where, "dim")], [(row.note, "dim")]), row.marker, style)

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None or self.places is None:
            self.pane.show([], [], [])
            return
        place = ""
        if row.target is not None:
            place = short_path(row.target.path) + (f":{row.line}" if row.line else "")
        self.pane.show([(row.name, "bold")], [(place, "dim")], list(about(row, self.places)))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "view":
            return not isinstance(self.focused, Field)
        if action == "new" and self.view == "options":
            return False
        return super().check_action(action, parameters)

    def action_view(self, step: int) -> None:
        self.view = VIEWS[(VIEWS.index(self.view) + step) % len(VIEWS)]
        self.lines.unmark_all()
        self.lines.set_columns(*(_OPTIONS if self.view == "options" else _WHITE))
        self.refresh_bindings()
        self.read_again()

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self._edit)

    async def _edit(self) -> None:
        await self.laid()
        row, here = self.row, self.places
        if row is None or here is None:
            return
        if row.staged == "-":
            self.say(f"{row.name} is to be taken out; {takes_back()}", "warning")
        elif row.view == "options":
            await self._edit_option(row, here)
        elif not row.enabled:
            self.say(f"{row.name} is off; {on_again('postgrey')}", "warning")
        else:
            await self._edit_white(row.view, here, row)

    async def _edit_option(self, row: PostgreyLine, here: Places) -> None:
        known = KNOWN.get(row.name)
        if known is not None and known.kind == "flag":
            choices = (("no", "it is not given"), ("yes", f"--{row.name}"))
            form = Form(
                row.name, [ChoiceField(name="value", label="value", choices=choices, chosen=row.value)]
            )
        else:
            default = f"; empty: {known.default or 'not given'}" if known is not None else ""
            form = Form(
                f"{row.name} of postgrey",
                [TextField(name="value", label="value", content=row.value if row.given else "",
                           hint=f"{row.says}{default}")],
            )  # fmt: skip

        def check(_after: Instance, values: Values) -> list[Note]:
            text = str(values["value"])
            wrong = option_problem(row.name, text) if text and row.name in KNOWN else ""
            return [Note("value", wrong, "error")] if wrong else []

        def make(after: Instance, values: Values) -> Made:
            return made_of(option_plan(after, here, row, str(values["value"])), row.key)

        await self.open_form(form, make, check)

    async def _edit_white(self, listed: Listed, here: Places, row: PostgreyLine | None) -> None:
        title = f"{row.name}" if row is not None else f"{listed} that are not greylisted"
        form = Form(title, [TextField(name="item", label="entry", content=row.name if row is not None else "",
                                      hint=_HINTS[listed])])  # fmt: skip

        def check(after: Instance, values: Values) -> list[Note]:
            item = str(values["item"])
            same = row is not None and item.lower() == row.name.lower()
            wrong = "" if same or not item else postgreyplan.white_problem(after, here, listed, item)
            return [Note("item", wrong, "error")] if wrong else []

        def make(after: Instance, values: Values) -> Made:
            item = str(values["item"])
            if row is None or row.target is None:
                target = here.own(listed)
                plan = postgreyplan.add_white(after, here, listed, item)
            else:
                target = row.target
                plan = postgreyplan.change_white(after, here, target, listed, row.name, item)
            return made_of(plan, (listed, target.path, item.strip().lower(), True))

        await self.open_form(form, make, check)

    async def action_new(self) -> None:
        await self.laid()
        if self.view != "options" and self.places is not None:
            await self._edit_white(self.view, self.places, None)

    def action_delete(self) -> None:
        ask_many(self, lambda: self._each(removed), "Take out")

    def action_switch(self) -> None:
        self._each(switched)

    def _each(self, plan_of: PlanOf) -> None:
        """A plan for each chosen row, over those before it, staged as one act."""

        def go() -> None:
            rows, here = self.chosen(), self.places
            if rows and here is not None:
                self.act(lambda after: together(after, here, rows, plan_of))

        self.when_laid(go)

    def _as_text(self, row: PostgreyLine) -> str:
        where = f"{row.target.path}:{row.line}" if row.target is not None and row.line else ""
        said = f"{row.name} = {row.value or '(none)'}" if row.view == "options" else row.name
        return safe(f"{row.marker} {said}  ({where or row.says})")

    def action_copy(self) -> None:
        self.console.copy_and_show("\n".join(self._as_text(row) for row in self.chosen()))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (self._as_text(row) for row in self.shown_rows())

        save_text(self, "rows", f"postgrey-{self.view}.txt", lines, lambda path: self.say(f"Saved as {path}"))
