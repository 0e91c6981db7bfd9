"""One change of many aliases: a destination more, one less, one by another, or another table for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from mailtui.edits.bulk import Change, folded, standing
from mailtui.edits.importing import entry_edits
from mailtui.edits.importloops import circles
from mailtui.edits.model import Edit
from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.aliasrows import AliasRow
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.destinations import item_problem
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.rules import rules_of
from mailtui.postfix.validate import name_problem

Items = tuple[str, ...]


@dataclass(slots=True)
class BulkChange:
    """What it comes to: the edits, how many aliases change and how many say so already, and those that are
    left out, each with its reason. `refused`: why nothing of it can be."""

    edits: tuple[Edit, ...] = ()
    label: str = ""
    changed: list[Change] = field(default_factory=list)
    same: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    refused: str = ""


def add(instance: Instance, rows: Sequence[AliasRow], item: str) -> BulkChange:
    """One destination more for all. Raises ParameterError and OSError, as all here."""
    return _listed(instance, rows, lambda items: (*items, item), item, f"to {item}")


def drop(instance: Instance, rows: Sequence[AliasRow], item: str) -> BulkChange:
    """One destination less, where it is one; an alias that would go to nobody is left out."""
    return _listed(instance, rows, lambda items: _without(items, item), "", f"not to {item}")


def replace(instance: Instance, rows: Sequence[AliasRow], old: str, new: str) -> BulkChange:
    """One destination by another, where it is one."""

    def made(items: Items) -> Items:
        return tuple(new if folded(item) == folded(old) else item for item in items)

    return _listed(instance, rows, made, new, f"to {new} and not to {old}")


def _without(items: Items, item: str) -> Items:
    return tuple(each for each in items if folded(each) != folded(item))


def _once(items: Items) -> Items:
    found: dict[str, str] = {}
    for item in items:
        found.setdefault(folded(item), item)
    return tuple(found.values())


def _usable(rows: Sequence[AliasRow], result: BulkChange) -> Iterator[tuple[AliasRow, Target]]:
    """The rows that can be changed; the others are left out with their reasons."""
    for row in rows:
        target = row.table.target
        if row.duplicate:
            result.left.append((row.address, "does not count: the table has this key above already"))
        elif not row.editable or target is None or row.kinds == ("opaque",):
            result.left.append((row.address or row.table.spec, row.table.note or "cannot be edited here"))
        elif row.marker == "-" or not row.enabled:
            result.left.append((row.address, "is to be deleted" if row.marker == "-" else "is off"))
        else:
            yield row, target


def _listed(
    instance: Instance, rows: Sequence[AliasRow], make: Callable[[Items], Items], new: str, words: str
) -> BulkChange:
    result = BulkChange()
    problems: dict[bool, str] = {}
    changes: dict[Target, list[Change]] = {}
    tables: dict[Target, AliasTable] = {}
    for row, target in _usable(rows, result):
        items = _once(make(row.destinations))
        virtual = row.table.role == "virtual"
        if virtual not in problems:
            problems[virtual] = item_problem(instance, new, virtual=virtual) if new else ""
        if items == _once(row.destinations):
            result.same += 1
        elif not items:
            result.left.append((row.address, "would go to nobody; delete it instead"))
        elif problems[virtual]:
            result.left.append((row.address, f"{new}: {problems[virtual]}"))
        else:
            change = Change(row.address, ", ".join(row.destinations), ", ".join(items))
            changes.setdefault(target, []).append(change)
            tables[target] = row.table
    if problems and all(problems.values()) and not changes:
        result.refused = f"{new}: {next(iter(problems.values()))}"
    return _finished(instance, result, changes, tables, words)


def move(instance: Instance, rows: Sequence[AliasRow], to: AliasTable) -> BulkChange:
    """All of them into another table; one whose name stands there, or cannot, is left out."""
    result = BulkChange()
    if to.target is None or not to.editable:
        result.refused = f"{to.spec} cannot be edited here: {to.note}"
        return result
    usable = list(_usable(rows, result))
    there = standing(_document(instance, to.target), [row.address for row, _ in usable])
    changes: dict[Target, list[Change]] = {}
    virtual = to.role == "virtual"
    for row, target in usable:
        if target.path == to.target.path:
            result.same += 1
            continue
        bad = next(
            (why for item in row.destinations if (why := item_problem(instance, item, virtual=virtual))), ""
        )
        why = name_problem(row.address, virtual=virtual) or bad
        if why or folded(row.address) in there:
            result.left.append((row.address, why or f"stands in {to.name} already"))
            continue
        value = ", ".join(row.destinations)
        changes.setdefault(target, []).append(Change(row.address, value, ""))
        changes.setdefault(to.target, []).append(Change(row.address, "", value))
    return _finished(instance, result, changes, {to.target: to}, f"into {to.name}")


def _finished(
    instance: Instance,
    result: BulkChange,
    changes: dict[Target, list[Change]],
    tables: dict[Target, AliasTable],
    words: str,
) -> BulkChange:
    """The edits, without those that would close a circle."""
    rules = rules_of(instance)
    found = circles(
        [
            (partial(standing, _document(instance, target)), each, tables[target].role == "virtual")
            for target, each in changes.items()
            if target in tables
        ],
        rules,
    )
    edits: list[Edit] = []
    for target, each in changes.items():
        fine = [change for change in each if folded(change.name) not in found]
        result.changed += [change for change in fine if change.value]
        result.left += [
            (change.name, f"loop: {found[folded(change.name)]}")
            for change in each
            if change.value and folded(change.name) in found
        ]
        edits += entry_edits(target, fine, lists=True, source=words)
    result.edits = tuple(edits)
    count = len(result.changed)
    result.label = f"~ {count} alias{'es' * (count != 1)} {words}"
    return result


def _document(instance: Instance, target: Target) -> Table | Aliases:
    try:
        return entries(instance.files, target)
    except FileNotFoundError:
        return Aliases.parse(b"") if target.format == "aliases" else Table.parse(b"")
