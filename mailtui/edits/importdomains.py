"""Domains of a file over those that are there: into the lists of their classes, and out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mailtui.edits.bulk import Change
from mailtui.edits.candidate import Candidate
from mailtui.edits.domainplaces import PARAMETER, take_in
from mailtui.edits.domainplan import plan_class, plan_new, plan_remove
from mailtui.edits.entries import SetEntry
from mailtui.edits.importing import Line, Progress, Report, entry_edits, rows_of, text_cell
from mailtui.edits.items import AddItem
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.formats.sheet import Sheet
from mailtui.formats.target import Target
from mailtui.postfix.domains import CLASS_PARAMETERS, DomainClass, explain_domain, normal
from mailtui.postfix.hosted import Hosted
from mailtui.postfix.instance import Instance
from mailtui.postfix.syntax import domain_problem

CLASSES: tuple[DomainClass, ...] = tuple(kind for kind, _ in CLASS_PARAMETERS)
_MOST = 10_000
"""Domains that one import puts into a list of main.cf, or into a file that is a list."""
_ITEMS = 20
"""Items of one parameter up to which each is an edit of its own."""


class DomainImport:
    """See `plan`."""

    def __init__(self, instance: Instance, sheet: Sheet, source: str) -> None:
        self._instance, self._sheet = instance, sheet
        self.report = Report("domains", source)
        self._now = instance
        """The instance with the edits so far."""
        self._edits: list[Edit] = []
        self._hosted = Hosted(instance)
        self._refused: set[str] = set()
        """Names of refused rows: where they stand they stay."""
        self._wanted: dict[str, tuple[int, DomainClass]] = {}

    def made(self, *, mirror: bool, progress: Progress | None) -> Report:
        """The report with its edits. Raises InstanceError and OSError, and whatever `progress` raises."""
        for row in rows_of(self._sheet, progress):
            name, word = normal(text_cell(row, "domain")), text_cell(row, "class").lower()
            kind = next((each for each in CLASSES if each == word), None)
            if kind is None:
                why = f"class is {word or 'empty'}; write {', '.join(CLASSES)}"
            else:
                why = domain_problem(name) if name else "there is no domain; leave the row out"
            if not why and kind is not None:
                before = self._wanted.setdefault(name, (row.line, kind))
                if before != (row.line, kind):
                    why = f"stands on line {before[0]} already; leave one of them out"
            if why:
                self._refused.add(name)
                self._refuse(row.line, name, word, why)
        for kind in CLASSES:
            self._enter(kind, [name for name, each in self._wanted.items() if each[1] == kind])
        self._others(mirror=mirror)
        self.report.lines.sort(key=lambda line: line.line or len(self._sheet.rows) + 2)
        self._refuse_overruled()
        self.report.edits = tuple(self._edits)
        return self.report

    def _refuse(self, line: int | None, name: str, value: str, why: str) -> None:
        self.report.lines.append(Line("!", name, value, line=line, why=why))

    def _enter(self, kind: DomainClass, names: Sequence[str]) -> None:
        """The domains of one class: those that have another one change it, the others are new."""
        new: list[str] = []
        for name in names:
            line = self._wanted[name][0]
            classes = self._hosted.classes_of(name)
            if not classes:
                new.append(name)
            elif classes[0] == kind:
                self.report.lines.append(Line("=", name, kind, kind, line))
            else:
                plan = plan_class(self._now, name, kind)
                if plan.refused:
                    self._refuse(line, name, kind, plan.refused)
                    continue
                self._take(plan.edits, plan.says)
                self.report.lines.append(Line("~", name, kind, classes[0], line))
        self._enter_new(kind, new)

    def _enter_new(self, kind: DomainClass, names: Sequence[str]) -> None:
        """The first one is planned with all that its class needs; the others then join it in its list."""
        rest = iter(names)
        for name in rest:
            line = self._wanted[name][0]
            plan = plan_new(self._now, name, kind, postmaster=None, abuse=None)
            if plan.refused:
                self._refuse(line, name, kind, plan.refused)
                continue
            self._take(plan.edits, plan.says)
            self.report.lines.append(Line("+", name, kind, "", line))
            break
        left = list(rest)
        if left:
            self._join(kind, left)

    def _join(self, kind: DomainClass, names: Sequence[str]) -> None:
        hosted = Hosted(self._now)
        changes: dict[Target, list[Change]] = {}
        items: dict[tuple[Target, str], list[AddItem]] = {}
        first, *_ = names
        plan = take_in(self._now, hosted, first, kind)
        why = plan.refused
        if not why and len(names) > _MOST and any(isinstance(edit, AddItem) for edit in plan.edits):
            parameter = PARAMETER[kind]
            why = (
                f"{parameter} names its domains one by one: for more than {_MOST:,} name a table in it first"
            )
        for name in names:
            line = self._wanted[name][0]
            if why:
                self._refuse(line, name, kind, why)
                continue
            for edit in plan.edits:
                if isinstance(edit, SetEntry) and isinstance(edit.value, str):
                    changes.setdefault(edit.target, []).append(Change(name, "", edit.value))
                elif isinstance(edit, AddItem):
                    items.setdefault((edit.target, edit.name), []).append(replace(edit, item=name))
            self.report.lines.append(Line("+", name, kind, "", line))
        more: list[Edit] = []
        for target, each in changes.items():
            more += entry_edits(target, each, lists=False, source=self.report.source)
        for (target, parameter), added in items.items():
            more += self._items(target, parameter, added)
        self._take(more, ())

    def _items(self, target: Target, parameter: str, added: Sequence[AddItem]) -> Sequence[Edit]:
        """Items of a list, those of a parameter together where they are many."""
        if len(added) <= _ITEMS or not parameter:
            return added
        was = tuple(item for item, _ in self._now.parameters.items(parameter))
        return [SetParameter(target, parameter, (*was, *(each.item for each in added)), was)]

    def _take(self, edits: Sequence[Edit], says: Sequence[str]) -> None:
        self.report.says += [text for text in says if text not in self.report.says]
        if edits:
            self._edits += edits
            self._now = self._instance.over(Candidate(self._instance.files, self._edits))

    def _others(self, *, mirror: bool) -> None:
        """The domains of the file's classes that it does not have."""
        kinds = {kind for _, kind in self._wanted.values()}
        for kind in CLASSES:
            for name in self._hosted.classes[kind].found if kind in kinds else ():
                if name in self._wanted or name in self._refused:
                    continue
                if not mirror:
                    self.report.absent += 1
                    continue
                plan = plan_remove(self._now, name, kind)
                if plan.refused:
                    self.report.says.append(plan.refused)
                    self.report.absent += 1
                else:
                    self._take(plan.edits, plan.says)
                    self.report.lines.append(Line("-", name, "", kind))

    def _refuse_overruled(self) -> None:
        """Domains that another list takes first: their rows are refused, the edits have no effect."""
        if not self._edits:
            return
        after = Hosted(self._now)
        self.report.lines = [self._judged(line, after) for line in self.report.lines]

    def _judged(self, line: Line, after: Hosted) -> Line:
        if line.marker not in "+~" or after.classes_of(line.name)[:1] == [line.value]:
            return line
        by = explain_domain(self._now, line.name).by
        why = f"{by.parameter} has it by {by.item} and comes first" if by is not None else "no list takes it"
        return Line("!", line.name, line.value, line.was, line.line, f"{why}; look at {line.value}'s lists")


def plan(
    instance: Instance, sheet: Sheet, source: str, *, mirror: bool = False, progress: Progress | None = None
) -> Report:
    """What an import of domains would do. `mirror`: what the classes of the file list and the file has not
    goes. Addresses and mail stay. Raises InstanceError and OSError, and whatever `progress` raises."""
    return DomainImport(instance, sheet, source).made(mirror=mirror, progress=progress)


def rows_there(instance: Instance) -> Iterator[tuple[str, DomainClass]]:
    """Every domain and the class that counts for it."""
    hosted = Hosted(instance)
    for kind, listed in hosted.classes.items():
        for name in listed.found:
            if hosted.classes_of(name)[:1] == [kind]:
                yield name, kind
