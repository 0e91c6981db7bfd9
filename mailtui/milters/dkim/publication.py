"""Whether the world can find a key: what every authoritative name server has at its name, one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mailtui.dns.ask import TIMEOUT, Answer, Names
from mailtui.dns.authoritative import Told, ask_each, begin
from mailtui.dns.dkimrecord import DkimRecord, Published, judge, record_name
from mailtui.milters.dkim.keyrows import KeyRow
from mailtui.text.safe import safe

Asker = Callable[[str], Sequence[Told]]
"""Asks all servers for the TXT records at a name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one server has. `server` and `why` are safe to show."""

    server: str
    address: str
    state: Published
    why: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """What all servers have of one key. `when`: seconds since 1970. `record`: one of those found."""

    name: str
    seen: tuple[Seen, ...]
    when: float
    record: DkimRecord | None = None
    ttl: int = 0
    """Seconds for which a cache may keep that there is no record, or another one."""

    @property
    def state(self) -> Published:
        """`yes` only where every server says so."""
        states = {each.state for each in self.seen}
        if states == {"yes"}:
            return "yes"
        if "different" in states:
            return "different"
        return "no" if "no" in states else "unknown"

    @property
    def gone(self) -> bool:
        """Whether every server says that there is no record."""
        return {each.state for each in self.seen} == {"no"}

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers that were asked, each once."""
        return tuple(dict.fromkeys(each.server or "?" for each in self.seen))

    @property
    def lacking(self) -> tuple[str, ...]:
        """Those of which an address does not have it."""
        return tuple(dict.fromkeys(each.server or "?" for each in self.seen if each.state != "yes"))

    @property
    def count(self) -> str:
        """`yes, all 3`, `1 of 3`, as a list shows it."""
        total = len(self.servers)
        if self.state == "yes":
            return f"yes, all {total}" if total > 1 else "yes"
        have = total - len(self.lacking)
        if have:
            return f"{have} of {total}"
        return {"no": "no", "different": "different", "unknown": "not known"}.get(self.state, "no")

    @property
    def why(self) -> str:
        """What the servers say that do not have it, each reason once."""
        told: dict[str, list[str]] = {}
        for each in self.seen:
            if each.state != "yes":
                told.setdefault(each.why or each.state, []).append(each.server or "DNS")
        return "; ".join(f"{', '.join(dict.fromkeys(who))}: {why}" for why, who in told.items())

    def ago(self, now: float | None = None) -> str:
        """How long ago it was asked, in words."""
        return ago((time.time() if now is None else now) - self.when)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "state": self.state, "when": self.when, "ttl": self.ttl,
            "record": self.record.text if self.record is not None else "",
            "servers": [
                {"server": each.server, "address": each.address, "state": each.state, "why": each.why}
                for each in self.seen
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Publication:
        """What `as_json` gave. Raises KeyError, TypeError, ValueError."""
        seen = tuple(
            Seen(str(each["server"]), str(each["address"]), each["state"], str(each["why"]))
            for each in data["servers"]
        )
        text = str(data.get("record", ""))
        record = DkimRecord.parse(text) if text else None
        return cls(str(data["name"]), seen, float(data["when"]), record, int(data.get("ttl", 0)))


def ago(seconds: float) -> str:
    """A length of time as a list tells it."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{int(seconds // size)} {unit} ago"
    return f"{max(0, int(seconds))} s ago"


def asker(names: Names | None = None, *, timeout: float = TIMEOUT, port: int = 53) -> Asker:
    """The real one. `names`: whom to ask for the name servers."""
    return lambda name: ask_each(name, "TXT", timeout=timeout, names=names, port=port)


def look_up(row: KeyRow, ask: Asker, now: float | None = None) -> Publication:
    """Ask for one key. Never raises: a server that does not answer is `unknown`, with its reason."""
    return _look_up(row.domain, row.selector, row.data.kind, row.data.public, ask, now)


def _look_up(
    domain: str, selector: str, kind: str, public: str, ask: Asker, now: float | None
) -> Publication:
    name = record_name(selector, domain)
    moment = time.time() if now is None else now
    if "%" in domain or domain == "*" or not domain:
        return Publication(name, (Seen("", "", "unknown", "no one domain is named"),), moment)
    told = ask(name)
    seen, record, ttl = [], None, 0
    for each in told:
        state, why, found = _judged(each.answer, kind, public)
        record = found or record
        ttl = max(ttl, each.answer.ttl)
        seen.append(Seen(each.server, each.address, state, why))
    return Publication(name, tuple(seen), moment, record, ttl)


def _judged(answer: Answer, kind: str, public: str) -> tuple[Published, str, DkimRecord | None]:
    if answer.state == "tempfail":
        return "unknown", answer.problem, None
    verdict = judge(answer.records, kind, public)
    alias = f" (by the alias {safe(answer.alias)})" if answer.alias else ""
    return verdict.state, f"{verdict.why}{alias}" if verdict.why else "", verdict.record


def look_up_all(
    rows: Iterable[KeyRow], ask: Asker, now: float | None = None
) -> dict[tuple[str, str], Publication]:
    """Ask for many keys at once, each in a thread of its own."""
    begun = {row.key: begin(partial(look_up, row, ask, now)) for row in rows}
    return {key: future.result() for key, future in begun.items()}
