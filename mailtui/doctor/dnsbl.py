"""DNS lists: closed ones, those asked twice, and those whose error answers refuse everybody."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, Sight, fixed
from mailtui.doctor.model import Finding
from mailtui.doctor.rulefixes import named, of, renamed
from mailtui.edits import ruleplan
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.dnszones import FILTERS, closed_zone, codes, zone_name
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.text.safe import safe


def findings(case: Case) -> Iterator[Finding]:
    """Of each rule that asks a DNS list."""
    earlier: dict[tuple[str, str, str], list[RuleRow]] = {}
    for sight in case.sights:
        row = sight.row
        if ARGUMENTS.get(row.name.lower()) != "zone" or not row.argument:
            continue
        closed = closed_zone(row.argument)
        if closed is not None:
            yield _closed(case, sight, closed.says, closed.use)
            continue
        before = _asked_before(sight, earlier)
        if before is not None:
            yield _twice(case, sight, before)
        elif "=" not in row.argument and any(code.error for code in codes(row.argument)):
            yield _unfiltered(case, sight)


def _written(row: RuleRow, argument: str) -> str:
    return f"{renamed(row, row.name)} {argument}"


def _closed(case: Case, sight: Sight, says: str, use: str) -> Finding:
    row = sight.row
    names = [each.row.argument for each in case.sights if each.row.name.lower() == row.name.lower()]
    there = use and not any(zone_name(argument) == use for argument in names)
    if there:
        plan = ruleplan.change(case.instance, row, text=_written(row, f"{use}={FILTERS[use]}"))
    else:
        plan = ruleplan.remove(case.instance, row, comments=False)
    fix, words = fixed(case.tried(plan), "take the rule out")
    return Finding(
        "dnsbl-closed", "warning", f"{row.place.title}: {safe(row.text)}: that list is no more", *of(row),
        f"{safe(says)}; a dead list costs every mail a wait, or one day lists the whole world", fix, words,
        sight.services, named(row),
    )  # fmt: skip


def _asked_before(sight: Sight, earlier: dict[tuple[str, str, str], list[RuleRow]]) -> RuleRow | None:
    """The rule of the same services that asks the same before; a class is a list apart."""
    row = sight.row
    own = row.stage if row.stage.startswith("class:") else ""
    service = ",".join(server.service for server, _ in sight.by)
    alike = earlier.setdefault((service, own, row.name.lower()), [])
    found = next((each for each in alike if _same(each, row)), None)
    alike.append(row)
    return found


def _same(first: RuleRow, second: RuleRow) -> bool:
    if first.warn_only != second.warn_only or zone_name(first.argument) != zone_name(second.argument):
        return False
    return "=" not in first.argument or first.argument.lower() == second.argument.lower()


def _twice(case: Case, sight: Sight, before: RuleRow) -> Finding:
    row = sight.row
    same = before.stage == row.stage
    where = f"line {before.line}" if before.line else before.place.title
    passed = "" if same else ", save for those whom a permit in the first list lets off"
    fix, words = fixed(
        case.tried(ruleplan.remove(case.instance, row, comments=False)), "take one of the two out"
    )
    return Finding(
        "dnsbl-twice", "warning" if same else "advice",
        f"{row.place.title}: {safe(row.text)} is asked twice", *of(row),
        f"{safe(before.text)} ({where}) has asked it already{passed}", fix, words, sight.services, named(row),
    )  # fmt: skip


def _unfiltered(case: Case, sight: Sight) -> Finding:
    row = sight.row
    zone = zone_name(row.argument)
    errors = ", ".join(f"{code.answer} ({code.means})" for code in codes(zone) if code.error)
    plan = ruleplan.change(case.instance, row, text=_written(row, f"{zone}={FILTERS[zone]}"))
    fix, words = fixed(case.tried(plan), f"write {zone}={FILTERS[zone]}")
    verb = "permit" if row.name.lower().startswith("permit") else "refuse"
    return Finding(
        "dnsbl-unfiltered", "advice", f"{row.place.title}: {safe(row.text)} without the answers that count",
        *of(row), f"its error answers {verb} everybody: {errors}", fix, words, sight.services, named(row),
    )  # fmt: skip
