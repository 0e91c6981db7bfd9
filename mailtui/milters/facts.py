"""What is to be known of one milter without asking it: the three addresses compared, the way through folders
and chroot, and what happens to which mail while it is down."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from mailtui.formats.milteritem import DISABLE, Endpoint
from mailtui.milters.chains import NON_SMTPD, MilterChain, MilterRow
from mailtui.milters.known import Known, leads_to, recognise
from mailtui.milters.rights import FREE, Way, Who, user, way
from mailtui.milters.sockets import Sockets, is_here
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

Word = Literal[
    "wrong address", "unusable", "outside chroot", "no permission", "no socket", "nobody listens",
    "elsewhere", "other socket",
]  # fmt: skip
"""`other socket`: Postfix gets to it, but its own file names another. In all other states it does not."""
DOUBTFUL: frozenset[Word] = frozenset(("other socket",))


@dataclass(frozen=True, slots=True)
class State:
    """What is wrong with a milter: a word for the list, and why."""

    word: Word
    why: str


@dataclass(frozen=True, slots=True)
class Sight:
    """The socket as some services see it: its real path, and their way to it."""

    services: tuple[str, ...]
    chrooted: bool
    path: str
    way: Way = FREE
    outside: bool = False
    """Whether the path leads to a socket outside the chroot alone."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a milter at rest. `sights`: of a Unix socket, one for each place that it has for
    the services that ask it."""

    known: Known
    sights: tuple[Sight, ...] = ()
    states: tuple[State, ...] = ()

    @property
    def name(self) -> str:
        return self.known.name

    @property
    def out_of_reach(self) -> State | None:
        """Why Postfix does not get to it; None where nothing speaks against it."""
        return next((state for state in self.states if state.word not in DOUBTFUL), None)


@dataclass(slots=True)
class World:
    """What a look at several milters shares: the sockets of one moment, and Postfix's user."""

    instance: Instance
    sockets: Sockets = field(default_factory=Sockets)
    _who: Who | None = None
    _looked: bool = False

    @property
    def who(self) -> Who | None:
        """mail_owner with his groups; None where there is no such user."""
        if not self._looked:
            self._looked = True
            try:
                self._who = user(self.instance.parameters.effective("mail_owner"))
            except InstanceError:
                self._who = None
        return self._who

    @property
    def etc(self) -> str:
        """The folder that holds Postfix's own."""
        return os.path.dirname(self.instance.config_dir)

    @property
    def queue(self) -> str:
        return self.instance.queue_directory


def root_of(world: World, where: Endpoint, *, chrooted: bool) -> str:
    """The folder in which a milter's path begins for a service."""
    return world.queue if chrooted or not where.path.startswith("/") else "/"


def real(world: World, where: Endpoint, *, chrooted: bool) -> str:
    """The real path of a milter's Unix socket for a service."""
    root = root_of(world, where, chrooted=chrooted)
    return os.path.join(root, where.path.lstrip("/"))


def facts(world: World, chain: MilterChain, row: MilterRow) -> Facts:
    """All about one milter of a list. Raises InstanceError where main.cf cannot be read that far."""
    where = row.item.endpoint
    if row.is_map or row.is_reference or row.address == DISABLE:
        return Facts(Known(None))
    if where is None or row.item.harm:
        does = {"stops": "smtpd stops as it starts", "refuses": "all mail gets 451 4.3.5"}.get(
            row.item.harm, ""
        )
        return Facts(Known(None), (), (State("wrong address", f"{safe(row.item.problem)}: {does}"),))
    if where.kind == "unix":
        return _unix(world, chain, where)
    known = recognise(where, world.instance.files, world.sockets, world.etc)
    states = [State("unusable", safe(row.item.problem))] if row.item.problem else []
    return Facts(known, (), (*states, *_heard(where, known)))


def _unix(world: World, chain: MilterChain, where: Endpoint) -> Facts:
    sights = tuple(_sights(world, chain, where))
    first = next((each for each in sights if not each.way.trouble), sights[0])
    known = recognise(Endpoint("unix", path=first.path), world.instance.files, world.sockets, world.etc)
    states: list[State] = []
    for each in sights:
        of = f" (for {', '.join(each.services)})" if len(sights) > 1 else ""
        states += [replace(state, why=state.why + of) for state in _stopped(world, where, each)]
    if not states:
        states = list(_heard(Endpoint("unix", path=first.path), known))
    elif known.elsewhere and not any(state.word == "outside chroot" for state in states):
        states += [state for state in _heard(where, known) if state.word in {"elsewhere", "other socket"}]
    return Facts(known, sights, tuple(dict.fromkeys(states)))


