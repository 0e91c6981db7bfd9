"""`:` commands: what is understood, and what happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.screens.palette import Entry, best, rank
from mailtui.screens.parts.command import Action, Command, Goto, Line, Unknown, Word, parse
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.names import SCREENS
from tests.screens.conftest import screen_of, screen_text

Open = Callable[..., Any]
IDS = ("aliases.new", "aliases.delete", "app.undo", "app.history", "dialog.yes")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("w", Word("review")), ("write", Word("review")), ("q", Word("quit")), ("q!", Word("quit-keep")),
        ("wq", Word("review-quit")), ("x", Word("review-quit")), ("e!", Word("drop-draft")),
        ("aliases smith", Goto("aliases", "smith")), ("aliases /smith", Goto("aliases", "smith")),
        ("ALIASES", Goto("aliases")), ("ali", Goto("aliases")), ("rules", Goto("restrictions")),
        ("param smtpd", Goto("parameters", "smtpd")), ("log a b", Goto("log", "a b")),
        ("12", Line(12)), ("history", Goto("history")), ("review", Goto("review")),
        ("new", Action("aliases.new")), ("aliases.delete", Action("aliases.delete")),
        ("delete", Action("aliases.delete")), ("del", Unknown("del", ())),
        ("m", Unknown("m", ("mailboxes", "milters"))), ("frobnicate", Unknown("frobnicate", ())),
        ("q now", Goto("queue", "now")), ("", None), ("   ", None),
    ],
)  # fmt: skip
def test_what_is_understood(text: str, command: Command | None) -> None:
    assert parse(text, IDS, {"aliases.delete"}) == command


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    command = parse(text, IDS, {"aliases.delete"})
    assert (command is None) == (not text.strip())
    assert command != Action("aliases.delete") or text.strip() in {"delete", "aliases.delete"}


def test_every_name_of_a_screen_leads_to_it_alone() -> None:
    for name in SCREENS:
        for word in (name.mode, name.title, name.tab, name.short, *name.words):
            assert parse(word) == Goto(name.mode), word


def test_the_palette_never_chooses_what_destroys_by_letters_alone() -> None:
    delete = Entry("d", "delete", "Delete the row.", destructive=True, also="delete")
    review = Entry("w", "write", "See the staged changes.", also="review")
    assert best("rvw", [delete, review]) == [review]
    assert best("dlt", [delete, review]) == []
    assert best("del", [delete, review]) == [delete]
    assert rank("delete", delete) == 0
    assert best("", [delete, review]) == [delete, review]
    assert best("staged", [delete, review]) == [review]


async def run(pilot: Any, text: str) -> None:
    names = {" ": "space", "!": "exclamation_mark", "/": "slash"}
    await pilot.press("colon", *(names.get(letter, letter) for letter in text), "enter")
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_going_to_a_screen_with_a_filter(open_console: Open) -> None:
    async with open_console(rows=1000, start="overview") as (app, pilot):
        await run(pilot, "aliases user00001")
        assert app.current_mode == "aliases"
        assert "100 of 1000 shown" in screen_of(app)
        assert isinstance(app.focused, LineList)


async def test_a_row_number(open_console: Open) -> None:
    async with open_console(rows=1000) as (app, pilot):
        await run(pilot, "12")
        assert app.screen.query_one(LineList).cursor == 11
        await run(pilot, "99999")
        assert app.screen.query_one(LineList).cursor == 999


async def test_unknown_words_do_nothing_and_say_so(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        await run(pilot, "dele")
        assert "No command 'dele'" in screen_text(app)[-1]
        await pilot.press("j")
        await pilot.pause()
        assert "q quit" in screen_text(app)[-1]


async def test_the_line_closes_and_remembers(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        await run(pilot, "12")
        await pilot.press("colon", "up")
        await pilot.pause()
        assert screen_text(app)[-2] == " :12"
        await pilot.press("escape")
        await pilot.pause()
        assert not screen_text(app)[-2].startswith(" :")
        assert isinstance(app.focused, LineList)
        assert app.screen.query_one(LineList).cursor == 11


async def test_quitting(open_console: Open) -> None:
    kept: list[bool] = []
    from tests.screens.console_demo import demo_session

    for text, left in (("q!", 2), ("q", 0)):
        session = demo_session(lambda: kept.append(True), edits=left)
        async with open_console(session=session) as (app, pilot):
            await run(pilot, text)
            assert app.return_value == 0
            assert len(session.draft) == left
    assert kept == [True, True]


async def test_dropping_the_draft_asks(open_console: Open) -> None:
    async with open_console(edits=2) as (app, pilot):
        await run(pilot, "e!")
        assert "Take back 2 staged changes?" in screen_of(app)
        await pilot.press("n")
        assert len(app.session.draft) == 2
        await run(pilot, "e!")
        await pilot.press("y")
        await pilot.pause()
        assert len(app.session.draft) == 0
        assert "staged" not in screen_text(app)[0]


async def test_the_palette_has_each_screen_once(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        await pilot.press("ctrl+p", *"mailboxes")
        await pilot.pause()
        rows = [line for line in screen_text(app) if " 4 " in line and "Mailboxes" in line]
        assert len(rows) == 1, screen_of(app)


@pytest.mark.parametrize("word", ["authserv", "authcli", "submission", "relayhost", "keys", "files"])
def test_the_lists_beside_a_screen_have_names_of_their_own(word: str) -> None:
    found = parse(word)
    assert isinstance(found, Goto)
    assert found.mode not in {name.mode for name in SCREENS}
