"""The editor of one alias in the detail pane: its address, its destinations one a line, its table.

    editor.open(Form(address, destinations, table, tables, …))
    on AliasEditor.Staged(form) / .Closed

Enter goes from field to field and, on the last, empty destination, stages. Up and Down move between the
fields, Right takes a completion, Escape closes and asks first where something was typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from mailtui.postfix.aliases import AliasTable
from mailtui.postfix.entrychecks import EntryWarning
from mailtui.screens.parts.detail import Rule
from mailtui.screens.parts.dialogs import StageOrDiscard
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.filterbar import Note
from mailtui.screens.parts.text import show

CHECK_AFTER = 0.15
"""Seconds without a key before what was typed is looked at."""

_STYLES = {"error": "error", "warning": "warning", "advice": "dim"}


@dataclass(frozen=True, slots=True)
class Form:
    """What is typed. `was_address` is empty for a new alias; `fixed`: the table cannot be chosen."""

    address: str
    destinations: tuple[str, ...]
    table: AliasTable | None
    tables: tuple[AliasTable, ...]
    was_address: str = ""
    was: tuple[str, ...] = ()
    fixed: bool = False

    @property
    def new(self) -> bool:
        return not self.was_address

    @property
    def touched(self) -> bool:
        """Whether anything was typed that is not there already."""
        return (self.address, self.destinations) != (self.was_address, self.was)


class Completion(Suggester):
    """The first known address that begins with what was typed."""

    def __init__(self, known: Callable[[str], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        if len(value) < 2:
            return None
        found = await asyncio.to_thread(self._known, value)
        begun = (name for name in found if name.startswith(value) and name != value)
        return show(next(begun, "")) or None


class EditorField(Field):
    """One line of the editor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "next", id="edit.next",
                tooltip="Go to the next field; on the last, empty destination: stage."),
        Binding("down,tab", "step(1)", show=False),
        Binding("up,shift+tab", "step(-1)", show=False),
        Binding("right", "cursor_right", "complete", show=False),
        Binding("escape", "leave", "close", id="edit.close",
                tooltip="Close the editor; asks first where something was typed."),
    ]  # fmt: skip

    class Step(Message):
        """To another field; `enter`: by that key."""

        def __init__(self, field: EditorField, by: int, *, enter: bool = False) -> None:
            super().__init__()
            self.field, self.by, self.enter = field, by, enter

    class Left(Message):
        """Escape."""

    def action_enter(self) -> None:
        self.post_message(self.Step(self, 1, enter=True))

    def action_step(self, by: int) -> None:
        self.post_message(self.Step(self, by))

    def action_leave(self) -> None:
        self.post_message(self.Left())


class TableField(EditorField):
    """Which table: Left and Right choose, where there is a choice. Not typed into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1)", "other table", key_display="←→", id="edit.table",
                tooltip="Choose another table for the new alias."),
        Binding("right", "choose(1)", show=False),
    ]  # fmt: skip

    class Chosen(Message):
        """Another table is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_choose(self, by: int) -> None:
        self.post_message(self.Chosen(by))

    def insert_text_at_cursor(self, text: str) -> None:
        """A table is chosen, not typed."""

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002
        return character is not None and character.isprintable()


