"""Times as an admin writes them: `2h`, `yesterday`, `mon`, `13:30`, `2026-11-22T13:30`, `Nov 22`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

EXAMPLES = "such as 2h, 30m, today, yesterday, mon, 13:30, 2026-11-22, 2026-11-22T13:30"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGO = re.compile(r"-?(\d{1,6}) ?(s|sec|m|min|h|d|w|(?:second|minute|hour|day|week)s?)(?: ago)?")
_CLOCK = r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?"
_ONLY_CLOCK = re.compile(_CLOCK)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d?)(?:-(\d\d?))?")
_NAMED_DAY = re.compile(r"([a-z]{3})[a-z]* ?-?(\d{1,2})|(\d{1,2})[ .-]?([a-z]{3})[a-z]*")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)")
_PARTS = re.compile(rf"(.+?)(?:[t ,]{_CLOCK})?")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Moments(NamedTuple):
    """From when to when a spelled time lasts: a day all its hours, a minute its seconds. `end` is the first
    moment behind it; where it is one moment both are the same."""

    start: datetime
    end: datetime


def spelled(text: str, now: datetime) -> Moments | None:
    """What a text means at the moment `now` (with its zone); None where nobody understands it."""
    text = text.strip().lower().replace("_", " ")
    try:
        return _ago(text, now) or _zoned(text) or _today(text, now) or _day_and_clock(text, now)
    except (ValueError, OverflowError):
        return None


def _ago(text: str, now: datetime) -> Moments | None:
    if text == "now":
        return Moments(now, now)
    match = _AGO.fullmatch(text)
    if match is None:
        return None
    start = now - timedelta(seconds=int(match[1]) * _UNITS[match[2][0]])
    return Moments(start, start)


def _zoned(text: str) -> Moments | None:
    if not _ZONED.fullmatch(text):
        return None
    start = datetime.fromisoformat(text.upper().replace(",", "."))
    seconds = 1 if text.count(":") - (text[-3] == ":") > 1 else 60
    return Moments(start, start + timedelta(seconds=seconds))


def _today(text: str, now: datetime) -> Moments | None:
    """A clock alone: the last time that it was so late."""
    match = _ONLY_CLOCK.fullmatch(text)
    if match is None:
        return None
    found = _at(_midnight(now), match[1], match[2], match[3])
    return found if found.start <= now else _at(_midnight(now, -1), match[1], match[2], match[3])


def _day_and_clock(text: str, now: datetime) -> Moments | None:
    match = _PARTS.fullmatch(text)
    found = _day(match[1], now) if match is not None else None
    if match is None or found is None or match[2] is None:
        return found
    return _at(found.start, match[2], match[3], match[4])


def _midnight(moment: datetime, days: int = 0) -> datetime:
    """As the local clock has it: a day of summer time's end lasts 25 hours."""
    day = (moment.astimezone() + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day).astimezone()  # local, made aware


def _whole(start: datetime) -> Moments:
    return Moments(start, _midnight(start + timedelta(hours=36)))


def _at(midnight: datetime, hour: str, minute: str, second: str | None) -> Moments:
    naive = midnight.replace(tzinfo=None, hour=int(hour), minute=int(minute), second=int(second or 0))
    start = naive.astimezone()
    return Moments(start, start + timedelta(seconds=1 if second else 60))


def _day(text: str, now: datetime) -> Moments | None:
    if text in {"today", "yesterday"}:
        return _whole(_midnight(now, 0 if text == "today" else -1))
    if text[:3] in _DAYS and text.isalpha():
        return _whole(_midnight(now, -((now.astimezone().weekday() - _DAYS.index(text[:3])) % 7)))
    match = _ISO_DAY.fullmatch(text)
    if match is not None:
        return _iso_day(int(match[1]), int(match[2]), match[3])
    match = _NAMED_DAY.fullmatch(text)
    if match is None:
        return None
    name, day = match[1] or match[4], int(match[2] or match[3])
    if name not in _MONTHS:
        return None
    for year in (now.year, now.year - 1):
        start = datetime(year, _MONTHS.index(name) + 1, day).astimezone()  # made aware
        if start <= now:
            return _whole(start)
    return None


def _iso_day(year: int, month: int, day: str | None) -> Moments:
    start = datetime(year, month, int(day or 1)).astimezone()  # local, made aware
    if day is not None:
        return _whole(start)
    return Moments(start, _midnight(start.replace(day=28) + timedelta(days=4)).replace(day=1))
