"""Looks for changes on the disk beside the screens, and wakes them only when there is news."""

from __future__ import annotations

import threading

from textual.app import App
from textual.message import Message

from mailtui.screens.parts.session import Session, Status

EVERY = 1.5
"""Seconds between two looks: a change on the disk is known within 2 s."""


class Poller(threading.Thread):
    """A daemon thread, so that a file system that hangs holds neither the keys nor the end up."""

    class News(Message):
        """Files that changed, and the status as it is now."""

        def __init__(self, paths: frozenset[str], status: Status) -> None:
            super().__init__()
            self.paths, self.status = paths, status

    class Failed(Message):
        """Looking failed; it is tried again."""

        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

    def __init__(self, app: App[int], session: Session, every: float = EVERY) -> None:
        super().__init__(name="poller", daemon=True)
        self._app, self._session, self._every = app, session, every
        self._end = threading.Event()
        self._told: Status | None = None
        self._error = ""

    def stop(self) -> None:
        """End it; without waiting, because it may hang in a dead file system."""
        self._end.set()

    def run(self) -> None:
        while not self._end.is_set():
            self._look()
            self._end.wait(self._every)

    def _look(self) -> None:
        try:
            paths, status = self._session.poll()
        except Exception as error:  # noqa: BLE001  # whatever it was, the screens say it and go on
            if str(error) != self._error:
                self._error = str(error)
                self._post(self.Failed(error))
            return
        self._error = ""
        if paths or status != self._told:
            self._told = status
            self._post(self.News(paths, status))

    def _post(self, message: Message) -> None:
        if not self._end.is_set():
            self._app.post_message(message)
