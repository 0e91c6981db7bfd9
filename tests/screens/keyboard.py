"""Keys as someone types them who does not look: each is taken, and what it sets going at once is done, before
the next one; the screen is painted when the keys rest.

Textual's Pilot rests 40 ms and paints after every key: of a test that types a name that is most of its time. What
keys typed ahead meet is the console's own promise (see `keyorder.py`), so all tests type so.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterable
from typing import Any

from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key

_own = App._press_keys
_TURNS = 10_000
"""Turns of the loop after which something is taken to go on for ever."""


async def typed(app: App[Any], keys: Iterable[str]) -> None:
    """In place of `App._press_keys`."""
    *before, last = keys
    for key in before:
        if key.startswith("wait:"):
            await _own(app, [key])
            continue
        assert app._driver is not None
        app._driver.send_message(_event(app, key))
        await _done()
    await _own(app, [last])


def _event(app: App[Any], key: str) -> events.Key:
    """The event that Textual makes of a key's name."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    try:
        sign: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        sign = name if len(name) == 1 else None
    event = events.Key(name, sign)
    event.set_sender(app)
    return event


async def _done() -> None:
    """Let everything run that waits for nothing: no time, no thread, no program."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # of every loop of asyncio's own
    for _ in range(_TURNS):
        await asyncio.sleep(0)
        if not ready:
            return
