"""Keys in their order: what is typed ahead goes where it was meant to go.

Textual hands a key to whatever has the focus when the key arrives, and runs the key's action later. On
a slow line `/web` typed in one go would thus be `/`, then the commands `w`, `e`, `b` in the list. Here
a key is only handed out once the one before it has done its work and the screen it opened is up.

    focus_now(widget)      # instead of widget.focus(), which takes effect too late for the next key

A key that no widget on its way listens for runs its action at once: on Textual's way it first goes through
the queue of every widget from the focused one up to the app, which costs more than the action.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import lru_cache

from textual import events
from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

_LOOK = 0.1
"""Seconds between two looks whether the widget that has a key is still there to say that it is done."""
_ROUNDS = 3
"""Further rounds of `Done`: an action runs in the app, and what it does may be told on by two messages more
(a field to its bar, the bar to its screen), each of which starts behind the one before."""
_LOST = 5.0
"""Seconds after which a key counts as done in any case."""

_SOON = 0.005
_BEHIND = 0.01
"""Seconds after which the further rounds begin where no key waits for them: the paint comes first."""


def focus_now(widget: Widget) -> None:
    """Give a widget the focus before the next key is handed out."""
    widget.screen.set_focus(widget)


@lru_cache(maxsize=1024)
def _listens(kind: type[DOMNode], names: tuple[str, ...]) -> bool:
    """Whether such a node has a say in what a key of these names does, beside its bindings: a handler of its
    own, or a method that is called like the key."""
    if any(hasattr(kind, f"{lead}{name}") for name in names for lead in ("key_", "_key_")):
        return True
    own = [vars(owner) for owner in kind.__mro__ if owner not in (Widget, App)]
    if any({"on_key", "_on_key", "handle_key"} & known.keys() for known in own):
        return True
    kinds = {events.Key, events.InputEvent, events.Event, Message}
    return any(known.get("_decorated_handlers", {}).keys() & kinds for known in own)


class KeysInOrder(App[int], inherit_bindings=False):
    """Holds keys and pastes back until the one before is done."""

    class Done(Message):
        """Goes the way of its key, behind it, up to the app: when it arrives the key was worked off."""

        def __init__(self, number: int, target: DOMNode, rounds: int) -> None:
            super().__init__()
            self.number, self.target, self.rounds = number, target, rounds

        @property
        def fresh(self) -> bool:
            """Whether this is the first of its rounds."""
            return self.rounds == _ROUNDS

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._held: deque[events.Key | events.Paste] = deque()
        self._number = 0
        self._busy = False
        self.typed_at = 0.0
        """When the last key came, by the monotonic clock: who works in a thread beside gives way to keys."""
        self._target: DOMNode | None = None
        self._behind: asyncio.TimerHandle | None = None
        self._next_round: KeysInOrder.Done | None = None
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            if isinstance(event, events.Key) and event.key == "ctrl+j":
                event = events.Key("enter", "\r")  # typed before the terminal was ours, which made it LF
            self._held.append(event)
            self.typed_at = time.monotonic()
            if self._behind is not None:
                self._go_round()
            if self._busy and self._target is not None:
                self._watch(self._target, self._number, _LOST)
            await self._hand_out()
        elif self._screen_up is not None or not isinstance(event, events.Key):
            await super().on_event(
                event
            )  # a key that nobody took comes back here; the console may have ended

    @property
    def _screen_up(self) -> Screen[object] | None:
        """The screen that has the keys; None once the console is ending."""
        try:
            return self.screen
        except ScreenStackError:
            return None

    def key_again(self, event: events.Key) -> None:
        """Hand a key out once more, before those that were typed after it: whoever got it has just gone."""
        self._held.appendleft(events.Key(event.key, event.character))

    def before_key(self) -> None:
        """Called before each key is handed out."""

    def after_key(self) -> None:
        """Called behind a key's action where no key waits."""

    async def on_keys_in_order_done(self, message: KeysInOrder.Done) -> None:
        message.stop()
        if message.rounds:
            self._further(self.Done(message.number, message.target, message.rounds - 1), wait=message.fresh)
        else:
            await self._finished(message.number)

    def _further(self, done: KeysInOrder.Done, *, wait: bool) -> None:
        """Send it round; where it may wait and no key does, behind the paint."""
        self._next_round = done
        if self._held or not wait:
            self._go_round()
        elif self._behind is None:
            self._behind = asyncio.get_running_loop().call_later(_BEHIND, self._go_round)

    def _go_round(self) -> None:
        done, self._next_round = self._next_round, None
        if self._behind is not None:
            self._behind.cancel()
            self._behind = None
        if done is None or self._screen_up is None:
            return
        self._target = done.target = self._heard_by(done.target)
        if not (done.target.is_running and done.target.post_message(done)):
            self.call_next(self._finished, done.number)

    async def _finished(self, number: int) -> None:
        if number == self._number:
            self._busy = False
            await self._hand_out()

    async def _hand_out(self) -> None:
        if not self._held or self._busy:
            return
        screen = self._screen_up
        if screen is None:
            return
        if not screen.is_mounted:
            self.set_timer(_SOON, self._hand_out)
            return
        event = self._held.popleft()
        self._busy = True
        self._number += 1
        target = self.focused or self.screen
        self.before_key()
        self._target = target
        if isinstance(event, events.Key) and self._straight(target, event):
            self.app_focus = True  # as Textual has it: a terminal that sends keys has the focus
            number = self._number  # an action may wait long, and this key then counts as lost
            if not await self._check_bindings(event.key, priority=True):
                await self._check_bindings(event.key)
            if not self._held:
                self.after_key()
            self._further(self.Done(number, target, _ROUNDS - 1), wait=True)
        else:
            await super().on_event(event)
            target.post_message(self.Done(self._number, target, _ROUNDS))
        if self._held and self._target is not None:
            self._watch(self._target, self._number, _LOST)

    def _heard_by(self, target: DOMNode) -> DOMNode:
        """The widget that had a key; where it closes and takes in no more, what has the keys now."""
        there = target.is_attached and target.screen in self.screen_stack and not target._pruning  # noqa: SLF001
        return target if there else self.focused or self.screen

    @staticmethod
    def _straight(target: DOMNode, event: events.Key) -> bool:
        """Whether nobody on a key's way from the target up has a say but by bindings."""
        names = tuple(event.name_aliases)
        return not any(_listens(type(node), names) for node in target.ancestors_with_self)

    def _watch(self, target: DOMNode, number: int, left: float) -> None:
        """See to it that a widget that has gone, as a dialog that was answered, holds no key back. One that
        is there may take its time on a busy machine: the next key is not for it."""

        async def look() -> None:
            if number != self._number or not self._busy:
                return
            if left <= 0 or not target.is_running:
                await self._finished(number)
            else:
                self._watch(target, number, left - _LOOK)

        self.set_timer(_LOOK, look)
