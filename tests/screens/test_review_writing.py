"""The Review writes: the draft edited there, the apply, what is saved instead."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import transaction
from mailtui.apply.acting import Acting
from mailtui.apply.report import Failed
from mailtui.edits import store
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from mailtui.screens.parts.dialogs import ErrorDialog
from mailtui.screens.parts.session import Change
from mailtui.screens.review import ReviewScreen
from mailtui.settings import Settings
from tests.apply.changing import VIRTUAL, Server, write_old
from tests.screens.conftest import screen_text
from tests.screens.reviewing import WEBMASTER, made_server, open_review, session_of, shows, until, untouched

Open = Callable[..., Any]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with made_server(tmp_path, monkeypatch) as made:
        yield made


def saved_draft(folder: Path) -> Path:
    (path,) = folder.glob("mailtui-draft-*.json")
    return path


# Editing the draft


async def test_d_drops_the_edit_under_the_cursor(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change(), server.new(), server.gone())
    async with open_console(session=session, size=(80, 40)) as (_app, pilot):
        screen = await open_review(pilot)
        await pilot.press("j", "d")
        await until(pilot, lambda: "Write 2 changes" in screen_text(_app)[2])
        assert session.draft.edits == (server.change(), server.gone())
        assert "presse@" not in "\n".join(screen_text(_app)[2:-1])
        await pilot.press("tab", "d")
        await shows(pilot, "Put the cursor on an edit")
        assert len(session.draft) == 2
        await pilot.press("g", "d")
        await until(pilot, lambda: screen.phase == "ready" and "Write 1 change " in screen_text(_app)[2])
        await pilot.press("d", "d")  # a second one on the stale list drops no more
        await shows(pilot, "Nothing is staged")
    assert untouched(server)


async def test_u_takes_back_and_it_looks_again(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change(), server.new())
    async with open_console(session=session) as (_app, pilot):
        await open_review(pilot)
        await pilot.press("u")
        await until(pilot, lambda: "Write 1 change " in screen_text(_app)[2])
        assert session.draft.edits == (server.change(),)


# Writing


async def test_enter_writes_compiles_and_tells_everyone(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change(), server.alias())
    async with open_console(session=session, size=(80, 40)) as (app, pilot):
        news: list[Change] = []
        session.changed.subscribe(news.append)
        await open_review(pilot)
        await pilot.press("enter")
        text = await shows(pilot, "Done in")
        assert " · H u undoes it" in text
        assert text.count(" ok 0.") == 5
        assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"
        assert server.answers(server.aliases, "sales") == "laure"
        assert not session.draft
        assert "staged" not in screen_text(app)[0]
        told = [change for change in news if change.draft]  # the poller may have seen the files before
        assert told[0].paths == {server.table.path, server.aliases.path}
        await shows(pilot, f" of {WEBMASTER}, sales ──")
        assert app.strip.open
        await pilot.press("enter")
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, ReviewScreen))


async def test_what_was_staged_meanwhile_stays(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(server, server.change())

    def staged_meanwhile(*args: Any, **named: Any) -> Any:
        done = transaction.apply(*args, **named)
        session.draft.stage(server.new())
        return done

    monkeypatch.setattr("mailtui.screens.parts.reviewwriting.apply", staged_meanwhile)
    async with open_console(session=session) as (_app, pilot):
        await open_review(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: session.draft.edits == (server.new(),))
        assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"


async def test_wq_ends_the_console_after_the_write(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("colon", "w", "q", "enter")
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await until(pilot, lambda: app._exit)
    assert app.return_code == 0
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"


async def test_leaving_forgets_the_q_of_wq(open_console: Open, server: Server) -> None:
    async with open_console(session=session_of(server, server.change())) as (app, pilot):
        await pilot.press("colon", "w", "q", "enter")
        await shows(pilot, "Enter apply")
        assert app.quit_after_write
        await pilot.press("q")
        await until(pilot, lambda: not app.quit_after_write)


async def test_what_is_there_already_is_cleared_away(open_console: Open, server: Server) -> None:
    write_old(server.etc / "virtual", VIRTUAL.replace("jean@falcot.com", "jean@falcot.com, laure@falcot.com"))
    server.compile(server.table)
    session = session_of(server, server.change())
    async with open_console(session=session) as (_app, pilot):
        await open_review(pilot, "every file says so already")
        await pilot.press("enter")
        await until(pilot, lambda: not session.draft)


async def test_a_write_that_fails_is_taken_back_and_the_draft_kept(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(self: Acting, reporter: Any) -> None:
        with reporter.step("verify"):
            raise Failed("postmap: the [/live] table answers \x1b[2J something else")

    monkeypatch.setattr(Acting, "verify", verify)
    session = session_of(server, server.change())
    async with open_console(session=session, size=(100, 40)) as (app, pilot):
        await open_review(pilot)
        await pilot.press("enter")
        text = await shows(pilot, "everything is as it was")
        dialog = app.screen
        assert isinstance(dialog, ErrorDialog)
        assert "postmap: the [/live] table answers ␛[2J something else" in text
        assert "1 change staged" in text
        await pilot.press("y")
        assert "something else" in app.clipboard
        assert "\x1b" not in app.clipboard
        await pilot.press("escape")
        await shows(pilot, "Enter apply")
        assert session.draft.edits == (server.change(),)
    assert untouched(server)


async def test_escape_while_it_is_written_asks_and_stops(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waiting(*args: Any, cancel: threading.Event, **named: Any) -> Any:
        assert cancel.wait(20)
        return transaction.apply(*args, cancel=cancel, **named)

    monkeypatch.setattr("mailtui.screens.parts.reviewwriting.apply", waiting)
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        screen = await open_review(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: screen.phase == "applying")
        await pilot.press("q")
        await shows(pilot, "Stop writing?")
        await pilot.press("n")
        await shows(pilot, "Writing 1 change")
        assert app.screen is screen
        await pilot.press("escape")
        await shows(pilot, "Stop writing?")
        await pilot.press("y")
        await shows(pilot, "stopped before anything was written")
        assert len(session.draft) == 1
    assert untouched(server)


async def test_after_write_runs_and_its_failure_is_only_told(open_console: Open, server: Server) -> None:
    made = server.root / "made"
    session = session_of(server, server.change(), settings=Settings(after_write=("touch", str(made))))
    async with open_console(session=session) as (_app, pilot):
        await open_review(pilot)
        await pilot.press("enter")
        text = await shows(pilot, "Done in")
        assert made.exists()
        assert "after_write" not in text
    failing = session_of(server, server.new(), settings=Settings(after_write=("ls", "/no/such\x1bfile")))
    async with open_console(session=failing, size=(100, 40)) as (_app, pilot):
        await open_review(pilot)
        await pilot.press("enter")
        await shows(pilot, "Done in")
        text = await shows(pilot, "after_write: ls ended with status 2")
        assert "No such file" in text
        assert not failing.draft
    assert server.answers(server.table, "presse@falcotsbrand.com") == "sophie@falcot.com"


# Saving


async def test_s_saves_the_draft_for_its_owner_only(
    open_console: Open, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = session_of(server, server.change(), server.new())
    async with open_console(session=session) as (_app, pilot):
        await open_review(pilot)
        await pilot.press("s")
        await shows(pilot, "mailtui-draft-mail.falcot.com-")
        await pilot.press("enter")
        await shows(pilot, "Saved as")
        path = saved_draft(tmp_path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        saved = store.loads(path.read_bytes())
        assert saved.edits == session.draft.edits
        assert (saved.who, saved.config_dir) == ("roland", str(server.etc))
        path.write_text("mine")
        await pilot.press("s", "enter")
        await shows(pilot, "is there already")
        await pilot.press("n")
        await pilot.pause()
        assert path.read_text() == "mine"
        await pilot.press("s", "enter")
        await shows(pilot, "is there already")
        await pilot.press("y")
        await shows(pilot, "Saved as")
        assert json.loads(path.read_text())["who"] == "roland"
    assert untouched(server)


async def test_read_only_saves_instead_of_writing(
    open_console: Open, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = session_of(server, server.change(), read_only=True)
    async with open_console(session=session) as (app, pilot):
        await open_review(pilot, "read-only: Enter saves the draft")
        assert "apply" not in screen_text(app)[-1]
        await pilot.press("enter")
        await shows(pilot, "Save the draft as a file")
        await pilot.press("enter")
        await shows(pilot, "Saved as")
        path = saved_draft(tmp_path)
        assert store.loads(path.read_bytes()).edits == (server.change(),)
        assert len(session.draft) == 1
    assert untouched(server)


async def test_a_draft_that_cannot_be_saved_says_why(open_console: Open, server: Server) -> None:
    async with open_console(session=session_of(server, server.change())) as (_app, pilot):
        await open_review(pilot)
        await pilot.press("s", "ctrl+u", *"/proc/nowhere/x", "enter")
        text = await shows(pilot, "The draft was not saved")
        assert "/proc/nowhere: no such file or directory" in text


async def test_values_of_a_secret_file_are_not_shown(open_console: Open, server: Server) -> None:
    secret = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "relay.test   user:hunter2\n")
    edit = SetEntry(secret, "relay.test", "user:hunter3", "user:hunter2")
    async with open_console(session=session_of(server, edit), size=(100, 40)) as (_app, pilot):
        await open_review(pilot)
        text = await shows(pilot, "values hidden")
        assert "hunter" not in text
        assert "relay.test" in text


async def test_y_shows_the_diff_as_plain_text(open_console: Open, server: Server) -> None:
    async with open_console(session=session_of(server, server.change())) as (app, pilot):
        await open_review(pilot)
        await pilot.press("y")
        text = await shows(pilot, "@@ -1,3 +1,3 @@")
        assert f"+++ {server.etc}/virtual" in text
        assert "@@ -1,3 +1,3 @@" in app.clipboard
