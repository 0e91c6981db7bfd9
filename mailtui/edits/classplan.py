"""Restriction classes made, renamed and removed, with every use of them in lists and access tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.model import Edit
from mailtui.edits.parameters import RenameParameter, ResetParameter, SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.ruleplan import change, not_one, remove
from mailtui.edits.rules import SetRule
from mailtui.formats.target import Target
from mailtui.postfix.chainread import ServiceLists, classes_named, smtpd_services
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.chains import chains
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import parse_map, split_list
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.text.safe import decode, safe

CLASSES = "smtpd_restriction_classes"
_NAME = re.compile(r"[A-Za-z0-9_]+")


class EntryUse(NamedTuple):
    """An entry of an access table whose value names a class."""

    target: Target
    key: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Uses:
    """Where a class is used: rules (each once, though several services share its list), entries of tables
    that can be edited, and in words what can only be changed by hand."""

    rules: tuple[RuleRow, ...]
    entries: tuple[EntryUse, ...]
    by_hand: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.rules or self.entries or self.by_hand)


def class_problem(instance: Instance, name: str) -> str:
    """Why a new class cannot be called so; empty where it can."""
    if not _NAME.fullmatch(name):
        return "the name of a class is made of letters, digits and _"
    if name.lower() in ARGUMENTS:
        return f"{name} is a restriction of Postfix, and stays one"
    values = instance.parameters.values
    if name in values.known:
        return f"{name} is a parameter of Postfix"
    if name in values.explicit:
        return f"{name} is set in main.cf already"
    return ""


def make(instance: Instance, name: str, rules: Sequence[str]) -> Plan:
    """A new class with these rules. Raises ParameterError."""
    wrong = class_problem(instance, name)
    wrong = wrong or next((text for text in map(not_one, rules) if text), "")
    if not rules:
        wrong = wrong or "a class without a rule stops smtpd: give it one"
    if wrong:
        return Plan(refused=wrong)
    return Plan(
        (_listed(instance, name), SetParameter(instance.main, name, ", ".join(rules), None)),
        tuple(_overriders(instance, name)),
    )


def _listed(instance: Instance, name: str) -> Edit:
    if instance.parameters.definition(CLASSES) is None:
        return SetParameter(instance.main, CLASSES, (name,), None)
    return AddItem(instance.main, CLASSES, name)


def _overriders(instance: Instance, name: str) -> Iterator[str]:
    for service in instance.parameters.overrides(CLASSES):
        yield f"{service} has its own {CLASSES}: {safe(name)} is not known there"


def uses(instance: Instance, name: str) -> Uses:
    """Every use of a class, over all services. Raises ParameterError, InstanceError."""
    rules: dict[tuple[object, ...], RuleRow] = {}
    tables: dict[str, None] = {}
    by_hand: list[str] = []
    for service in smtpd_services(instance):
        for chain in chains(instance, instance, service):
            for row in chain.rows:
                if row.kind == "class" and row.name == name:
                    rules.setdefault((row.place, row.written, row.number, row.enabled), row)
                elif name in row.classes and row.table:
                    tables[row.table] = None
    found: list[EntryUse] = []
    for table in tables:
        lookup = parse_map(table, config_dir=instance.config_dir)
        if lookup.target is None:
            by_hand.append(f"{safe(table)} names {safe(name)}: change it there")
            continue
        found += _entry_uses(instance, lookup.target, name)
    kept = tuple(row for row in rules.values() if row.enabled)
    by_hand += [
        f"{safe(row.place.title)} has {safe(row.text)} commented out"
        for row in rules.values()
        if not row.enabled
    ]
    return Uses(kept, tuple(found), tuple(by_hand))


def _entry_uses(instance: Instance, target: Target, name: str) -> Iterator[EntryUse]:
    try:
        table = entries(instance.files, target)
    except OSError:  # chains tell of a table that cannot be read
        return
    needle = name.encode()
    for index in range(len(table)):
        entry = table.entry(index)
        if needle in entry.value and entry.enabled and classes_named(decode(entry.value), (name,)):
            yield EntryUse(target, decode(entry.key), decode(entry.value), entry.line)


def rename(instance: Instance, name: str, to: str) -> Plan:
    """A class under another name, in its definition and wherever it is used. Raises ParameterError."""
    wrong = class_problem(instance, to)
    if instance.parameters.definition(name) is None:
        wrong = wrong or f"{safe(name)} is not set in main.cf"
    if wrong:
        return Plan(refused=wrong)
    edits: list[Edit] = [RenameParameter(instance.main, name, to)]
    listed = tuple(text for text, _ in instance.parameters.items(CLASSES))
    if name in listed:
        renamed = tuple(to if item == name else item for item in listed)
        edits.insert(0, SetParameter(instance.main, CLASSES, renamed, listed))
    found = uses(instance, name)
    for row in found.rules:
        text = f"warn_if_reject {to}" if row.written.lower().startswith("warn_if_reject ") else to
        edits += [_within(edit, name, to) for edit in change(instance, row, text=text).edits]
    for use in found.entries:
        value = re.sub(rf"(?<![^\s,]){re.escape(name)}(?![^\s,])", to, use.value)
        edits.append(SetEntry(use.target, use.key, value, use.value))
    return Plan(tuple(edits), found.by_hand)


def _within(edit: Edit, name: str, to: str) -> Edit:
    """A use within the class itself, or in another under its new name: the list is called so by then."""
    return replace(edit, name=to) if isinstance(edit, SetRule) and edit.name == name else edit


def take_out(instance: Instance, name: str) -> Plan:
    """A class and its uses removed: its rules in lists go, entries of tables lose it. Raises ParameterError.

    An entry that says nothing but the class goes as a whole: what it matches is then asked like all else.
    """
    found = uses(instance, name)
    says = list(found.by_hand)
    edits: list[Edit] = []
    for row in found.rules:
        if row.place.name != name:
            edits += remove(instance, row).edits
    for use in found.entries:
        rest = [item for item in split_list(use.value) if item != name]
        if rest:
            edits.append(SetEntry(use.target, use.key, " ".join(rest), use.value))
        else:
            edits.append(RemoveEntry(use.target, use.key, use.value))
            says.append(f"{safe(use.key)} in {safe(use.target.name)} goes: it says nothing but {safe(name)}")
    listed = [text for text, _ in instance.parameters.items(CLASSES)]
    if name in listed:
        below = listed[listed.index(name) + 1 :]
        edits.append(RemoveItem(instance.main, CLASSES, name, below[0] if below else None))
    value = instance.parameters.get(name)
    if value is not None:
        edits.append(ResetParameter(instance.main, name, value))
    emptied = _emptied(instance, name)
    if emptied:
        return Plan(refused=f"the class {safe(emptied)} would be empty, and smtpd stops: remove it first")
    if not edits:
        return Plan(refused=f"there is no class {safe(name)}; mailtui restriction list shows them")
    return Plan(tuple(edits), tuple(says))


def _emptied(instance: Instance, name: str) -> str:
    """Another class that holds nothing but this one."""
    for service in smtpd_services(instance):
        lists = ServiceLists(instance, service)
        for other in lists.classes:
            if other != name and set(split_list(lists.setting(other))) == {name}:
                return other
    return ""
