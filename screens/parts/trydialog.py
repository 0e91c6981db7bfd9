"""A dialog that asks for an address to try on the live tables of a parameter."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.screens.parts.dialogs import Dialog
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import focus_now


class TryDialog(Dialog[str]):
    """Answers what was typed; None where it was left. Nothing is lost with it: it changes nothing."""

    class TryField(Field):
        """The address."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.take", "try", id="dialog.take", tooltip="Ask the tables."),
        ]

    def __init__(
        self, parameter: str, text: str, what: str = "",
        asked: str = "The compiled tables on the disk are asked.",
    ) -> None:  # fmt: skip
        """`what`: what may be typed, in words; `asked`: who answers, in a sentence."""
        said = what or "An address, or a key as it stands in the table"
        super().__init__(f"Try on {parameter}", [f"{said}. {asked}"])
        self._text = text

    def inputs(self) -> ComposeResult:
        yield self.TryField(self._text)

    def on_mount(self) -> None:
        field = self.query_one(Field)
        field.cursor_position = len(field.value)
        focus_now(field)

    def action_take(self) -> None:
        value = self.query_one(Field).value.strip()
        if value:
            self.dismiss(value)
        else:
            self.query_one(Footer).say("Type an address", "warning")
