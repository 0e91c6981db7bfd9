"""What an admin does to a rule of a chain, as edits: in the place where the rule is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.edits.rules import (
    InsertRule,
    MoveRule,
    RemoveRule,
    RuleEdit,
    SetRule,
    SwitchRule,
    items_of,
)
from mailtui.formats.target import Target
from mailtui.postfix.chainread import written_at
from mailtui.postfix.chainrows import Chain, ListPlace, RuleRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.rulelists import WrittenList, WrittenRule
from mailtui.postfix.smtpd.chain import Rule, parse_rules
from mailtui.text.safe import safe


def insert(
    instance: Instance,
    place: ListPlace,
    text: str,
    before: RuleRow | None = None,
    comments: Sequence[str] = (),
) -> Plan:
    """A rule more in a list, before one of its rules, or last. `instance`: with the draft over it."""
    wrong = not_one(text)
    if wrong:
        return Plan(refused=wrong)
    if before is not None and before.place != place:
        return Plan(refused=_elsewhere(before))
    found = written_at(instance, place)
    rule = parse_rules(items_of(text), ())[0].written
    at = len(found.items) if before is None else before.first
    number = sum(each.text == rule and each.rule.first < at for each in found.live)
    anchor = None if before is None else before.written
    edit = InsertRule(
        *_named(place), rule, number, _default(place),
        anchor, 0 if before is None else before.number, tuple(comments),
    )  # fmt: skip
    return Plan((edit,), tuple(_spread_word(place)))


def not_one(text: str) -> str:
    """Why a text is not one rule; empty where it is."""
    found = parse_rules(items_of(text), ())
    if not found:
        return "a rule is wanted"
    if len(found) > 1 and not found[0].known:
        close = get_close_matches(found[0].name.lower(), ARGUMENTS, n=1, cutoff=0.8)
        hint = f"; perhaps {close[0]}" if close else ", and a class takes no argument"
        return f"smtpd does not know {safe(found[0].name)}{hint}"
    if len(found) > 1:
        return f"{safe(text)} is more than one rule: add {safe(found[0].written)} first"
    if found[0].warn_only and not found[0].name and not found[0].argument:
        return "warn_if_reject wants the rule that it softens behind it"
    return ""


def move(instance: Instance, row: RuleRow, before: RuleRow | None) -> Plan:
    """A rule to before another of the same list, or last in it. The comments above it go along."""
    stuck = _stuck(row)
    if stuck:
        return Plan(refused=stuck)
    if before is not None and before.place != row.place:
        return Plan(refused=_elsewhere(before))
    found = written_at(instance, row.place)
    rule = found.find(row.written, row.number)
    if rule is None:
        return Plan(refused=_gone(row))
    at = len(found.items) if before is None else before.first
    if rule.rule.first <= at <= rule.rule.last + 1:
        return Plan(says=("it stands there already",))
    below = _below(found, rule)
    others = [each for each in found.live if each is not rule and each.text == rule.text]
    edit = MoveRule(
        *_named(row.place), rule.text, rule.number, _default(row.place),
        None if before is None else before.written, 0 if before is None else before.number,
        *below, sum(each.rule.first < at for each in others),
    )  # fmt: skip
    return Plan((edit,), tuple(_spread_word(row.place)))


def step(instance: Instance, chain: Chain, row: RuleRow, by: int) -> Plan:
    """A rule one place up (`by` -1) or down (1) among those in force of its list."""
    mine = [
        each
        for each in chain.rows
        if each.enabled and each.marker != "-" and (each.place, each.via) == (row.place, row.via)
    ]
    at = next((n for n, each in enumerate(mine) if each.key == row.key), None)
    if at is None:
        return Plan(refused=_stuck(row) or _gone(row))
    to = at + by
    if not 0 <= to < len(mine):
        where = "first" if by < 0 else "last"
        return Plan(refused=f"it is the {where} rule of {safe(row.place.title)} already")
    below = to if by < 0 else to + 1
    return move(instance, row, mine[below] if below < len(mine) else None)


def change(
    instance: Instance,
    row: RuleRow,
    *,
    argument: str | None = None,
    warn_only: bool | None = None,
    comments: Sequence[str] | None = None,
    text: str | None = None,
) -> Plan:
    """Another argument, warn only or not, other comments, or another rule (`text`). None: as it is."""
    stuck = _stuck(row)
    if stuck:
        return Plan(refused=stuck)
    found = written_at(instance, row.place)
    rule = found.find(row.written, row.number)
    if rule is None:
        return Plan(refused=_gone(row))
    to = text if text is not None else _rewritten(rule.rule, argument, warn_only)
    wrong = not_one(to)
    if wrong:
        return Plan(refused=wrong)
    to = parse_rules(items_of(to), ())[0].written
    said = None if comments is None else tuple(comments)
    if to == rule.text and (said is None or said == rule.comments):
        return Plan()
    alike = sum(
        each.text == to and each.rule.first < rule.rule.first for each in found.live if each is not rule
    )
    was = None if said is None else rule.comments
    edit = SetRule(*_named(row.place), rule.text, rule.number, _default(row.place), to, alike, said, was)
    return Plan((edit,), tuple(_spread_word(row.place)))


def _rewritten(rule: Rule, argument: str | None, warn_only: bool | None) -> str:
    warns = rule.warn_only if warn_only is None else warn_only
    words = ("warn_if_reject" if warns else "", rule.name, rule.argument if argument is None else argument)
    return " ".join(word for word in words if word)


def moved(edits: Iterable[Edit]) -> frozenset[tuple[str, str, str]]:
    """The rules that edits move, for the markers of `chains`."""
    return frozenset((edit.name, edit.service, edit.rule) for edit in edits if isinstance(edit, MoveRule))


def remove(instance: Instance, row: RuleRow, *, comments: bool = True) -> Plan:
    """A rule, in force or off, out of its list; `comments`: with those directly above, which tell of it."""
    found = written_at(instance, row.place)
    rule = found.find(row.written, row.number, enabled=row.enabled)
    if rule is None or row.marker == "-":
        return Plan(refused=_gone(row))
    edit = RemoveRule(
        *_named(row.place), rule.text, rule.number, _default(row.place), *_below(found, rule),
        rule.comments, comments and bool(rule.comments), row.enabled,
    )  # fmt: skip
    return Plan((edit,), tuple(_spread_word(row.place)))


def switch(instance: Instance, row: RuleRow) -> Plan:
    """A rule off, kept as a comment in its list; or in force again."""
    if row.marker == "-":
        return Plan(refused=_gone(row))
    found = written_at(instance, row.place)
    rule = found.find(row.written, row.number, enabled=row.enabled)
    if rule is None:
        return Plan(refused=_gone(row))
    alike = sum(
        each.text == rule.text and each.enabled is not row.enabled and each.rows < rule.rows
        for each in found.rules
    )
    edit = SwitchRule(*_named(row.place), rule.text, rule.number, _default(row.place), not row.enabled, alike)
    return Plan((edit,), tuple(_spread_word(row.place)))


def _named(place: ListPlace) -> tuple[Target, str, str]:
    return place.target, place.name, place.service


def _default(place: ListPlace) -> str | None:
    return None if place.is_set else place.default


def _below(found: WrittenList, rule: WrittenRule) -> tuple[str | None, int]:
    """The rule in force below one, as edits name it."""
    later = [each for each in found.live if each.rows >= rule.rows and each is not rule]
    if rule.enabled:
        later = [each for each in found.live if each.rule.first > rule.rule.last]
    return (later[0].text, later[0].number) if later else (None, 0)


def _spread_word(place: ListPlace) -> Iterator[str]:
    if place.is_set:
        return
    held = "an empty list" if not place.default else place.default
    where = f"for {place.service} alone" if place.service else "in main.cf"
    yield f"{safe(place.name)} is not set {where}: it is written out first, from {safe(held)}"


def _stuck(row: RuleRow) -> str:
    """Why a rule cannot be changed where it stands."""
    if row.marker == "-":
        return _gone(row)
    if not row.enabled:
        return "it is off: switch it on first"
    if not row.written:
        return f"conditions in {safe(row.place.title)} make this rule: edit the parameter itself"
    return ""


def _gone(row: RuleRow) -> str:
    return f"{safe(row.text)} is no longer in {safe(row.place.title)}"


def _elsewhere(row: RuleRow) -> str:
    via = f", which came in by {safe(row.via[-1])}" if row.via else ""
    return f"{safe(row.text)} stands in {safe(row.place.title)}{via}: a rule stays within its own list"


__all__ = ["RuleEdit", "change", "insert", "move", "moved", "not_one", "remove", "step", "switch"]
