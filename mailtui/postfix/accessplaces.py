"""Where mail from outside is looked up in access tables, and where a rule that does so would belong.

Of each list only the rules count that a stranger's session comes to: what stands behind a rule that lets
strangers pass (permit, permit_auth_destination …) is never asked about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from mailtui.formats.target import Target
from mailtui.postfix.chainread import ReadRule, ServiceLists
from mailtui.postfix.chainrows import ListPlace
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import parse_map
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS, FINAL
from mailtui.postfix.smtpd.service import DEFAULT, Service
from mailtui.postfix.smtpd.session import PARAMETERS, Stage

Check = Literal["check_sender_access", "check_client_access", "check_recipient_access"]

STAGE: dict[Check, Stage] = {
    "check_client_access": "client", "check_sender_access": "sender", "check_recipient_access": "recipient",
}  # fmt: skip
"""The list in which a new rule of each kind is put."""
OURS = frozenset(
    (
        "permit_mynetworks", "permit_sasl_authenticated", "permit_tls_clientcerts",
        "permit_tls_all_clientcerts", "permit_inet_interfaces",
    )
)  # fmt: skip
"""Rules that let our own people pass, and nobody else."""
ENDS = FINAL | {
    "permit_auth_destination", "permit_mx_backup", "check_relay_domains", "permit_dnswl_client",
    "permit_rhswl_client", "permit_naked_ip_address",
}  # fmt: skip
"""Rules behind which some or all strangers are not asked about any more."""
_STAGES: tuple[Stage, ...] = ("client", "helo", "sender", "relay", "recipient")
_EARLY = frozenset({"client", "helo"})
_DEPTH = 20


class AccessTable(NamedTuple):
    """A table that is asked about strangers. `parameter`: the list in which its rule stands, `line` where.
    `for_all`: our own people are asked about too, as no rule above lets them pass."""

    stage: Stage
    parameter: str
    target: Target
    file: str
    line: int | None
    for_all: bool


class Gap(NamedTuple):
    """Where a rule would be put: in the list that stands in `place`, before the rule `before` (as written
    there, and which of those alike); None for the last. `empty`: the list has no rules. `passes`: rules above
    it that let some strangers pass; `spares`: our own people pass above it. `problem`: why no place can be
    told."""

    place: ListPlace
    before: tuple[str, int] | None = None
    empty: bool = False
    passes: tuple[str, ...] = ()
    spares: bool = True
    problem: str = ""


def outside(instance: Instance) -> ServiceLists:
    """The lists of the service that takes mail from outside. Raises InstanceError."""
    return ServiceLists(instance, Service(instance, DEFAULT).name)


def access_tables(instance: Instance, check: Check) -> list[AccessTable]:
    """The editable tables that this check asks about strangers, in the order in which smtpd asks them; each
    file once. Raises InstanceError."""
    lists = outside(instance)
    found: dict[str, AccessTable] = {}
    for stage in _STAGES:
        early = stage in _EARLY or (stage == "sender" and check == "check_recipient_access")
        if early and check != "check_client_access" and not lists.yes("smtpd_delay_reject"):
            continue  # the client has not said it yet
        for_all = True
        for read in _asked(lists, PARAMETERS[stage], ()):
            for_all = for_all and read.rule.name.lower() not in OURS
            name = read.rule.name.lower() or DEFAULT_COMMANDS.get(PARAMETERS[stage], "")
            if name != check or read.rule.warn_only:
                continue
            table = parse_map(read.rule.argument, PARAMETERS[stage], instance.config_dir)
            if table.target is not None and not table.proxied:
                line = read.written.line or None
                file = read.place.target.path
                row = AccessTable(stage, read.place.title, table.target, file, line, for_all)
                found.setdefault(table.target.path, row)
    return list(found.values())


def _asked(lists: ServiceLists, parameter: str, within: tuple[str, ...]) -> Iterator[ReadRule]:
    """The rules of a list that strangers come to, those of its classes in their place."""
    for read in _live(lists.rules(parameter)[1]):
        rule = read.rule
        if not rule.is_class:
            if rule.name.lower() in ENDS and not rule.warn_only:
                return
            yield read
        elif rule.name in lists.classes and rule.name not in within and not rule.warn_only:
            inner = list(_asked(lists, rule.name, (*within, rule.name)))
            yield from inner
            if len(within) > _DEPTH or len(inner) < len(_flat(lists, rule.name)):
                return  # it lets some pass before its end


def _flat(lists: ServiceLists, parameter: str, depth: int = 0) -> list[ReadRule]:
    """All the rules of a list, those of its classes in their place."""
    found: list[ReadRule] = []
    for read in _live(lists.rules(parameter)[1]):
        if read.rule.is_class and read.rule.name in lists.classes and not read.rule.warn_only:
            found += _flat(lists, read.rule.name, depth + 1) if depth < _DEPTH else []
        else:
            found.append(read)
    return found


def _live(rules: Sequence[ReadRule]) -> list[ReadRule]:
    """Without what is commented out, and the `$name`s that hold others."""
    return [each for each in rules if each.written.enabled and not each.reference]


def gap(instance: Instance, check: Check, *, first: bool = False) -> Gap:
    """Where a new rule for this check belongs: behind the rules that let our own people pass, before those
    that may let strangers pass. `first`: before all, for a rule that lets go on whatever it finds (HOLD).

    Raises InstanceError."""
    lists = outside(instance)
    parameter = PARAMETERS[STAGE[check]]
    place, rules, problem = lists.rules(parameter)
    if problem:
        return Gap(place, problem=f"{place.title}: {problem}")
    enabled = [each for each in rules if each.written.enabled]
    names = ["" if each.reference or each.rule.is_class else each.rule.name.lower() for each in enabled]
    reached = next((n for n, name in enumerate(names) if name in FINAL), len(names))
    own = [n for n, name in enumerate(names[:reached]) if name in OURS]
    index = 0 if first else own[-1] + 1 if own else 0
    passes = tuple(
        each.rule.written for each, name in zip(enabled[:index], names, strict=False) if name in ENDS
    )
    where, before = _below(enabled, index, place)
    return Gap(where, before, not enabled, passes, spares=bool(own) or not enabled)


def _below(
    rules: Sequence[ReadRule], index: int, place: ListPlace
) -> tuple[ListPlace, tuple[str, int] | None]:
    """The list in which a rule goes that is to be the one at `index`, and the rule below it there."""
    while 0 < index < len(rules) and rules[index - 1].reference:  # the first of a $name: above that
        index -= 1
    if index == len(rules):
        return place, None
    return rules[index].place, (rules[index].written.text, rules[index].written.number)
