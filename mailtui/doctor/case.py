"""What the families of findings look at: the smtpd services with their chains, and the tables they ask."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mailtui.doctor.model import Finding
from mailtui.doctor.tabletexts import Texts
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.chainrows import Chains, RuleRow
from mailtui.postfix.chains import chains, services
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd.session import PARAMETERS
from mailtui.text.safe import safe

_LOOPBACK = frozenset(("localhost", "::1", "loopback-only"))


@dataclass(frozen=True, slots=True)
class Server:
    """One smtpd service. `public`: a client from outside can reach it."""

    service: str
    lists: ServiceLists
    chains: Chains
    public: bool


class Sight(NamedTuple):
    """A rule as each of the services sees it that have it in the same place."""

    row: RuleRow
    by: tuple[tuple[Server, RuleRow], ...]

    def everywhere(self, word: str) -> str:
        """Why the rule has a state, where it has it for every service; empty where it has not."""
        found = [next((s.why for s in row.states if s.word == word), "") for _, row in self.by]
        return found[0] if all(found) else ""

    def somewhere(self, word: str) -> str:
        """Why the rule has a state for one service at least."""
        return next((s.why for _, row in self.by for s in row.states if s.word == word), "")

    @property
    def services(self) -> tuple[str, ...]:
        """The services that have it, where it is written for one of them alone."""
        return (self.row.place.service,) if self.row.place.service else ()


class Case:
    """One instance, read once."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.texts = Texts(instance)
        self.unread: list[Finding] = []
        self.servers: Sequence[Server] = list(self._servers())

    def _servers(self) -> Iterator[Server]:
        try:
            names = services(self.instance)
        except InstanceError as error:
            self._unreadable(error, "")
            return
        for name in names:
            try:
                lists = ServiceLists(self.instance, name)
                self._expand(lists)
                yield Server(lists.service, lists, chains(self.instance, self.instance, name), _public(lists))
            except InstanceError as error:
                self._unreadable(error, name)

    def _expand(self, lists: ServiceLists) -> None:
        """Tell of the lists whose macros are broken."""
        where, _, kind = lists.service.rpartition("/")
        parameters = self.instance.parameters.service(where, kind)
        for name in (*PARAMETERS.values(), "smtpd_restriction_classes", "mynetworks"):
            try:
                parameters.effective(name)
            except InstanceError as error:
                self._unreadable(error, lists.service)

    @cached_property
    def values(self) -> dict[str, str]:
        """Everything that main.cf sets, expanded; what cannot be is left out."""
        found: dict[str, str] = {}
        for name in self.instance.parameters.values.explicit:
            with contextlib.suppress(InstanceError):
                found[name] = self.instance.parameters.expanded(name)
        return found

    def _unreadable(self, error: InstanceError, service: str) -> None:
        self.unread.append(
            Finding(
                "unreadable", "error",
                f"the chains of {service} cannot be read" if service else "the services cannot be read",
                error.file or self.instance.main.path, error.line, safe(error.what), None,
                safe(error.do) or "correct it in the file",
                (service,) if service else (),
            )
        )  # fmt: skip

    @cached_property
    def sights(self) -> Sequence[Sight]:
        """The rules in force, each place once, in the order of the conversation; those of classes last."""
        found: dict[tuple[object, ...], list[tuple[Server, RuleRow]]] = {}
        for server in self.servers:
            for chain in server.chains:
                for row in chain.live:
                    place = row.place
                    key = (row.stage, place.service, place.name, row.via, row.text, row.number, row.first)
                    found.setdefault(key, []).append((server, row))
        return [Sight(by[0][1], tuple(by)) for by in found.values()]

    def setting(self, name: str) -> str:
        """A parameter as main.cf has it, expanded; nothing where it cannot be expanded."""
        try:
            return self.instance.parameters.effective(name)
        except InstanceError:
            return ""

    def option(self, service: str, name: str) -> str:
        """The value of a service's `-o`, as it is written."""
        where, _, kind = service.rpartition("/")
        return self.instance.parameters.service(where, kind).options.get(name, "")

    def line(self, name: str) -> int | None:
        """Where main.cf sets a parameter."""
        found = self.instance.parameters.definition(name)
        return found.line if found is not None else None

    def writes(self, path: str) -> bool:
        """Whether a draft is looked at that writes this file, and so compiles it where it is a table: what is
        on the disk of it does not count then."""
        files = self.instance.files
        return isinstance(files, Candidate) and files.writes(path)

    def tried(self, *plans: Plan) -> Plan | None:
        """The plans as one; None where one is refused, or its edits cannot be made in the lines there are."""
        edits: list[Edit] = [edit for plan in plans for edit in plan.edits]
        if not edits or any(plan.refused for plan in plans):
            return None
        candidate = Candidate(self.instance.files, edits)
        if candidate.conflicts or candidate.stopped:
            return None
        return Plan(tuple(edits), tuple(dict.fromkeys(text for plan in plans for text in plan.says)))

    def over(self, plan: Plan) -> Case:
        """The instance as it is with a plan written."""
        return Case(self.instance.over(Candidate(self.instance.files, plan.edits)))


def words(plan: Plan) -> str:
    """The edits of a plan in one line."""
    return safe("; ".join(edit.describe() for edit in plan.edits))


def fixed(plan: Plan | None, otherwise: str) -> tuple[Plan | None, str]:
    """A fix with its words, or why there is none."""
    return (plan, words(plan)) if plan is not None else (None, otherwise)


def _public(lists: ServiceLists) -> bool:
    """Whether the service listens where others than this host can connect: by its address in master.cf, else
    inet_interfaces. A port that postscreen(8) passes on is as open as postscreen's."""
    name, _, kind = lists.service.rpartition("/")
    if kind == "pass":
        return True
    if kind != "inet":
        return False
    host = name.rpartition(":")[0].strip("[]")
    if host:
        return not _local(host)
    return not all(_local(item) for item in split_list(lists.setting("inet_interfaces")) or ["all"])


def _local(host: str) -> bool:
    return host.lower() in _LOOPBACK or host.startswith("127.")
