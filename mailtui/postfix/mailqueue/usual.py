"""How many messages a SASL user usually hands in: counted in the log of the last full days before today.

    usual = look_in(source)
    usual.of("laure@falcot.com")       # [14, 9, 0, 31, 12, 14, 15], the oldest day first

A day counts only if the log reaches back to before its begin, at most DAYS of them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from mailtui.maillog.chunks import Chunk
from mailtui.maillog.head import head
from mailtui.maillog.source import Source
from mailtui.maillog.span import Span
from mailtui.maillog.stamp import when
from mailtui.postfix.mailqueue.origins import MOST, client_line
from mailtui.text.safe import decode

DAYS = 7
_MARK = b", sasl_username="


class Usual(NamedTuple):
    """Messages by user and day. `days`: the full days that the log has, the oldest first; none where it
    covers less than one. `trouble`: what of it could not be read, in words."""

    days: tuple[date, ...] = ()
    counts: Mapping[tuple[str, date], int] = MappingProxyType({})
    trouble: tuple[str, ...] = ()

    def of(self, user: str) -> list[int]:
        """A user's messages on each of these days."""
        return [self.counts.get((user, day), 0) for day in self.days]

    def words(self, user: str) -> str:
        """`14 a day; 9 to 31 in the 7 days before today`; empty where nothing is known."""
        found = self.of(user)
        if not found:
            return ""
        span = "yesterday" if len(found) == 1 else f"in the {len(found)} days before today"
        if not sum(found):
            said = f"none {span}"
        elif len(found) == 1:
            said = f"{found[0]:,} {span}"
        else:
            low, high = min(found), max(found)
            said = f"{round(median(found)):,} a day{f'; {low:,} to {high:,}' if low < high else ''} {span}"
        return said + ("; not all of the log could be read" if self.trouble else "")


def look_in(source: Source, cancel: threading.Event | None = None, *, today: date | None = None) -> Usual:
    """Count the mail of all users in a log and its older files, the newest first; nothing, once `cancel` is
    set. Raises OSError, CommandError where the log cannot be read."""
    end = _midnight(today or today_here())
    start = _midnight(end.date() - timedelta(days=DAYS))
    span, counts, oldest, passed = Span.of_source(source, start), Counter[tuple[str, date]](), end, 0
    for chunk in span.back(cancel=cancel):
        begun = when(chunk.raw[:64], chunk.now)
        if begun is not None and begun >= end:
            continue  # all of it is of today
        oldest = min(oldest, (begun or oldest).astimezone())
        _count(chunk, start, end, counts)
        passed += len(chunk.raw)
        if oldest < start or passed > MOST:
            break
    if cancel is not None and cancel.is_set():
        return Usual()
    first = oldest.date() if oldest <= _midnight(oldest.date()) else oldest.date() + timedelta(days=1)
    first = max(first, start.date())
    days = tuple(first + timedelta(days=n) for n in range((end.date() - first).days))
    return Usual(days, counts, span.trouble)


def today_here() -> date:
    """The day that it is here."""
    return datetime.now().astimezone().date()


def _midnight(day: date) -> datetime:
    """The begin of a day here."""
    return datetime(day.year, day.month, day.day).astimezone()


def _count(chunk: Chunk, start: datetime, end: datetime, counts: Counter[tuple[str, date]]) -> None:
    """Add what smtpd(8) took from SASL users between two moments."""
    raw = chunk.raw
    at = raw.find(_MARK)
    while at >= 0:
        begin, stop = raw.rfind(b"\n", 0, at) + 1, raw.find(b"\n", at)
        stop = len(raw) if stop < 0 else stop
        line = raw[begin:stop].rstrip(b"\r")
        at = raw.find(_MARK, stop)
        found = head(line)
        told = client_line(line[found.start_of_text :]) if found.process.endswith(b"smtpd") else None
        moment = when(line[:64], chunk.now)
        if told is not None and told[2] and moment is not None and start <= moment < end:
            counts[decode(told[2]), moment.astimezone().date()] += 1
