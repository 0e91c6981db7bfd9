"""The lists of milters as smtpd(8) and cleanup(8) ask them: main.cf's, and what services have of their own.

smtpd_milters is for mail that comes by SMTP, and asked by smtpd; non_smtpd_milters for that of sendmail(1)
and qmqpd(8), and asked by cleanup; smtpd_milter_maps gives single clients another list (MILTER_README).
Lists are read, and edited, as restriction lists are: `$name`s are followed, what is commented out is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mailtui.formats.milteritem import SETTINGS, MilterItem, parse_item
from mailtui.postfix.chainmarks import Moved, marked
from mailtui.postfix.chainread import ReadRule, ServiceLists
from mailtui.postfix.chainrows import Chain, Chains, Cost, ListPlace, RuleRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.services import is_chrooted, services
from mailtui.postfix.values import ServiceValues

SMTPD, NON_SMTPD, MAPS = "smtpd_milters", "non_smtpd_milters", "smtpd_milter_maps"
ASKS = {SMTPD: "smtpd", MAPS: "smtpd", NON_SMTPD: "cleanup"}
"""The program that reads each list."""
_MAIN = ServiceValues("", "", "", {})


@dataclass(frozen=True, slots=True)
class Asker:
    """A service that asks the milters of a list. `off`: why it asks none all the same."""

    service: str
    chrooted: bool
    off: str = ""


@dataclass(frozen=True, slots=True)
class MilterRow:
    """One milter of a list (`rule` says where and how it is written), as Postfix reads it; of
    smtpd_milter_maps a table. `actual`: the five settings that hold for it, its own before milter_…."""

    rule: RuleRow
    item: MilterItem
    actual: dict[str, str]
    is_map: bool = False

    @property
    def key(self) -> tuple[str, str, str, int, bool]:
        return self.rule.key

    @property
    def address(self) -> str:
        return self.item.address

    @property
    def settings(self) -> dict[str, str]:
        """Its own."""
        return self.item.own

    @property
    def enabled(self) -> bool:
        return self.rule.enabled

    @property
    def in_force(self) -> bool:
        """Whether Postfix asks it: neither off, nor taken out, nor a `$name` that holds others."""
        return self.enabled and self.marker != "-" and not self.is_reference

    @property
    def is_reference(self) -> bool:
        """Whether it is a `$name`, whose milters follow."""
        return self.rule.kind == "reference"

    @property
    def marker(self) -> str:
        return self.rule.marker

    @property
    def file(self) -> str:
        return self.rule.file

    @property
    def line(self) -> int | None:
        return self.rule.line


@dataclass(frozen=True, slots=True)
class MilterChain:
    """One list. `service`: whose `-o` it is, empty for main.cf's. `askers`: the services that use it."""

    parameter: str
    service: str
    chain: Chain
    rows: tuple[MilterRow, ...]
    askers: tuple[Asker, ...]

    @property
    def key(self) -> str:
        return self.chain.stage

    @property
    def place(self) -> ListPlace:
        return self.chain.place

    @property
    def live(self) -> tuple[MilterRow, ...]:
        """The milters in force, in their order."""
        return tuple(row for row in self.rows if row.in_force and not row.is_map)

    @property
    def name(self) -> str:
        """`smtpd` or `non_smtpd`, as the command line has it."""
        return "non_smtpd" if self.parameter == NON_SMTPD else "smtpd"

    @property
    def asking(self) -> tuple[Asker, ...]:
        """The services that really ask it."""
        return tuple(each for each in self.askers if not each.off)


def milter_chains(instance: Instance, after: Instance | None = None, moved: Moved = ()) -> list[MilterChain]:
    """The lists in their order: smtpd_milters of main.cf, then those of services; smtpd_milter_maps where it
    is set; non_smtpd_milters. With `after`, those, marked against `instance`. Raises InstanceError."""
    now = instance if after is None else after
    chains = _chains(now)
    if after is not None and after is not instance:
        chains = marked(_chains(instance), chains, moved)
    askers = _askers(now)
    return [_chain(now, each, askers) for each in chains.classes]


