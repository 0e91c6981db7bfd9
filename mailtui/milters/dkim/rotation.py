"""The life of a key: new, published, active, retiring, retired; and what comes next, in words.

What the configuration says decides who signs; the memory only adds what it cannot say: since when. So
whatever is edited by hand, undone or restored, the states are right again at the next look.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import DAY, KeyRow, State, keys, look
from mailtui.milters.dkim.publication import Publication
from mailtui.milters.dkim.store import Kept, Memory

Action = Literal["", "publish", "activate", "rotate", "retire", "unpublish", "mend"]

SHORT = 2048
"""Bits below which a key is called short (RFC 8301: signers should use at least 2048)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The admin's settings: days for which an old key stays, and after which one is old."""

    grace: float = 7.0
    age: float = 365.0


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next for a key. `ready`: it may be done now; else `words` say why not yet."""

    action: Action = ""
    words: str = ""
    ready: bool = False


@dataclass(frozen=True)
class Life:
    """A key with its state and what comes next. `others`: selectors of the domain that sign now."""

    row: KeyRow
    state: State
    kept: Kept | None = None
    seen: Publication | None = None
    others: tuple[str, ...] = ()
    step: Step = Step()  # frozen

    @property
    def key(self) -> tuple[str, str]:
        return self.row.key

    @property
    def published(self) -> str:
        """The word of `dkim list`."""
        return self.seen.state if self.seen is not None else "unknown"

    @property
    def needs_care(self) -> bool:
        """Whether the list marks it."""
        if any(each.stops for each in self.row.problems) and self.state != "retired":
            return True
        wrong = self.state == "active" and self.published in {"no", "different"}
        return wrong or (
            self.step.action in {"rotate", "mend"} or (self.step.ready and self.step.action != "")
        )

    def as_json(self) -> dict[str, Any]:
        """In the names of `mailtui dkim list --json`."""
        told = {**self.row.as_json(), "published": self.published, "state": self.state}
        if self.seen is not None and self.seen.when:
            told["servers"] = self.seen.as_json()["servers"]
        if self.step.action:
            told["next"] = {"action": self.step.action, "ready": self.step.ready, "why": self.step.words}
        return told


def lives(
    config: DkimConfig,
    memory: Memory,
    seen: Mapping[tuple[str, str], Publication] | None = None,
    terms: Terms | None = None,
    now: float | None = None,
) -> list[Life]:
    """Every key that the configuration names, and those that wait or have left it. `seen`: what DNS says now;
    else what the memory has of it."""
    moment = time.time() if now is None else now
    rows = list(_all(config, memory))
    active = {row.key for row in rows if row.signs}
    found = []
    for row in rows:
        kept = memory.get(row.key)
        publication = (seen or {}).get(row.key) or (kept.seen if kept is not None else None)
        others = tuple(sel for dom, sel in sorted(active) if dom == row.domain and sel != row.selector)
        state = _state(row, kept, publication, others)
        life = Life(row, state, kept, publication, others)
        found.append(replace(life, step=_step(life, terms or Terms(), moment)))
    return sorted(found, key=lambda life: (life.row.domain, _ORDER[life.state], life.row.selector))


_ORDER: Mapping[State, int] = {"active": 0, "published": 1, "new": 2, "retiring": 3, "retired": 4}


def _all(config: DkimConfig, memory: Memory) -> Iterator[KeyRow]:
    rows: dict[tuple[str, str], KeyRow] = {}
    for row in keys(config):
        there = rows.get(row.key)
        if there is None or (row.signs and not there.signs):
            rows[row.key] = row
    yield from rows.values()
    for key, kept in memory.kept.items():
        if key not in rows:
            row = look(config, *key, kept.key_file, name=kept.name, configured=False)
            gone = row.data.problem and kept.public
            yield (
                replace(row, data=replace(row.data, kind=kept.kind, bits=kept.bits, public=kept.public))
                if gone
                else row
            )


def _state(row: KeyRow, kept: Kept | None, seen: Publication | None, others: Sequence[str]) -> State:
    if row.signs:
        return "active"
    if kept is not None and kept.retired and not row.configured:
        return "retired"
    if kept is not None and (kept.retiring or kept.active):
        return "retiring"
    if kept is None and row.configured and others:
        return "retiring"  # another key of the domain signs, and nobody told of this one
    return "published" if seen is not None and seen.state == "yes" else "new"


def _step(life: Life, terms: Terms, now: float) -> Step:
    match life.state:
        case "new" | "published":
            return _to_activate(life, now)
        case "active":
            return _to_rotate(life, terms, now)
        case "retiring":
            return _to_retire(life, terms, now)
    if life.seen is not None and life.seen.gone:
        return Step("unpublish", "its record is gone from DNS: f forgets it", ready=True)
    return Step("unpublish", "take its record out of DNS; then it is forgotten")


def _to_activate(life: Life, now: float) -> Step:
    stops = next((each for each in life.row.problems if each.stops), None)
    if stops is not None:
        return Step("mend", stops.words)
    seen = life.seen
    if seen is None:
        return Step("activate", "not yet: publish its record; whether DNS has it was not asked")
    if seen.state == "yes":
        every = f"all {len(seen.servers)} servers have" if len(seen.servers) > 1 else "the server has"
        return Step("activate", f"{every} its record (asked {seen.ago(now)})", ready=True)
    total, have = len(seen.servers), len(seen.servers) - len(seen.lacking)
    if have:
        return Step("activate", f"not yet, {have} of {total} servers has the record (asked {seen.ago(now)})")
    return Step("activate", f"not yet: {seen.why} (asked {seen.ago(now)})")


def _to_rotate(life: Life, terms: Terms, now: float) -> Step:
    stops = next((each for each in life.row.problems if each.stops), None)
    if stops is not None:
        return Step("mend", stops.words)
    if life.seen is not None and life.seen.state in {"no", "different"}:
        total, lack = len(life.seen.servers), len(life.seen.lacking)
        who = "DNS does not have" if lack == total else f"{lack} of {total} servers lacks"
        return Step("publish", f"it signs, and {who} its record: {life.seen.why}")
    age = life.row.age(now)
    if age is not None and age >= terms.age:
        return Step("rotate", f"{age} days old: make a new selector", ready=True)
    data = life.row.data
    if data.kind == "rsa" and data.bits < SHORT:
        return Step("rotate", f"{data.bits} bits are short: make a new selector with {SHORT}", ready=True)
    return Step()


def _to_retire(life: Life, terms: Terms, now: float) -> Step:
    since = life.kept.retiring if life.kept is not None else 0.0
    if not since:
        return Step(
            "retire", "it signs nothing any more, since when is not known; mail may still be on its way"
        )
    until = since + terms.grace * DAY
    if now < until:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(until))
        return Step("retire", f"not before {day}: mail signed with it is still on its way")
    return Step("retire", f"it has signed nothing for {int((now - since) // DAY)} days", ready=True)


def reconciled(config: DkimConfig, memory: Memory, now: float | None = None) -> Memory:
    """The memory brought up to what the configuration says: who signs since now, and who ceased to."""
    moment = time.time() if now is None else now
    rows = {row.key: row for row in keys(config)}
    changed = [_noticed(row, memory.get(row.key), moment) for row in rows.values() if row.domain]
    changed += [_left(config, kept, moment) for key, kept in memory.kept.items() if key not in rows]
    return memory.with_(*(each for each in changed if each is not None))


def _left(config: DkimConfig, kept: Kept, now: float) -> Kept | None:
    """A key that the configuration names no more. One whose KeyTable row went is retired; one of a set-up
    without tables was never more than active, and retires by itself."""
    if not kept.active or kept.retired:
        return None
    since = kept.retiring or now
    return replace(kept, retiring=since, retired=now if kept.name and config.tables else 0.0)


def _noticed(row: KeyRow, kept: Kept | None, now: float) -> Kept | None:
    if kept is None:
        if not row.signs:
            return None
        kept = Kept(row.domain, row.selector, made=row.made)
    kept = replace(kept, key_file=row.key_file or kept.key_file, name=row.name)
    if row.data.public:
        kept = replace(kept, kind=row.data.kind, bits=row.data.bits, public=row.data.public)
    if row.signs:
        return replace(kept, active=kept.active or now, retiring=0.0, retired=0.0)
    return replace(kept, retiring=now) if kept.active and not kept.retiring else kept


def added(memory: Memory, row: KeyRow, now: float | None = None) -> Memory:
    """With a key that was made a moment ago."""
    moment = time.time() if now is None else now
    data = row.data
    return memory.with_(
        Kept(row.domain, row.selector, row.key_file, "", data.kind, data.bits, data.public, made=moment)
    )


def retired(memory: Memory, key: tuple[str, str], now: float | None = None) -> Memory:
    """With a key whose entries are gone."""
    kept = memory.get(key)
    moment = time.time() if now is None else now
    return (
        memory
        if kept is None
        else memory.with_(replace(kept, retired=moment, retiring=kept.retiring or moment))
    )


def find(all_lives: Iterable[Life], domain: str, selector: str = "") -> list[Life]:
    """Those of a domain, and of a selector if one is given."""
    wanted = domain.rstrip(".").lower()
    return [life for life in all_lives if life.row.domain == wanted and selector in {"", life.row.selector}]
