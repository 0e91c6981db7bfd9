"""Times as an admin writes them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.moments import spelled


@pytest.fixture(autouse=True)
def _paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A zone with summer time."""
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def now() -> datetime:
    """A Sunday."""
    return datetime.fromisoformat("2026-11-22T13:22:20+01:00")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("now", "2026-11-22T13:22:20+01:00", "2026-11-22T13:22:20+01:00"),
        ("2h", "2026-11-22T11:22:20+01:00", "2026-11-22T11:22:20+01:00"),
        ("-30min", "2026-11-22T12:52:20+01:00", "2026-11-22T12:52:20+01:00"),
        ("3 days ago", "2026-11-19T13:22:20+01:00", "2026-11-19T13:22:20+01:00"),
        ("1w", "2026-11-15T13:22:20+01:00", "2026-11-15T13:22:20+01:00"),
        ("today", "2026-11-22T00:00:00+01:00", "2026-11-23T00:00:00+01:00"),
        ("Yesterday", "2026-11-21T00:00:00+01:00", "2026-11-22T00:00:00+01:00"),
        ("yesterday_18:30", "2026-11-21T18:30:00+01:00", "2026-11-21T18:31:00+01:00"),
        ("sun", "2026-11-22T00:00:00+01:00", "2026-11-23T00:00:00+01:00"),
        ("monday", "2026-11-16T00:00:00+01:00", "2026-11-17T00:00:00+01:00"),
        ("13:00", "2026-11-22T13:00:00+01:00", "2026-11-22T13:01:00+01:00"),
        ("23:00", "2026-11-21T23:00:00+01:00", "2026-11-21T23:01:00+01:00"),
        ("9:05:07", "2026-11-22T09:05:07+01:00", "2026-11-22T09:05:08+01:00"),
        ("2026-11-20", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"),
        ("2026-11", "2026-11-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00"),
        ("2026-12", "2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),  # 25 hours long
        ("2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("2026-11-20T08:15", "2026-11-20T08:15:00+01:00", "2026-11-20T08:16:00+01:00"),
        ("2026-11-20 08:15:30", "2026-11-20T08:15:30+01:00", "2026-11-20T08:15:31+01:00"),
        ("2026-07-20T08:15:30.5", "2026-07-20T08:15:30+02:00", "2026-07-20T08:15:31+02:00"),
        ("2026-11-20T08:15:30Z", "2026-11-20T08:15:30+00:00", "2026-11-20T08:15:31+00:00"),
        ("2026-11-20T08:15+02:00", "2026-11-20T08:15:00+02:00", "2026-11-20T08:16:00+02:00"),
        ("Nov 20", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"),
        ("20nov", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"),
        ("dec 24 18:00", "2025-12-24T18:00:00+01:00", "2025-12-24T18:01:00+01:00"),
    ],
)
def test_what_is_understood(text: str, start: str, end: str) -> None:
    found = spelled(text, now())
    assert found is not None
    assert [found.start, found.end] == [datetime.fromisoformat(start), datetime.fromisoformat(end)]


@pytest.mark.parametrize(
    "text",
    ["", "x", "25:00", "13:61", "2026-13-01", "2026-02-30", "nov 31", "yesterdax", "1y", "12", "-", "t"],
)
def test_what_is_not(text: str) -> None:
    assert spelled(text, now()) is None


@given(st.text(max_size=30))
def test_any_text_is_borne(text: str) -> None:
    found = spelled(text, now())
    assert found is None or found.start <= found.end


@given(st.integers(946_684_800, 1_767_225_600))
def test_a_written_time_is_that_time(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds).astimezone()
    found = spelled(moment.isoformat(), now())
    assert found is not None
    assert found.start == moment
    local = spelled(f"{moment:%Y-%m-%d %H:%M:%S}", now())
    assert local is not None
    assert local.start - moment in {timedelta(0), timedelta(hours=-1)}  # 2:30 comes twice a year
    assert found.end - found.start == timedelta(seconds=1)
    assert os.environ["TZ"] == "Europe/Paris"
