"""What is offered for a DNS list that is closed, dead, lists everybody, or is asked without an answer filter:
edits of every rule that asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailtui.edits import ruleplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.dnsbl import Asked, ZoneState, holds_of
from mailtui.postfix.dnszones import FILTERS, closed_zone
from mailtui.postfix.instance import Instance
from mailtui.postfix.rulesearch import rules_of
from mailtui.screens.parts.form import Made
from mailtui.text.safe import safe

_USELESS = frozenset({"closed", "dead", "lists all", "refused"})


@dataclass(frozen=True, slots=True)
class ZoneFix:
    """`says`: what it does to the rules that ask the list."""

    says: str
    make: Callable[[Instance], Made]


def fixes(asked: Asked, state: ZoneState | None) -> list[ZoneFix]:
    """What is offered for a list; nothing where nothing is wrong. `state`: what it answered, if asked."""
    found: list[ZoneFix] = []
    closed = closed_zone(asked.argument)
    if closed is not None and closed.use:
        found.append(_rewritten(asked, f"{closed.use}={FILTERS[closed.use]}"))
    elif closed is None and "=" not in asked.argument and asked.zone in FILTERS:
        found.append(_rewritten(asked, f"{asked.zone}={FILTERS[asked.zone]}"))
    if closed is not None or (state is not None and state.health in _USELESS):
        found.append(ZoneFix("take the rule out", lambda after: _each(after, asked, ruleplan.remove)))
        found.append(
            ZoneFix("switch it off: it stays in the file as a comment",
                    lambda after: _each(after, asked, ruleplan.switch))
        )  # fmt: skip
    return found


def _rewritten(asked: Asked, argument: str) -> ZoneFix:
    def change(after: Instance, row: RuleRow) -> Plan:
        return ruleplan.change(after, row, argument=argument)

    return ZoneFix(f"write {argument}", lambda after: _each(after, asked, change))


def _each(after: Instance, asked: Asked, plan: Callable[[Instance, RuleRow], Plan]) -> Made:
    """A plan for every rule that asks the list, each over those before it; the last first, so that the places
    of the others stay."""

    def asks(row: RuleRow) -> bool:
        return row.argument == asked.argument and holds_of(row.name.lower()) == asked.holds

    edits: list[Edit] = []
    says: list[str] = []
    for row in reversed(rules_of(after, asks)):
        made = plan(after, row)
        if made.refused:
            return Made(refused=made.refused)
        edits += made.edits
        says += [each for each in made.says if each not in says]
        after = after.over(Candidate(after.files, made.edits))
    if not edits:
        return Made(refused=f"{safe(asked.argument)} stands in no rule that can be changed here")
    label = f"~ {safe(asked.argument)} in {len(edits)} rules" if len(edits) > 1 else ""
    return Made(edits, label, says=says or [f"Staged in {len(edits)} rule{'s' if len(edits) > 1 else ''}; w"])
