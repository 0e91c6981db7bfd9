"""All families together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from mailtui.doctor import (
    accessrows,
    accesstables,
    addresses,
    basics,
    behindnat,
    chains,
    clamav,
    classes,
    debconffiles,
    dkimkeys,
    dkimsenders,
    dkimtables,
    dnsbl,
    domaindns,
    forged,
    helo,
    leftcopies,
    logplace,
    maintext,
    maptypes,
    milterdefaults,
    milterorder,
    milters,
    networks,
    opendmarc,
    patterns,
    policydspf,
    policyservices,
    relaying,
    saslaccounts,
    saslservices,
    sni,
    tables,
    tls,
    unknown,
)
from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

Family = Callable[[Case], Iterator[Finding]]

CHAINS: Sequence[Family] = (
    relaying.findings, networks.findings, unknown.findings, chains.findings, helo.findings, classes.findings,
    dnsbl.findings, accesstables.findings, accessrows.findings, forged.findings,
)  # fmt: skip
"""Those of the restriction chains and what they ask."""
FAMILIES: Sequence[Family] = (
    *CHAINS,
    tables.findings,
    maptypes.findings,
    leftcopies.findings,
    patterns.findings,
    maintext.findings,
    addresses.findings,
    behindnat.findings,
    logplace.findings,
    milters.findings,
    milterdefaults.findings,
    milterorder.findings,
    policyservices.findings,
    policydspf.findings,
    opendmarc.findings,
    clamav.findings,
    debconffiles.findings,
    dkimtables.findings,
    dkimkeys.findings,
    dkimsenders.findings,
    domaindns.findings,
    saslaccounts.findings,
    saslservices.findings,
    tls.findings,
    sni.findings,
    basics.findings,
)


_IN_TURN = Lock()
"""Threads that examine side by side end no sooner, and hold each its own view of all files meanwhile."""


def examine(instance: Instance, families: Sequence[Family] = FAMILIES) -> list[Finding]:
    """Everything that is wrong with an instance, or doubtful, the worst first. Nothing is written, no daemon
    and no network is asked. What cannot be read is a finding itself, and so is a family that fails."""
    with _IN_TURN:
        return _examined(instance, families)


def _examined(instance: Instance, families: Sequence[Family]) -> list[Finding]:
    case = Case(instance)
    found: dict[tuple[str, str, int | None, str], Finding] = {}
    for finding in (*case.unread, *_all(case, families)):
        found.setdefault((finding.id, finding.file, finding.line, finding.title), finding)
    return sorted(found.values(), key=lambda each: each.weight)


def _all(case: Case, families: Sequence[Family]) -> Iterator[Finding]:
    for family in families:
        try:
            yield from family(case)
        except InstanceError as error:
            yield Finding(
                "unreadable", "error", safe(error.what), error.file or case.instance.main.path, error.line,
                "Postfix cannot read this either, or mailtui could not ask it", None,
                safe(error.do) or "correct it in the file",
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001  # it is told, and the other families are asked all the same
            yield _failed(case, family, error)


def _failed(case: Case, family: Family, error: Exception) -> Finding:
    what = family.__module__.rpartition(".")[2]
    return Finding(
        "unexamined", "warning", f"mailtui could not examine {what}", case.instance.main.path, None,
        f"{type(error).__name__}: {safe(str(error))}: what is wrong there is not known", None,
        "this is mailtui's own fault: please report it, with this line",
    )  # fmt: skip
