"""What an admin does to the milters of a list, as edits: those of restriction rules, for lists are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mailtui.edits import ruleplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import RemoveServiceOption, SetServiceOption
from mailtui.formats.lists import is_one_item
from mailtui.formats.milteritem import Endpoint, item_text, parse_item
from mailtui.milters.chains import ASKS, NON_SMTPD, SMTPD, MilterChain, MilterRow, milter_chains
from mailtui.milters.facts import World, facts, real
from mailtui.milters.known import UNKNOWN, recognise
from mailtui.milters.order import place_for, why_here
from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.chainrows import ListPlace, RuleRow
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.values import ServiceValues
from mailtui.text.safe import encode, safe

Which = Literal["smtpd", "non_smtpd", "both"]
PARAMETERS: dict[str, tuple[str, ...]] = {
    "smtpd": (SMTPD,), "non_smtpd": (NON_SMTPD,), "both": (SMTPD, NON_SMTPD),
}  # fmt: skip
_MAIN = ServiceValues("", "", "", {})


def add(
    instance: Instance,
    address: str,
    which: Which = "smtpd",
    *,
    before: str | None = None,
    settings: Sequence[tuple[str, str]] = (),
    service: str = "",
    comments: Sequence[str] = (),
) -> Plan:
    """A milter more in main.cf's lists, or in the own list of a service. `before`: the address of the one
    below it, empty for the end; by default the place that its program should have. Raises InstanceError."""
    text = item_text(address, settings)
    wrong = problem(text)
    if wrong:
        return Plan(refused=wrong)
    edits: list[Edit] = []
    says: list[str] = []
    there: list[str] = []
    for parameter in PARAMETERS[which]:
        plan = _add(instance, parameter, text, before, service, comments)
        if plan.refused and which != "both":
            return plan
        there += [plan.refused] if plan.refused else []
        edits += plan.edits
        says += [each for each in plan.says if each not in says]
        instance = instance.over(Candidate(instance.files, plan.edits)) if plan.edits else instance
    if not edits:
        return Plan(refused="; ".join(there)) if there else Plan(says=tuple(says))
    return Plan(tuple(edits), (*says, *there))


def problem(text: str) -> str:
    """Why a text is no item that Postfix can use; empty where it is."""
    if not is_one_item(encode(text)):
        return f"“{safe(text)}” is not one milter: write inet:host:port, unix:path, or one in {{ }}"
    return safe(parse_item(text).problem)


def _add(
    instance: Instance, parameter: str, text: str, before: str | None, service: str, comments: Sequence[str]
) -> Plan:
    place = list_place(instance, parameter, service)
    chain = chain_of(instance, parameter, place.service if place.is_set else "")
    address = parse_item(text).address
    if any(row.address == address for row in chain.live):
        return Plan(refused=f"{safe(address)} is in {place.title} already")
    world = World(instance)
    says: tuple[str, ...] = ()
    if before == "":
        anchor = None
    elif before is not None:
        anchor = next((row for row in chain.live if before in (row.address, row.rule.written)), None)
        if anchor is None:
            return Plan(
                refused=f"there is no {safe(before)} in {place.title}; mailtui milter list shows them"
            )
    else:
        name = program_of(world, chain, text)
        at = place_for(name, [facts(world, chain, row).name for row in chain.live])
        anchor = chain.live[at] if at < len(chain.live) else None
        says = (f"{name} goes {why_here(name)}",) if name != UNKNOWN and chain.live else ()
    plan = ruleplan.insert(instance, place, text, _top(chain, anchor, place), comments)
    return plan if plan.refused else Plan(plan.edits, (*plan.says, *says))


def program_of(world: World, chain: MilterChain, text: str) -> str:
    """The program behind a milter that is not in the list yet; `unknown` where nothing tells."""
    item = parse_item(text)
    where = item.endpoint
    if where is None:
        return UNKNOWN
    if where.kind == "inet":
        return recognise(where, world.instance.files, world.sockets, world.etc).name
    chrooted = any(each.chrooted for each in chain.asking)
    there = Endpoint("unix", path=real(world, where, chrooted=chrooted))
    return recognise(there, world.instance.files, world.sockets, world.etc).name


def _top(chain: MilterChain, anchor: MilterRow | None, place: ListPlace) -> RuleRow | None:
    """The item of this very list that `anchor` is, or came in by; seen in the place that is edited."""
    if anchor is None:
        return None
    top: RuleRow | None = None
    for row in chain.rows:
        if not row.rule.via and row.enabled and row.marker != "-":
            top = row.rule
        if row.key == anchor.key:
            break
    return None if top is None else replace(top, place=place)


def list_place(instance: Instance, parameter: str, service: str = "") -> ListPlace:
    """Where a list is written, or would be: main.cf, or the `-o` of a service (its name, or name/type).
    Raises InstanceError where there is no such service that asks this list."""
    if not service:
        return ServiceLists(instance, "", _MAIN).place(parameter)
    wanted = [
        each
        for each in instance.parameters.values.services
        if service in (each.name, f"{each.name}/{each.type}") and each.command == ASKS[parameter]
    ]
    if not wanted:
        raise InstanceError(
            f"there is no service {safe(service)} that runs {ASKS[parameter]}",
            "mailtui service list shows them", instance.master.path,
        )  # fmt: skip
    return ServiceLists(instance, "", wanted[-1]).own_place(parameter)


def chain_of(instance: Instance, parameter: str, service: str = "") -> MilterChain:
    """A list as it is: main.cf's, or a service's own."""
    chains = milter_chains(instance)
    found = [each for each in chains if each.parameter == parameter and each.service == service]
    return found[0] if found else next(each for each in chains if each.parameter == parameter)


def _shared(row: MilterRow) -> tuple[str, ...]:
    if not row.rule.via:
        return ()
    return (f"it stands in {row.rule.place.title}: the change holds for every list with that name",)


def remove(instance: Instance, row: MilterRow) -> Plan:
    """A milter, in force or off, out of its list."""
    return _with(ruleplan.remove(instance, row.rule), row)


def removed(instance: Instance, address: str, which: Which, service: str = "") -> Plan:
    """A milter by its address, in force or off, out of every list that is meant; nothing where it is in none.
    A list that has it through a `$name` gets rid of it where it is written. Raises InstanceError."""
    edits: list[Edit] = []
    says: list[str] = []
    for parameter in PARAMETERS[which]:
        place = list_place(instance, parameter, service)
        if service and not place.is_set:
            return Plan(refused=f"{place.service} has no {parameter} of its own: main.cf's holds for it")
        chain = chain_of(instance, parameter, place.service if place.is_set else "")
        for row in reversed(chain.rows):
            if address not in (row.address, row.rule.written) or row.is_reference:
                continue
            plan = remove(instance, row)
            if plan.refused:
                return plan
            edits += plan.edits
            says += [each for each in plan.says if each not in says]
            instance = instance.over(Candidate(instance.files, plan.edits))
    return Plan(tuple(edits), tuple(says))


def switch(instance: Instance, row: MilterRow) -> Plan:
    """A milter off, kept as a comment in its list; or in force again."""
    return _with(ruleplan.switch(instance, row.rule), row)


def move(instance: Instance, row: MilterRow, before: MilterRow | None) -> Plan:
    """A milter to before another of its list, or last in it."""
    return _with(ruleplan.move(instance, row.rule, before.rule if before is not None else None), row)


def step(instance: Instance, chain: MilterChain, row: MilterRow, by: int) -> Plan:
    """A milter one place up (`by` -1) or down (1)."""
    return _with(ruleplan.step(instance, chain.chain, row.rule, by), row)


def change(
    instance: Instance,
    row: MilterRow,
    *,
    address: str | None = None,
    settings: Sequence[tuple[str, str]] | None = None,
    comments: Sequence[str] | None = None,
) -> Plan:
    """Another address, other settings of its own, other comments; None: as it is."""
    text = row.rule.written
    if address is not None or settings is not None:
        was = row.item
        text = item_text(
            was.address if address is None else address, was.settings if settings is None else settings
        )
        wrong = problem(text)
        if wrong:
            return Plan(refused=wrong)
    same = parse_item(text) == parse_item(row.rule.written)
    return _with(ruleplan.change(instance, row.rule, comments=comments, text=None if same else text), row)


def _with(plan: Plan, row: MilterRow) -> Plan:
    return Plan(plan.edits, (*plan.says, *_shared(row)), plan.refused) if plan.edits else plan


# -- lists as a whole


def alike(instance: Instance) -> Plan:
    """non_smtpd_milters the same as smtpd_milters, and so from now on: it is written as `$smtpd_milters`."""
    found = instance.parameters.definition(NON_SMTPD)
    value = (f"${SMTPD}",)
    was = tuple(text for text, _ in instance.parameters.items(NON_SMTPD)) if found is not None else None
    if was == value:
        return Plan(refused=f"{NON_SMTPD} = ${SMTPD} already")
    says = []
    if was:
        mine = {row.address for row in chain_of(instance, SMTPD).live}
        lost = [
            safe(each) for each in was if parse_item(each).address not in mine and not each.startswith("$")
        ]
        says = [f"out of {NON_SMTPD}: {', '.join(lost)}"] if lost else []
    return Plan((SetParameter(instance.main, NON_SMTPD, value, was),), tuple(says))


def none_for(instance: Instance, parameter: str, service: str) -> Plan:
    """No milter for a service: its own list, empty."""
    place = list_place(instance, parameter, service)
    was = _option(instance, place)
    if was is not None and not split_list(was):
        return Plan(refused=f"{place.title} is empty already")
    return Plan((SetServiceOption(instance.master, place.service, parameter, "", was),))


def without_own(instance: Instance, chain: MilterChain) -> Plan:
    """A service's own list is taken out: main.cf's holds again."""
    was = _option(instance, chain.place) if chain.service else None
    if was is None:
        return Plan(refused=f"{chain.place.title} is main.cf's own list: take its milters out one by one")
    return Plan((RemoveServiceOption(instance.master, chain.service, chain.parameter, was),))


def _option(instance: Instance, place: ListPlace) -> str | None:
    name, _, kind = place.service.rpartition("/")
    return instance.parameters.service(name, kind).options.get(place.name)
