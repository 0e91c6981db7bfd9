"""The times at the head of lines."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.stamp import stamp, when

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def berlin() -> Iterator[None]:
    """A zone with summer time."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("line", "prefix", "moment"),
    [
        (b"Nov 22 13:22:20 mx x: y", b"Nov 22 13:22:20", "2025-11-22T13:22:20"),
        (b"Nov  2 13:22:20 mx x: y", b"Nov  2 13:22:20", "2025-11-02T13:22:20"),
        (b"Nov 2 13:22:20 mx x: y", b"Nov 2 13:22:20", "2025-11-02T13:22:20"),
        (b"Nov 22 13:22:20.123 mx x: y", b"Nov 22 13:22:20.123", "2025-11-22T13:22:20.123000"),
        (b"Nov 22 2021 13:22:20 mx x: y", b"Nov 22 2021 13:22:20", "2021-11-22T13:22:20"),
        (b"<22>Nov 22 13:22:20 mx x: y", b"<22>Nov 22 13:22:20", "2025-11-22T13:22:20"),
        (b"2024-11-22T13:22:20 mx x: y", b"2024-11-22T13:22:20", "2024-11-22T13:22:20"),
        (b"2024-11-22 13:22:20,5 mx x: y", b"2024-11-22 13:22:20,5", "2024-11-22T13:22:20.500000"),
        (b"Dec 31 23:59:60 mx x: y", b"Dec 31 23:59:60", "2025-12-31T23:59:59.999999"),
    ],
)
def test_local_times(line: bytes, prefix: bytes, moment: str) -> None:
    found = when(line, NOW)
    assert stamp(line) == prefix
    assert found is not None
    assert found.tzinfo is not None
    assert found.replace(tzinfo=None).isoformat() == moment


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        (b"2024-11-22T13:22:20Z mx x: y", "2024-11-22T13:22:20+00:00"),
        (b"2024-11-22T13:22:20.123456+01:00 mx x: y", "2024-11-22T13:22:20.123456+01:00"),
        (b"2024-11-22T13:22:20.123456789-0330 mx x: y", "2024-11-22T13:22:20.123456-03:30"),
        (b"<22>1 2024-11-22T13:22:20.5Z mx x 1 - - y", "2024-11-22T13:22:20.500000+00:00"),
    ],
)
def test_times_with_a_zone(line: bytes, moment: str) -> None:
    found = when(line, NOW)
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(
    ("line", "now", "year"),
    [
        (b"Dec 31 23:59:59 x", datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC), 2025),
        (b"Jan  1 00:00:01 x", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), 2026),  # clocks differ
        (b"Jan  1 00:00:01 x", datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC), 2026),
        (b"Feb 29 10:00:00 x", datetime(2026, 3, 1, tzinfo=UTC), 2024),
        (b"Feb 29 10:00:00 x", datetime(2024, 2, 29, 12, tzinfo=UTC), 2024),
        (b"Feb 29 10:00:00 x", datetime(2103, 3, 1, tzinfo=UTC), 2096),  # 2100 has none
        (b"Jun 30 10:00:00 x", datetime(2026, 6, 1, tzinfo=UTC), 2025),
    ],
)
def test_the_year_is_the_latest_that_can_be(line: bytes, now: datetime, year: int) -> None:
    found = when(line, now)
    assert found is not None
    assert found.year == year


@pytest.mark.usefixtures("berlin")
def test_summer_time() -> None:
    summer, winter = when(b"Jul  1 12:00:00 x", NOW), when(b"Dec  1 12:00:00 x", NOW)
    assert summer is not None
    assert winter is not None
    assert (summer.utcoffset(), winter.utcoffset()) == (timedelta(hours=2), timedelta(hours=1))


@pytest.mark.parametrize(
    "line", [b"", b"Feb 30 00:00:00 x", b"Xyz  1 00:00:00 x", b"2024-13-01T00:00:00 x", b"Nov 22 25:00:00 x"]
)
def test_a_time_that_is_none(line: bytes) -> None:
    assert when(line, NOW) is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001 - local times
def test_traditional_times_come_back(moment: datetime) -> None:
    line = f"{moment:%b} {moment.day:2} {moment:%H:%M:%S} mx x: y".encode()
    found = when(line, moment.astimezone() + timedelta(hours=1))
    assert found is not None
    assert found.replace(tzinfo=None) == moment.replace(microsecond=0) or found.dst() is not None
