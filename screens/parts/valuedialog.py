"""One value to be typed over, with what is to be known beside it.

app.push_screen(ValueDialog("~ virtual webmaster@…", lines, "jean@falcot.com"), callback)    # str | None
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.screens.parts.dialogs import Dialog, StageOrDiscard
from mailtui.screens.parts.field import LONGEST, Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.text import Spans, show


class ValueDialog(Dialog[str]):
    """Answers the value, which may be the one it began with; None where it was left."""

    class ValueField(Field):
        """The value."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.take", "stage", id="dialog.take", tooltip="Stage this value."),
        ]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", "back", key_display="Esc", id="dialog.cancel",
                tooltip="Go back; asks first where something was typed."),
    ]  # fmt: skip

    HANG = True

    def __init__(self, title: str, lines: Sequence[str | Spans], value: str) -> None:
        super().__init__(title, lines)
        self._value = value

    def inputs(self) -> ComposeResult:
        yield self.ValueField(self._value)

    def on_mount(self) -> None:
        field = self.query_one(Field)
        field.cursor_position = len(field.value)
        focus_now(field)

    @property
    def value(self) -> str:
        """What is to be in the file: what cannot be shown as it is stays as it is until it is typed over."""
        shown = self.query_one(Field).value
        return self._value if shown == show(self._value, LONGEST) else shown

    def action_take(self) -> None:
        if self.value.strip():
            self.dismiss(self.value)
        else:
            self.query_one(Footer).say("Type a value", "warning")

    def action_leave(self) -> None:
        if self.value == self._value:
            self.dismiss(None)
            return

        def answered(answer: str | None) -> None:
            if answer == "stage":
                self.action_take()
            elif answer == "discard":
                self.dismiss(None)

        self.app.push_screen(StageOrDiscard(), answered)
