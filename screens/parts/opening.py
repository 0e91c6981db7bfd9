"""From what the command line prepared to the session that all screens share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailtui.cli.console import Prepared
    from mailtui.doctor.model import Finding
    from mailtui.maillog.source import Source
    from mailtui.screens.parts.session import Session, Status


def session_of(prepared: Prepared) -> Session:
    """The session of a console that is about to open, its status known."""
    from mailtui.postfix.errors import InstanceError
    from mailtui.screens.parts.milterwatch import MilterWatch
    from mailtui.screens.parts.session import Session, Status

    watch = MilterWatch(prepared.instance)

    def look() -> Status:
        """In a thread, every few seconds."""
        prepared.presence.tell(len(prepared.draft))
        others = tuple(neighbour.words() for neighbour in prepared.presence.others())
        try:
            running: bool | None = prepared.instance.running()
        except InstanceError:
            running = None
        return Status(running=running, others=others, milters=watch.words())

    def examine() -> Sequence[Finding]:
        """On a view of its own: the screens' one is read anew beside it."""
        from mailtui.doctor.examine import examine
        from mailtui.doctor.silence import told
        from mailtui.settings import load

        instance = prepared.instance
        return told(examine(instance.over(instance.files)), load().silence)

    def find_log() -> Source:
        from mailtui.maillog.source import Source, find

        try:
            log_file = prepared.instance.log_file or ""
        except InstanceError as error:
            return Source("none", why=str(error))
        return find(log_file, prepared.log)

    def read_ahead() -> None:
        from mailtui.postfix.aliastables import targets_of
        from mailtui.postfix.readahead import read_ahead

        with suppress(InstanceError):  # the screens tell of it
            if session.files is not None:
                read_ahead(session.files, targets_of(prepared.instance))

    def look_ahead() -> None:
        """Every screen needs Postfix's defaults; what hinders postconf is told by the screen that asks."""
        with suppress(InstanceError):
            prepared.instance.parameters.default("mail_version")

    def neighbours() -> Sequence[str]:
        from mailtui.postfix.instances import host_instances, others

        listed = host_instances(prepared.settings.instances)
        return [each.title for each in others(listed, prepared.instance.config_dir)]

    def meet() -> Sequence[tuple[str, str]]:
        from mailtui.overview.found import found, lines_of
        from mailtui.postfix.instances import host_instances, others

        instance = prepared.instance.over(prepared.instance.files)
        beside = others(host_instances(prepared.settings.instances), instance.config_dir)
        return lines_of(found(instance, prepared.log, beside))

    session = Session(
        prepared.instance,
        prepared.draft,
        read_only=prepared.read_only,
        who=prepared.who,
        keep_draft=prepared.keep_draft,
        look=look,
        find_log=find_log,
        examine=examine,
        read_ahead=read_ahead,
        look_ahead=look_ahead,
        settings=prepared.settings,
        notes=tuple(prepared.notes),
        kept=prepared.kept,
        first=prepared.first,
        meet=meet,
        neighbours=None if prepared.chosen else neighbours,
    )
    session.polled(*session.poll())
    return session
