"""From what the command line prepared to the session that all screens share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import Files

if TYPE_CHECKING:
    from mailtui.cli.console import Prepared
    from mailtui.doctor.model import Finding
    from mailtui.maillog.source import Source
    from mailtui.screens.parts.session import Session, Status


def session_of(prepared: Prepared) -> Session:
    """The session of a console that is about to open, its status known."""
    from mailtui.screens.parts.session import Session

    asked = _Asked(prepared)
    session = Session(
        prepared.instance,
        prepared.draft,
        read_only=prepared.read_only,
        who=prepared.who,
        keep_draft=prepared.keep_draft,
        look=asked.look,
        find_log=asked.find_log,
        examine=asked.examine,
        read_ahead=asked.read_ahead,
        look_ahead=asked.look_ahead,
        settings=prepared.settings,
        notes=tuple(prepared.notes),
        kept=prepared.kept,
        first=prepared.first,
        meet=asked.meet,
        neighbours=None if prepared.chosen else asked.neighbours,
    )
    session.polled(*session.poll())
    return session


class _Asked:
    """What a session asks when it wants to know, each by the name that it has there."""

    def __init__(self, prepared: Prepared) -> None:
        from mailtui.screens.parts.milterwatch import MilterWatch

        self._prepared, self._instance = prepared, prepared.instance
        self._watch = MilterWatch(prepared.instance)

    def look(self) -> Status:
        """In a thread, every few seconds."""
        from mailtui.screens.parts.session import Status

        presence = self._prepared.presence
        presence.tell(len(self._prepared.draft))
        others = tuple(neighbour.words() for neighbour in presence.others())
        try:
            running: bool | None = self._instance.running()
        except InstanceError:
            running = None
        return Status(running=running, others=others, milters=self._watch.words())

    def examine(self) -> Sequence[Finding]:
        """On a view of its own: the screens' one is read anew beside it."""
        from mailtui.doctor.examine import examine
        from mailtui.doctor.silence import told
        from mailtui.settings import load

        return told(examine(self._instance.over(self._instance.files)), load().silence)

    def find_log(self) -> Source:
        from mailtui.maillog.source import Source, find

        try:
            log_file = self._instance.log_file or ""
        except InstanceError as error:
            return Source("none", why=str(error))
        return find(log_file, self._prepared.log)

    def read_ahead(self) -> None:
        from mailtui.postfix.aliastables import targets_of
        from mailtui.postfix.readahead import read_ahead

        files = self._instance.files
        with suppress(InstanceError):  # the screens tell of it
            if isinstance(files, Files):
                read_ahead(files, targets_of(self._instance))

    def look_ahead(self) -> None:
        """Every screen needs Postfix's defaults; what hinders postconf is told by the screen that asks."""
        with suppress(InstanceError):
            self._instance.parameters.default("mail_version")

    def neighbours(self) -> Sequence[str]:
        from mailtui.postfix.instances import host_instances, others

        listed = host_instances(self._prepared.settings.instances)
        return [each.title for each in others(listed, self._instance.config_dir)]

    def meet(self) -> Sequence[tuple[str, str]]:
        from mailtui.overview.found import found, lines_of
        from mailtui.postfix.instances import host_instances, others

        instance = self._instance.over(self._instance.files)
        beside = others(host_instances(self._prepared.settings.instances), instance.config_dir)
        return lines_of(found(instance, self._prepared.log, beside))
