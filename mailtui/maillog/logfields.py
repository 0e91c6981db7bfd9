"""Words of the log's filter about what a line says: an address, a status, a level, a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, TypeAlias, get_args

from mailtui.maillog.record import Event, Record, parse
from mailtui.maillog.stamp import when
from mailtui.text.query import Term, fold
from mailtui.text.safe import decode, encode

LEVELS = ("info", "warning", "error", "fatal", "panic")

Needle: TypeAlias = "tuple[bytes, bool]"
"""Bytes that a line must hold, and whether letter case counts."""
Sender: TypeAlias = "Callable[[str], str | None]"

_ASCII = re.compile(rb"[\x00-\x7f]+")
_ALSO: dict[str, tuple[str, ...]] = {
    "delivered": ("sent",),
    "reject": ("rejected", "refused"),
    "milter_reject": ("rejected", "refused", "milter-reject"),
    "received": ("accepted",),
}
"""What an admin may call what the record calls otherwise."""
_STANDS: dict[str, tuple[bytes, ...]] = {
    "delivered": (b"=sent", b"=deliverable"),
    "deferred": (b"=deferred",),
    "bounced": (b"=bounced", b"=undeliverable", b"=expired"),
    "reject": (b"reject",),
    "milter_reject": (b"milter-reject",),
    "removed": (b"removed",),
    "connect": (b"connect",),
    "disconnect": (b"connect",),
    "fatal": (b"fatal", b"panic"),
}
"""For events that a line says in so many words: one of these stands in it."""


def _folded(raw: bytes) -> bytes:
    return raw.lower() if raw.isascii() else encode(fold(decode(raw)))


class Line:
    """A line, folded and parsed once somebody asks."""

    __slots__ = ("_folded", "_record", "now", "raw", "sender")

    def __init__(self, raw: bytes, now: datetime | None, sender: Sender) -> None:
        self.raw, self.now, self.sender = raw, now, sender
        self._folded: bytes | None = None
        self._record: Record | None = None

    @property
    def folded(self) -> bytes:
        if self._folded is None:
            self._folded = _folded(self.raw)
        return self._folded

    @property
    def record(self) -> Record:
        if self._record is None:
            self._record = parse(self.raw, self.now)
        return self._record

    def may_hold(self, needles: tuple[Needle, ...]) -> bool:
        """Whether one of these stands in it, or there are none."""
        return not needles or any(text in (self.raw if exact else self.folded) for text, exact in needles)


@lru_cache(maxsize=64)
def needles(term: Term) -> tuple[Needle, ...]:
    """What stands in every text that holds the term's: all of it where letter case counts; else its longest
    part in ASCII, if there is any."""
    if term.exact_case:
        return ((term.text, True),)
    longest = max(_ASCII.findall(term.text), key=len, default=b"")
    return ((longest, False),) if longest else ()


@lru_cache(maxsize=64)
def _needles_of_status(term: Term) -> tuple[Needle, ...]:
    """What stands in each line with such a status: the word itself, as it does for all that the record takes
    from the line; and what the events are read from that the word may mean. Empty where one of these stands
    nowhere."""
    found = set(needles(term))
    for event in get_args(Event):
        if any(_satisfies(term, name) for name in (event, *_ALSO.get(event, ()))):
            if event not in _STANDS:
                return ()
            found.update((text, True) for text in _STANDS[event])
    return tuple(found) if needles(term) else ()


def _satisfies(term: Term, text: str) -> bool:
    raw = encode(text)
    return term.matches(raw, _folded(raw))


class Field(NamedTuple):
    """A word about a field. `term` is tried on the field's texts."""

    name: str
    term: Term
    negated: bool

    def matches(self, line: Line) -> bool:
        """Whether any of the field's texts satisfies it."""
        if not line.may_hold(self._held):
            return self.negated
        return any(self.fits(text) for text in _texts(self.name, line)) is not self.negated

    def fits(self, text: str) -> bool:
        """Whether one text does."""
        return _satisfies(self.term, text)

    @property
    def _held(self) -> tuple[Needle, ...]:
        if self.name == "from":  # the line may name the message only
            return ()
        return _needles_of_status(self.term) if self.name == "status" else needles(self.term)

    @property
    def needles(self) -> tuple[Needle, ...]:
        """One of them stands in every line that matches; empty where nobody knows."""
        return () if self.negated else self._held


class Level(NamedTuple):
    """A level, or a worse one."""

    least: int
    negated: bool

    def matches(self, line: Line) -> bool:
        if not line.may_hold(self._held):
            return self.negated
        return (LEVELS.index(line.record.level) >= self.least) is not self.negated

    @property
    def _held(self) -> tuple[Needle, ...]:
        return tuple((level.encode(), False) for level in LEVELS[self.least :]) if self.least else ()

    @property
    def needles(self) -> tuple[Needle, ...]:
        """As of a Field."""
        return () if self.negated else self._held


class Time(NamedTuple):
    """Not before a moment, or before it. A line without a time is never left out."""

    moment: datetime
    before: bool

    def matches(self, line: Line) -> bool:
        found = when(line.raw[:64], line.now)
        return found is None or (found < self.moment) is self.before

    @property
    def needles(self) -> tuple[Needle, ...]:
        return ()


def _texts(name: str, line: Line) -> Iterator[str]:
    """What a line has in a field."""
    record = line.record
    match name:
        case "from":
            sender = record.sender
            if sender is None and record.queue_id:
                sender = line.sender(record.queue_id)
            if sender is not None:
                yield sender or "<>"
        case "to":
            yield from (text for text in (record.recipient, record.orig_to) if text is not None)
        case "client":
            yield from (text for text in (record.client_name, record.client_address) if text is not None)
        case "id":
            if record.queue_id:
                yield record.queue_id
        case _:
            if record.status:
                yield record.status
            yield record.event
            yield from _ALSO.get(record.event, ())
