"""The editor of one alias in the detail pane: its address, its destinations one a line, its table.

    editor = AliasEditor(form, known, stage, close)     # known(prefix) → names, asked in a thread
    on AliasEditor.Changed: editor.show_warnings(…)

`stage()` and `close()` are awaited, so that keys typed ahead wait for what they do.

Enter goes from line to line and, on the last, empty destination, stages. Up and Down move, Right takes a
completion, Escape closes and asks first where something was typed. However many destinations there are,
one field moves among them and the rest is painted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input

from mailtui.postfix.entrychecks import EntryWarning
from mailtui.screens.parts.aliasform import Form
from mailtui.screens.parts.detail import LABEL, Rule
from mailtui.screens.parts.dialogs import StageOrDiscard
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import Spans, segments, show, wrapped

CHECK_AFTER = 0.15
"""Seconds without a key before what was typed is looked at."""
LONGEST = 65536
"""Characters of one line that can be edited."""

_LEFT = 3 + LABEL
_SIGNS = {"error": ("! ", "error"), "warning": ("? ", "warning"), "advice": ("- ", "dim")}

Kind = Literal["address", "destination", "table"]


class Completion(Suggester):
    """The first known name that begins with what was typed."""

    def __init__(self, known: Callable[[str], Sequence[str]], least: str = "") -> None:
        """`least`: what must be typed before anything is proposed."""
        super().__init__(use_cache=False, case_sensitive=True)
        self._known, self._least = known, least

    async def get_suggestion(self, value: str) -> str | None:
        if len(value) < 2 or self._least not in value:
            return None
        found = await asyncio.to_thread(self._known, value)
        return next(
            (name for name in found if name != value and name.startswith(value) and show(name) == name), None
        )


class EditorField(Field):
    """The line that is being typed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "next line, last: stage", id="edit.next",
                tooltip="Go to the next line; on the last, empty destination: stage."),
        Binding("escape", "leave", "close", id="edit.close", key_display="Esc",
                tooltip="Close the editor; asks first where something was typed."),
        Binding("right", "cursor_right", "complete", show=False, id="edit.complete",
                tooltip="At the end of the text: take the completion that is shown."),
        Binding("ctrl+u", "clear_line", "clear line", id="edit.clear",
                tooltip="Empty the line; an empty destination is left out."),
        Binding("down,tab", "step(1)", show=False),
        Binding("up,shift+tab", "step(-1)", show=False),
    ]  # fmt: skip

    _raw = _shown = ""

    def __init__(self, view: FormView) -> None:
        super().__init__()
        self._view = view

    def set_raw(self, text: str) -> None:
        """Show a text for editing. What cannot be shown as it is stays as it is until it is typed over."""
        self._raw, self._shown = text, show(text, LONGEST)
        self.value = self._shown
        self.cursor_position = len(self.value)

    @property
    def raw(self) -> str:
        """The text as it is to be in the file."""
        return self._raw if self.value == self._shown else self.value

    async def action_enter(self) -> None:
        await self._view.enter()

    def action_step(self, by: int) -> None:
        self._view.step(by)

    async def action_leave(self) -> None:
        await self._view.editor.close()

    def action_clear_line(self) -> None:
        self.value = ""


