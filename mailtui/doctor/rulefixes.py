"""Where a rule stands, and what is done with one that should not stand there."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.doctor.case import Case
from mailtui.doctor.model import RuleName
from mailtui.edits import ruleplan
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import SetServiceOption
from mailtui.postfix.chainread import written_at
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.lookups import split_list
from mailtui.postfix.rulelists import is_rule
from mailtui.postfix.smtpd.chain import parse_rules


def of(row: RuleRow) -> tuple[str, int | None]:
    """Where a rule is to be found."""
    return row.file, row.line or row.place.line


def named(*rows: RuleRow) -> tuple[RuleName, ...]:
    """What rules are called in a finding."""
    return tuple(RuleName(row.stage, row.text) for row in rows)


def renamed(row: RuleRow, name: str) -> str:
    """A rule by another name, without its argument."""
    return f"{'warn_if_reject ' if row.warn_only else ''}{name}"


def off(case: Case, row: RuleRow) -> Plan | None:
    """A rule switched off, kept as a comment; taken out where that could not bring it back."""
    rules = parse_rules(split_list(row.written), ())
    plan = None
    if len(rules) == 1 and is_rule(rules[0], ()):
        plan = case.tried(ruleplan.switch(case.instance, row))
    return plan or case.tried(ruleplan.remove(case.instance, row, comments=False))


def relisted(case: Case, row: RuleRow, first: int, last: int, items: Sequence[str]) -> Plan | None:
    """The list of a rule with other items in the place of `first` to `last`."""
    place = row.place
    found = written_at(case.instance, place).items
    wanted = (*found[:first], *items, *found[last + 1 :])
    if not place.is_set or row.via or not wanted:
        return None
    if place.service:
        was = case.option(place.service, place.name)
        edit: Edit = SetServiceOption(place.target, place.service, place.name, ", ".join(wanted), was)
    else:
        edit = SetParameter(place.target, place.name, wanted, found)
    return case.tried(Plan((edit,)))
