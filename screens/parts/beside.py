"""Work in a thread beside a screen; its answer comes back in the screen's own thread.

    beside(self, "resolve", lambda: resolve(…), self.show_it, self.failed, wait=0.08)

A newer call of the same name replaces the one before, whose answer is dropped. The threads are daemons:
leaving the console waits for none of them.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.widget import Widget
from textual.worker import WorkType

from mailtui.postfix.errors import InstanceError

Answer = TypeVar("Answer")

SEARCH = "filter"
"""The group of a search's workers: what may wait lets it end first, as keys and hits come before details."""
_AT_MOST, _LOOK = 0.5, 0.01
"""Seconds that it waits for that at most, and between two looks."""


def beside(
    widget: Widget,
    name: str,
    work: Callable[[], Answer],
    then: Callable[[Answer], object],
    failed: Callable[[Exception], object],
    wait: float = 0.0,
) -> None:
    """Run `work` in a thread after `wait` seconds, then `then` with its answer, or `failed`. What waits lets
    a search that runs for the widget end first.

    Every exception goes to `failed`, because a row that cannot be told of must not end the console;
    `problem` words it.
    """

    async def run() -> None:
        if wait:
            await asyncio.sleep(wait)
            await _searched(widget)
        try:
            answer = await in_daemon(work, name)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is said on the screen
            if there(widget):
                failed(error)
        else:
            if there(widget):
                then(answer)

    in_turn: WorkType[None] = run  # the function: a coroutine that is replaced before it began would warn
    widget.run_worker(in_turn, name=name, group=name, exclusive=True)


async def _searched(widget: Widget) -> None:
    """Wait for the end of the widget's search, a moment at most."""
    for _ in range(round(_AT_MOST / _LOOK)):
        if not any(one.group == SEARCH and one.node is widget and one.is_running for one in widget.workers):
            return
        await asyncio.sleep(_LOOK)


def there(widget: Widget) -> bool:
    """Whether the widget still has its parts: a console that ends, and a view that closes, take them away
    first."""
    return widget.app.is_running and widget.is_attached and not widget._pruning  # noqa: SLF001  # no other word


def problem(error: Exception) -> str:
    """What went wrong in one line; of what should never happen, that it is the console's own fault."""
    from mailtui.apply.saving import SaveError

    if isinstance(error, OSError) and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, (InstanceError, OSError, SaveError)):
        return str(error)
    return f"mailtui failed here: {type(error).__name__}: {error}"


async def in_daemon(work: Callable[[], Answer], name: str) -> Answer:
    """Wait for what `work` returns or raises in a thread of its own."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Answer] = loop.create_future()

    def settle(put: Callable[[], None]) -> None:
        if not future.done():
            put()

    def tell(put: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(settle, put)
        except RuntimeError:
            return  # the console has ended meanwhile, and nobody waits any more

    def run() -> None:
        try:
            answer = work()
        except Exception as error:  # noqa: BLE001  # raised again in the thread that waits
            tell(partial(future.set_exception, error))
        else:
            tell(partial(future.set_result, answer))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future
