"""From what the command line prepared to the session that all screens share."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailtui.cli.console import Prepared
from mailtui.maillog import source
from mailtui.maillog.source import Source
from mailtui.postfix.errors import InstanceError
from mailtui.screens.parts.session import Session, Status


class Opening(threading.Thread):
    """Opens the session while Textual is imported: the program that it waits for costs no time then."""

    def __init__(self, open_session: Callable[[], Session]) -> None:
        super().__init__(name="opening", daemon=True)
        self._open = open_session
        self._session: Session | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._session = self._open()
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            self._error = error

    def session(self) -> Session:
        """Wait for it. Raises whatever opening it raised."""
        self.join()
        if self._error is not None:
            raise self._error
        assert self._session is not None
        return self._session


def session_of(prepared: Prepared) -> Session:
    """The session of a console that is about to open, its status known."""

    def look() -> Status:
        """In a thread, every few seconds."""
        prepared.presence.tell(len(prepared.draft))
        others = tuple(neighbour.words() for neighbour in prepared.presence.others())
        try:
            running: bool | None = prepared.instance.running()
        except InstanceError:
            running = None
        return Status(running=running, others=others)

    def find_log() -> Source:
        try:
            log_file = prepared.instance.log_file or ""
        except InstanceError as error:
            return Source("none", why=str(error))
        return source.find(log_file, prepared.log)

    session = Session(
        prepared.instance,
        prepared.draft,
        read_only=prepared.read_only,
        who=prepared.who,
        keep_draft=prepared.keep_draft,
        look=look,
        find_log=find_log,
        after_write=prepared.settings.after_write,
        notes=tuple(prepared.notes),
        kept=prepared.kept,
    )
    session.polled(*session.poll())
    return session
