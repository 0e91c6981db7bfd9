"""Threads that wait for answers: as many as there are questions, up to a number; and how fast they may ask.

A thread of the crew ends when there is nothing to do. A program's end waits for none of them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

AT_ONCE = 256
"""Questions that are under way at the same time."""
IDLE = 0.5
"""Seconds that a thread waits for work."""


class Pace:
    """No more than `rate` a second in the long run; as many as make a second's share at once."""

    def __init__(self, rate: float) -> None:
        """`rate` 0 or below: no limit."""
        self._step = 1 / rate if rate > 0 else 0.0
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, stopped: threading.Event) -> None:
        """Sleep until it is this caller's turn, or nobody is to ask any more."""
        if not self._step or stopped.is_set():
            return
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now - 1.0)  # a second's share may be saved up
            self._next = turn + self._step
        if turn > now:
            stopped.wait(turn - now)


class Crew:
    """May be used by several threads."""

    def __init__(self, most: int = AT_ONCE) -> None:
        """`most`: threads at the same time."""
        self._most = most
        self._jobs: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._threads = self._idle = 0

    def do(self, job: Callable[[], object]) -> None:
        """Have a job done. It must not raise."""
        with self._changed:
            self._jobs.append(job)
            if self._idle >= len(self._jobs):
                self._changed.notify()
                return
            if self._threads >= self._most:
                return
            self._threads += 1
        threading.Thread(target=self._work, name="dns", daemon=True).start()

    def drop(self) -> None:
        """Forget the jobs that are not begun."""
        with self._changed:
            self._jobs.clear()

    def _work(self) -> None:
        while (job := self._job()) is not None:
            job()

    def _job(self) -> Callable[[], object] | None:
        """The next job; None where none came, and the thread is to end."""
        with self._changed:
            if not self._jobs:
                self._idle += 1
                self._changed.wait_for(lambda: bool(self._jobs), IDLE)
                self._idle -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads -= 1
            return None
