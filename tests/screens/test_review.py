"""The Review: what it shows, and what it does not let through."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events

from mailtui.apply.plan import Plan as PlanOfSteps
from mailtui.apply.review import FileView, Review, review
from mailtui.edits.bulk import Change, SetEntries
from mailtui.edits.diff import DiffLine, Hunk
from mailtui.edits.entries import SetEntry
from mailtui.screens.parts import guarded
from mailtui.screens.parts.reviewlines import MANY, ReviewRows
from mailtui.screens.parts.session import Change as Changed
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.review import ReviewScreen
from tests.apply.changing import VIRTUAL, Server, write_old
from tests.screens.conftest import screen_of
from tests.screens.reviewing import (
    WEBMASTER,
    key_at,
    made_server,
    open_review,
    session_of,
    shows,
    until,
    untouched,
)

Open = Callable[..., Any]
REAL_GUARD = guarded.GUARD


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with made_server(tmp_path, monkeypatch) as made:
        yield made


# What it shows


async def test_it_shows_edits_diff_and_plan(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change(), server.new(), server.gone())
    async with open_console(session=session, size=(100, 40)) as (_app, pilot):
        await open_review(pilot)
        lines = (await shows(pilot, "Rehearsal")).split("\n")
        assert lines[2].split("  ")[0] == " Write 3 changes · REMOVES 1"
        assert f" ~ virtual {WEBMASTER} → jean@falcot.com, laure@falcot.com" in lines
        assert " - virtual contact@falcotsbrand.com (was laure@falcot.com, sophie@falcot.com)" in lines
        assert f" -     2  {WEBMASTER}   jean@falcot.com" in lines
        assert f" +     2  {WEBMASTER}   jean@falcot.com, laure@falcot.com" in lines
        (heading,) = [line for line in lines if str(server.etc / "virtual") in line and "──" in line]
        assert heading.endswith("+2 −2 ──")
        (check,) = [line for line in lines if " 1 check" in line]
        assert " ok 0." in check
        (swap,) = [line for line in lines if " 3 swap" in line]
        assert "ok" not in swap.split()
        assert any("no reload needed" in line for line in lines)
        assert any("Rehearsal" in line and "not needed" in line for line in lines)
    assert untouched(server)


async def test_long_lines_are_wrapped_and_nothing_is_cut(open_console: Open, server: Server) -> None:
    items = tuple(f"user{n}@falcot.com" for n in range(12))
    session = session_of(server, server.change(", ".join(items)))
    async with open_console(session=session, size=(60, 60)) as (_app, pilot):
        await open_review(pilot)
        text = await shows(pilot, "Rehearsal")
        assert all(text.count(item) == 2 for item in items)
        assert all(len(line) <= 60 for line in text.split("\n"))
        assert "…" not in text


def test_of_a_long_path_the_end_is_shown() -> None:
    view = FileView("/etc/postfix/" + "long" * 20 + "/virtual", 1, 0, (), secret=False, created=False)
    rows = ReviewRows(60).showing(Review("t", (), (view,), "", PlanOfSteps(())))
    spans = rows.cells(0).cells[0]
    assert isinstance(spans, list)
    text = "".join(piece for piece, _ in spans)
    assert text.startswith("── …")
    assert text.endswith("long/virtual ─ +1 ──")
    assert len(text) == 57


def test_a_long_diff_is_cut_and_says_so() -> None:
    def line(number: int) -> DiffLine:
        return DiffLine("+", number, b"a@x.test  b@x.test\n")

    hunks = [Hunk(0, 0, 1, 999, tuple(map(line, range(1, 1000)))), Hunk(5, 0, 2000, 3, (line(1),) * 3)]
    view = FileView("/etc/postfix/virtual", 1002, 0, tuple(hunks), secret=False, created=False)
    rows = ReviewRows(60).showing(Review("t", (), (view,), "", PlanOfSteps(())))
    assert len(rows) == 1003  # heading, 1000 lines, a gap, what is left
    (spans,) = rows.cells(1002).cells
    assert spans == [("… 2 more lines; s saves the whole as a file", "dim")]


async def test_nothing_staged(open_console: Open, server: Server) -> None:
    async with open_console(session=session_of(server)) as (app, pilot):
        await open_review(pilot, "Nothing is staged")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ReviewScreen)
        assert app.screen.phase == "empty"


async def test_hostile_text_stays_text(open_console: Open, server: Server) -> None:
    edit = SetEntry(server.table, "evil@falcotsbrand.com", ("[/foo]\x1b]0;PWNED\x07@x.test",), None)
    async with open_console(session=session_of(server, edit), size=(100, 40)) as (_app, pilot):
        await pilot.press("w")
        text = await shows(pilot, "[/foo]␛]0;PWNED␇@x.test")
        assert "\x1b" not in text


async def test_ascii_on_a_bare_console(open_console: Open, server: Server) -> None:
    plan = Plan(ansi=True, no_colour=True, ascii_only=True)
    async with open_console(session=session_of(server, server.change()), plan=plan) as (_app, pilot):
        await open_review(pilot)
        assert (await shows(pilot, "Rehearsal")).isascii()


async def test_tab_goes_from_part_to_part(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change(), server.alias())
    async with open_console(session=session) as (_app, pilot):
        screen = await open_review(pilot)
        seen = []
        for _ in range(4):
            seen.append(screen.lines.key)
            await pilot.press("tab")
        assert seen == [
            ("edit", 0, 0), ("diff 0", -1, "heading"), ("diff 1", -1, "heading"), ("plan", -1, "heading")
        ]  # fmt: skip
        assert screen.lines.cursor == 0
        await pilot.press("shift+tab")
        assert screen.lines.key == ("plan", -1, "heading")


# What it does not let through


async def test_keys_of_the_first_half_second_do_nothing(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REAL_GUARD == 0.5
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        screen = await open_review(pilot)
        monkeypatch.setattr(guarded, "GUARD", REAL_GUARD)
        drawn = screen._drawn
        assert drawn is not None
        for key in ("d", "q", "escape", "s", "enter"):
            key_at(app, key, drawn + 0.49)
            await pilot.pause()
        assert (app.screen, screen.phase, len(session.draft)) == (screen, "ready", 1)
        assert untouched(server)
        key_at(app, "enter", drawn + 0.51)
        await shows(pilot, "Done in")


async def test_keys_typed_ahead_do_nothing(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        ahead = time.monotonic()
        for key in ("w", "enter", "d", "q"):
            key_at(app, key, ahead)
        await shows(pilot, "Enter apply")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        assert (screen.phase, len(session.draft)) == ("ready", 1)
        assert untouched(server)


async def test_pasted_text_does_nothing(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        screen = await open_review(pilot)
        app.post_message(events.Paste("d\r\n\rq"))
        await pilot.pause()
        monkeypatch.setattr(guarded, "BY_HAND", 0.02)  # a terminal that does not mark what is pasted
        now = time.monotonic()
        key_at(app, "j", now)
        key_at(app, "enter", now + 0.001)
        await shows(pilot, "press it alone")
        assert (screen.phase, len(session.draft)) == ("ready", 1)
        assert untouched(server)


async def test_a_long_draft_is_seen_before_it_is_looked_at(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its values stay hidden until it is known that they are no secrets."""
    gate = threading.Event()

    def slow(*given: Any, **more: Any) -> Review:
        assert gate.wait(20)
        return review(*given, **more)

    monkeypatch.setattr("mailtui.screens.review.review", slow)
    names = (Change(f"u{n}@falcotsbrand.com", "", "jean@falcot.com") for n in range(MANY + 1))
    session = session_of(
        server, server.change(), SetEntries.of(server.table, names, lists=True, source="x.csv")
    )
    async with open_console(session=session, size=(100, 40)) as (app, pilot):
        await pilot.press("w")
        try:
            await shows(pilot, "+ virtual 1,001 entries: u0@falcotsbrand.com")
            await pilot.resize_terminal(90, 30)
            shown = await shows(pilot, f"~ virtual {WEBMASTER} → •••••")
            assert "1,001 entries" in shown
            assert "jean@" not in shown
        finally:
            gate.set()
        await shows(pilot, f"~ virtual {WEBMASTER} → jean@falcot.com")
        assert screen_of(app).count("1,001 entries") == 1


