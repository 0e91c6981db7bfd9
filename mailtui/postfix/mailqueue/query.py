"""The filter of the queue: words as in every list, and fields as in the log.

    from: to: client: user: reason: queue: id: since: until:

Words without a field are looked for in all of them. Each may be negated (`!to:gmail.com`), anchored
(`user:^laure$`), or stand beside another (`queue:hold | reason:greylist`). Times are those of arrival.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, TypeAlias

from mailtui.maillog.moments import EXAMPLES, spelled
from mailtui.postfix.mailqueue.entry import NULL_SENDER, Entry
from mailtui.postfix.mailqueue.origins import NOBODY, Origin
from mailtui.text.fieldquery import FieldQuery
from mailtui.text.query import Query, Term, fold
from mailtui.text.safe import encode

FIELDS = ("from", "to", "client", "user", "reason", "queue", "id", "since", "until")
_FIELD = re.compile(rf"(!?)({'|'.join(FIELDS)}):(.*)", re.DOTALL)


class Field(NamedTuple):
    """A word about one field."""

    name: str
    term: Term
    negated: bool

    def matches(self, message: Message) -> bool:
        return any(_satisfies(self.term, text) for text in message.texts(self.name)) is not self.negated


class Time(NamedTuple):
    """Not before a moment, or before it; in seconds since 1970."""

    moment: float
    before: bool

    def matches(self, message: Message) -> bool:
        return (message.entry.arrived < self.moment) is self.before


class Words(NamedTuple):
    """A word that may stand in any field."""

    term: Term

    def matches(self, message: Message) -> bool:
        found = any(_satisfies(self.term._replace(negated=False), text) for text in message.all)
        return found is not self.term.negated


_Word: TypeAlias = Field | Time | Words


class Message:
    """A message and who handed it in, as the query asks them."""

    __slots__ = ("entry", "origin")

    def __init__(self, entry: Entry, origin: Origin) -> None:
        self.entry, self.origin = entry, origin

    def texts(self, name: str) -> Iterator[str]:
        """What it has in a field."""
        entry, origin = self.entry, self.origin
        match name:
            case "from":
                yield entry.sender
                if entry.sender == NULL_SENDER:
                    yield "<>"
            case "to":
                yield from (each.address for each in entry.recipients)
            case "client":
                yield from (text for text in (origin.client, origin.name, origin.address) if text)
            case "user":
                yield origin.user
            case "reason":
                yield from (each.reason for each in entry.recipients)
            case "queue":
                yield entry.queue
            case _:
                yield entry.queue_id

    @property
    def all(self) -> Iterator[str]:
        for name in ("id", "queue", "from", "to", "reason", "user", "client"):
            yield from self.texts(name)


def _satisfies(term: Term, text: str) -> bool:
    raw = encode(text)
    return term.matches(raw, raw.lower() if raw.isascii() else encode(fold(text)))


@dataclass(frozen=True)
class QueueQuery(FieldQuery[_Word]):
    """The queue's filter, parsed."""

    @classmethod
    def word(cls, text: str, now: datetime) -> _Word | None:
        return _word(text, now)

    @cached_property
    def asks_origin(self) -> bool:
        """Whether it asks who handed a message in, which only the log says."""
        words = (word for group in self.groups for word in group)
        return any(isinstance(word, Field) and word.name in ("user", "client") for word in words)

    def matches(self, entry: Entry, origin: Origin = NOBODY) -> bool:
        """Whether a message satisfies it."""
        message = Message(entry, origin)
        return all(any(word.matches(message) for word in group) for group in self.groups)

    @cached_property
    def needles(self) -> list[bytes]:
        """Bytes in lower case that stand in every line of postqueue that matches, so that others need not be
        read. What only the log says is no needle."""
        found: list[bytes] = []
        for group in self.groups:
            word = group[0]
            if len(group) > 1 or not isinstance(word, Field) or word.negated:
                continue
            if word.name in ("from", "to", "reason", "queue", "id") and word.term.text != b"<>":
                found += [part.lower() for part in word.term.parts]
        return found

    def terms(self) -> Iterator[Term]:
        for word in (word for group in self.groups for word in group):
            if not isinstance(word, Time):
                yield word.term._replace(anchor="", negated=getattr(word, "negated", word.term.negated))


def _word(word: str, now: datetime) -> _Word | None:
    """Raises ValueError in words."""
    match = _FIELD.fullmatch(word)
    if match is None:
        term = _term(word)
        return None if term is None else Words(term)
    negated, name, value = bool(match[1]), match[2], match[3]
    if not value:
        return None
    if name in ("since", "until"):
        found = spelled(value, now)
        if found is None:
            raise ValueError(f"{name}:{value} is no time, {EXAMPLES}")
        moment = found.start if name == "since" else found.end
        return Time(moment.timestamp(), (name == "until") is not negated)
    if value == "<>":
        return Field(name, Term(b"<>", "^$"), negated)
    term = _term(value.removeprefix("<").removesuffix(">") if "@" in value else value)
    if term is None:
        return None
    if name in ("id", "queue") and not term.anchor:
        term = term._replace(anchor="^")
    return Field(name, term._replace(negated=False), negated is not term.negated)


def _term(word: str) -> Term | None:
    groups = Query.parse(word.replace(" ", "\\ ")).groups
    return groups[0][0] if groups else None


def word_for(name: str, value: str) -> str:
    """A word of a query for exactly this value of a field."""
    escaped = value.replace(" ", "\\ ")
    return f"{name}:^{escaped}$" if value else f"{name}:<>"
