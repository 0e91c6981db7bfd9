"""Keys in their order: what is typed ahead goes where it was meant to go.

Textual hands a key to whatever has the focus when the key arrives, and runs the key's action later. On
a slow line `/web` typed in one go would thus be `/`, then the commands `w`, `e`, `b` in the list. Here
a key is only handed out once the one before it has done its work and the screen it opened is up.

    focus_now(widget)      # instead of widget.focus(), which takes effect too late for the next key
"""

from __future__ import annotations

from collections import deque
from functools import partial

from textual import events
from textual.app import App, ScreenStackError
from textual.message import Message
from textual.widget import Widget

_LOST = 0.25
"""Seconds after which a key counts as done although nobody said so: its widget has gone meanwhile."""

_SOON = 0.005


def focus_now(widget: Widget) -> None:
    """Give a widget the focus before the next key is handed out."""
    widget.screen.set_focus(widget)


class KeysInOrder(App[int], inherit_bindings=False):
    """Holds keys and pastes back until the one before is done."""

    class Done(Message):
        """Goes the way of its key, behind it, up to the app: when it arrives the key was worked off."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._held: deque[events.Key | events.Paste] = deque()
        self._number = 0
        self._busy = False
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._held.append(event)
            if self._busy:
                self.set_timer(_LOST, partial(self._finished, self._number))
            await self._hand_out()
        else:
            await super().on_event(event)

    def before_key(self) -> None:
        """Called before each key is handed out."""

    async def on_keys_in_order_done(self, message: KeysInOrder.Done) -> None:
        message.stop()
        await self._finished(message.number)

    async def _finished(self, number: int) -> None:
        if number == self._number:
            self._busy = False
            await self._hand_out()

    async def _hand_out(self) -> None:
        if not self._held or self._busy:
            return
        try:
            screen = self.screen
        except ScreenStackError:
            return  # the console is ending
        if not screen.is_mounted:
            self.set_timer(_SOON, self._hand_out)
            return
        event = self._held.popleft()
        self._busy = True
        self._number += 1
        target = self.focused or self.screen
        self.before_key()
        await super().on_event(event)
        target.post_message(self.Done(self._number))
        if self._held:
            self.set_timer(_LOST, partial(self._finished, self._number))
