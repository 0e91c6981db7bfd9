"""A message to try the header and body checks on: typed or pasted, and kept while the console runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from mailtui.screens.parts.dialogs import Dialog
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import key_for

LONGEST = 1 << 20
"""Bytes of a sample; a longer message is one for `mailtui try-message`."""


class SampleDialog(Dialog[bool]):
    """Whether the message is to be tried; `typed` is what there is of it, either way: closing loses nothing.
    Enter begins a line of the message, as any that is pasted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "take", "try it", priority=True, id="dialog.try",
                tooltip="Run the message through the checks; it is kept for the next time."),
        Binding("escape,ctrl+c", "cancel", "back", key_display="Esc", priority=True, id="dialog.cancel",
                tooltip="Close without trying; the message is kept for the next time."),
    ]  # fmt: skip
    CSS = "SampleDialog TextArea { height: 14; }"

    def __init__(self, text: str) -> None:
        key = key_for("dialog.try", "Ctrl+R")
        lines = [f"Paste it with its headers. An empty line ends them. {key} runs it through the checks."]
        super().__init__("Try a message", lines)
        self.typed = text

    def inputs(self) -> ComposeResult:
        yield TextArea(self.typed, soft_wrap=False, show_line_numbers=True, compact=True)

    def on_mount(self) -> None:
        focus_now(self.query_one(TextArea))

    def action_take(self) -> None:
        self._close(True)

    def action_cancel(self) -> None:
        self._close(False)

    def _close(self, wanted: bool) -> None:
        self.typed = self.query_one(TextArea).text[:LONGEST]
        self.dismiss(wanted)