async def test_enter_waits_for_every_check(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def slow(*args: Any, **named: Any) -> Any:
        assert goes_on.wait(20)
        return review(*args, **named)

    monkeypatch.setattr("mailtui.screens.review.review", slow)
    session = session_of(server, server.change())
    async with open_console(session=session) as (_app, pilot):
        try:
            screen = await open_review(pilot, "Checking 1 change")
            await pilot.press("enter")
            await shows(pilot, "Not every check has answered yet")
            assert (screen.phase, untouched(server)) == ("looking", True)
        finally:
            goes_on.set()
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await shows(pilot, "Done in")


async def test_what_is_checked_shows_while_it_is(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def slow(*args: Any, **named: Any) -> Any:
        found = review(*args, **named)
        assert goes_on.wait(20)
        return found

    monkeypatch.setattr("mailtui.screens.review.review", slow)
    async with open_console(session=session_of(server, server.change())) as (_app, pilot):
        try:
            await pilot.press("w")
            text = await shows(pilot, "checking 2")
            assert "compile" in text
        finally:
            goes_on.set()
        await shows(pilot, "Enter apply")


async def test_leaving_ends_the_checks(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancels: list[threading.Event] = []

    def slow(*args: Any, cancel: threading.Event, **named: Any) -> Any:
        cancels.append(cancel)
        assert cancel.wait(20)
        return review(*args, cancel=cancel, **named)

    monkeypatch.setattr("mailtui.screens.review.review", slow)
    async with open_console(session=session_of(server, server.change())) as (app, pilot):
        await open_review(pilot, "Checking 1 change")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert await asyncio.to_thread(cancels[0].wait, 20)


async def test_what_is_refused_is_not_written_and_kept(open_console: Open, server: Server) -> None:
    bad = server.parameter("smtpd_recpient_restrictions", "permit")
    session = session_of(server, server.change(), bad)
    async with open_console(session=session, size=(100, 40)) as (_app, pilot):
        screen = await open_review(pilot, "cannot be written")
        assert "unused parameter" in screen_of(_app)
        await pilot.press("enter")
        await shows(pilot, "Cannot be written: ")
        assert (screen.phase, len(session.draft)) == ("ready", 2)
    assert untouched(server)


async def test_it_looks_again_when_the_disk_changes_and_enter_waits_for_that(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(server, server.change())
    async with open_console(session=session, size=(80, 40)) as (app, pilot):
        screen = await open_review(pilot)
        text = server.text() + "new@falcotsbrand.com   laure@falcot.com\n"
        write_old(server.etc / "virtual", text)
        server.compile(server.table)
        session.changed.emit(Changed(paths=frozenset({server.table.path})))
        await shows(pilot, "       4  new@falcotsbrand.com")
        await shows(pilot, "Enter apply")
        changed = screen._changed_at
        assert changed > 0
        monkeypatch.setattr(guarded, "GUARD", REAL_GUARD)
        screen._drawn = changed - 10
        key_at(app, "enter", changed + 0.49)
        await shows(pilot, "This changed a moment ago")
        assert server.text() == text
        key_at(app, "enter", changed + 0.51)
        await shows(pilot, "Done in")
        assert server.answers(server.table, "new@falcotsbrand.com") == "laure@falcot.com"


async def test_what_others_saved_is_written_only_once_accepted(open_console: Open, server: Server) -> None:
    write_old(server.etc / "virtual", VIRTUAL + "half@falcotsbrand.com   nobody@falcot.com\n")
    (server.etc / ".virtual.swp").write_bytes(b"b0VIM")
    session = session_of(server, server.change())
    async with open_console(session=session, size=(80, 40)) as (_app, pilot):
        await open_review(pilot, "a accepts what is not yours")
        text = screen_of(_app)
        assert " ? virtual half@falcotsbrand.com → nobody@falcot.com" in text
        assert ".virtual.swp" in text
        assert " Write 1 change · NOT YOURS 1 " in text
        await pilot.press("enter")
        await shows(pilot, "1 entry of others would go live too")
        assert server.answers(server.table, "half@falcotsbrand.com") == ""
        await pilot.press("a")
        await shows(pilot, "accepted")
        await pilot.press("a")
        await shows(pilot, "a accepts what is not yours")
        await pilot.press("a", "enter")
        await shows(pilot, "Done in")
        assert server.answers(server.table, "half@falcotsbrand.com") == "nobody@falcot.com"


async def test_what_was_accepted_does_not_hold_for_more(open_console: Open, server: Server) -> None:
    text = VIRTUAL + "half@falcotsbrand.com   nobody@falcot.com\n"
    write_old(server.etc / "virtual", text)
    session = session_of(server, server.change())
    async with open_console(session=session, size=(80, 40)) as (_app, pilot):
        await open_review(pilot, "a accepts what is not yours")
        await pilot.press("a")
        await shows(pilot, "Enter apply")
        write_old(server.etc / "virtual", text + "more@falcotsbrand.com   nobody@falcot.com\n")
        session.changed.emit(Changed(paths=frozenset({server.table.path})))
        await shows(pilot, "more@falcotsbrand.com → nobody")
        await shows(pilot, "a accepts what is not yours")
        await pilot.press("enter")
        await shows(pilot, "2 entries of others would go live too")
        assert server.answers(server.table, "half@falcotsbrand.com") == ""


async def test_what_came_after_the_look_is_not_written_with_it(open_console: Open, server: Server) -> None:
    text = VIRTUAL + "half@falcotsbrand.com   nobody@falcot.com\n"
    write_old(server.etc / "virtual", text)
    session = session_of(server, server.change())
    async with open_console(session=session, size=(80, 40)) as (_app, pilot):
        await open_review(pilot, "a accepts what is not yours")
        await pilot.press("a")
        await shows(pilot, "Enter apply")
        write_old(server.etc / "virtual", text + "more@falcotsbrand.com   nobody@falcot.com\n")
        await pilot.press("enter")
        await shows(
            pilot, "more@falcotsbrand.com →"
        )  # in the list or, where the write saw it first, its words
        assert server.answers(server.table, "half@falcotsbrand.com") == ""
        assert len(session.draft) == 1
