"""History: what was written, its diff, and the inverse staged by `u`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply.database import DATABASE
from mailtui.apply.history import History
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.review import state_folder
from mailtui.apply.transaction import apply
from mailtui.edits.entries import RemoveEntry
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.screens.history import HistoryScreen
from mailtui.screens.parts.detail import Lines
from mailtui.screens.review import ReviewScreen
from tests.apply.changing import VIRTUAL, Server, write_old
from tests.screens.conftest import screen_text
from tests.screens.reviewing import WEBMASTER, made_server, session_of, shows, until

Open = Callable[..., Any]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with made_server(tmp_path, monkeypatch) as made:
        yield made


def applied(server: Server, *edits: Edit) -> int:
    done = apply(server.instance, edits, who="laure")
    assert done.history_id is not None, done.error
    return done.history_id


def rows(app: Any) -> list[str]:
    """The list's lines: those that begin with a number."""
    found = []
    for line in screen_text(app)[4:]:
        if line.startswith("──"):
            break
        if line.strip():
            found.append(line)
    return found


async def test_newest_first_with_who_and_what(open_console: Open, server: Server) -> None:
    applied(server, server.change())
    applied(server, server.alias(), server.parameter())
    async with open_console(session=session_of(server), size=(80, 40)) as (app, pilot):
        await pilot.press("H")
        await shows(pilot, "2 changes")
        newest, oldest = rows(app)
        assert newest.split()[0] == "2"
        assert "laure" in newest
        assert "+ alias sales → laure" in newest
        assert oldest.split()[0] == "1"
        text = await shows(pilot, "+ message_size_limit = 20480000")
        assert str(server.etc / "aliases") in text
        await pilot.press("j")
        await shows(pilot, f"+{WEBMASTER}   jean@falcot.com, laure@falcot.com")


async def test_undo_gives_the_bytes_back(open_console: Open, server: Server) -> None:
    applied(server, server.change(), server.new(), server.gone())
    assert server.text() != VIRTUAL
    session = session_of(server)
    async with open_console(session=session) as (app, pilot):
        await pilot.press("H")
        await shows(pilot, "1 change")
        await pilot.press("u")
        await shows(pilot, "Staged: undo of 1")
        assert len(session.draft) == 3
        (group,) = session.draft.groups
        assert group.label.startswith("undo of 1: ~ virtual ")
        assert group.label.endswith(" and 2 more")
        assert server.text() != VIRTUAL
        await pilot.press("w")
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await shows(pilot, "Done in")
        assert server.text() == VIRTUAL
        assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await shows(pilot, "2 changes")
        assert "undo of 1: ~ virtual webmaster@falcots" in rows(app)[0]
        assert " # " in rows(app)[1]
        assert "undone  " in rows(app)[1]
        await pilot.press("j", "u")
        await shows(pilot, "change 1 is undone: there is nothing to undo")
        assert not session.draft


async def test_what_no_undo_brings_back_is_asked_first(open_console: Open, server: Server) -> None:
    logins = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "a.example jean:hunter1\n")
    server.compile(logins)
    session = session_of(server, server.change(), RemoveEntry(logins, "a.example", "jean:hunter1"))
    async with open_console(session=session, size=(100, 40)) as (_, pilot):
        await pilot.press("w")
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await shows(pilot, "H u undoes it in part")
        await pilot.press("H")
        await shows(pilot, "type it again: - sasl_passwd")
        await pilot.press("u")
        await shows(pilot, "Undo of 1: all of it but this")
        await pilot.press("n", "u")
        assert not session.draft
        await shows(pilot, "Undo of 1: all of it but this")
        await pilot.press("y")
        await shows(pilot, "Staged: undo of 1")
        await pilot.press("w")
        await shows(pilot, "! cannot be brought back")
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await shows(pilot, "Done in")
    assert (server.text(), server.text("sasl_passwd")) == (VIRTUAL, "")


async def test_from_the_review_to_the_undo_and_back(open_console: Open, server: Server) -> None:
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await shows(pilot, "H u undoes it")
        await pilot.press("H")
        await shows(pilot, "1 change")
        await pilot.press("u")
        await shows(pilot, "Staged: undo of 1")
        await pilot.press("w")
        await shows(pilot, "Enter apply")
        assert isinstance(app.screen, ReviewScreen)
        assert len(app.screen_stack) == 2
        await pilot.press("enter")
        await shows(pilot, "Done in")
    assert server.text() == VIRTUAL


async def test_enter_shows_the_whole_change(open_console: Open, server: Server) -> None:
    applied(server, server.change())
    async with open_console(session=session_of(server)) as (app, pilot):
        await pilot.press("H")
        await shows(pilot, "1 change")
        await pilot.press("enter")
        text = await shows(pilot, "@@ -1,3 +1,3 @@")
        assert f"-{WEBMASTER}   jean@falcot.com\n" in text
        assert f"+++ {server.etc}/virtual" in text
        await pilot.press("q", "y")
        await until(pilot, lambda: "@@ -1,3 +1,3 @@" in app.clipboard)


async def test_the_filter(open_console: Open, server: Server) -> None:
    applied(server, server.change())
    applied(server, server.alias())
    async with open_console(session=session_of(server)) as (app, pilot):
        await pilot.press("H")
        await shows(pilot, "2 changes")
        await pilot.press("slash", *"sales", "enter")
        await shows(pilot, "1 of 2 shown")
        assert [row.split()[0] for row in rows(app)] == ["2"]


async def test_a_half_done_change_says_what_to_do(open_console: Open, server: Server) -> None:
    with Journal.writing(state_folder(server.instance, make=True)) as journal:
        change = new_change("laure", server.instance.config_dir, "mail.falcot.com")
        change.owner = "1 never"
        change.words = ["~ virtual x → y"]
        change.id = journal.prepare(change)
        journal.begin(change, [], b"")
    async with open_console(session=session_of(server), size=(80, 40)) as (app, pilot):
        await pilot.press("H")
        await shows(pilot, "HALF DONE")
        assert rows(app)[0].startswith(" ! ")
        await shows(pilot, "history recover")
        await pilot.press("u")
        await shows(pilot, "change 1 is applying: there is nothing to undo")


async def test_nothing_yet(open_console: Open, server: Server) -> None:
    async with open_console(session=session_of(server)) as (app, pilot):
        await pilot.press("H")
        foot = (await shows(pilot, "Nothing was written here yet")).splitlines()[-1]
        assert "w write" in foot
        assert not [word for word in ("undo", "diff") if word in foot]  # there is no change they are for
        await pilot.press("u", "enter", "y")
        await pilot.pause()
        assert isinstance(app.screen, HistoryScreen)
        assert not server.instance.files.stamp(str(state_folder(server.instance)))


async def test_a_damaged_journal_is_said(open_console: Open, server: Server) -> None:
    applied(server, server.change())
    (state_folder(server.instance) / DATABASE).write_bytes(b"no database at all" * 100)
    assert History.open(server.instance).told
    async with open_console(session=session_of(server), size=(120, 24)) as (app, pilot):
        await pilot.press("H")
        await shows(pilot, "The history cannot be read")
        (why,) = app.screen.query_one(Lines).plain
        assert "file is not a database; the next change moves it aside" in why
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert not isinstance(app.screen, HistoryScreen)
