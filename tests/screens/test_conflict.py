"""Conflicts: base, theirs and ours are shown, and settled by one key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.entries import RenameEntry, SetEntry, SwitchEntry
from mailtui.formats.target import Target
from mailtui.screens.conflict import ConflictScreen
from mailtui.screens.review import ReviewScreen
from tests.apply.changing import VIRTUAL, Server, write_old
from tests.screens.conftest import screen_of, screen_text
from tests.screens.reviewing import WEBMASTER, made_server, session_of, shows, until

Open = Callable[..., Any]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with made_server(tmp_path, monkeypatch) as made:
        yield made


def theirs(server: Server, text: str = VIRTUAL.replace("   jean@falcot.com", "   sophie@falcot.com")) -> str:
    """Somebody else writes the table and compiles it."""
    write_old(server.etc / "virtual", text)
    server.compile(server.table)
    return text


async def test_it_shows_was_theirs_and_ours(open_console: Open, server: Server) -> None:
    theirs(server)
    session = session_of(server, server.change(), server.new())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("w")
        text = await shows(pilot, "t theirs")
        lines = [line.split() for line in text.split("\n")]
        assert ["was", "jean@falcot.com"] in lines
        assert ["theirs", "sophie@falcot.com"] in lines
        assert ["ours", "jean@falcot.com,", "laure@falcot.com"] in lines
        assert "virtual changed on the disk" in screen_text(app)[2]
        assert screen_text(app)[2].endswith("1 of your 2 edits hit")


async def test_theirs_drops_our_edit(open_console: Open, server: Server) -> None:
    text = theirs(server)
    session = session_of(server, server.change(), server.new())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "t theirs")
        await pilot.press("t")
        await shows(pilot, "Enter apply")
        assert isinstance(app.screen, ReviewScreen)
        assert session.draft.edits == (server.new(),)
        assert server.text() == text
        await pilot.press("enter")
        await shows(pilot, "Done in")
    assert server.answers(server.table, WEBMASTER) == "sophie@falcot.com"
    assert server.answers(server.table, "presse@falcotsbrand.com") == "sophie@falcot.com"


async def test_ours_goes_on_top_of_theirs(open_console: Open, server: Server) -> None:
    theirs(server)
    session = session_of(server, server.change(), server.new())
    async with open_console(session=session) as (_app, pilot):
        await pilot.press("w")
        await shows(pilot, "t theirs")
        await pilot.press("o")
        await shows(pilot, "Enter apply")
        assert len(session.draft) == 2
        await pilot.press("enter")
        await shows(pilot, "Done in")
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"


async def test_several_are_settled_one_by_one(open_console: Open, server: Server) -> None:
    theirs(server, VIRTUAL.replace("   jean@falcot.com", "   sophie@falcot.com").replace("laure@", "anna@"))
    session = session_of(server, server.change(), server.gone())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "2 of your 2 edits hit")
        screen = app.screen
        assert isinstance(screen, ConflictScreen)
        await pilot.press("j", "j")
        assert screen.conflict is not None
        assert screen.conflict.edit == server.gone()
        await pilot.press("t")
        await shows(pilot, "1 of your 1 edit hit")
        assert session.draft.edits == (server.change(),)
        await pilot.press("k", "o")
        await shows(pilot, "Enter apply")
        await pilot.press("enter")
        await shows(pilot, "Done in")
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"
    assert server.answers(server.table, "contact@falcotsbrand.com") == "anna@falcot.com, sophie@falcot.com"


async def test_going_back_writes_nothing_and_enter_opens_it_again(open_console: Open, server: Server) -> None:
    text = theirs(server)
    session = session_of(server, server.change())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "t theirs")
        await pilot.press("q")
        await shows(pilot, "Enter settles the conflicts")
        assert " Write 1 change · CONFLICTS 1 " in screen_of(app)
        await pilot.press("enter")
        await shows(pilot, "t theirs")
        assert (server.text(), len(session.draft)) == (text, 1)


async def test_a_conflict_that_comes_while_reviewing_opens_it(open_console: Open, server: Server) -> None:
    from mailtui.screens.parts.session import Change

    session = session_of(server, server.change())
    async with open_console(session=session) as (_app, pilot):
        await pilot.press("w")
        await shows(pilot, "Enter apply")
        theirs(server)
        session.changed.emit(Change(paths=frozenset({server.table.path})))
        await shows(pilot, "t theirs")


@pytest.mark.parametrize("kind", ["rename", "switch"])
async def test_what_cannot_go_on_top_says_so(open_console: Open, server: Server, kind: str) -> None:
    if kind == "rename":
        edit: Any = RenameEntry(server.table, WEBMASTER, "info@falcotsbrand.com", ("jean@falcot.com",))
        theirs(server, VIRTUAL + "info@falcotsbrand.com   sophie@falcot.com\n")
    else:
        edit = SwitchEntry(server.table, WEBMASTER, ("jean@falcot.com",), on=False)
        theirs(server, VIRTUAL.replace(f"{WEBMASTER}   jean@falcot.com\n", ""))
    session = session_of(server, edit)
    async with open_console(session=session) as (_app, pilot):
        await pilot.press("w")
        await shows(pilot, "t theirs")
        await pilot.press("o")
        await shows(pilot, "Yours cannot be put on top of this")
        assert session.draft.edits == (edit,)
        await pilot.press("t")
        await until(pilot, lambda: not session.draft)


async def test_values_of_a_secret_file_stay_hidden(open_console: Open, server: Server) -> None:
    secret = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "relay.test   user:hunter1\n")
    edit = SetEntry(secret, "relay.test", "user:hunter3", "user:hunter2")
    async with open_console(session=session_of(server, edit)) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "t theirs")
        assert "hunter" not in screen_of(app)
        assert "•••••" in screen_of(app)


async def test_enter_edits_the_value_there(open_console: Open, server: Server) -> None:
    many = "sophie@falcot.com, anna@falcot.com, paul@falcot.com, claire@falcot.com"
    theirs(server, VIRTUAL.replace("   jean@falcot.com", f"   {many}"))
    session = session_of(server, server.change(), server.new())
    async with open_console(session=session) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "t theirs")
        await pilot.press("question_mark")
        await shows(pilot, "Keys of a conflict")
        await pilot.press("q", "enter")
        text = await shows(pilot, "theirs   sophie@falcot.com")
        assert re.search(r"│ {10}claire@falcot\.com", text), "a value goes on beside its label"
        await pilot.press(*", anna", "escape")
        await shows(pilot, "What you typed is not staged yet")
        await pilot.press("escape", "enter")
        await shows(pilot, "Enter apply")
        assert len(session.draft) == 2
        await pilot.press("enter")
        await shows(pilot, "Done in")
        assert isinstance(app.screen, ReviewScreen)
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com, anna"


async def test_what_has_no_value_or_a_secret_one_is_not_edited(open_console: Open, server: Server) -> None:
    secret = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "relay.test   user:hunter1\n")
    theirs(server, VIRTUAL.replace(f"{WEBMASTER}   jean@falcot.com\n", ""))
    switch = SwitchEntry(server.table, WEBMASTER, ("jean@falcot.com",), on=False)
    edits = (switch, SetEntry(secret, "relay.test", "user:hunter3", "user:hunter2"))
    async with open_console(session=session_of(server, *edits)) as (app, pilot):
        await pilot.press("w")
        await shows(pilot, "2 of your 2 edits hit")
        said = set()
        for _ in edits:
            await pilot.press("enter")
            await pilot.pause()
            said.add(screen_text(app)[-1].split(":")[0].strip())
            assert isinstance(app.screen, ConflictScreen), screen_of(app)
            await pilot.press("j")
        assert said == {"? This edit has no value to type", "? The value is secret and not shown"}
