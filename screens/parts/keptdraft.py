"""What was staged when the last console ended, by a key or because its terminal went away, is offered again.

app.push_screen(KeptDraft(session), callback)          # "review" | "drop" | None: go on with it
"""

from __future__ import annotations

import time
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from mailtui.screens.parts import guarded
from mailtui.screens.parts.dialogs import Dialog
from mailtui.screens.parts.session import Session

SHOWN = 8
"""Edits that are named one by one."""


class KeptDraft(Dialog[str]):
    """Keys typed before it was to be seen, and in its first half second, were meant for the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,q", "cancel", "go on", key_display="⏎", id="dialog.go-on",
                tooltip="Go on with them staged."),
        Binding("w", "answer('review')", "review", id="dialog.review",
                tooltip="See them as a diff and a plan, and write them."),
        Binding("d", "answer('drop')", "drop", id="dialog.drop-kept",
                tooltip="Take them back; asks first."),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        edits = [edit.describe() for edit in session.draft.edits]
        count, when = len(edits), session.kept[:16].replace("T", " ")
        more = [f"… and {count - SHOWN} more"] if count > SHOWN else []
        title = f"{count} change{'s are' if count != 1 else ' is'} still staged, kept from {when}"
        super().__init__(title, [*edits[:SHOWN], *more])
        self.own_ids = ["dialog.go-on", "dialog.review", "dialog.drop-kept"]
        self._drawn: float | None = None

    def on_mount(self) -> None:
        self.call_after_refresh(self._now_drawn)

    def _now_drawn(self) -> None:
        self._drawn = time.monotonic()

    def on_key(self, event: events.Key) -> None:
        if self._drawn is None or event.time < self._drawn + guarded.GUARD:
            event.stop()

    def action_answer(self, word: str) -> None:
        self.dismiss(word)
