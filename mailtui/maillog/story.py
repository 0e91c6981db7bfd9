"""What a trace is made of: steps, the delays of a delivery, related messages, the whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from mailtui.maillog.record import Record

Kind = Literal[
    "connect", "tls", "login", "accepted", "message-id", "dkim", "spf", "dmarc", "milter", "greylisted",
    "rejected", "held", "released", "queued", "alias", "delivered", "stored", "deferred", "bounced", "dsn",
    "requeued", "discarded", "removed", "disconnect", "warning", "note",
]  # fmt: skip
State = Literal[
    "delivered", "partly", "deferred", "bounced", "rejected", "held", "queued", "discarded", "deleted",
    "unknown",
]  # fmt: skip


class Delays(NamedTuple):
    """`delays=a/b/c/d` of a delivery, in seconds: before the queue manager, in it, setting up the connection,
    transmission (postconf(5), `delay_logging_resolution_limit`)."""

    before_queue: float
    queue: float
    connect: float
    transmit: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a message. `key` is its line's key in the source; `at` None where the line has no time.

    `offset` counts seconds from the trace's first line. `title` is the kind in a word, `text` the rest in
    words, both as the log has them: not yet safe for a terminal. `record` is the line; an `alias` step is
    read off the delivery that names the original recipient, and carries that line's record.
    """

    key: int
    at: datetime | None
    offset: float
    kind: Kind
    title: str
    text: str
    record: Record
    delays: Delays | None = None
    queue_id: str = ""
    """Of this message; empty for a line of its connection."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another message (or refused attempt) and what it is to this one, in words: `the bounce of this`."""

    queue_id: str
    why: str
    trace: Trace


@dataclass
class Trace:
    """All that the log says of one message, or of one connection that brought none (`queue_id` empty)."""

    queue_id: str
    state: State = "unknown"
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    """As they were given, before aliases."""
    steps: tuple[Step, ...] = ()
    related: tuple[Related, ...] = field(default=())
    size: int | None = None
    message_id: str | None = None
    client: str | None = None
    """`name[address]` of the client, or `uid N` for mail of the sendmail command."""

    @property
    def began(self) -> datetime | None:
        """The time of the first line that has one."""
        return next((step.at for step in self.steps if step.at is not None), None)

    @property
    def keys(self) -> frozenset[int]:
        """The keys of all lines of this message, without those of related ones."""
        return frozenset(step.key for step in self.steps)


class Piece(Protocol):
    """Whole lines of a log. `first` is the key of the first of them, `now` what none is later than."""

    @property
    def first(self) -> int: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def now(self) -> datetime | None: ...


class Lines(Protocol):
    """What traces are read from: a feed, files, standard input."""

    def blocks(self, start: int | None = None, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """The lines with keys from `start` up to `stop`, oldest first, each block with its first key."""
        ...

    def back(self, before: int = ..., cancel: threading.Event | None = None) -> Iterator[Piece]:
        """The lines before `before` (all where it is left out), newest block first."""
        ...

    def now(self, key: int) -> datetime | None:
        """The moment that the line of this key cannot be later than."""
        ...


class Cancelled(Exception):
    """Nobody waits for this trace any more."""
