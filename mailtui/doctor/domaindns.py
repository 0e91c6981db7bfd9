"""What DNS said of the domains when it was last asked. Nothing is asked here: `mailtui domain dns` and the
Domains screen do that, and keep the answers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice

from mailtui.dns.known import FOLDER, Known
from mailtui.dns.part import DomainDns, Part
from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding, Severity
from mailtui.postfix.domainlist import DomainRow, domain_list
from mailtui.postfix.statefolder import StateError, folder, label
from mailtui.text.safe import safe

OLD = 30 * 86400.0
"""Seconds after which an answer says nothing about now."""
MANY = 5000
"""Answers that are looked through at most."""
_SEVERITIES: Mapping[str, Severity] = {"error": "error", "warning": "warning"}
_KINDS = {"MX": "dns-mx", "SPF": "spf", "DMARC": "dmarc", "DKIM": "dkim-record", "this host": "dns-host"}


def findings(case: Case) -> Iterator[Finding]:
    """Of the domains that mail is taken for, and of this host once."""
    known = _known(case)
    if known is None or not known.there:
        return
    answers = {each.domain.lower(): each for each in islice(known.all(), MANY) if each.age() < OLD}
    if not answers:
        return
    listing = domain_list(case.instance, case.instance)
    told: set[str] = set()
    for number in range(len(listing)):
        found = answers.get(listing.key(number)[0].lower())
        row = listing.row(number) if found is not None else None
        if found is None or row is None or row.domain_class == "default":
            continue
        for finding in _of(case, row, found):
            if finding.title not in told:
                told.add(finding.title)
                yield finding


def _known(case: Case) -> Known | None:
    try:
        return Known(os.path.join(folder(label(case.instance.config_dir), make=False), FOLDER))
    except (StateError, OSError):
        return None


def _of(case: Case, row: DomainRow, found: DomainDns) -> Iterator[Finding]:
    for name, part in found.parts():
        kind = _KINDS.get(name.partition(" ")[0] if name.startswith("DKIM") else name)
        if kind is None or part.state in {"ok", "unknown"} or (part.state == "missing" and not part.proposed):
            continue
        yield _finding(case, row, found, name, part, kind)


def _finding(case: Case, row: DomainRow, found: DomainDns, name: str, part: Part, kind: str) -> Finding:
    whose = "this host" if name == "this host" else safe(row.domain)
    what = _title(part).removeprefix(f"{row.domain}: ")
    title = f"{whose}: {'' if name == 'this host' else name + ': '}{what}"
    severity = _SEVERITIES.get(part.state, "advice")
    publish = f"publish {part.name}. {part.kind} {part.proposed}" if part.proposed else ""
    more = "; ".join(part.problems[1:])
    why = f"{more + '; ' if more else ''}asked {_age(found.age())} ago"
    return Finding(
        kind, severity, title, row.file or case.instance.main.path, row.line, why, None,
        publish or "see the record in Domains",
    )  # fmt: skip


def _title(part: Part) -> str:
    if part.problems:
        return part.problems[0]
    return "there is no record" if part.state == "missing" else part.state


def _age(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