class TableField(EditorField):
    """The line of the table: Left and Right choose, where there is a choice. Not typed into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "stage", id="edit.stage", tooltip="Stage what was typed."),
        Binding("left", "choose(-1)", "other table", key_display="Left/Right", id="edit.table",
                tooltip="Choose another table for the new alias."),
        Binding("right", "choose(1)", show=False),
        Binding("ctrl+u", "clear_line", show=False),
    ]  # fmt: skip

    def action_choose(self, by: int) -> None:
        self._view.choose(by)

    def validate_value(self, value: str) -> str:  # noqa: ARG002  # a table is chosen, not typed
        return self._shown


class FormView(Painted):
    """The lines of the form with their warnings; `current` is the one being typed in: 0 the address, then
    the destinations, last the table."""

    def __init__(self, form: Form, known: Callable[[str], Sequence[str]], editor: AliasEditor) -> None:
        super().__init__()
        self.form, self.editor = form, editor
        self._for_address, self._for_item = Completion(known, "@"), Completion(known)
        self.current = 0 if form.is_new else len(form.destinations)
        self.top = 0
        self._notes: dict[int, list[tuple[str, str]]] = {}
        self._lines: list[tuple[int, Spans]] = []
        self._text = EditorField(self)
        self._table = TableField(self)

    def compose(self) -> ComposeResult:
        yield self._text
        yield self._table

    def on_mount(self) -> None:
        self.go(self.current)

    # Its lines

    @property
    def _rows(self) -> int:
        return len(self.form.destinations) + 2

    def _kind(self, row: int) -> Kind:
        if row == 0:
            return "address"
        return "table" if row == self._rows - 1 else "destination"

    def _content(self, row: int) -> str:
        kind = self._kind(row)
        if kind == "address":
            return self.form.address
        if kind == "table":
            table = self.form.table
            return table.spec if table is not None else "the address decides"
        return self.form.destinations[row - 1]

    def _reason(self) -> list[tuple[str, str]]:
        """Why this table, under it."""
        form = self.form
        if form.proposal is None or not form.is_new or form.by_hand:
            return []
        lines = [(form.proposal.reason, "warning" if form.proposal.doubtful else "dim")]
        if form.key != form.address.strip():
            lines.append((f"kept there as {form.key}", "dim"))
        return lines

    def _laid(self, width: int) -> list[tuple[int, Spans]]:
        lines: list[tuple[int, Spans]] = []
        for row in range(self._rows):
            kind = self._kind(row)
            label = {"address": "address", "table": "table"}.get(kind, "goes to" if row == 1 else "")
            style = "accent" if row == self.current else "dim"
            lines.append((row, [("   ", ""), (f"{label:<{LABEL}}", style), (self._content(row), "")]))
            notes = [*self._notes.get(row, ()), *(self._reason() if kind == "table" else ())]
            for text, note_style in notes:
                spans = [(f"{'':{_LEFT}}", ""), (text, note_style)]
                lines.extend((row, line) for line in wrapped(spans, width, _LEFT + 2))
        return lines

    def lay_out(self) -> None:
        """Lay the lines anew, keep the current one visible, and put the field there."""
        width, height = self.size
        if not width or not height:
            return
        self._lines = self._laid(width)
        mine = [place for place, (row, _) in enumerate(self._lines) if row == self.current]
        last = min(
            mine[-1] + 1, mine[0] + height - 1, len(self._lines) - 1
        )  # a line below shows that it goes on
        self.top = max(0, min(self.top, mine[0], len(self._lines) - height), last - height + 1)
        for field in (self._text, self._table):
            field.styles.offset = (_LEFT, mine[0] - self.top)
            field.styles.width = max(4, width - _LEFT - 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        place = self.top + y
        spans: Spans = self._lines[place][1] if place < len(self._lines) else []
        more = len(self._lines) - self.top - height
        if more > 0 and y == height - 1 and self._lines[place][0] != self.current:
            spans = [(f"{'':{_LEFT}}… {more + 1} more lines", "dim")]
        return self.strip(segments(spans, width, self.paint), width)

    def on_resize(self) -> None:
        self.lay_out()

    # Moving and typing

    @property
    def field(self) -> EditorField:
        """The field of the current line."""
        return self._table if self._kind(self.current) == "table" else self._text

    def go(self, row: int) -> None:
        """Make this the line that is typed in."""
        self.current = row % self._rows
        kind = self._kind(self.current)
        field = self.field
        self._text.suggester = self._for_address if kind == "address" else self._for_item
        field.set_raw(self._content(self.current))
        self._table.display, self._text.display = kind == "table", kind != "table"
        self.lay_out()
        focus_now(field)

    def step(self, by: int) -> None:
        """To a line above or below; what was typed is tidied up."""
        kind, row = self._kind(self.current), self.current
        if kind == "destination":
            more = self.form.tidy(row - 1)
            if more:
                self._notes.clear()
            if by > 0:
                row += more
        self.go(row + by)
        self.editor.tell_soon()

    async def enter(self) -> None:
        """Enter: the next line; on the last, empty destination, and on the table, stage."""
        last = self.current == len(self.form.destinations) and not self._text.value.strip()
        if self._kind(self.current) == "table" or last:
            await self.editor.stage()
        else:
            self.step(1)

    def settle(self) -> None:
        """The form was tidied up: the line that is typed in may be another."""
        self.go(min(self.current, self._rows - 1))

    def choose(self, by: int) -> None:
        """Another table."""
        if self.form.choose(by):
            self.go(self.current)
            self.editor.tell_soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        kind, text = self._kind(self.current), self._text.raw
        if (
            self.editor.staging
            or kind == "table"
            or event.input is not self._text
            or text == self._content(self.current)
        ):
            return
        if kind == "address":
            self.form.address = text
        else:
            self.form.put(self.current - 1, text)
        self._notes.pop(self.current, None)
        self.lay_out()
        self.editor.tell_soon()

    def on_click(self, event: events.Click) -> None:
        place = self.top + event.y
        if event.widget is self and place < len(self._lines):
            self.go(self._lines[place][0])

    def show_warnings(self, warnings: Sequence[EntryWarning]) -> None:
        """What the checks said about what is typed now, each under its line."""
        filled = [row for row, item in enumerate(self.form.destinations, 1) if item.strip()]
        self._notes = {}
        for warning in warnings:
            row = 0
            if warning.field == "table":
                row = self._rows - 1
            elif warning.field == "destination":
                place = warning.index or 0
                row = filled[place] if place < len(filled) else len(self.form.destinations)
            sign, style = _SIGNS[warning.severity]
            self._notes.setdefault(row, []).append((sign + warning.text, style))
        if self._kind(self.current) == "table":
            self.field.set_raw(self._content(self.current))
        self.lay_out()


class AliasEditor(Vertical):
    """See the module's text."""

    class Changed(Message):
        """Something was typed a moment ago: time to look at it."""

    def __init__(
        self,
        form: Form,
        known: Callable[[str], Sequence[str]],
        stage: Callable[[], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(id="editor")
        self.form = form
        self.staging = False
        """Whether what is typed is being staged: nothing is taken any more."""
        self._stage, self._close = stage, close
        self._view = FormView(form, known, self)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Rule("new alias" if self.form.is_new else f"edit {show(self.form.was_address)}")
        yield self._view

    def on_mount(self) -> None:
        self.tell_soon()

    def tell_soon(self) -> None:
        """Let what is typed be looked at once the keys rest."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CHECK_AFTER, lambda: self.post_message(self.Changed()))

    def show_warnings(self, warnings: Sequence[EntryWarning]) -> None:
        """Show warnings, and the table that was proposed meanwhile."""
        self._view.show_warnings(warnings)

    def focus_field(self) -> None:
        """Back to typing."""
        focus_now(self._view.field)

    async def stage(self) -> None:
        """Stage what is typed."""
        if self.staging:
            return
        for place in reversed(range(len(self.form.destinations))):
            self.form.tidy(place)
        self.staging = True
        try:
            await self._stage()
        finally:
            self.staging = False
        if self.is_attached:
            self._view.settle()

    async def close(self) -> None:
        """Go away; where something was typed ask what becomes of it."""
        if not self.form.touched:
            await self._close()
            return

        def answered(answer: str | None) -> None:
            if answer is not None:
                self.call_later(self.stage if answer == "stage" else self._close)

        self.app.push_screen(StageOrDiscard(), answered)