def _sights(world: World, chain: MilterChain, where: Endpoint) -> Iterator[Sight]:
    askers = chain.asking or chain.askers
    kinds = sorted({each.chrooted for each in askers}) or [False]
    if not where.path.startswith("/"):
        kinds = kinds[:1]
    for chrooted in kinds:
        services = tuple(each.service for each in askers if each.chrooted == chrooted or len(kinds) == 1)
        path = real(world, where, chrooted=chrooted)
        found = way(path, world.who) if world.who is not None else FREE
        outside = chrooted and found.trouble == "missing" and _is_socket(where.path)
        yield Sight(services, chrooted, path, found, outside)


def _is_socket(path: str) -> bool:
    try:
        return path.startswith("/") and stat.S_ISSOCK(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _stopped(world: World, where: Endpoint, sight: Sight) -> Iterator[State]:
    found, who = sight.way, world.who.name if world.who is not None else "postfix"
    if sight.outside:
        why = f"the service is chrooted: {safe(where.path)} is {safe(sight.path)} to it, which is not there"
        yield State("outside chroot", why)
    elif found.trouble in {"may not pass", "may not write"}:
        joins = f"; a member of group {safe(found.group)} may" if found.group else ""
        yield State("no permission", f"{found.says(who)}{joins}")
    elif found.trouble in {"missing", "no socket", "no folder"}:
        yield State("no socket", found.says(who))


def _heard(where: Endpoint, known: Known) -> Iterator[State]:
    """Whether somebody listens there, and whether the program's own word is the same."""
    if known.elsewhere:
        listens = " and ".join(safe(each.endpoint.postfix) for each in known.elsewhere)
        if known.here is None:
            yield State("elsewhere", f"{known.name} listens on {listens}, not on {safe(where.postfix)}")
    elif known.here is None and (where.kind == "unix" or is_here(where.host)):
        yield State("nobody listens", f"no process listens on {safe(where.postfix)}")
    own = known.own.endpoint if known.own is not None else None
    if own is not None and known.own is not None and known.here is not None and not _same(known, own):
        line = f":{known.own.line}" if known.own.line else ""
        why = f"{safe(known.own.source)}{line} has {safe(known.own.written or '')}, and it listens elsewhere"
        yield State("other socket", f"{why}: after its next start Postfix does not find it")


def _same(known: Known, own: Endpoint) -> bool:
    return known.here is None or leads_to(_reachable(known.here.endpoint), own)


def _reachable(listens: Endpoint) -> Endpoint:
    """An address that leads to a listening socket."""
    any_address = listens.host in {"0.0.0.0", "::"}  # noqa: S104  # it is compared, not bound
    return replace(listens, host="localhost") if any_address else listens


# -- when it is down

_LOSES = {
    "opendkim": "UNSIGNED and unverified", "opendmarc": "without DMARC", "clamav-milter": "UNSCANNED",
    "spamass-milter": "UNFILTERED", "rspamd proxy": "UNFILTERED",
}  # fmt: skip


def which_mail(chain: MilterChain) -> str:
    """The mail that a list is about, in words."""
    if chain.parameter == NON_SMTPD:
        return "mail of this host's own programs (sendmail, cron)"
    asking = [each.service for each in chain.asking]
    return f"mail by SMTP through {', '.join(asking)}" if asking else "no mail: no service asks this list"


def when_down(chain: MilterChain, row: MilterRow, name: str) -> str:
    """What happens to that mail while the milter does not answer."""
    action = row.actual["default_action"].lower()
    smtp = chain.parameter != NON_SMTPD
    match action:
        case "accept":
            return f"it passes {_LOSES.get(name, 'UNFILTERED')} (accept)"
        case "reject":
            return (
                "it is refused for good: 554 as a greeting, 550 later (reject)"
                if smtp
                else "it goes back to its sender (reject)"
            )
        case "tempfail":
            return (
                "it is put off: 451 4.7.1 at MAIL FROM, clients try again (tempfail)"
                if smtp
                else "it waits in the maildrop folder, and is tried again (tempfail)"
            )
        case "quarantine":
            return "it is taken, and put on hold in the queue (quarantine)"
    return f"milter_default_action = {safe(action)} is none that Postfix knows: all mail gets 451 4.3.5"
