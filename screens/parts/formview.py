"""A form in the detail pane, typed in line by line; see `form.py` for what is in it.

    editor = FormEditor(form, stage, close)         # both awaited: keys typed ahead wait for what they do
    on FormEditor.Changed: editor.show_notes([Note("domain", "is local already", "error")])

Enter goes from line to line and, on the last one, stages; in a list its empty last line is left by Enter.
Up and Down move, Left and Right choose, Right takes a completion, Escape closes and asks first where
something was typed. One field moves among the lines and the rest is painted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Input

from mailtui.screens.parts.aliaseditor import CHECK_AFTER, LONGEST, Completion
from mailtui.screens.parts.detail import Rule
from mailtui.screens.parts.dialogs import StageOrDiscard
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.form import ChoiceField, Form, ListField, Note, Place, TextField
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import Spans, segments, show, wrapped

_LEAST = 9
_SIGNS = {"error": ("! ", "error"), "warning": ("? ", "warning"), "advice": ("- ", "dim")}


class LineField(Field):
    """The line that is being typed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "next line, last: stage", id="form.next",
                tooltip="Go to the next line; on the last: stage."),
        Binding("escape", "leave", "close", id="form.close", key_display="Esc",
                tooltip="Close the form; asks first where something was typed."),
        Binding("right", "cursor_right", "complete", show=False, id="form.complete",
                tooltip="At the end of the text: take the completion that is shown."),
        Binding("ctrl+u", "clear_line", "clear line", id="form.clear",
                tooltip="Empty the line; an empty line of a list is left out."),
        Binding("down,tab", "step(1)", show=False),
        Binding("up,shift+tab", "step(-1)", show=False),
    ]  # fmt: skip

    _raw = _shown = ""

    def __init__(self, view: FormLines) -> None:
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


