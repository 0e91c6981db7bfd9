"""Statistics as a plain-text report of 80 columns, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from unicodedata import combining, east_asian_width

from mailtui.maillog.counts import Minute, Sums
from mailtui.maillog.stats import Statistics
from mailtui.text.safe import safe

COLUMNS = 80
TOP = 10
"""Entries of each list, unless told otherwise."""
_BARS = 24
"""Rows of the rate: at most a day in hours."""


def cut(text: str, width: int) -> str:
    """A text in at most `width` columns of a terminal; one that is longer ends in `…`."""
    if len(text) <= width and text.isascii():
        return text
    room = width
    for place, character in enumerate(text):
        room -= 2 if east_asian_width(character) in "WF" else 0 if combining(character) else 1
        if room < 0:
            while place and sum(2 if east_asian_width(c) in "WF" else 1 for c in text[:place]) > width - 1:
                place -= 1
            return text[:place] + "…"
    return text


def size_words(count: int) -> str:
    """Bytes in the largest unit of which there is at least one: `4.0 MB`."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def per_minute(numbers: Statistics) -> list[tuple[datetime, Minute]]:
    """The counted minutes in order. Minutes in which nothing was counted are left out."""
    found = [(at, minute) for minute in numbers.minutes.values() if (at := minute.at()) is not None]
    return sorted(found, key=lambda one: one[0])


def report(numbers: Statistics, top: int = TOP, title: str = "") -> str:
    """The report, each line safe for a terminal, ending in a newline."""
    parts = [
        _heading(numbers, title),
        _totals(numbers),
        _rate(numbers),
        _counted("Refused, by reason", numbers.reasons, top),
        _counted("Deferred, by reason", numbers.deferral_reasons, top),
        _counted("Bounced, by reason", numbers.bounce_reasons, top),
        _summed("Received, by sender domain", numbers.sender_domains, top, deliveries=False),
        _summed("Delivered, by recipient domain", numbers.recipient_domains, top, deliveries=True),
        _counted("Clients, by messages received", numbers.clients, top),
        _counted("Clients refused", numbers.refused_clients, top),
        _counted("Clients whose logins failed", numbers.login_clients, top),
        _summed("Senders", numbers.senders, top, deliveries=False),
        _summed("Recipients", numbers.recipients, top, deliveries=True),
    ]
    return "\n".join("\n".join(map(_row, part)) + "\n" for part in parts if part)


def _row(text: str) -> str:
    return cut(safe(text), COLUMNS).rstrip()


