"""One change of many aliases: a destination more, one less, one by another, or another table for all.

An alias that is commented out is changed as the others are, and stays commented out: who puts it into force
again wants it to lead where the others do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from mailtui.edits.bulk import Change, folded, standing
from mailtui.edits.entries import AddDisabledEntry, RemoveDisabledEntry, SetDisabledEntry
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
from mailtui.text.safe import decode, encode

Items = tuple[str, ...]


@dataclass(slots=True)
class BulkChange:
    """What it comes to: the edits, which aliases in force change, how many say so already, and those that
    are left out, each with its reason. `refused`: why nothing of it can be."""

    edits: tuple[Edit, ...] = ()
    label: str = ""
    changed: list[Change] = field(default_factory=list)
    off: list[Change] = field(default_factory=list)
    """Those that change and are commented out; they stay so."""
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


def _usable(
    instance: Instance, rows: Sequence[AliasRow], result: BulkChange
) -> Iterator[tuple[AliasRow, Target]]:
    """The rows that can be changed; the others are left out with their reasons."""
    for row in rows:
        target = row.table.target
        if row.duplicate:
            result.left.append((row.address, "does not count: the table has this key above already"))
        elif not row.editable or target is None or row.kinds == ("opaque",):
            result.left.append((row.address or row.table.spec, row.table.note or "cannot be edited here"))
        elif row.marker == "-":
            result.left.append((row.address, "is to be deleted"))
        elif not row.enabled and not _is_last_off(_document(instance, target), row):
            result.left.append((row.address, "is commented out again below; change that one first"))
        else:
            yield row, target


def _is_last_off(document: Table | Aliases, row: AliasRow) -> bool:
    """Whether an edit that names the commented-out entry means this row: of several the last."""
    found = document.find_disabled(encode(row.address))
    return found is not None and tuple(map(decode, document.items(found))) == row.destinations


def _listed(
    instance: Instance, rows: Sequence[AliasRow], make: Callable[[Items], Items], new: str, words: str
) -> BulkChange:
    result = BulkChange()
    problems: dict[bool, str] = {}
    work = _Work()
    for row, target in _usable(instance, rows, result):
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
        elif row.enabled:
            work.change(target, row.address, ", ".join(row.destinations), ", ".join(items))
            work.tables[target] = row.table
        else:
            result.off.append(Change(row.address, ", ".join(row.destinations), ", ".join(items)))
            work.off.append(SetDisabledEntry(target, row.address, items, row.destinations))
    if problems and all(problems.values()) and not work.changes and not work.off:
        result.refused = f"{new}: {next(iter(problems.values()))}"
    return _finished(instance, result, work, words)


def move(instance: Instance, rows: Sequence[AliasRow], to: AliasTable) -> BulkChange:
    """All of them into another table; one whose name stands there, or cannot, is left out."""
    result = BulkChange()
    if to.target is None or not to.editable:
        result.refused = f"{to.spec} cannot be edited here: {to.note}"
        return result
    usable = list(_usable(instance, rows, result))
    document = _document(instance, to.target)
    there = set(standing(document, [row.address for row, _ in usable]))
    there |= {
        folded(row.address) for row, _ in usable if document.find_disabled(encode(row.address)) is not None
    }
    work = _Work({}, {to.target: to})
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
        if row.enabled:
            work.change(target, row.address, value, "")
            work.change(to.target, row.address, "", value)
        else:
            there.add(folded(row.address))
            result.off.append(Change(row.address, value, value))
            work.off.append(RemoveDisabledEntry(target, row.address, row.destinations))
            work.off.append(AddDisabledEntry(to.target, row.address, row.destinations))
    return _finished(instance, result, work, f"into {to.name}")


@dataclass(slots=True)
class _Work:
    """What becomes of each table's entries in force, the tables whose new values may close a circle, and the
    edits of what is commented out."""

    changes: dict[Target, list[Change]] = field(default_factory=dict)
    tables: dict[Target, AliasTable] = field(default_factory=dict)
    off: list[Edit] = field(default_factory=list)

    def change(self, target: Target, name: str, was: str, value: str) -> None:
        self.changes.setdefault(target, []).append(Change(name, was, value))


def _finished(instance: Instance, result: BulkChange, work: _Work, words: str) -> BulkChange:
    """The edits, without those that would close a circle."""
    rules = rules_of(instance)
    found = circles(
        [
            (partial(standing, _document(instance, target)), each, work.tables[target].role == "virtual")
            for target, each in work.changes.items()
            if target in work.tables
        ],
        rules,
    )
    edits: list[Edit] = []
    for target, each in work.changes.items():
        fine = [change for change in each if folded(change.name) not in found]
        result.changed += [change for change in fine if change.value]
        result.left += [
            (change.name, f"loop: {found[folded(change.name)]}")
            for change in each
            if change.value and folded(change.name) in found
        ]
        edits += entry_edits(target, fine, lists=True, source=words)
    result.edits = (*edits, *work.off)
    count = len(result.changed) + len(result.off)
    result.label = f"~ {count} alias{'es' * (count != 1)} {words}"
    return result


def _document(instance: Instance, target: Target) -> Table | Aliases:
    try:
        return entries(instance.files, target)
    except FileNotFoundError:
        return Aliases.parse(b"") if target.format == "aliases" else Table.parse(b"")
