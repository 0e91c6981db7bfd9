"""All families together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mailtui.doctor import (
    accessrows,
    accesstables,
    basics,
    chains,
    classes,
    dnsbl,
    forged,
    helo,
    networks,
    relaying,
    unknown,
)
from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

Family = Callable[[Case], Iterator[Finding]]

FAMILIES: Sequence[Family] = (
    relaying.findings, networks.findings, unknown.findings, chains.findings, helo.findings, classes.findings,
    dnsbl.findings, accesstables.findings, accessrows.findings, forged.findings, basics.findings,
)  # fmt: skip


def examine(instance: Instance) -> list[Finding]:
    """Everything that is wrong with an instance, or doubtful, the worst first. Nothing is written, no daemon
    and no network is asked. What cannot be read is a finding itself."""
    case = Case(instance)
    found: dict[tuple[str, str, int | None, str], Finding] = {}
    for finding in (*case.unread, *_all(case)):
        found.setdefault((finding.id, finding.file, finding.line, finding.title), finding)
    return sorted(found.values(), key=lambda each: each.weight)


def _all(case: Case) -> Iterator[Finding]:
    for family in FAMILIES:
        try:
            yield from family(case)
        except InstanceError as error:
            yield Finding(
                "unreadable", "error", safe(error.what), error.file or case.instance.main.path, error.line,
                "Postfix cannot read this either, or mailtui could not ask it", None,
                safe(error.do) or "correct it in the file",
            )  # fmt: skip
