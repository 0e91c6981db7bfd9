"""The time at the head of a log line: traditional (`Nov 22 13:22:20`, no year) or RFC 3339, ISO with a blank.

A syslog priority (`<22>`) and the version of RFC 5424 (`<22>1 `) before it belong to the prefix. A time
without zone is local; the year of a traditional one is the latest that does not lie after `now`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

PREFIX = re.compile(
    rb"(?:<\d{1,3}>(?:\d{1,2} )?)?"
    rb"(?:(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})(?: (?P<year>\d{4}))? (?P<clock>\d\d:\d\d:\d\d)"
    rb"(?:\.(?P<fraction>\d{1,9}))?"
    rb"|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?P<zone>Z|[+-]\d\d:?\d\d)?))(?=[ \t]|$)"
)
"""The head of a line up to the blank after its time."""

SLACK = timedelta(days=1)
"""How far a time may lie after `now`: clocks differ, and zones of sender and reader too."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_YEARS_BACK = 9
"""Between two leap days lie up to eight years (1896 and 1904)."""


def stamp(line: bytes) -> bytes:
    """The time prefix of a line as it stands there, without the blank after it; empty where there is none."""
    match = PREFIX.match(line)
    return match[0] if match is not None else b""


def when(line: bytes, now: datetime | None = None) -> datetime | None:
    """The time of a line, with its zone. `now` is what it cannot be later than (the moment itself if None),
    which gives a traditional time its year. None where there is no time, or none that exists."""
    match = PREFIX.match(line)
    return moment(match, now) if match is not None else None


def moment(match: re.Match[bytes], now: datetime | None = None) -> datetime | None:
    """The time of a match of PREFIX, as `when` has it."""
    iso = match["iso"]
    if iso is not None:
        return _iso(iso.decode("ascii"))
    return _traditional(match, now.astimezone() if now is not None else datetime.now().astimezone())


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace(",", "."))
        return found if found.tzinfo is not None else found.astimezone()
    except (ValueError, OverflowError):
        return None


def _traditional(match: re.Match[bytes], now: datetime) -> datetime | None:
    month = _MONTHS.get(match["month"])
    if month is None:
        return None
    fraction = (match["fraction"] or b"0")[:6].ljust(6, b"0")
    clock = (int(match["clock"][0:2]), int(match["clock"][3:5]), int(match["clock"][6:8]), int(fraction))
    day = int(match["day"])
    if match["year"] is not None:
        return _local(int(match["year"]), month, day, clock)
    for year in range((now + SLACK).year, now.year - _YEARS_BACK, -1):
        found = _local(year, month, day, clock)
        if found is not None and found <= now + SLACK:
            return found
    return None


def _local(year: int, month: int, day: int, clock: tuple[int, int, int, int]) -> datetime | None:
    hour, minute, second, fraction = clock
    if second == 60:  # a leap second
        second, fraction = 59, 999999
    try:
        naive = datetime(year, month, day, hour, minute, second, fraction)  # noqa: DTZ001 - local, zone below
        return naive.astimezone()
    except (ValueError, OverflowError):
        return None
