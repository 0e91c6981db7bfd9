"""Words for times, and since when a thing is down."""

from __future__ import annotations

import time

import pytest

from mailtui.overview.changes import day, staged
from mailtui.overview.line import Curve, Downs, Line, said, span

NOON = time.mktime((2026, 3, 10, 12, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (8, "8 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (12.5 * 86400, "12 days"),
    ],
)
def test_a_time_in_its_greatest_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_since_when_a_thing_is_down() -> None:
    downs = Downs()
    assert downs.since("a", NOON, up=True) == ""
    assert downs.since("a", NOON + 60, up=False) == "since 12:01"
    assert downs.since("a", NOON + 600, up=False) == "since 12:01"
    assert downs.since("a", NOON + 660, up=True) == ""
    assert downs.since("a", NOON + 720, up=False) == "since 12:12"


def test_what_was_down_at_the_first_look_has_been_so_before() -> None:
    downs = Downs()
    assert downs.since("a", NOON, up=False) == "since before 12:00"
    assert downs.since("a", NOON + 86400, up=False) == "since before 2026-03-10 12:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "today 12:00"), (86400, "yesterday 12:00"), (3 * 86400, "7 Mar 12:00"), (400 * 86400, "2025-02-03"), (-86400, "2026-03-11")],
)  # fmt: skip
def test_a_moment_as_an_admin_says_it(seconds: float, words: str) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(NOON - seconds))
    assert day(stamp, NOON) == words


def test_a_moment_that_is_none() -> None:
    assert day("once", NOON) == "once"


def test_what_is_staged() -> None:
    assert staged([], 0).text == "nothing"
    assert "read-only" in staged([], 0, read_only=True).text
    line = staged(["first", "second"], 3)
    assert line.text == "3 changes, not written · second"
    assert line.more == ("second", "first")


def test_a_line_as_text() -> None:
    curves: tuple[Curve, ...] = (("accepted", (1, 2, 3), "good"), ("rejected", (0,), "error"))
    assert Line("hour", (), curves=curves).text == "accepted 6 · rejected 0"
    assert Line("mail", (said("flows"), said("8 s ago"))).text == "flows · 8 s ago"
