"""Who handed the messages of a queue in: the SASL user and the client, as the log says by queue id.

    origins = Origins()
    for found in origins.look_in(source, listing): …     # as many as became known, block after block
    origins.of("3FCA722E68E").user

A queue id may have been another message's before (short ids come again), so a line counts only if it was
written when the message arrived. A message that was requeued, or that a content filter gave back to us, leads
to the one that it was before.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from mailtui.maillog.chunks import Chunk
from mailtui.maillog.head import head
from mailtui.maillog.record import parse
from mailtui.maillog.source import Source
from mailtui.maillog.span import Span
from mailtui.maillog.stamp import when
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.text.safe import decode

NEAR = 300.0
"""Seconds between a message's arrival and the line about it, at most."""
LATE = 10.0
"""Seconds after which a line about a message is in the log."""
SLACK = 3600.0
"""Seconds before the oldest message in which lines are still looked at: clocks are set, lines late."""
MOST = 512 << 20
"""Bytes of the log that are looked through at most for one reading of the queue."""
_CLIENT = re.compile(
    rb"[0-9A-Za-z]+: client=([^\s,]*\[[^\s,]*\](?::\d+)?)"
    rb"(?:, sasl_method=[^\s,]*)?(?:, sasl_username=([^,]*?))?"
    rb"(?:, sasl_sender=[^,]*)?(?:, orig_queue_id=[0-9A-Za-z]*)?(?:, orig_client=([^\s,]*\[[^\s,]*\]))?"
)
"""smtpd(8) of a message: `client=name[address]`, the SASL user, the client before a filter (XFORWARD)."""
_UID = re.compile(rb"[0-9A-Za-z]+: uid=(\d{1,10}) ")
_AGAIN = re.compile(rb"> orig_id=([0-9A-Za-z]{5,25})$")
_QUEUED = b" queued as "
_HERE = ("127.", "[::1]", "::1", "localhost[", "private/")
"""How the relay of a filter on this host begins."""
_FURTHER = 200
"""How often in a row a message may lead to another one."""


def client_line(text: bytes) -> re.Match[bytes] | None:
    """What smtpd(8) says of a message that it takes: 1 the client, 2 the SASL user, 3 the client before a
    filter. None where the text (behind the process) is no such line."""
    return _CLIENT.fullmatch(text)


class Origin(NamedTuple):
    """Who handed a message in. `client`: `name[address]`, or `uid 33` for the sendmail command; both empty
    where the log does not say it. `known`: whether it has been looked for."""

    user: str = ""
    client: str = ""
    known: bool = True

    @property
    def name(self) -> str:
        """The client's name in DNS; empty for mail of this host."""
        return self.client.partition("[")[0] if "[" in self.client else ""

    @property
    def address(self) -> str:
        """The client's address; empty for mail of this host."""
        return self.client.partition("[")[2].rstrip("]")


NOBODY = Origin()
"""Of a message of which the log says nothing: a bounce of our own, or one that is older than the log."""
UNKNOWN = Origin(known=False)
"""Of one that has not been looked for yet."""


class Log(Protocol):
    """What is searched: a feed, a span."""

    def back(self, before: int | None = None, cancel: threading.Event | None = None) -> Iterator[Chunk]: ...


class Origins:
    """What is known. One thread looks, others ask."""

    def __init__(self) -> None:
        self._known: dict[str, Origin] = {}
        self._same: dict[tuple[str, str], Origin] = {}
        self.trouble: tuple[str, ...] = ()
        """What of the log could not be read last, in words."""

    def __len__(self) -> int:
        return len(self._known)

    def of(self, queue_id: str) -> Origin:
        """Who handed a message in."""
        return self._known.get(queue_id, UNKNOWN)

    def keep(self, ids: Iterable[str]) -> None:
        """Forget all others."""
        self._known = {each: self._known[each] for each in ids if each in self._known}

    def look_in(
        self, source: Source, listing: Listing, cancel: threading.Event | None = None
    ) -> Iterator[int]:
        """Search a log, as far back as it may say something of those that are not known yet; each time as
        many as became known. Raises OSError, CommandError."""
        unknown = self._unknown(listing)
        self.trouble = ()
        if not unknown:
            return
        since = datetime.fromtimestamp(min(unknown.values()) - SLACK).astimezone()
        span = Span.of_source(source, since)
        yield from self.look(span, unknown, cancel)
        self.trouble += span.trouble

    def _unknown(self, listing: Listing) -> dict[str, float]:
        """The ids that nobody looked for yet, with their arrivals."""
        rows = enumerate(listing.ids)
        return {name: float(listing.arrived(row)) for row, name in rows if name not in self._known}

    def look(
        self, log: Log, unknown: Mapping[str, float], cancel: threading.Event | None = None
    ) -> Iterator[int]:
        """The same of messages with these arrivals, in a log that may reach further back."""
        search = _Search(self._found)
        search.wanted = {name.encode(): [(name, arrived)] for name, arrived in unknown.items()}
        oldest, passed = min(unknown.values(), default=0.0) - SLACK, 0
        for chunk in log.back(cancel=cancel):
            if cancel is not None and cancel.is_set():
                return
            yield search.through(chunk)
            passed += len(chunk.raw)
            begun = when(chunk.raw[:64], chunk.now)
            if not search.wanted or (begun is not None and begun.timestamp() < oldest):
                break
            if passed > MOST:
                self.trouble += (f"only the last {MOST >> 20} MB of the log were searched for SASL users",)
                break
        if cancel is None or not cancel.is_set():
            settled = time.time() - LATE
            for name, arrived in unknown.items():
                if arrived < settled:
                    self._known.setdefault(name, NOBODY)

    def _found(self, queue_id: str, user: str, client: str) -> None:
        """Many messages are of one user and client: these share one origin."""
        self._known[queue_id] = self._same.setdefault((user, client), Origin(user, client))


