"""Entries of access tables by which somebody is let through, and what stands in the way of them.

step = blocker(answer); found = find(instance, session, step)
for entry in entries(instance, answer, step, found, check, key): plan = plan_of(instance, (entry,), by, "")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailtui.edits.accessrules import FILES
from mailtui.edits.candidate import Candidate
from mailtui.edits.domaintables import free_path
from mailtui.edits.entries import SetEntry
from mailtui.edits.lettingproof import Whom
from mailtui.edits.model import Edit
from mailtui.edits.notes import SetNote
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule
from mailtui.edits.standing import document, remark, standing_note
from mailtui.formats.target import Target
from mailtui.postfix.accessplaces import Check
from mailtui.postfix.addresses import quote
from mailtui.postfix.addresses import recipient as bare
from mailtui.postfix.chainread import ReadRule, ServiceLists
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED, parse_map
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS
from mailtui.postfix.smtpd.session import PARAMETERS, Answer, Session, Step
from mailtui.text.safe import decode, encode, safe

_STOPS = frozenset({"reject", "defer", "flag", "unknown"})


@dataclass(frozen=True, slots=True)
class Found:
    """The rule that stands in the way: its step, its list, and those of the list before it and itself."""

    lists: ServiceLists
    step: Step
    parameter: str
    before: tuple[ReadRule, ...]
    rule: ReadRule


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that would let pass: `rule` makes a table for it that there is not yet."""

    target: Target
    key: str
    value: str
    rule: InsertRule | None = None


def blocker(answer: Answer) -> Step | None:
    """The step that stands in the way; None where nothing does."""
    if answer.action == "unknown":
        return next((step for step in answer.steps if step.outcome == "unknown"), None)
    if answer.action not in {"reject", "defer"}:
        return None
    by = answer.decided_by
    steps = [each for each in answer.steps if (each.rule, each.argument) == (by.rule, by.argument)]
    return next((each for each in reversed(steps) if each.outcome in _STOPS), None)


def find(instance: Instance, session: Session, step: Step) -> Found | None:
    """Where the rule of a step is written; None for one that stands in a table's value, or in no list."""
    lists = ServiceLists(instance, session.service)
    name = step.stage.removeprefix("class:")
    parameter = next((each for stage, each in PARAMETERS.items() if stage == name), name)
    live = [each for each in lists.rules(parameter)[1] if each.written.enabled and not each.reference]
    alike = [
        n
        for n, each in enumerate(live)
        if (each.rule.name or DEFAULT_COMMANDS.get(parameter, ""), each.rule.argument)
        == (step.rule, step.argument)
        and each.written.text
    ]
    if not alike:
        return None
    at = next((n for n in alike if live[n].written.line == step.line), alike[0])
    return Found(lists, step, parameter, tuple(live[:at]), live[at])


def key_of(session: Session, whom: Whom) -> str:
    """The key by which whoever is meant is found in a table; empty where there is none."""
    if whom == "client":
        return session.client_address
    address = session.sender if whom == "sender" else session.recipient
    return quote(bare(address)) if address else ""


def entries(
    instance: Instance,
    answer: Answer,
    step: Step,
    found: Found | None,
    check: Check,
    key: str,
    made: Target | None = None,
) -> Iterator[Entry]:
    """Entries that may let pass, the one that opens least first. `made`: a table that the same offer makes
    already, to be asked here too."""
    for asked in reversed(answer.steps[: answer.steps.index(step) + 1]):
        if asked.rule.lower() == check and asked.table and (asked is step or _leads(asked, step)):
            target = _editable(instance, asked.table, step.stage)
            if target is not None:
                yield Entry(target, key, "DUNNO")
                yield Entry(target, key, "OK")
    if found is None:
        return
    for read in reversed(found.before):
        if read.rule.name.lower() == check and not read.rule.warn_only:
            target = _editable(instance, read.rule.argument, found.parameter)
            if target is not None:
                yield Entry(target, key, "OK")
    wanted = instance.parameters.effective("default_database_type")
    kind = wanted if wanted in INDEXED else "hash"
    target = made or Target("table", free_path(instance, FILES[check], kind), kind)
    place, below = found.rule.place, found.rule.written
    rule = InsertRule(
        place.target, place.name, place.service, f"{check} {target.spec}", 0,
        None if place.is_set else place.default, below.text, below.number,
    )  # fmt: skip
    yield Entry(target, key, "OK", rule)


def _leads(asked: Step, step: Step) -> bool:
    """Whether a table's value may have led to a step: to a class that it names."""
    named = asked.value.replace(",", " ").split()
    return asked.depth < step.depth and step.stage.removeprefix("class:") in named


def _editable(instance: Instance, spec: str, parameter: str) -> Target | None:
    """The table of this name, where it has entries by key."""
    table = parse_map(spec, parameter, instance.config_dir)
    is_plain = table.target is not None and table.target.format == "table" and not table.proxied
    return table.target if is_plain else None


def plan_of(instance: Instance, chain: Sequence[Entry], by: tuple[str, str], reason: str) -> Plan:
    """The edits that make entries, each over those before it; none where one says nothing new. Raises
    OSError."""
    edits: list[Edit] = []
    says: list[str] = []
    for entry in chain:
        over = instance.over(Candidate(instance.files, edits)) if edits else instance
        plan = _plan(over, entry, by, reason)
        if not plan.edits:
            return Plan()
        edits += plan.edits
        says += [text for text in plan.says if text not in says]
    return Plan(tuple(edits), tuple(says))


def _plan(instance: Instance, entry: Entry, by: tuple[str, str], reason: str) -> Plan:
    """The edits that make an entry. Raises OSError."""
    day, who = by
    table = document(instance, entry.target)
    index = table.find(encode(entry.key))
    was = None if index is None else decode(table.entry(index).value)
    if was == entry.value:
        if entry.rule is None:
            return Plan()
        return Plan(
            (entry.rule,), (f"{safe(entry.target.name)} is asked before {safe(entry.rule.before or '')} too",)
        )
    text = remark(day, who, reason, "let through")
    edits: list[Edit] = [] if entry.rule is None else [entry.rule]
    edits.append(SetEntry(entry.target, entry.key, entry.value, was))
    edits.append(SetNote(entry.target, entry.key, text, standing_note(table, entry.key)))
    says = []
    if entry.rule is not None:
        where = entry.rule.service or "main.cf"
        says.append(
            f"{safe(entry.target.path)} is made, and asked in {safe(entry.rule.name)} of {safe(where)} "
            f"before {safe(entry.rule.before or '')}"
        )
    if was is not None:
        says.append(f"{safe(entry.target.name)} says {safe(was)} of {safe(entry.key)} now: that is changed")
    after = "the rules after it are asked all the same"
    if entry.value == "OK":
        after = "no further rule of that list is asked"
    says.append(f"{safe(entry.key)} {entry.value} in {safe(entry.target.name)}: {after}")
    return Plan(tuple(edits), tuple(says))
