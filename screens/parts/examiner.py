"""Has the instance examined beside the screens, at the start and after each change on the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.app import App
from textual.message import Message

from mailtui.screens.parts.heap import give_back

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding

FIRST = 1.0
"""Seconds after the first paint before it begins: the first keys come first."""
EVERY = 600.0
"""Seconds after which it looks again though no file changed: sockets, certificates and days do."""


class Examiner(threading.Thread):
    """A daemon thread; `look` has it look again. What it finds comes as News."""

    class News(Message):
        """What was found, the worst first; or why nothing could be looked at."""

        def __init__(self, findings: Sequence[Finding], problem: str = "") -> None:
            super().__init__()
            self.findings, self.problem = tuple(findings), problem

    def __init__(
        self, app: App[int], examine: Callable[[], Sequence[Finding]], *, first: float = FIRST
    ) -> None:
        super().__init__(name="examiner", daemon=True)
        self._app, self._examine, self._first = app, examine, first
        self._wanted, self._end = threading.Event(), threading.Event()

    def look(self) -> None:
        """Look again, soon."""
        self._wanted.set()

    def stop(self) -> None:
        """End it, without waiting for it."""
        self._end.set()
        self._wanted.set()

    def run(self) -> None:
        self._end.wait(self._first)
        while not self._end.is_set():
            self._wanted.clear()
            news = self._look()
            if not self._end.is_set():
                self._app.post_message(news)
            self._wanted.wait(EVERY)

    def _look(self) -> News:
        try:
            found = self._examine()
        except Exception as error:  # noqa: BLE001  # whatever it was, it is said and tried again
            return self.News((), f"{type(error).__name__}: {error}")
        give_back()  # the log was looked through
        return self.News(found)