def _heading(numbers: Statistics, title: str) -> list[str]:
    first, last = numbers.span()
    words = f"Mail statistics  {title}".rstrip()
    if first is None or last is None:
        return [words, "no line has a time"]
    lines = "1 line" if numbers.lines == 1 else f"{numbers.lines} lines"
    return [words, f"{_moment(first)} to {_moment(last)}, {_lasting(last - first)}, {lines}"]


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _lasting(time: timedelta) -> str:
    minutes = max(int(time.total_seconds()) // 60, 0)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def _totals(numbers: Statistics) -> list[str]:
    first, last = numbers.span()
    minutes = (last - first).total_seconds() / 60 if first is not None and last is not None else 0.0

    def row(count: int, name: str, beside: str = "") -> str:
        return f"{count:>9}  {name:<12}{_per(count, minutes):>20}  {beside}"

    rows = [
        row(numbers.received, "received", size_words(numbers.received_bytes)),
        row(numbers.delivered, "delivered", size_words(numbers.delivered_bytes)),
        row(numbers.deferred, "deferred", f"in {numbers.deferrals} attempts" if numbers.deferrals else ""),
        row(numbers.bounced, "bounced"),
        row(numbers.rejected, "rejected"),
    ]
    others = {
        "forwarded": numbers.forwarded, "expired": numbers.expired, "held": numbers.held,
        "discarded": numbers.discarded, "failed logins": numbers.failed_logins, "warnings": numbers.warnings,
        "fatal": numbers.fatals,
    }  # fmt: skip
    told = ", ".join(f"{name} {count}" for name, count in others.items() if count)
    return [*rows, *([f"           {told}"] if told else [])]


def _per(count: int, minutes: float) -> str:
    """How often, in the shortest time in which it happens at least once; empty where that says nothing."""
    if not count or minutes < 1:
        return ""
    for name, length in (("a minute", 1), ("an hour", 60), ("a day", 1440)):
        often = count / minutes * length
        if often >= 1 or name == "a day":
            return f"{often:.1f} {name}"
    raise AssertionError


def _rate(numbers: Statistics) -> list[str]:
    """Received, delivered and refused in steps that fit the page."""
    minutes = per_minute(numbers)
    if len(minutes) < 2:
        return []
    began, end = minutes[0][0], minutes[-1][0]
    step = next(
        (n for n in (1, 5, 15, 60, 360, 1440) if (end - began).total_seconds() / 60 / n < _BARS), 10080
    )
    began = began.replace(
        hour=began.hour if step < 360 else 0, minute=began.minute // min(step, 60) * min(step, 60)
    )
    sums: dict[int, list[int]] = {}
    for at, minute in minutes:
        place = int((at - began).total_seconds() // 60 // step)
        row = sums.setdefault(place, [0, 0, 0, 0, 0])
        counts = (minute.received, minute.delivered, minute.deferred, minute.bounced, minute.rejected)
        for place_of, count in enumerate(counts):
            row[place_of] += count
    named = (
        "minute"
        if step == 1
        else f"{step} minutes"
        if step < 60
        else f"{step // 60} h"
        if step < 1440
        else f"{step // 1440} d"
    )
    names = f"{'received':>10}{'delivered':>11}{'deferred':>10}{'bounced':>9}{'rejected':>10}"
    out = [f"{'Each ' + named:<20}{names}"]
    for place in sorted(sums):
        at = began + timedelta(minutes=place * step)
        received, delivered, deferred, bounced, rejected = sums[place]
        out.append(
            f"{at:%Y-%m-%d %H:%M}    {received:>10}{delivered:>11}{deferred:>10}{bounced:>9}{rejected:>10}"
        )
    return out


def _counted(title: str, counts: Counter[str], top: int) -> list[str]:
    if not counts:
        return []
    rest = len(counts) - top
    rows = [f"{count:>9}  {name}" for name, count in _ordered(counts)[:top]]
    return [title, *rows, *([f"           and {rest} more"] if rest > 0 else [])]


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _summed(title: str, sums: Mapping[str, Sums], top: int, *, deliveries: bool) -> list[str]:
    if not sums:
        return []
    ordered = _biggest(sums)
    head = f"{title:<46}{'messages':>9}{'size':>10}"
    if deliveries:
        head += f"{'defer':>7}{'bounce':>7}"
    out = [head]
    for name, one in ordered[:top]:
        row = f"  {cut(safe(name), 42):<42}  {one.messages:>9}{size_words(one.size):>10}"
        out.append(row + (f"{one.deferred:>7}{one.bounced:>7}" if deliveries else ""))
    rest = len(ordered) - top
    return [*out, *([f"  and {rest} more"] if rest > 0 else [])]


def _biggest(sums: Mapping[str, Sums]) -> Sequence[tuple[str, Sums]]:
    return sorted(
        sums.items(),
        key=lambda one: (-one[1].messages, -one[1].deferred - one[1].bounced, -one[1].size, one[0]),
    )


def as_json(numbers: Statistics, top: int | None = None) -> dict[str, Any]:
    """The numbers in the names of `mailtui log --stats --json`; each list with its `top` first entries."""
    first, last = numbers.span()
    fields: dict[str, Any] = {
        "first": first.isoformat() if first is not None else None,
        "last": last.isoformat() if last is not None else None,
        "lines": numbers.lines,
        "received": numbers.received,
        "received_bytes": numbers.received_bytes,
        "delivered": numbers.delivered,
        "delivered_bytes": numbers.delivered_bytes,
        "forwarded": numbers.forwarded,
        "deferred": numbers.deferred,
        "deferrals": numbers.deferrals,
        "bounced": numbers.bounced,
        "expired": numbers.expired,
        "rejected": numbers.rejected,
        "held": numbers.held,
        "discarded": numbers.discarded,
        "failed_logins": numbers.failed_logins,
        "warnings": numbers.warnings,
        "fatal": numbers.fatals,
        "rejected_by_reason": _counts(numbers.reasons, "reason", top),
        "deferred_by_reason": _counts(numbers.deferral_reasons, "reason", top),
        "bounced_by_reason": _counts(numbers.bounce_reasons, "reason", top),
        "clients": _counts(numbers.clients, "client", top),
        "rejected_clients": _counts(numbers.refused_clients, "client", top),
        "failed_login_clients": _counts(numbers.login_clients, "client", top),
        "sender_domains": _sums(numbers.sender_domains, "domain", top),
        "recipient_domains": _sums(numbers.recipient_domains, "domain", top),
        "senders": _sums(numbers.senders, "sender", top),
        "recipients": _sums(numbers.recipients, "recipient", top),
        "minutes": [_minute(at, minute) for at, minute in per_minute(numbers)],
    }
    return {name: value for name, value in fields.items() if value is not None}


def _counts(counts: Counter[str], name: str, top: int | None) -> list[dict[str, Any]]:
    return [{name: what, "count": count} for what, count in _ordered(counts)[:top]]


def _sums(sums: Mapping[str, Sums], name: str, top: int | None) -> list[dict[str, Any]]:
    return [
        {
            name: who,
            "messages": one.messages,
            "bytes": one.size,
            "deferred": one.deferred,
            "bounced": one.bounced,
        }
        for who, one in _biggest(sums)[:top]
    ]


def _minute(at: datetime, minute: Minute) -> dict[str, Any]:
    return {
        "start": at.isoformat(), "received": minute.received, "delivered": minute.delivered,
        "deferred": minute.deferred, "bounced": minute.bounced, "rejected": minute.rejected,
    }  # fmt: skip