class Line(Vertical):
    """A label, a field, and what is wrong with it under it."""

    def __init__(self, label: str, field: EditorField) -> None:
        super().__init__(classes="line")
        self._label, self.field = label, field

    def compose(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Note((f" {self._label:<9}", "dim"), classes="label")
            yield self.field
        note = Note(classes="warning")
        note.display = False
        yield note

    def warn(self, warning: EntryWarning | None) -> None:
        """Show a warning under the field, or none."""
        note = self.query_one(".warning", Note)
        note.display = warning is not None
        if warning is not None:
            sign = {"error": "!", "warning": "?", "advice": " "}[warning.severity]
            note.say((f"         {sign} {warning.text}", _STYLES[warning.severity]))


class AliasEditor(Vertical):
    """See the module's text."""

    class Staged(Message):
        """Enter on the last, empty destination."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

    class Closed(Message):
        """The editor is to go; nothing was staged."""

    class Changed(Message):
        """Something was typed a moment ago: time to look at it."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

    def __init__(self, form: Form, known: Callable[[str], Sequence[str]]) -> None:
        super().__init__(id="editor")
        self.form = form
        self._known = known
        self._table = form.table
        self._by_hand = form.fixed
        self._timer = self.set_timer(CHECK_AFTER, self._tell, pause=True)

    def compose(self) -> ComposeResult:
        form = self.form
        yield Rule("new alias" if form.new else f"edit {form.was_address}")
        with VerticalScroll(classes="fields", can_focus=False):
            yield Line("address", EditorField(form.address, id="address"))
            with Vertical(classes="destinations"):
                for item in (*form.destinations, ""):
                    yield self._destination(item)
            yield Line("table", TableField(self._table_words(), id="table"))

    def on_mount(self) -> None:
        first = self._fields[0] if self.form.new else self._destinations[-1].field
        first.focus()
        self._timer.resume()

    def _destination(self, item: str) -> Line:
        field = EditorField(item, classes="destination")
        field.suggester = Completion(self._known)
        return Line("goes to", field)

    # What is typed

    @property
    def _lines(self) -> list[Line]:
        return list(self.query(Line))

    @property
    def _fields(self) -> list[EditorField]:
        return [line.field for line in self._lines]

    @property
    def _destinations(self) -> list[Line]:
        return [line for line in self._lines if line.field.has_class("destination")]

    def typed(self) -> Form:
        """The form as it is now; empty destinations are left out."""
        items = tuple(line.field.value.strip() for line in self._destinations)
        address = self.query_one("#address", EditorField).value.strip()
        return replace(
            self.form, address=address, destinations=tuple(item for item in items if item), table=self._table
        )

    def _table_words(self) -> str:
        return self._table.spec if self._table is not None else "none can take it"

    def propose(self, table: AliasTable | None) -> None:
        """The table that suits the address; a table chosen by hand stays."""
        if not self._by_hand and table is not self._table:
            self._table = table
            self.query_one("#table", TableField).value = show(self._table_words())

    def show_warnings(self, warnings: Sequence[EntryWarning]) -> None:
        """What the checks said about what is typed now: the worst of each field under it."""
        filled = [line for line in self._destinations if line.field.value.strip()]
        for line in self._lines:
            if line.field.id == "address":
                mine = [w for w in warnings if w.field == "address"]
            elif line.field.id == "table":
                mine = [w for w in warnings if w.field == "table"]
            else:
                place = filled.index(line) if line in filled else -1
                mine = [w for w in warnings if w.field == "destination" and (w.index or 0) == place]
            line.warn(mine[0] if mine else None)

    # Keys

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._timer.reset()
        self._timer.resume()
        last = self._destinations[-1] if self._destinations else None
        if last is not None and event.input is last.field and event.value.strip():
            self.query_one(".destinations", Vertical).mount(self._destination(""))

    def _tell(self) -> None:
        self._timer.pause()
        self.post_message(self.Changed(self.typed()))

    def on_editor_field_step(self, event: EditorField.Step) -> None:
        event.stop()
        fields = self._fields
        place = fields.index(event.field)
        if event.enter and event.field is self._destinations[-1].field and not event.field.value.strip():
            self.stage()
        else:
            fields[(place + event.by) % len(fields)].focus()

    def stage(self) -> None:
        """Hand over what is typed."""
        self.post_message(self.Staged(self.typed()))

    def on_table_field_chosen(self, event: TableField.Chosen) -> None:
        event.stop()
        tables = [table for table in self.form.tables if table.editable]
        if self.form.fixed or len(tables) < 2:
            return
        place = tables.index(self._table) if self._table in tables else 0
        self._by_hand = True
        self._table = tables[(place + event.by) % len(tables)]
        self.query_one("#table", TableField).value = show(self._table_words())

    def on_editor_field_left(self, event: EditorField.Left) -> None:
        event.stop()
        self.close()

    def close(self) -> None:
        """Go away; where something was typed ask what becomes of it."""
        form = self.typed()
        if not form.touched:
            self.post_message(self.Closed())
            return

        def answered(answer: str | None) -> None:
            if answer == "stage":
                self.stage()
            elif answer == "discard":
                self.post_message(self.Closed())

        self.app.push_screen(StageOrDiscard(), answered)
