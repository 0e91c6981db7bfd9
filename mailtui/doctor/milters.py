"""Milters that Postfix does not get to: a wrong address, a chroot or a folder between them, nobody there.

Nothing is asked: the kernel's list of listening sockets and the programs' own files tell (see `Case`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding, Severity
from mailtui.edits import milters
from mailtui.edits.keywords import SetKeyword
from mailtui.edits.plan import Plan
from mailtui.formats.milteritem import Endpoint
from mailtui.formats.target import Target
from mailtui.milters.chains import MilterChain, MilterRow, milter_chains
from mailtui.milters.facts import Facts, State, World, facts, when_down, which_mail
from mailtui.milters.known import leads_to
from mailtui.text.safe import safe

ABOUT = About("milters")
_PASSES = frozenset(("accept", "quarantine"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A milter of a list that is in force, and what is known of it."""

    chain: MilterChain
    row: MilterRow
    facts: Facts

    @property
    def place(self) -> tuple[str, int | None]:
        """Where to look."""
        return self.row.file, self.row.line or self.row.rule.place.line

    @property
    def services(self) -> tuple[str, ...]:
        return (self.chain.service,) if self.chain.service else ()


def seen(case: Case, world: World) -> list[Seen]:
    """Every milter in force. Raises InstanceError."""
    return [
        Seen(chain, row, facts(world, chain, row))
        for chain in milter_chains(case.instance)
        if chain.asking
        for row in chain.live
    ]


def findings(case: Case) -> Iterator[Finding]:
    """Of each milter by itself."""
    world = World(case.instance)
    if not world.sockets.found:
        return  # the kernel's list cannot be read: nothing can be told
    for each in seen(case, world):
        for state in each.facts.states:
            yield _of_state(case, world, each, state)
        if not each.facts.states:
            yield from _open_port(case, each)


def _of_state(case: Case, world: World, each: Seen, state: State) -> Finding:
    match state.word:
        case "wrong address" | "unusable":
            return _address(case, each, state)
        case "outside chroot":
            return _chroot(case, world, each, state)
        case "no permission":
            return _permission(each, state)
        case "other socket":
            return _finding("milter-other-socket", "warning", each, "its own file names another socket",
                            state.why, None, "make the two alike: the file's line, or Postfix's")  # fmt: skip
    return _nobody(case, world, each, state)


def _finding(
    id_: str, severity: Severity, each: Seen, what: str, why: str, fix: Plan | None, words: str
) -> Finding:
    title = f"{safe(each.row.address)} in {each.row.rule.place.title}: {what}"
    return Finding(id_, severity, title, *each.place, why, fix, words, each.services, about=ABOUT)


def _down(each: Seen) -> str:
    return f"{which_mail(each.chain)}: {when_down(each.chain, each.row, each.facts.name)}"


def _severity(each: Seen) -> Severity:
    """An error where mail stops; a warning where it passes without the filter."""
    return "warning" if each.row.actual["default_action"].lower() in _PASSES else "error"


def _address(case: Case, each: Seen, state: State) -> Finding:
    plan = None
    port, at, host = each.row.address.removeprefix("inet:").partition("@")
    if at and each.row.address.startswith("inet:"):
        new = Endpoint("inet", host.strip("[]"), port).postfix
        plan = case.tried(milters.change(case.instance, each.row, address=new))
    otherwise = "write inet:host:port or unix:path, settings of its own within { } as name=value"
    fix, words = fixed(plan, otherwise)
    return _finding("milter-address", "error", each, "Postfix cannot use this", state.why, fix, words)


def _chroot(case: Case, world: World, each: Seen, state: State) -> Finding:
    path = each.row.address.partition(":")[2]
    inside = _inside(world, path)
    plan = None
    if inside:
        plan = case.tried(milters.change(case.instance, each.row, address=f"unix:{inside}"))
    where = f"{world.queue}/{each.facts.name if each.facts.known.program else 'milter'}"
    fix, words = fixed(
        plan,
        f"have the program listen below {safe(where)}, in a folder that Postfix may enter, and name that path"
        " here without the queue directory before it",
    )
    why = f"{state.why}; {_down(each)}"
    return _finding("milter-chroot", _severity(each), each, "it lies outside the chroot", why, fix, words)


def _inside(world: World, path: str) -> str:
    """A real path as a chrooted service may write it; empty where it is not below the queue directory."""
    queue = os.path.realpath(world.queue) + "/"
    real = os.path.realpath(path)
    return real.removeprefix(queue) if real.startswith(queue) else ""


