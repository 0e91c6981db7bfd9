"""DKIM keys: those that opendkim cannot use, short and old ones, those that nobody needs, and those that DNS
lacks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mailtui.dns.known import FOLDER, Known
from mailtui.doctor.case import Case, fixed
from mailtui.doctor.dkimcase import KEYS, DkimCase, dkim_case
from mailtui.doctor.model import Finding, Severity
from mailtui.edits import dkimplan
from mailtui.edits.plan import Plan
from mailtui.milters.dkim.keyrows import DAY, KeyRow
from mailtui.milters.dkim.rotation import SHORT, Life
from mailtui.postfix.statefolder import StateError, folder, label
from mailtui.settings import load
from mailtui.text.safe import safe

LEAST = 1024
STALE = 30 * DAY
"""Seconds after which what DNS said tells nothing about now."""


def findings(case: Case) -> Iterator[Finding]:
    """Of each key."""
    dkim = dkim_case(case)
    if dkim is None or not dkim.signs:
        return
    for life in dkim.lives:
        if life.row.signs:
            yield from _signing(dkim, life)
        elif life.row.configured and not (life.kept is not None and life.kept.retiring):
            yield _unused(dkim, life)
    yield from _twice(dkim)


def _name(row: KeyRow) -> str:
    return f"{safe(row.selector)}._domainkey.{safe(row.domain)}"


def _finding(
    dkim: DkimCase, kind: str, severity: Severity, row: KeyRow, what: str, why: str, words: str,
    fix: Plan | None = None,
) -> Finding:  # fmt: skip
    title = f"{_name(row)}: {what}"
    return Finding(kind, severity, title, *dkim.key_place(row), why, fix, words, about=KEYS)


def _signing(dkim: DkimCase, life: Life) -> Iterator[Finding]:
    row = life.row
    for problem in row.problems:
        if problem.stops:
            yield _finding(
                dkim, "dkim-key-unusable", "error", row, problem.words,
                "opendkim cannot sign with it: mail of that domain gets 451, or it does not even start",
                problem.do or "make a new key",
            )  # fmt: skip
        elif problem.unseen:
            yield _finding(
                dkim, "dkim-key-unseen", "advice", row, f"{safe(problem.node)} was not looked at",
                problem.what, problem.do,
            )  # fmt: skip
        elif problem.node:
            yield _finding(
                dkim, "dkim-key-open", "warning", row, problem.words,
                "whoever reads the key can sign mail in the name of the domain", problem.do,
            )  # fmt: skip
    yield from _length(dkim, row)
    age, most = row.age(), load().dkim_age
    if age is not None and age >= most:
        yield _finding(
            dkim, "dkim-key-old", "advice", row, f"{age} days old",
            f"a key is best replaced before it is {most:.0f} days old (dkim_age in the settings)",
            f"mailtui dkim generate {safe(row.domain)}, then activate it once DNS has it",
        )  # fmt: skip
    yield from _unpublished(dkim, life)


def _length(dkim: DkimCase, row: KeyRow) -> Iterator[Finding]:
    if row.data.kind != "rsa" or not row.data.bits or row.data.bits >= SHORT:
        return
    worse = row.data.bits < LEAST
    yield _finding(
        dkim, "dkim-key-short", "error" if worse else "advice", row, f"only {row.data.bits} bits",
        "nobody verifies a key of fewer than 1024 bits" if worse else "2048 bits are usual (RFC 8301)",
        f"mailtui dkim generate {safe(row.domain)} --bits {SHORT}, then activate it once DNS has it",
    )  # fmt: skip


def _unpublished(dkim: DkimCase, life: Life) -> Iterator[Finding]:
    seen = life.seen
    if seen is None or time.time() - seen.when > STALE or seen.state in {"yes", "unknown"}:
        return
    if _told_elsewhere(dkim, life.row.domain):
        return
    what = (
        "signs, and its record is not in DNS" if seen.state == "no" else "signs, and DNS has another record"
    )
    yield _finding(
        dkim, "dkim-unpublished", "error", life.row, what,
        f"{seen.why} (asked {seen.ago()}): receivers cannot check what is signed",
        "only who keeps the zone can: publish its record (Milters shows it under Keys); others take the"
        " mail for forged meanwhile",
    )  # fmt: skip


def _told_elsewhere(dkim: DkimCase, domain: str) -> bool:
    """Whether the answers on the domain as a whole have it too."""
    try:
        state = folder(label(dkim.case.instance.config_dir), make=False)
    except StateError:
        return False
    return Known(f"{state}/{FOLDER}").of(domain) is not None


def _unused(dkim: DkimCase, life: Life) -> Finding:
    row = life.row
    fix, words = fixed(
        dkim.case.tried(dkimplan.retire(dkim.config, life)), "point an entry of the SigningTable to it"
    )
    return _finding(
        dkim, "dkim-key-unused", "advice", row, "no mail is signed with it",
        "no entry of the SigningTable leads to it; an old key stays for its grace period alone", words, fix,
    )  # fmt: skip


def _twice(dkim: DkimCase) -> Iterator[Finding]:
    """Two different keys under one selector: there can be one record only."""
    first: dict[tuple[str, str], KeyRow] = {}
    for row in dkim.rows:
        other = first.setdefault(row.key, row)
        if (
            other is not row
            and other.data.public
            and row.data.public
            and other.data.public != row.data.public
        ):
            yield _finding(
                dkim, "dkim-selector-twice", "error", row, "two keys have this selector",
                f"{safe(other.key_file)} has it too, and DNS can hold the record of one only",
                "give one of them another selector, and publish that",
            )  # fmt: skip
