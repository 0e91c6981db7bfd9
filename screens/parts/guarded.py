"""A view whose Enter does something great: keys that were meant for what was there before do nothing.

    class ReviewScreen(GuardedScreen):
        guarded = the widget in which Enter counts; self.changed_now() when what it shows is another

A key counts from the moment it was typed, not from when it is handed out: what was typed ahead on a slow
line is older than the view.
"""

from __future__ import annotations

import time
from abc import abstractmethod

from textual import events
from textual.widget import Widget

from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.settings import Settings

GUARD = 0.5
"""Seconds after the view was drawn in which every key is ignored, and after what it shows changed under
the admin's eyes in which Enter is; the setting write_delay may make them more."""
BY_HAND = 0.02
"""Least seconds between Enter and the key before it: closer ones were pasted."""


class GuardedScreen(ConsoleScreen):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn: float | None = None
        self._changed_at = 0.0
        self._last_key = 0.0

    @property
    @abstractmethod
    def guarded(self) -> Widget:
        """Where the focus is when Enter is the great key."""

    @property
    def _guard(self) -> float:
        longer = self.session.settings.write_delay
        return longer if longer > Settings.write_delay else GUARD

    def changed_now(self) -> None:
        """What is shown became another without a key: Enter must have been typed after it was seen."""
        self._changed_at = time.monotonic()

    def on_mount(self) -> None:
        self.call_after_refresh(self._now_drawn)

    def _now_drawn(self) -> None:
        self._drawn = time.monotonic()

    def on_key(self, event: events.Key) -> None:
        early = self._drawn is None or event.time < self._drawn + self._guard
        pasted = event.time - self._last_key < BY_HAND
        self._last_key = event.time
        if early:
            event.stop()
        elif event.key == "enter" and self.focused is self.guarded:
            self._guard_enter(event, pasted=pasted)

    def _guard_enter(self, event: events.Key, *, pasted: bool) -> None:
        if pasted:
            event.stop()
            self.say("Enter came together with other keys, as pasted text does: press it alone", "warning")
        elif event.time < self._changed_at + self._guard:
            event.stop()
            self.say("This changed a moment ago: look at it, then press Enter", "warning")
