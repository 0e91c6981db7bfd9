"""A message to try the header and body checks on: typed or pasted, and kept while the console runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from mailtui.screens.parts.dialogs import Dialog
from mailtui.screens.parts.keyorder import focus_now

LONGEST = 1 << 20
"""Bytes of a sample; a longer message is one for `mailtui try-message`."""


class SampleDialog(Dialog[str]):
    """Answers the message; Escape tries what is there, since nothing can be lost by it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "take", "try it", priority=True, id="dialog.take",
                tooltip="Run the message through the checks; it is kept for the next time."),
        Binding("ctrl+c", "cancel", "back", show=False, priority=True, id="dialog.cancel",
                tooltip="Close without trying."),
    ]  # fmt: skip
    CSS = "SampleDialog TextArea { height: 14; }"

    def __init__(self, text: str) -> None:
        lines = ["Paste it with its headers. An empty line ends them. Escape runs it through the checks."]
        super().__init__("Try a message", lines)
        self._text = text

    def inputs(self) -> ComposeResult:
        yield TextArea(self._text, soft_wrap=False, show_line_numbers=True, compact=True)

    def on_mount(self) -> None:
        focus_now(self.query_one(TextArea))

    def action_take(self) -> None:
        self.dismiss(self.query_one(TextArea).text[:LONGEST])