def _chains(instance: Instance) -> Chains:
    return Chains("", delayed=False, stages=(), classes=tuple(_read(instance)), checks=())


def _read(instance: Instance) -> Iterator[Chain]:
    values = instance.parameters.values
    for parameter in (SMTPD, MAPS, NON_SMTPD):
        if parameter != MAPS or instance.parameters.definition(parameter) is not None:
            yield _list(ServiceLists(instance, "", _MAIN), parameter, parameter)
        for row in {f"{each.name}/{each.type}": each for each in values.services}.values():
            if row.command == ASKS[parameter] and parameter in row.options:
                lists = ServiceLists(instance, "", row)
                yield _list(lists, parameter, f"{parameter} {lists.service}")


def _list(lists: ServiceLists, parameter: str, stage: str) -> Chain:
    place, rules, problem = lists.rules(parameter)
    rows = tuple(_row(stage, rule) for rule in rules)
    return Chain(stage, parameter, "", "", place, rows, bool(place.service), (problem,) if problem else ())


def _row(stage: str, read: ReadRule) -> RuleRow:
    rule, written = read.rule, read.written
    return RuleRow(
        stage=stage, kind="reference" if read.reference else "rule", name=rule.name, argument=rule.argument,
        written=written.text, number=written.number, warn_only=False, enabled=written.enabled, known=True,
        says="", cost=Cost(), states=(),
        comments=tuple(text for line in written.comments if (text := line.strip().lstrip("#").strip())),
        place=read.place, line=written.line or None, first=written.rule.first, last=written.rule.last,
        via=read.via,
    )  # fmt: skip


def _chain(instance: Instance, chain: Chain, askers: Sequence[tuple[ServiceValues, Asker]]) -> MilterChain:
    parameter, service = chain.title, chain.place.service
    mine = tuple(
        asker
        for values, asker in askers
        if values.command == ASKS[parameter]
        and (asker.service == service if service else parameter not in values.options)
    )
    common = common_settings(instance, service)
    rows = tuple(_milter(row, common, is_map=parameter == MAPS) for row in chain.rows)
    return MilterChain(parameter, service, chain, rows, mine)


def _milter(row: RuleRow, common: dict[str, str], *, is_map: bool) -> MilterRow:
    if is_map or row.kind == "reference":
        return MilterRow(row, MilterItem(row.text, row.text), common, is_map)
    item = parse_item(row.text)
    return MilterRow(row, item, {**common, **item.own})


def common_settings(instance: Instance, service: str = "") -> dict[str, str]:
    """The values of milter_connect_timeout and its like, by the names that they have within `{ }`; those of a
    service (`smtp/inet`), or main.cf's."""
    rows = [each for each in instance.parameters.values.services if f"{each.name}/{each.type}" == service]
    lists = ServiceLists(instance, "", rows[-1] if rows else _MAIN)
    return {name: lists.setting(f"milter_{name}") for name in SETTINGS}


def _askers(instance: Instance) -> list[tuple[ServiceValues, Asker]]:
    rows = {row.service: row for row in services(instance) if row.counts}
    programs = frozenset(ASKS.values())
    found: list[tuple[ServiceValues, Asker]] = []
    for values in {f"{each.name}/{each.type}": each for each in instance.parameters.values.services}.values():
        if values.command in programs:
            name = f"{values.name}/{values.type}"
            lists = ServiceLists(instance, "", values)
            no = "no_milters" in split_list(lists.setting("receive_override_options"))
            off = "receive_override_options = no_milters" if no and values.command == "smtpd" else ""
            found.append((values, Asker(name, is_chrooted(instance, rows[name]), off)))
    return found


def as_json(chain: MilterChain, row: MilterRow) -> dict[str, Any]:
    """The fields of `mailtui milter list --json` that the files alone tell."""
    return {
        "address": row.address, "chain": chain.name, "service": chain.service, "settings": row.settings,
        "enabled": row.enabled, "file": row.file, "line": row.line, "parameter": chain.parameter,
        "default_action": row.actual["default_action"],
    }  # fmt: skip
