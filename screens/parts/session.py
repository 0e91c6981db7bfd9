"""What every screen shares: the instance, the draft, who sits here; and the news of their changes.

    session = Session(instance, Draft(), read_only=False, who="roland")
    session.changed.subscribe(self.on_change)      # Change(draft=True) or Change(paths={…})
    session.stage(edit, label="…"); session.unstage_last()

Free of Textual. Screens derived from `ConsoleScreen` are told without subscribing themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import Files
from mailtui.screens.parts.heard import Heard
from mailtui.settings import Settings

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding
    from mailtui.edits.draft import Draft, Group
    from mailtui.edits.model import Edit
    from mailtui.maillog.source import Source
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.smtpd.session import Session as SmtpSession

News = TypeVar("News")


class Signal(Generic[News]):
    """Tells its subscribers, in the order in which they came. Only for the thread of the screens."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[News], object]] = []

    def subscribe(self, callback: Callable[[News], object]) -> Callable[[], None]:
        """Call `callback` with every news from now on; the returned function ends that."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def emit(self, news: News) -> None:
        """Tell all subscribers."""
        for callback in tuple(self._subscribers):
            callback(news)


class Change(NamedTuple):
    """What became different: the staged edits, files on the disk (their paths), or the status line."""

    draft: bool = False
    paths: frozenset[str] = frozenset()
    status: bool = False


class Status(NamedTuple):
    """What the status line says. `running` is None where it cannot be known."""

    running: bool | None = None
    host: str = ""
    name: str = ""
    """multi_instance_name; empty for an instance without one."""
    problem: str = ""
    """Why the instance cannot be read, in one line."""
    others: tuple[str, ...] = ()
    """Other consoles open on the same instance, each in words: `laure, 2 staged`."""
    milters: str = ""
    """The milter that does not answer: `opendkim DOWN`; empty where all do."""


def _nothing() -> None:
    return None


@dataclass(eq=False)
class Session:
    """One console's shared state. `who` is the person, not root: SUDO_USER where that is set.

    `keep_draft` is called whenever the console ends, by a key as by a signal or a crash: it stores the
    draft for next time, or removes the stored one where the draft is empty. It must be quick.
    `look` gathers the status line's facts; it runs in a thread beside the screens, every few seconds.
    """

    instance: Instance
    draft: Draft
    read_only: bool = False
    who: str = ""
    keep_draft: Callable[[], None] = _nothing
    look: Callable[[], Status] | None = None
    find_log: Callable[[], Source] | None = None
    """Which log to follow; it may take a moment, and is asked when the log is first shown."""
    examine: Callable[[], Sequence[Finding]] | None = None
    """What is wrong with the instance as it is on the disk; asked in a thread, after each change there."""
    findings: Sequence[Finding] = ()
    """What `examine` said last, the worst first."""
    examined: bool = False
    """Whether it has said anything yet."""
    read_ahead: Callable[[], None] = _nothing
    """Has large tables read by another process; asked before there is any thread."""
    look_ahead: Callable[[], None] = _nothing
    """Asks beforehand what every screen will ask, in a thread while the screens are still being imported."""
    settings: Settings = field(default_factory=Settings)
    """The admin's settings, as they hold now."""
    notes: tuple[str, ...] = ()
    """What is said once the console is up, as problems in the settings."""
    kept: str = ""
    """When the draft was kept that this console found (RFC 3339); it is offered once the console is up."""
    first: bool = False
    """Whether no console was ever open on this instance; what `meet` says is then shown once it is up."""
    meet: Callable[[], Sequence[tuple[str, str]]] | None = None
    """What was found here, where it is written and the way back, in labelled lines; asked in a thread."""
    neighbours: Callable[[], Sequence[str]] | None = None
    """What the other instances of this host are called; asked in a thread, once the console is up."""
    files: Files | None = None
    """The files on the disk whose changes are watched; those that `instance` reads, unless given."""
    asked: SmtpSession | None = None
    """The session that was explained last."""
    heard: Heard = field(default_factory=Heard)
    """What DNS lists and policy services said when they were last asked."""
    changed: Signal[Change] = field(default_factory=Signal)
    status: Status = field(default_factory=Status)

    def __post_init__(self) -> None:
        if self.files is None and isinstance(self.instance.files, Files):
            self.files = self.instance.files

    def stage(self, *edits: Edit, label: str = "") -> None:
        """Add edits to the draft as one group, and tell everyone."""
        self.draft.stage(*edits, label=label)
        self.changed.emit(Change(draft=True))

    def unstage_last(self) -> Group | None:
        """Take the last group back (None where nothing is staged), and tell everyone."""
        group = self.draft.unstage_last()
        if group is not None:
            self.changed.emit(Change(draft=True))
        return group

    def drop_draft(self) -> None:
        """Take back everything that is staged, and tell everyone."""
        self.draft.clear()
        self.changed.emit(Change(draft=True))

    def reread(self) -> None:
        """Read the instance again from the disk, whatever its files' times say, and tell everyone."""
        self.instance.refresh()
        self.changed.emit(Change(draft=True, paths=frozenset({self.instance.config_dir}), status=True))

    def draft_changed(self) -> None:
        """Tell everyone after the draft was changed by other means (drop, replace)."""
        self.changed.emit(Change(draft=True))

    def found(self, findings: Sequence[Finding]) -> None:
        """Take over what `examine` said, in the screens' thread, and tell everyone."""
        self.findings, self.examined = findings, True
        self.changed.emit(Change(status=True))

    def poll(self) -> tuple[frozenset[str], Status]:
        """What changed on the disk since the last call, and the present status. Runs in a thread."""
        paths = frozenset(self.files.changed()) if self.files is not None else frozenset()
        try:
            status = self.look() if self.look is not None else Status(running=self.instance.running())
            known = self.status if self.status.host and not paths else None
            host = known.host if known else self.instance.hostname
            name = known.name if known else self.instance.name.removeprefix("-")
        except InstanceError as error:
            return paths, Status(host=self.status.host, name=self.status.name, problem=str(error))
        return paths, status._replace(host=status.host or host, name=status.name or name)

    def polled(self, paths: frozenset[str], status: Status) -> None:
        """Take the result of `poll` over, in the screens' thread, and tell everyone what is new."""
        if paths:
            self.instance.refresh()
        news = Change(paths=paths, status=status != self.status)
        self.status = status
        if news.paths or news.status:
            self.changed.emit(news)
