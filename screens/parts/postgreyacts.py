"""What the keys of the postgrey view do, as edits: several rows as one act."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from mailtui.edits import postgreyplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.greylisting import KNOWN, Places
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.postgreyrows import PostgreyLine

PlanOf = Callable[[Instance, Places, PostgreyLine], Plan]


def option_plan(after: Instance, here: Places, row: PostgreyLine, value: str) -> Plan:
    """An option as it was typed: empty is its default again, `no` of a flag takes it out."""
    known = KNOWN.get(row.name)
    if known is not None and known.kind == "flag":
        if (value == "yes") == row.given:
            return Plan()
        return postgreyplan.set_option(after, here, row.name, "" if value == "yes" else None)
    if value == (row.value if row.given else ""):
        return Plan()
    return postgreyplan.set_option(after, here, row.name, value or None)


def removed(after: Instance, here: Places, row: PostgreyLine) -> Plan:
    """`d`: an option's default again, an entry out."""
    if row.view == "options":
        if not row.given:
            return Plan(refused=f"{row.name} is not given: its default is in force")
        return postgreyplan.set_option(after, here, row.name, None)
    if row.staged == "-" or row.target is None:
        return Plan()
    if not row.enabled:
        on, out = key_for("postgrey.switch", "#"), key_for("postgrey.delete", "d")
        return Plan(refused=f"{row.name} is off: {on} switches it on, then {out} takes it out")
    return postgreyplan.remove_white(here, row.target, row.name, row.note)


def switched(after: Instance, here: Places, row: PostgreyLine) -> Plan:
    """`#`: a flag turned, an entry off or on."""
    if row.view == "options":
        known = KNOWN.get(row.name)
        if known is None or known.kind != "flag":
            edit, out = key_for("postgrey.edit", "Enter"), key_for("postgrey.delete", "d")
            return Plan(refused=f"{row.name} has a value: {edit} changes it, {out} gives it its default")
        return postgreyplan.set_option(after, here, row.name, None if row.given else "")
    if row.staged == "-" or row.target is None:
        return Plan(refused=f"{row.name} is to be taken out; {takes_back()}")
    return postgreyplan.switch_white(here, row.target, row.name, on=not row.enabled)


def made_of(plan: Plan, to: Hashable) -> Made:
    """What a plan comes to; the cursor goes to the row `to`."""
    return Made(plan.edits, to=to if plan.edits else None, says=plan.says, refused=plan.refused)


def together(after: Instance, here: Places, rows: Sequence[PostgreyLine], plan_of: PlanOf) -> Made:
    """A plan for each row, over those before it, as one act."""
    edits: list[Edit] = []
    says: list[str] = []
    refused = ""
    for row in rows:
        plan = plan_of(after, here, row)
        refused = refused or plan.refused
        if plan.edits:
            edits += plan.edits
            says += [each for each in plan.says if each not in says]
            after = after.over(Candidate(after.files, plan.edits))
    if not edits:
        return Made(refused=refused)
    label = f"{len(edits)} changes of postgrey" if len(edits) > 1 else ""
    return Made(edits, label, says=[*says, *([refused] if refused else [])])