class ChosenField(LineField):
    """A line in which Left and Right choose. Not typed into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1)", "choose", key_display="Left/Right", id="form.choose",
                tooltip="Choose another value."),
        Binding("right,space", "choose(1)", show=False),
        Binding("ctrl+u", "clear_line", show=False),
    ]  # fmt: skip

    def action_choose(self, by: int) -> None:
        self._view.choose(by)

    def action_clear_line(self) -> None:
        return None

    def validate_value(self, value: str) -> str:  # noqa: ARG002  # chosen, not typed
        return self._shown


class FormLines(Painted):
    """The lines of the form with their notes; `current` is the one being typed in."""

    def __init__(self, form: Form, editor: FormEditor) -> None:
        super().__init__()
        self.form, self.editor = form, editor
        self.current = 0
        self.top = 0
        self._left = 3 + max(_LEAST, *(len(each.label) + 2 for each in form.fields))
        self._notes: Sequence[Note] = ()
        self._lines: list[tuple[int, Spans]] = []
        self._text = LineField(self)
        self._choice = ChosenField(self)

    def compose(self) -> ComposeResult:
        yield self._text
        yield self._choice

    def on_mount(self) -> None:
        self.go(self.current)

    # Its lines

    @property
    def place(self) -> Place:
        """The line that is typed in."""
        places = self.form.places()
        return places[min(self.current, len(places) - 1)]

    def _said(self, place: Place) -> list[tuple[str, str]]:
        """What stands under a line."""
        found = []
        if isinstance(place.field, ChoiceField):
            found.append((place.field.sentence, "dim"))
        mine = place == self.place
        last = place.row == place.field.rows - 1
        for note in self._notes:
            if note.field != place.field.name:
                continue
            at = self._row_of(place, note)
            if at == place.row:
                sign, style = _SIGNS[note.severity]
                found.append((sign + note.text, style))
        if place.field.hint and last and mine:
            found.append((place.field.hint, "dim"))
        return [each for each in found if each[0]]

    def _row_of(self, place: Place, note: Note) -> int:
        """The line of its field under which a note stands: items are counted without empty lines."""
        if note.item is None or not isinstance(place.field, ListField):
            return 0
        filled = [row for row, item in enumerate(place.field.items) if item.strip()]
        return filled[note.item] if note.item < len(filled) else place.field.rows - 1

    def _laid(self, width: int) -> list[tuple[int, Spans]]:
        lines: list[tuple[int, Spans]] = []
        room = self._left - 3
        for number, place in enumerate(self.form.places()):
            label = place.field.label if place.row == 0 else ""
            style = "accent" if number == self.current else "dim"
            lines.append(
                (number, [("   ", ""), (f"{label:<{room}}", style), (place.field.text(place.row), "")])
            )
            for text, said in self._said(place):
                spans = [(f"{'':{self._left}}", ""), (text, said)]
                lines.extend((number, line) for line in wrapped(spans, width, self._left + 2))
        return lines

    def lay_out(self) -> None:
        """Lay the lines anew, keep the current one visible, and put the field there."""
        width, height = self.size
        if not width or not height:
            return
        self._lines = self._laid(width)
        mine = [at for at, (number, _) in enumerate(self._lines) if number == self.current]
        last = min(mine[-1], mine[0] + height - 1, len(self._lines) - 1)
        self.top = max(0, min(self.top, mine[0], len(self._lines) - height), last - height + 1)
        for field in (self._text, self._choice):
            field.styles.offset = (self._left, mine[0] - self.top)
            field.styles.width = max(4, width - self._left - 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        at = self.top + y
        spans: Spans = self._lines[at][1] if at < len(self._lines) else []
        more = len(self._lines) - self.top - height
        if more > 0 and y == height - 1 and self._lines[at][0] != self.current:
            spans = [(f"{'':{self._left}}… {more + 1} more lines", "dim")]
        return self.strip(segments(spans, width, self.paint), width)

    def on_resize(self) -> None:
        self.lay_out()

    def show_notes(self, notes: Sequence[Note]) -> None:
        """What was found out about what is typed, each under its line."""
        self._notes = notes
        self.lay_out()

    # Moving and typing

    @property
    def field(self) -> LineField:
        """The field of the current line."""
        return self._choice if self.place.field.choosing else self._text

    def go(self, number: int) -> None:
        """Make this the line that is typed in."""
        self.current = number % len(self.form.places())
        place, field = self.place, self.field
        complete = place.field.complete if isinstance(place.field, (TextField, ListField)) else None
        self._text.suggester = None if complete is None else Completion(complete)
        field.set_raw(place.field.text(place.row))
        self._choice.display, self._text.display = field is self._choice, field is self._text
        self.lay_out()
        focus_now(field)

    def step(self, by: int) -> None:
        """To a line above or below; an empty line of a list that is left goes."""
        place, number = self.place, self.current
        if isinstance(place.field, ListField) and place.field.tidy(place.row) and by > 0:
            number -= 1
        self.go(number + by)
        self.editor.tell_soon()

    async def enter(self) -> None:
        """Enter: the next line; on the last one, stage."""
        if self.current == len(self.form.places()) - 1 and not self._opens_a_line():
            await self.editor.stage()
        else:
            self.step(1)

    def _opens_a_line(self) -> bool:
        """Whether the line is the last of a list and something is typed in it: the next one is then empty."""
        place = self.place
        return isinstance(place.field, ListField) and bool(place.field.text(place.row).strip())

    def choose(self, by: int) -> None:
        """Another value; fields may come and go with it."""
        field = self.place.field
        if isinstance(field, ChoiceField) and field.step(by):
            self.go(self.current)
            self.editor.tell_soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        place, text = self.place, self._text.raw
        if self.editor.staging or event.input is not self._text or place.field.choosing:
            return
        if text == place.field.text(place.row):
            return
        if isinstance(place.field, ListField):
            place.field.put(place.row, text)
        elif isinstance(place.field, TextField):
            place.field.content = text
        self._notes = [note for note in self._notes if note.field != place.field.name]
        self.lay_out()
        self.editor.tell_soon()

    def on_click(self, event: events.Click) -> None:
        at = self.top + event.y
        if event.widget is self and at < len(self._lines):
            self.go(self._lines[at][0])


class FormEditor(Vertical):
    """See the module's text."""

    class Changed(Message):
        """Something was typed a moment ago: time to look at it."""

    def __init__(
        self, form: Form, stage: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(id="editor")
        self.form = form
        self.staging = False
        """Whether what is typed is being staged: nothing is taken any more."""
        self._stage, self._close = stage, close
        self._view = FormLines(form, self)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Rule(show(self.form.title))
        yield self._view

    def on_mount(self) -> None:
        self.tell_soon()

    def tell_soon(self) -> None:
        """Let what is typed be looked at once the keys rest."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CHECK_AFTER, lambda: self.post_message(self.Changed()))

    def show_notes(self, notes: Sequence[Note]) -> None:
        """Show what was found out about what is typed."""
        self._view.show_notes(notes)

    def focus_field(self) -> None:
        """Back to typing."""
        focus_now(self._view.field)

    async def stage(self) -> None:
        """Stage what is typed."""
        if self.staging:
            return
        self.staging = True
        try:
            await self._stage()
        finally:
            self.staging = False
        if self.is_attached:
            self._view.go(self._view.current)

    async def close(self) -> None:
        """Go away; where something was typed ask what becomes of it."""
        if not self.form.touched:
            await self._close()
            return

        def answered(answer: str | None) -> None:
            if answer is not None:
                self.call_later(self.stage if answer == "stage" else self._close)

        self.app.push_screen(StageOrDiscard(), answered)
