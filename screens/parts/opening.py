"""From what the command line prepared to the session that all screens share."""

from __future__ import annotations

from mailtui.cli.console import Prepared
from mailtui.maillog import source
from mailtui.maillog.source import Source
from mailtui.postfix.errors import InstanceError
from mailtui.screens.parts.session import Session, Status


def session_of(prepared: Prepared) -> Session:
    """The session of a console that is about to open."""

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

    return Session(
        prepared.instance,
        prepared.draft,
        read_only=prepared.read_only,
        who=prepared.who,
        keep_draft=prepared.keep_draft,
        look=look,
        find_log=find_log,
        after_write=prepared.settings.after_write,
        notes=tuple(prepared.notes),
    )
