"""What happened to mail in each minute of the last hour, counted on blocks of lines without parsing them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from mailtui.maillog.history import History
from mailtui.maillog.stamp import when

MINUTES = 60
_HEAD = 48
"""Bytes in which the time of a line stands."""
_BACK = 256 << 20
"""Bytes of history that are counted at most: some seconds."""
_MARKS = (
    b": client=",
    b" status=sent",
    b" status=deferred",
    b" status=bounced",
    b" reject: ",
    b"milter-reject: ",
)


class Minute(NamedTuple):
    """One minute, and what its lines say: messages that clients handed in, deliveries by how they ended, and
    refusals (of milters too)."""

    start: datetime
    accepted: int = 0
    delivered: int = 0
    deferred: int = 0
    bounced: int = 0
    rejected: int = 0


@dataclass(slots=True)
class _Counts:
    accepted: int = 0
    delivered: int = 0
    deferred: int = 0
    bounced: int = 0
    rejected: int = 0


def _minute(line: bytes) -> bytes:
    """The time of a line up to its minute, as it stands there; lines of one minute have the same."""
    colon = line.find(b":", 0, _HEAD)
    return line[: colon + 3] if colon > 0 else b""


class Rates:
    """Counts by minute. One thread adds, others ask."""

    def __init__(self) -> None:
        self._counts: dict[int, _Counts] = {}
        self._last = 0
        self.counting = True
        """Whether the hour before the feed is still being counted."""
        self.complete = False
        """Whether all of the hour before the feed was counted."""

    def minutes(self, now: datetime | None = None) -> list[Minute]:
        """The last hour, oldest minute first, up to the one that runs."""
        this = int((now or datetime.now().astimezone()).timestamp()) // 60
        found = []
        for minute in range(this - MINUTES + 1, this + 1):
            one = self._counts.get(minute, _Counts())
            start = datetime.fromtimestamp(minute * 60).astimezone()
            found.append(Minute(start, one.accepted, one.delivered, one.deferred, one.bounced, one.rejected))
        return found

    def add(self, raw: bytes, now: datetime) -> None:
        """Count the lines of a block, no time in which lies after `now`."""
        for low, high in _minutes(raw):
            found = when(raw[low : low + 64], now)
            if found is not None:
                self._last = int(found.timestamp()) // 60
            self._count(self._last, raw, low, high)
        oldest = int(now.timestamp()) // 60 - 2 * MINUTES
        if len(self._counts) > 4 * MINUTES:
            for minute in [one for one in self._counts if one < oldest]:
                del self._counts[minute]

    def _count(self, minute: int, raw: bytes, low: int, high: int) -> None:
        accepted, sent, deferred, bounced, rejected, refused = (raw.count(mark, low, high) for mark in _MARKS)
        one = self._counts.setdefault(minute, _Counts())
        one.accepted += accepted
        one.delivered += sent
        one.deferred += deferred
        one.bounced += bounced
        one.rejected += rejected + refused

    def count_back(self, history: History, cancel: threading.Event) -> Iterator[None]:
        """Count what is no older than an hour, piece by piece: one with each step."""
        begin = datetime.now().astimezone() - timedelta(minutes=MINUTES)
        size = 0
        for chunk in history.back(0, cancel):
            last = self._last
            self.add(chunk.raw, chunk.now)
            self._last = last
            size += len(chunk.raw)
            first = when(chunk.raw[:64], chunk.now)
            if (first is not None and first < begin) or size > _BACK:
                break
            yield
        self.complete, self.counting = size <= _BACK and not cancel.is_set(), False


def _minutes(raw: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts of a block begin and end whose lines are all of one minute; split in halves until the
    first and the last line of a part are."""
    todo = [(0, len(raw))]
    while todo:
        low, high = todo.pop()
        last = raw.rfind(b"\n", low, high - 1) + 1
        if last <= low or _minute(raw[low : low + _HEAD]) == _minute(raw[last : last + _HEAD]):
            if low < high:
                yield low, high
            continue
        middle = raw.find(b"\n", (low + high) // 2, high) + 1
        if not low < middle < high:
            middle = last
        todo += [(middle, high), (low, middle)]
