"""The `:` line at the bottom of a screen; what it understands is in `command.py`.

yield CommandLine()            # hidden until app action "command_line" calls .open()
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

from mailtui.screens.parts.field import Field
from mailtui.screens.parts.filterbar import Note
from mailtui.screens.parts.keyorder import focus_now

KEPT = 50


class CommandField(Field):
    """Enter runs, Escape closes, Up and Down walk through what was run before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "run", id="command.run", tooltip="Run what is typed."),
        Binding(
            "escape,ctrl+c",
            "close",
            "close",
            key_display="Esc",
            id="command.close",
            tooltip="Close the line, run nothing.",
        ),
        Binding("up", "earlier", "earlier", show=False),
        Binding("down", "later", "later", show=False),
    ]  # fmt: skip

    class Done(Message):
        """The line is to be closed; `text` is to be run unless it is None."""

        def __init__(self, text: str | None) -> None:
            super().__init__()
            self.text = text

    earlier: ClassVar[list[str]] = []
    """What was run in this console, oldest first."""

    _place = 0

    def action_run(self) -> None:
        text = self.value.strip()
        if text and (not self.earlier or self.earlier[-1] != text):
            self.earlier.append(text)
            del self.earlier[:-KEPT]
        self.post_message(self.Done(text))

    def action_close(self) -> None:
        self.post_message(self.Done(None))

    def action_earlier(self) -> None:
        self._walk(1)

    def action_later(self) -> None:
        self._walk(-1)

    def start(self) -> None:
        """Empty, and at the end of what was run."""
        self.value, self._place = "", 0

    def _walk(self, step: int) -> None:
        self._place = max(0, min(self._place + step, len(self.earlier)))
        self.value = self.earlier[-self._place] if self._place else ""
        self.cursor_position = len(self.value)


class CommandLine(Horizontal):
    """`:` and a field, in the footer's place while it is open."""

    class Run(Message):
        """`text` was entered."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._back: Widget | None = None

    def compose(self) -> ComposeResult:
        yield Note((" :", "key"))
        yield CommandField()

    def open(self) -> None:
        """Show it and let the user type."""
        self._back = self.screen.focused
        self.display = True
        field = self.query_one(CommandField)
        field.start()
        focus_now(field)

    def on_command_field_done(self, event: CommandField.Done) -> None:
        event.stop()
        self.display = False
        if self._back is not None and self._back.is_attached:
            focus_now(self._back)
        if event.text:
            self.post_message(self.Run(event.text))