def _permission(each: Seen, state: State) -> Finding:
    way = next((sight.way for sight in each.facts.sights if sight.way.group), None)
    words = (
        f"adduser postfix {safe(way.group)}, then reload Postfix" if way is not None
        else "let Postfix's user in, by the owner, group and mode of that folder or socket"
    )  # fmt: skip
    why = f"{state.why}; {_down(each)}"
    return _finding("milter-permission", _severity(each), each, "Postfix may not connect", why, None, words)


def _nobody(case: Case, world: World, each: Seen, state: State) -> Finding:
    """Nobody listens there: the program listens elsewhere, is told to, or does not run."""
    there = _elsewhere(world, each)
    why = f"{state.why}; {_down(each)}"
    if there is not None:
        address, told = there
        plan = case.tried(milters.change(case.instance, each.row, address=address)) if address else None
        fix, words = fixed(plan, "have both name the same socket, one that Postfix can get to")
        return _finding(
            "milter-elsewhere", _severity(each), each, f"{each.facts.name} listens elsewhere",
            f"{state.why}; {told}; {_down(each)}", fix, words,
        )  # fmt: skip
    start = f"start {each.facts.name}" if each.facts.known.program else "start it"
    if _severity(each) == "warning":
        return _finding("milter-down", "warning", each, "it is down", why, None, f"{start}; no edit can")
    own = [pair for pair in each.row.item.settings if pair[0] != "default_action"]
    plan = case.tried(milters.change(case.instance, each.row, settings=[*own, ("default_action", "accept")]))
    fix, words = fixed(plan, start)
    says = f"{start}; until then: {words}" if fix is not None else words
    return _finding("milter-stops-mail", "error", each, "it is down, and mail waits for it", why, fix, says)


def _elsewhere(world: World, each: Seen) -> tuple[str, str] | None:
    """Where the program listens instead, as Postfix would write it (empty where Postfix cannot get there),
    and what tells; None where nothing does."""
    known = each.facts.known
    if known.here is not None:
        return None
    others = [row.item.endpoint for row in each.chain.live if row.key != each.row.key]
    free = [
        one.endpoint for one in known.elsewhere
        if not any(other is not None and leads_to(other, one.endpoint) for other in others)
    ]  # fmt: skip
    if free:
        found = free[0]
        return _address_of(world, each, found), f"it listens on {safe(found.postfix)}"
    own = known.own
    where = own.endpoint if own is not None else None
    if own is None or where is None or known.by == safe(own.source):
        return None
    line = f":{own.line}" if own.line else ""
    told = f"{safe(own.source)}{line} has it listen on {safe(own.written or '')}"
    return _address_of(world, each, where), told


def _address_of(world: World, each: Seen, where: Endpoint) -> str:
    chrooted = any(asker.chrooted for asker in each.chain.asking)
    if where.kind == "inet":
        any_host = where.host in {"", "0.0.0.0", "::"}  # noqa: S104  # it is compared, not bound
        return Endpoint("inet", "localhost" if any_host else where.host, where.port).postfix
    inside = _inside(world, where.path)
    if inside:
        return f"unix:{inside}"
    return "" if chrooted else f"unix:{where.path}"


def _open_port(case: Case, each: Seen) -> Iterator[Finding]:
    """A milter that strangers can reach: whoever speaks to it may have mail signed, or it kept busy."""
    known = each.facts.known
    own, here, program = known.own, known.here, known.program
    if here is None or here.endpoint.host not in {"0.0.0.0", "::"}:  # noqa: S104  # it is compared
        return
    plan = None
    where = own.endpoint if own is not None else None
    if own and where and program and program.kind and own.line and own.written and not where.host:
        target = Target(program.kind, own.source)
        plan = case.tried(
            Plan((SetKeyword(target, program.socket, f"inet:{where.port}@localhost", own.written),))
        )
    fix, words = fixed(plan, "have it listen on localhost alone: inet:PORT@localhost in its own file")
    yield _finding(
        "milter-open", "warning", each, "it listens on every address of this host",
        f"{safe(here.endpoint.postfix)}: who is not kept out by a firewall can use {known.name} too",
        fix, words,
    )  # fmt: skip


def of_line(found: Sequence[Finding], chain: MilterChain, row: MilterRow | None) -> list[Finding]:
    """Those of the findings that are about one milter's place in a list; of a list without any (None), about
    its service. Those about its own files have its name in `about`."""
    mine = [each for each in found if each.about == ABOUT]
    if row is None:
        return [each for each in mine if chain.service and chain.service in each.services]
    place = (row.file, row.line or row.rule.place.line)
    return [each for each in mine if (each.file, each.line) == place]
