"""The DKIM keys of a domain in DNS: those that sign here, else what the usual selectors have."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.dns.dkimrecord import DkimRecord, Published, judge, record_name, record_text
from mailtui.dns.facts import Key
from mailtui.dns.part import Asked, Part, State, unknown
from mailtui.text.safe import safe

SELECTORS = ("mail", "default", "dkim", "selector1", "selector2", "s1", "s2", "google", "k1")
"""Selectors that are tried where none is known: DNS has no way to list them."""
_STATES: dict[Published, State] = {"yes": "ok", "no": "missing", "different": "error", "unknown": "warning"}


def questions(domain: str, keys: Sequence[Key]) -> list[tuple[str, str]]:
    """All that `dkim` asks."""
    if keys:
        return [(record_name(key.selector, key.domain), "TXT") for key in keys]
    return [(record_name(selector, domain), "TXT") for selector in SELECTORS]


def dkim(domain: str, keys: Sequence[Key], names: Asked) -> tuple[Part, ...]:
    """A part for each key that signs for the domain. Without keys: one for each usual selector that has a
    record, or one part that says that there is none."""
    names.ahead(questions(domain, keys))
    if keys:
        return tuple(_signing(key, names) for key in keys)
    tried = [_unknown_key(selector, domain, names) for selector in SELECTORS]
    found = tuple(part for part in tried if part.state in {"ok", "error"})
    if found:
        return found
    lost = next((part for part in tried if part.state == "unknown"), None)
    if lost is not None:
        return (unknown(*lost.problems),)
    return (Part("missing", problems=(f"no key under the usual selectors ({', '.join(SELECTORS)})",)),)


def _signing(key: Key, names: Asked) -> Part:
    where = record_name(key.selector, key.domain)
    shown, selector = safe(where), safe(key.selector)
    answer = names.ask(where, "TXT")
    if answer.state == "tempfail":
        return unknown(answer.problem, name=shown, selector=selector)
    verdict = judge(answer.records, key.kind, key.public)
    state = _STATES[verdict.state]
    if verdict.state == "unknown" and verdict.record is not None and verdict.record.faults:
        state = "error"
    problems = [safe(verdict.why)] if verdict.why else []
    if state == "missing":
        problems = ["mail is signed with this key, and nobody can verify it: the record is not there"]
    proposed = record_text(key.kind, key.public) if key.public and state in {"missing", "error"} else ""
    record = " · ".join(map(safe, answer.records))
    return Part(state, record, tuple(problems), proposed, shown, selector)


def _unknown_key(selector: str, domain: str, names: Asked) -> Part:
    """What a selector has that nobody here signs with."""
    where = record_name(selector, domain)
    answer = names.ask(where, "TXT")
    if answer.state == "tempfail":
        return unknown(answer.problem, name=safe(where), selector=selector)
    if not answer.records:
        return Part("missing", name=safe(where), selector=selector)
    faults = DkimRecord.parse(answer.records[0]).faults
    if len(answer.records) > 1:
        faults = (f"{len(answer.records)} records stand there; there must be one",)
    record = " · ".join(map(safe, answer.records))
    return Part("error" if faults else "ok", record, tuple(map(safe, faults)), "", safe(where), selector)
