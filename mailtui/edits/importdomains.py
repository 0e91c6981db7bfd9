"""Domains of a file over those that are there: into the lists of their classes, and out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailtui.edits.candidate import Candidate
from mailtui.edits.domainplaces import PARAMETER
from mailtui.edits.domainplan import plan_class, plan_new, plan_remove
from mailtui.edits.importdomainbulk import DomainBulk, joining
from mailtui.edits.importing import Line, Progress, Report, rows_of, text_cell
from mailtui.edits.leftbehind import left_behind_all
from mailtui.edits.model import Edit
from mailtui.formats.sheet import Sheet
from mailtui.postfix.domains import CLASS_PARAMETERS, DomainClass, explain_domain, normal
from mailtui.postfix.hosted import Hosted
from mailtui.postfix.instance import Instance
from mailtui.postfix.manyclasses import Classes
from mailtui.postfix.syntax import domain_problem

CLASSES: tuple[DomainClass, ...] = tuple(kind for kind, _ in CLASS_PARAMETERS)
_MOST = 10_000
"""Domains that one import puts into a list of main.cf, or into a file that is a list."""
_SINGLE = 10
"""Domains that leave a class up to which each is planned by itself, and told of by its name."""


class DomainImport:
    """See `plan`."""

    def __init__(self, instance: Instance, sheet: Sheet, source: str) -> None:
        self._instance, self._sheet = instance, sheet
        self.report = Report("domains", source)
        self._now = instance
        """The instance with the edits so far."""
        self._edits: list[Edit] = []
        self._hosted = Hosted(instance)
        self._read = instance, self._hosted
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
        moving: dict[str, list[DomainClass]] = {}
        for name in names:
            classes = self._hosted.classes_of(name)
            if not classes:
                new.append(name)
            elif classes[0] == kind:
                self.report.lines.append(Line("=", name, kind, kind, self._wanted[name][0]))
            else:
                moving[name] = classes
        self._move(kind, moving)
        self._enter_new(kind, new)

    def _move(self, kind: DomainClass, moving: Mapping[str, Sequence[DomainClass]]) -> None:
        first, *others = moving or ("",)
        if first:
            self._move_one(first, kind, moving[first])  # with all that the class needs
        for name in self._all_at_once(others, moving, kind):
            self._move_one(name, kind, moving[name])

    def _move_one(self, name: str, kind: DomainClass, classes: Sequence[DomainClass]) -> None:
        line, plan = self._wanted[name][0], plan_class(self._now, name, kind, self._of(self._now))
        if plan.refused:
            self._refuse(line, name, kind, plan.refused)
            return
        self._take(plan.edits, plan.says)
        self.report.lines.append(Line("~", name, kind, classes[0], line))

    def _all_at_once(
        self, names: Sequence[str], classes: Mapping[str, Sequence[DomainClass]], kind: DomainClass | None
    ) -> Sequence[str]:
        """Move many domains into a class, or out of the classes given; those that are left are to be planned
        one by one. All are done as the plan of one of them does it, or none is."""
        if len(names) <= _SINGLE:
            return names
        bulk = DomainBulk(self._now, self._of(self._now), self.report.source)
        fit = [name for name in names if kind not in classes[name] and bulk.fits(name, classes[name])]
        if len(fit) <= _SINGLE or not self._as_planned(bulk, fit[0], classes, kind):
            return names
        made = self._bulk_edits(bulk, fit, classes, kind)
        after = self._with(made)
        then = dict(zip(fit, map(Classes(after, self._of(after)).of, fit), strict=True))
        right = [name for name in fit if then[name] == (kind or self._left(name, classes[name]))]
        if len(right) < len(fit):  # another list has it too: its plan says which
            if not right:
                return names
            made = self._bulk_edits(bulk, right, classes, kind)
            after = self._with(made)
        fates = {name: (classes[name][0], then[name]) for name in right}
        self._take(made, left_behind_all(bulk.hosted, fates), after)
        for name in right:
            line = self._wanted[name][0] if kind else None
            self.report.lines.append(Line("~" if kind else "-", name, kind or "", classes[name][0], line))
        done = frozenset(right)
        return [name for name in names if name not in done]

    def _left(self, name: str, gone: Sequence[DomainClass]) -> DomainClass:
        """The class that a domain has by its name once it has left some."""
        return next((each for each in self._hosted.classes_of(name) if each not in gone), "default")

    def _as_planned(
        self,
        bulk: DomainBulk,
        name: str,
        classes: Mapping[str, Sequence[DomainClass]],
        kind: DomainClass | None,
    ) -> bool:
        if kind is None:
            plan = plan_remove(self._now, name, classes[name][0], bulk.hosted)
        else:
            plan = plan_class(self._now, name, kind, self._of(self._now))
        made = self._bulk_edits(bulk, [name], classes, kind)
        return not plan.refused and frozenset(made) == frozenset(plan.edits)

    def _bulk_edits(
        self,
        bulk: DomainBulk,
        names: Sequence[str],
        classes: Mapping[str, Sequence[DomainClass]],
        kind: DomainClass | None,
    ) -> list[Edit]:
        return bulk.out(names, classes) if kind is None else bulk.moved(names, classes, kind)

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
        made, why = joining(self._now, names, kind, self.report.source, _MOST)
        if why == "one by one":
            why = (
                f"{PARAMETER[kind]} names its domains one by one: for more than {_MOST:,} name a table in it"
                " first"
            )
        for name in names:
            line = self._wanted[name][0]
            if why:
                self._refuse(line, name, kind, why)
            else:
                self.report.lines.append(Line("+", name, kind, "", line))
        self._take(made, ())

    def _take(self, edits: Sequence[Edit], says: Sequence[str], after: Instance | None = None) -> None:
        """Have these edits made; `after`: the instance with them."""
        self.report.says += [text for text in says if text not in self.report.says]
        if edits:
            self._now = after or self._with(edits)
            self._edits += edits

    def _of(self, state: Instance) -> Hosted:
        """The domains of a state; those of the last one are kept, as they are asked for several times."""
        if self._read[0] is not state:
            self._read = state, Hosted(state)
        return self._read[1]

    def _with(self, edits: Sequence[Edit]) -> Instance:
        """The instance with the edits so far and some more."""
        return self._instance.over(Candidate(self._instance.files, [*self._edits, *edits]))

    def _others(self, *, mirror: bool) -> None:
        """The domains of the file's classes that it does not have."""
        kinds = {kind for _, kind in self._wanted.values()}
        for kind in CLASSES:
            found = self._hosted.classes[kind].found if kind in kinds else ()
            gone = [name for name in found if name not in self._wanted and name not in self._refused]
            if not mirror:
                self.report.absent += len(gone)
                continue
            for name in self._all_at_once(gone, dict.fromkeys(gone, (kind,)), None):
                self._remove_one(name, kind)

    def _remove_one(self, name: str, kind: DomainClass) -> None:
        plan = plan_remove(self._now, name, kind, self._of(self._now))
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
        after = self._of(self._now)
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
