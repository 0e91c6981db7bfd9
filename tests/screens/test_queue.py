"""The queue's screen: what it lists, filters and groups; what is done is done to the messages that were shown."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply.history import History
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import queuestore
from mailtui.screens.parts.queuerows import short
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import instance_dir
from tests.postfix.queues import fake_postqueue, line, many, taken
from tests.screens.queuing import QueueConsole, queue

__all__ = ["instance_dir"]
NOW = int(time.time())
MAILS = [
    line("AAAAAA1", arrived=NOW - 7200, sender="x@else.test", to=["a@gmail.test", "b@far.test"]),
    line("AAAAAA2", arrived=NOW - 600, sender="y@else.test", to=["c@gmail.test"]),
    line("AAAAAA3", arrived=NOW - 60, sender="MAILER-DAEMON", to=["z@far.test"], queue="hold", reason=""),
    line("AAAAAA4", arrived=NOW - 30, sender="sophie@falcot.com", to=["z@yahoo.test"]),
]
LOG = [
    taken("AAAAAA1", NOW - 7200, user="laure@falcot.com"),
    taken("AAAAAA2", NOW - 600, "d.test[192.0.2.77]", "laure@falcot.com"),
    taken("AAAAAA4", NOW - 30, "mx.test[192.0.2.5]"),
]


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    made: Path = instance_dir()
    fake_postqueue(made, monkeypatch, MAILS)
    return made


def asked(folder: Path) -> list[str]:
    """What postsuper was asked."""
    file = folder / "queue.json.asked"
    return file.read_text().splitlines() if file.exists() else []


def has(up: QueueConsole, ids: list[str]) -> bool:
    return up.ids == ids


def begins(up: QueueConsole, first: str) -> bool:
    return up.ids[:1] == [first]


async def grouped(up: QueueConsole, by: str) -> None:
    """Press `b` until the messages are grouped so."""
    for _ in range(6):
        await up.press("b")
        if by in up.text.splitlines()[2]:
            break
    await up.until(lambda: len(up.queue.lines.rows))


async def test_what_the_list_says(folder: Path) -> None:
    async with queue(folder, LOG, size=(220, 30)) as up:
        await up.shows("3 deferred · 1 hold · oldest 2 h")
        assert up.ids == ["AAAAAA1", "AAAAAA2", "AAAAAA3", "AAAAAA4"]
        await up.shows("laure@falcot.com")
        first = up.line_with("x@else.test")
        assert first.split()[:5] == ["AAAAAA1", "defer", "2", "h", "400"]
        assert "a@gmail.test +1" in first
        held = up.line_with("AAAAAA3")
        assert held.startswith(" #")
        assert "<>" in held
        await up.at("AAAAAA2")
        await up.shows("client   d.test[192.0.2.77]", "Connection refused")


async def test_the_filter_takes_the_words_of_the_log(folder: Path) -> None:
    async with queue(folder, LOG) as up:
        await up.until(lambda: up.queue.store.origins.of("AAAAAA2").user)
        for text, ids in (
            ("to:gmail", ["AAAAAA1", "AAAAAA2"]), ("user:laure !to:far", ["AAAAAA2"]), ("queue:hold", ["AAAAAA3"]),
            ("client:192.0.2.5", ["AAAAAA4"]), ("from:<>", ["AAAAAA3"]), ("since:100m", ["AAAAAA2", "AAAAAA3", "AAAAAA4"]),
            ("nothing", []),
        ):  # fmt: skip
            await up.press("slash")
            up.queue.bar.text = text
            await up.until(partial(has, up, ids))
            await up.press("escape")
        await up.until(lambda: len(up.ids) == 4)


async def test_groups_and_the_messages_of_one(folder: Path) -> None:
    async with queue(folder, LOG, size=(100, 30)) as up:
        await grouped(up, "by SASL user")
        await up.until(lambda: up.ids[0] == "('user', 'laure@falcot.com')")
        assert up.line_with("laure@falcot.com").split()[1:4] == ["2", "2", "h"]
        await up.shows("forged", "2 of 2 bear another sender than this user", "gmail.test 2, far.test 1")
        await up.press("enter")
        await up.shows("2 of SASL user laure@falcot.com")
        await up.until(lambda: up.ids == ["AAAAAA1", "AAAAAA2"])
        await up.press("b")
        await up.shows("q goes back to the groups")
        await up.press("q")
        for by, first in (
            ("by client", "('client', 'c.test[192.0.2.9]')"), ("by sender", "('sender', 'MAILER-DAEMON')"),
            ("by recipient domain", "('domain', 'far.test')"), ("by reason", "('reason', 'connect to mx.far.test: Connection refused')"),
        ):  # fmt: skip
            await up.press("b")
            await up.shows(by)
            await up.until(partial(begins, up, first))
        await up.press("slash")
        await up.type("to:yahoo")
        await up.until(lambda: len(up.ids) == 1)
        await up.type(".nosuch")
        await up.shows("Nothing matches")
        assert "The queue is empty" not in up.text
        await up.press("escape", "b")
        await up.until(lambda: len(up.ids) == 4)


async def test_problems_are_marked_and_found_and_the_usual_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [
        line("BBBBBB1", arrived=NOW - 5 * 86_400, sender="old@else.test"),
        line("BBBBBB2", arrived=NOW - 40, reason="host a[192.0.2.1] refused to talk to me: 554 no"),
    ]
    fake_postqueue(folder, monkeypatch, [more[0], *MAILS, more[1]])
    past = [taken(f"{n:X}CCCCC", NOW - 86_400 * day, user="laure@falcot.com") for day in range(9, 0, -1) for n in range(3)]  # fmt: skip
    async with queue(folder, [*past, *LOG], size=(100, 30)) as up:
        await up.until(lambda: len(up.ids) == 6)
        marks = [up.queue.lines.rows.cells(place).marker for place in range(6)]
        assert marks == ["?", " ", " ", "#", "?", " "]
        await up.at("AAAAAA1")
        await up.press("e")
        assert up.here == "BBBBBB2"
        await up.shows("stuck    the other host refuses it for good")
        await up.press("e")
        await up.shows("No further row with a problem")
        await up.press("E")
        assert up.here == "BBBBBB1"
        await up.shows("it is returned at the next try")
        await grouped(up, "by SASL user")
        await up.at(("user", "laure@falcot.com"))
        await up.shows("usual    3 a day in the 7 days before today")


async def test_delete_wants_the_number_and_takes_only_what_was_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with queue(folder, LOG) as up:
        await up.press("space", "space", "d")
        await up.shows("Delete 2 messages: now, no undo", "To do it, type 2", "AAAAAA1  x@else.test")
        fake_postqueue(
            folder, monkeypatch, [*MAILS[1:], line("AAAAAA9", arrived=NOW, sender="new@else.test")]
        )
        await up.type("4")
        await up.press("enter")
        await up.shows("nothing was done")
        assert not asked(folder)
        await up.press("backspace")
        await up.type("2")
        await up.press("enter")
        await up.shows("1 message deleted; 1 message not there any more (AAAAAA1)")
        assert asked(folder) == ["-d AAAAAA1 AAAAAA2"]
        await up.until(lambda: up.ids == ["AAAAAA3", "AAAAAA4", "AAAAAA9"])
        (entry,) = History.open(Instance.open(str(folder))).list()
        assert entry.edits == ("- queue: 1 message deleted (AAAAAA2)",)


async def test_hold_and_release_a_group_and_marks(folder: Path) -> None:
    async with queue(folder, LOG) as up:
        await grouped(up, "by SASL user")
        await up.at(("user", "laure@falcot.com"))
        await up.press("number_sign")
        await up.shows("Hold 2 messages: now, no undo", "of SASL user laure@falcot.com")
        await up.type("2")
        await up.press("enter")
        await up.shows("2 messages put on hold")
        await up.until(lambda: up.line_with("laure@falcot.com").startswith(" #"))
        await up.press("R")
        await up.shows("! 2 messages on hold: requeueing ends that, and they are delivered")
        await up.press("escape", "number_sign")
        await up.shows("Release 2 messages: now")
        await up.type("2")
        await up.press("enter")
        await up.shows("2 messages released")
        assert asked(folder) == ["-h AAAAAA1 AAAAAA2", "-H AAAAAA1 AAAAAA2"]


async def test_cursor_and_marks_survive_a_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queuestore, "EVERY", 0.05)
    async with queue(folder, LOG) as up:
        await up.at("AAAAAA2")
        await up.press("space", "space", "k")
        assert up.here == "AAAAAA3"
        more = [line(f"BBBBBB{n}", arrived=NOW - 9000 + n) for n in range(5)]
        fake_postqueue(folder, monkeypatch, [*more, *MAILS[:2], *MAILS[3:]])
        await up.until(lambda: len(up.ids) == 8)
        assert up.here == "AAAAAA4"  # its own is gone: the cursor keeps its place
        assert up.queue.lines.marked == {"AAAAAA2"}
        await up.at("AAAAAA1")
        fake_postqueue(folder, monkeypatch, MAILS)
        await up.until(lambda: len(up.ids) == 4)
        assert up.here == "AAAAAA1"
        await up.shows("1 marked")
        await up.press("slash")
        await up.type("id:AAAAAA4")
        await up.press("enter")
        await up.until(lambda: has(up, ["AAAAAA4"]))
        await up.press("d")
        await up.shows("The marked rows are hidden by the filter; / and Esc show all")


async def test_offers_against_a_sasl_user(folder: Path) -> None:
    async with queue(folder, LOG, size=(100, 40)) as up:
        await grouped(up, "by SASL user")
        await up.at(("user", "laure@falcot.com"))
        await up.press("f")
        await up.shows(
            "hold 2 messages of laure@falcot.com",
            "list the 2 clients of laure@falcot.com",
            "block these 2 clients",
        )
        await up.press("2")
        await up.shows("1  c.test[192.0.2.9]", "1  d.test[192.0.2.77]")
        await up.press("q", "f")
        await up.shows("block these 2 clients")
        await up.press("3")
        await up.shows("A reason, if you like")
        await up.type("hacked")
        await up.press("enter")
        await up.until(lambda: up.said)
        assert "192.0.2.9" in " ".join(up.said)
        assert "192.0.2.77" in " ".join(up.said)


async def test_read_only_changes_nothing(folder: Path) -> None:
    async with queue(folder, LOG) as up:
        up.app.session.read_only = True
        for key in ("d", "number_sign", "R", "F"):
            await up.press(key)
            await up.shows("is read-only")
            await up.press("j")
        assert not asked(folder)


async def test_a_queue_that_cannot_be_read_is_said_and_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queuestore, "EVERY", 0.05)
    (folder / "postqueue").write_text("#!/bin/sh\necho 'postqueue: fatal: no way' >&2; exit 69\n")
    async with queue(folder) as up:
        await up.shows("postqueue: no way")
        fake_postqueue(folder, monkeypatch, MAILS)
        await up.until(lambda: len(up.ids) == 4)
        fake_postqueue(folder, monkeypatch, [])
        await up.shows("The queue is empty")


async def test_a_screen_that_is_hidden_reads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queuestore, "EVERY", 0.05)
    async with queue(folder) as up:
        screen = up.queue
        await up.press("8")
        await up.until(lambda: screen._next is None)
        before = screen.store.read_at
        await up.pilot.pause(0.4)
        assert screen.store.read_at == before
        await up.press("9")
        await up.until(lambda: screen.store.read_at > before)


async def test_hostile_words_are_shown_and_not_obeyed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "\x1b]0;PWN\x07[bold]x[/foo]\u202e"
    fake_postqueue(folder, monkeypatch, [line("AAAAAA1", sender=evil, to=[evil], reason=evil, arrived=NOW)])
    async with queue(folder, [taken("AAAAAA1", NOW, user="[/x]\u202e")], size=(140, 30)) as up:
        await up.shows("␛]0;PWN␇[bold]x[/foo]\\u202e", "[/x]\\u202e")
        for _ in range(5):
            await up.press("b")
            await up.until(lambda: len(up.queue.lines.rows))
            assert "\x1b" not in up.text
        await up.press("f")
        await up.pilot.pause(0.2)
        assert "\u202e" not in up.text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_every_size(folder: Path, size: tuple[int, int]) -> None:
    async with queue(folder, LOG, size=size, plan=Plan(ascii_only=True)) as up:
        await up.shows("AAAAAA1") if size[0] > 190 else await up.shows("x@else")
        await grouped(up, "by SASL user")
        await up.shows("laure@falcot.com")


async def test_a_hundred_thousand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_postqueue(folder, monkeypatch, many(100_000))
    async with queue(folder) as up:
        await up.shows("99,900 deferred · 100 hold")
        await up.press("G")
        await up.until(lambda: up.queue.lines.cursor == 99_999)
        listing = up.queue.store.listing
        arrived = [
            listing.arrived(row) for row in (listing.row_of(each) for each in up.ids) if row is not None
        ]
        assert arrived == sorted(arrived)
        await up.press("slash")
        await up.type("to:x4242@")
        await up.until(lambda: len(up.queue.lines.rows) == 1)
        await up.press("escape")
        up.queue.group_by("domain")
        await up.until(lambda: len(up.queue.lines.rows) == 3)
        up.queue.group_by(None)
        await up.until(lambda: len(up.queue.lines.rows) == 100_000)
        await up.press("asterisk")
        await up.until(lambda: len(up.queue.lines.marked) == 100_000)
        await up.press("number_sign")
        await up.shows("Hold 99,900 messages: now, no undo", "type 99900")
        await up.type("99900")
        await up.press("enter")
        await up.shows("99,900 messages put on hold")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("connect to mx.far.test[192.0.2.1]:25: Connection refused", "Connection refused: mx.far.test"),
        ("delivery temporarily suspended: connect to a[b]:25: No route", "No route: a"),
        ("host a.test[192.0.2.1] said: 450 4.7.0 slow (in reply to RCPT TO command)", "450 4.7.0 slow (in reply to RCPT TO command)"),
        ("mail for far.test loops", "mail for far.test loops"),
        ("", ""),
    ],
)  # fmt: skip
def test_reasons_in_short(reason: str, words: str) -> None:
    assert short(reason) == words