class _Search:
    """One search: which id is looked for, and for which messages with which arrival."""

    def __init__(self, found: Callable[[str, str, str], None]) -> None:
        self._found = found
        self.wanted: dict[bytes, list[tuple[str, float]]] = {}
        self._before: set[str] = set()
        """Messages that were others before: only of these the client counts."""

    def through(self, chunk: Chunk) -> int:
        """Look through a block; how many became known."""
        for _ in range(_FURTHER):
            leads = [*self._taken_in(chunk), *self._filtered(chunk)]
            if not leads:
                break
            for before, queue_id, moment in leads:
                self.wanted.setdefault(before, []).append((queue_id, moment))
        return sum(self._client(line) for line in reversed(list(_lines(chunk, b": client="))))

    def _client(self, line: _Line) -> int:
        """What smtpd(8) took in, and from whom."""
        wanted, told = self.wanted.get(line.queue_id), client_line(line.text)
        if wanted is None or told is None or not line.process.endswith(b"smtpd"):
            return 0
        count = 0
        for queue_id, arrived in list(wanted):
            if not line.near(arrived):
                continue
            wanted.remove((queue_id, arrived))
            if queue_id in self._before and queue_id.encode() == line.queue_id:
                continue
            self._found(queue_id, decode(told[2] or b""), decode(told[3] or told[1]))
            count += 1
        if not wanted:
            del self.wanted[line.queue_id]
        return count

    def _taken_in(self, chunk: Chunk) -> Iterator[tuple[bytes, str, float]]:
        """What pickup(8) took in: from this host's users, or requeued by the admin."""
        for line in _lines(chunk, b": uid="):
            wanted, told = self.wanted.get(line.queue_id), _UID.match(line.text)
            if not wanted or told is None or not line.process.endswith(b"pickup"):
                continue
            again = _AGAIN.search(line.text)
            for queue_id, arrived in list(wanted):
                if again is not None and again[1] != line.queue_id:
                    wanted.remove((queue_id, arrived))
                    yield again[1], queue_id, arrived
                elif line.near(arrived):
                    wanted.remove((queue_id, arrived))
                    self._found(queue_id, "", f"uid {told[1].decode()}")
            if not wanted:
                del self.wanted[line.queue_id]

    def _filtered(self, chunk: Chunk) -> Iterator[tuple[bytes, str, float]]:
        """What was given to a filter on this host, which gave it back."""
        raw, at = chunk.raw, 0
        while (at := raw.find(_QUEUED, at)) >= 0:
            at += len(_QUEUED)
            again = raw[at : at + 26].partition(b")")[0]
            fresh = [each for each in self.wanted.get(again, ()) if each[0] not in self._before]
            if not fresh:
                continue
            record = parse(raw[raw.rfind(b"\n", 0, at) + 1 : raw.find(b"\n", at)], chunk.now)
            here = (record.relay or "").startswith(_HERE) and record.next_id == decode(again)
            for queue_id, arrived in fresh:
                if here and record.queue_id and record.queue_id != queue_id:
                    self._before.add(queue_id)
                    yield record.queue_id.encode(), queue_id, arrived


class _Line(NamedTuple):
    """A line about a message: who wrote it, what follows the process."""

    queue_id: bytes
    process: bytes
    text: bytes
    raw: bytes
    now: datetime | None

    def near(self, arrived: float) -> bool:
        """Whether it was written when a message arrived; one without a time is believed."""
        moment = when(self.raw[:64], self.now)
        return moment is None or abs(moment.timestamp() - arrived) <= NEAR


def _lines(chunk: Chunk, mark: bytes) -> Iterator[_Line]:
    """The lines in which the mark follows the queue id at the very beginning of what the process says."""
    raw = chunk.raw
    at = raw.find(mark)
    while at >= 0:
        begin, end = raw.rfind(b"\n", 0, at) + 1, raw.find(b"\n", at)
        end = len(raw) if end < 0 else end
        line = raw[begin:end].rstrip(b"\r")
        found = head(line)
        text = line[found.start_of_text :]
        queue_id = text.partition(b":")[0]
        if text.startswith(mark, len(queue_id)) and found.process:
            yield _Line(queue_id, found.process, text, line, chunk.now)
        at = raw.find(mark, end)
