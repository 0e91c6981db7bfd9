"""What is set for a policy service, as edits of every rule that asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailtui.edits import ruleplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.policysettings import SETTINGS, argument, problem
from mailtui.postfix.smtpd.policy import Endpoint
from mailtui.text.safe import safe


def with_settings(
    instance: Instance, server: Endpoint, rules: Sequence[RuleRow], options: Mapping[str, str]
) -> Plan:
    """The options of a service (an empty one is the parameter's) in its rules. `instance`: with the draft
    over it. Raises InstanceError."""
    for each in SETTINGS:
        wrong = problem(each.name, options.get(each.name, ""))
        if wrong:
            return Plan(refused=f"{each.name}: {wrong}")
    text = argument(server, options)
    edits: list[Edit] = []
    says: list[str] = []
    after = instance
    for row in reversed(rules):  # so that the places of the others stay
        plan = ruleplan.change(after, row, argument=text)
        if plan.refused:
            return plan
        edits += plan.edits
        says += [each for each in plan.says if each not in says]
        after = after.over(Candidate(after.files, plan.edits))
    if edits and len(rules) > 1:
        says.insert(0, f"{len(rules)} rules ask {safe(server.written)}: all of them are changed")
    return Plan(tuple(edits), tuple(says))
