"""Long work in a thread beside a screen that gives its answer in parts, and can be ended.

work = Streaming(self, "search")
work.start(lambda stop: search(feed, query, cancel=stop), self.took, self.failed)
work.cancel()                              # nothing more is told

`took(parts, done)` comes in the screens' thread, at most every 0.1 s, with all that came meanwhile; the
first part comes at once. A newer start ends the one before.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from functools import partial
from typing import Generic, TypeVar

from textual.widget import Widget

from mailtui.screens.parts.beside import there
from mailtui.screens.parts.heap import give_back

Part = TypeVar("Part")

SPACING = 0.1
"""Least seconds between two tellings."""

Stop = threading.Event
"""Set once nobody waits any more."""


class Streaming(Generic[Part]):
    """One work at a time; see the module's text."""

    def __init__(self, widget: Widget, name: str) -> None:
        self._widget, self._name = widget, name
        self._end: threading.Event | None = None

    @property
    def running(self) -> bool:
        """Whether more may come."""
        return self._end is not None

    def cancel(self) -> bool:
        """End it; True where one was running."""
        end, self._end = self._end, None
        if end is not None:
            end.set()
        return end is not None

    def start(
        self,
        work: Callable[[Stop], Iterator[Part]],
        took: Callable[[list[Part], bool], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Begin; `work` is given what says that it is to end, and iterated in a thread."""
        self.cancel()
        end = self._end = threading.Event()
        run = _Run(asyncio.get_running_loop(), end, partial(self._tell, end, took, failed))
        threading.Thread(target=run.work, args=(work,), name=self._name, daemon=True).start()

    def _tell(
        self,
        end: threading.Event,
        took: Callable[[list[Part], bool], object],
        failed: Callable[[Exception], object],
        parts: list[Part],
        error: Exception | None,
        done: bool,
    ) -> None:
        if end.is_set() or not there(self._widget):
            end.set()
            return
        if done and self._end is end:
            self._end = None
        if error is not None:
            failed(error)
        elif parts or done:
            took(parts, done)


class _Run(Generic[Part]):
    """One work in its thread, and what it gave that is not told yet."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        end: threading.Event,
        tell: Callable[[list[Part], Exception | None, bool], object],
    ) -> None:
        self._loop, self._end, self._tell = loop, end, tell
        self._parts: list[Part] = []
        self._context = copy_context()  # a widget that is made or timed in an answer asks it for the app
        self._lock = threading.Lock()
        self._told = 0.0
        self._waiting = False

    def work(self, work: Callable[[Stop], Iterator[Part]]) -> None:
        """In the thread."""
        error: Exception | None = None
        try:
            for part in work(self._end):
                if self._end.is_set():
                    return
                with self._lock:
                    self._parts.append(part)
                    waiting, self._waiting = self._waiting, True
                if not waiting:
                    self._loop.call_soon_threadsafe(self._later, context=self._context)
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is said on the screen
            error = problem
        try:
            self._loop.call_soon_threadsafe(self._hand_over, error, True, context=self._context)
        except RuntimeError:
            return  # the console has ended meanwhile
        give_back()

    def _later(self) -> None:
        wait = self._told + SPACING - time.monotonic()
        if wait <= 0:
            self._hand_over()
        else:
            self._loop.call_later(wait, self._hand_over)

    def _hand_over(self, error: Exception | None = None, done: bool = False) -> None:
        with self._lock:
            parts, self._parts, self._waiting = self._parts, [], False
        self._told = time.monotonic()
        self._tell(parts, error, done)
