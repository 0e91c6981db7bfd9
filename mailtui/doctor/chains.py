"""Rules that smtpd never comes to, that do nothing, or that only warn."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mailtui.doctor.case import Case, Sight, fixed
from mailtui.doctor.model import Finding, Severity
from mailtui.doctor.rulefixes import named, of, off, renamed
from mailtui.doctor.unknown import place, within_comments
from mailtui.edits import ruleplan
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.lookups import parse_map
from mailtui.postfix.restrictionnames import ARGUMENTS, DEFAULT_COMMANDS, OLD_NAMES
from mailtui.text.safe import safe

LONG = 30
"""Days after which a rule that only warns is worth a word."""
_DEFAULT_RELAY = ("permit_mynetworks", "permit_sasl_authenticated")


def findings(case: Case) -> Iterator[Finding]:
    """Each rule by itself."""
    skip = within_comments(case)
    for sight in case.sights:
        if place(sight.row) not in skip:
            yield from _dead(case, sight)
            yield from _idle(case, sight)
            yield from _warns(case, sight)


def _dead(case: Case, sight: Sight) -> Iterator[Finding]:
    row = sight.row
    why = sight.everywhere("unreachable") or _behind_all(case, sight)
    if not why:
        return
    fix, words = fixed(off(case, row), "take it out")
    yield Finding(
        "unreachable", "warning", f"{row.place.title}: {safe(row.text)} is never asked", *of(row),
        f"{safe(why)}; to make it count, move it up", fix, words, sight.services, named(row),
    )  # fmt: skip


def _behind_all(case: Case, sight: Sight) -> str:
    """Whether a table above it has an answer for everybody."""
    for server, row in sight.by:
        chain = server.chains.chain(row.stage)
        above = ""
        for each in chain.live if chain is not None else ():
            if each.key == row.key:
                break
            check = each.name.lower() or DEFAULT_COMMANDS.get(each.place.name, "")
            if each.argument and check.startswith("check_") and not each.warn_only and not above:
                found = case.texts.final(parse_map(each.argument), check)
                if found is not None:
                    above = f"it stands after {each.text}, whose line {found.line} answers for everybody"
        if not above:
            return ""
    return above


def _idle(case: Case, sight: Sight) -> Iterator[Finding]:
    row = sight.row
    name = row.name.lower()
    why = sight.somewhere("no argument")
    if why:
        softer = "smtpd then passes it over" if ARGUMENTS.get(name) == "zone" else "clients get 451"
        fix, words = fixed(off(case, row), "write what belongs behind it")
        yield Finding(
            "no-argument", "error", f"{row.place.title}: nothing stands behind {safe(row.name)}", *of(row),
            f"{safe(why)}; {softer}", fix, words, sight.services, named(row),
        )  # fmt: skip
        return
    why = sight.everywhere("no effect")
    if why and not _is_default(sight):
        yield _no_effect(case, sight, why)
    if name in OLD_NAMES and name not in {
        "reject_maps_rbl",
        "check_relay_domains",
        "permit_naked_ip_address",
    }:
        plan = case.tried(ruleplan.change(case.instance, row, text=_now(row)))
        fix, words = fixed(plan, f"write {OLD_NAMES[name]}")
        yield Finding(
            "old-name", "advice", f"{row.place.title}: {safe(row.name)} is an old name", *of(row),
            f"it is now called {OLD_NAMES[name]}; newer versions of Postfix may no longer know the old one",
            fix, words, sight.services, named(row),
        )  # fmt: skip


def _now(row: RuleRow) -> str:
    return f"{renamed(row, OLD_NAMES[row.name.lower()])} {row.argument}".rstrip()


def _no_effect(case: Case, sight: Sight, why: str) -> Finding:
    row = sight.row
    title = f"{row.place.title}: {safe(row.text)} does nothing"
    if "log in" in why and row.place.service and row.name.lower() == "permit_sasl_authenticated":
        return Finding(
            "sasl-off", "warning", title, *of(row),
            f"{safe(why)}: whoever should send through {row.place.service} is a stranger to it", None,
            f"set smtpd_sasl_auth_enable = yes for {row.place.service} once a way to log in is set up:"
            " without one smtpd does not start", sight.services, named(row),
        )  # fmt: skip
    fix, words = fixed(off(case, row), "take it out")
    id_: str = "no-effect"
    severity: Severity = "warning"
    if "log in" in why:
        why = f"{why} in every service that has this rule"
        id_, severity = "sasl-off", "advice"
    return Finding(id_, severity, title, *of(row), safe(why), fix, words, sight.services, named(row))


def _is_default(sight: Sight) -> bool:
    """Whether it stands in a relay list as Postfix has it by default: it waits there for the day."""
    row = sight.row
    chain = sight.by[0][0].chains.chain("relay")
    names = tuple(each.name.lower() for each in chain.live) if chain is not None else ()
    return row.stage == "relay" and names[:2] == _DEFAULT_RELAY and len(names) == 3


def _warns(case: Case, sight: Sight) -> Iterator[Finding]:
    row = sight.row
    stamp = case.instance.files.stamp(row.file)
    if not row.warn_only or stamp is None or not row.name:
        return
    days = int((time.time() - stamp.mtime / 1e9) // 86400)
    if days < LONG:
        return
    plan = case.tried(ruleplan.change(case.instance, row, warn_only=False))
    fix, words = fixed(plan, "take warn_if_reject away")
    yield Finding(
        "warns-only", "advice", f"{row.place.title}: {safe(row.text)}", *of(row),
        f"it has only warned for {days} days at least, as long as the file has not been changed; look at"
        " reject_warning in the log for those whom it would refuse, then let it refuse or take it out",
        fix, words, sight.services, named(row),
    )  # fmt: skip
