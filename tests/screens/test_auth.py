"""The Auth screen: accounts by keys, at once; what is typed as a password is nowhere to be seen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import accounts as acts
from mailtui.apply.history import History
from mailtui.postfix.instance import Instance
from mailtui.sasl.names import Account
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import instance_dir
from tests.sasl.offices import listing, office, saslpasswd
from tests.sasl.test_accounts import open_path
from tests.screens.listing import ListConsole, lists

__all__ = ["instance_dir", "open_path"]
WORD = "Sommerwein"


@pytest.fixture
def folder(instance_dir: Any, open_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(open_path / "state"))
    made = office(instance_dir, open_path, "smtpd_sasl_local_domain = falcot.com\n")
    for name in ("jean@falcot.com", "laure@falcot.com", "sophie@falcot.org"):
        saslpasswd(open_path / "sasldb2", name, "geheim")
    (open_path / "sasldb2").chmod(0o644)
    return made


@asynccontextmanager
async def auth(
    folder: Path, *, size: tuple[int, int] = (100, 30), plan: Plan | None = None
) -> AsyncIterator[ListConsole]:
    """The console on Auth, the list read."""
    async with lists(folder, "auth", size=size, plan=plan) as up:
        yield up


def database(folder: Path) -> Path:
    lines = (folder / "sasl/smtpd.conf").read_text().splitlines()
    return Path(next(line.partition(": ")[2] for line in lines if line.startswith("sasldb_path")))


def history(folder: Path) -> list[str]:
    return [words for each in History.open(Instance.open(str(folder))).list() for words in each.edits]


async def until_listed(folder: Path, *names: str) -> None:
    for _ in range(400):
        if listing(database(folder)) == sorted(names):
            return
        await asyncio.sleep(0.01)
    assert listing(database(folder)) == sorted(names)


async def test_what_the_list_says(folder: Path) -> None:
    async with auth(folder) as up:
        await up.shows("3 accounts", "realm asked for: falcot.com")
        if os.geteuid() == 0:
            line = up.line_with("jean ")
            assert line.split()[-2:] == ["yes", "outside"]
            assert "partly  only as sophie@falcot.org" in up.line_with("? sophie")
            await up.at(Account("sophie", "falcot.org"))
            await up.shows("submission/inet looks for a bare sophie in the realm", "the password itself")


async def test_a_new_account_by_keys(folder: Path) -> None:
    async with auth(folder) as up:
        await up.press("n")
        await up.shows("New account", "gets the realm falcot.com")
        await up.type("marie")
        await up.press("enter")
        await up.type(WORD)
        assert WORD not in up.text
        await up.press("enter")
        await up.type("anders")
        await up.press("enter")
        await up.shows("The two passwords are not the same")
        for _ in range(2):
            await up.type(WORD)
            await up.press("enter")
        await until_listed(
            folder, "jean@falcot.com", "laure@falcot.com", "marie@falcot.com", "sophie@falcot.org"
        )
        await up.until(lambda: up.key == Account("marie", "falcot.com"))
        assert WORD not in up.text
        assert len(up.app.session.draft) == 0
        assert history(folder) == [f"+ account marie@falcot.com ({database(folder)})"]


async def test_one_is_made_where_none_is_typed_and_shown_once(folder: Path) -> None:
    async with auth(folder) as up:
        await up.press("n")
        await up.shows("New account")
        await up.type("marie")
        await up.press("enter", "enter", "enter")
        await up.shows("The password of marie@falcot.com", "Shown this once")
        shown = up.text
        await up.press("escape")
        await up.until(lambda: "Shown this once" not in up.text)
        (made,) = [word for word in shown.split() if len(word) == 20 and word.isalnum()]
        assert made not in up.text
        kept = [
            each
            for each in database(folder).parent.rglob("*")
            if each.is_file() and made.encode() in each.read_bytes()
        ]
        assert kept == [database(folder)]


async def test_removal_wants_the_name_typed(folder: Path) -> None:
    async with auth(folder) as up:
        await up.at(Account("laure", "falcot.com"))
        await up.press("d")
        await up.shows("Remove laure@falcot.com: now, no undo", "To do it, type laure@falcot.com")
        await up.type("laure")
        await up.press("enter")
        await up.shows("nothing was done")
        assert len(listing(database(folder))) == 3
        await up.type("@falcot.com")
        await up.press("enter")
        await until_listed(folder, "jean@falcot.com", "sophie@falcot.org")
        await up.shows("laure@falcot.com is removed")


async def test_many_are_removed_by_their_number(folder: Path) -> None:
    async with auth(folder) as up:
        await up.press("asterisk", "d")
        await up.shows("Remove 3 accounts: now, no undo")
        await up.type("3")
        await up.press("enter")
        await until_listed(folder)
        await up.shows("No account yet")


async def test_another_password_and_a_lock(folder: Path) -> None:
    async with auth(folder) as up:
        await up.at(Account("jean", "falcot.com"))
        before = database(folder).read_bytes()
        await up.press("enter")
        await up.shows("New password of jean@falcot.com")
        await up.type(WORD)
        await up.press("enter")
        await up.type(WORD)
        await up.press("enter")
        await up.shows("Another password for jean@falcot.com: now, no undo")
        assert database(folder).read_bytes() == before
        await up.type("jean@falcot.com")
        await up.press("enter")
        await up.shows("jean@falcot.com has another password")
        assert WORD.encode() in database(folder).read_bytes()
        await up.press("l")
        await up.shows("Lock jean@falcot.com: now, no undo", "a random password")
        await up.type("jean@falcot.com")
        await up.press("enter")
        await up.shows("jean@falcot.com is locked")
        assert WORD.encode() not in database(folder).read_bytes()


async def test_escape_does_nothing(folder: Path) -> None:
    async with auth(folder) as up:
        before = database(folder).read_bytes()
        for key in ("n", "enter", "d", "l", "t"):
            await up.press(key)
            await up.until(lambda: len(up.app.screen_stack) > 1)
            await up.press("escape")
            await up.until(lambda: len(up.app.screen_stack) == 1)
        assert database(folder).read_bytes() == before
        assert history(folder) == []


async def test_what_was_typed_is_not_thrown_away_unasked(folder: Path) -> None:
    async with auth(folder) as up:
        await up.press("n")
        await up.shows("New account")
        await up.type("marie")
        await up.press("escape")
        await up.shows("What you typed is not in use yet")
        await up.press("escape", "enter")
        await up.type(WORD)
        await up.press("enter")
        await up.type(WORD)
        await up.press("escape")
        await up.shows("What you typed is not in use yet")
        assert WORD not in up.text
        await up.press("d")
        await up.until(lambda: len(up.app.screen_stack) == 1)
        assert len(listing(database(folder))) == 3


async def test_the_name_is_there_and_the_password_is_what_is_typed(folder: Path) -> None:
    """A password must not be typed into the name, where it would be seen."""
    async with auth(folder) as up:
        await up.press("t")
        await up.shows("Log in as jean@falcot.com where?")
        await up.press("enter")
        await up.shows("Try a login")
        await up.type(WORD)
        assert WORD not in up.text
        await up.press("escape")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask as another user")
async def test_the_realm_is_an_edit_and_the_mode_is_done_at_once(folder: Path) -> None:
    async with auth(folder) as up:
        await up.at(Account("sophie", "falcot.org"))
        await up.press("f")
        await up.shows("set the mode of", "~ smtpd_sasl_local_domain = falcot.org")
        await up.press("2")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.shows("usable   submission: log in as sophie or sophie@falcot.org")
        assert "smtpd_sasl_local_domain = falcot.org" in up.written("main.cf")
        await up.press("u")
        await up.until(lambda: len(up.app.session.draft) == 0)
        await up.press("f")
        await up.shows("set the mode of")
        await up.press("1")
        await up.shows("Others than its owner and group may read it", "do it")
        await up.press("y")
        await up.until(lambda: database(folder).stat().st_mode & 0o777 == 0o640)


async def test_what_fails_unforeseen_says_nothing_of_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_words: Any) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(acts, "_made", broken)
    async with auth(folder) as up:
        await up.press("n")
        await up.shows("New account")
        await up.type("marie")
        await up.press("enter")
        for _ in range(2):
            await up.type(WORD)
            await up.press("enter")
        await up.shows("Nothing was changed", "something else")
        assert WORD not in up.text
    assert not [
        each
        for each in database(folder).parent.rglob("*")
        if each.is_file() and WORD.encode() in each.read_bytes()
    ]


async def test_read_only(folder: Path) -> None:
    async with auth(folder) as up:
        up.app.session.read_only = True
        await up.press("n")
        await up.shows("read-only: nothing is changed")
        assert len(up.app.screen_stack) == 1


async def test_names_that_a_terminal_would_obey(folder: Path) -> None:
    names = ("\x1b]0;PWNED\x07x@falcot.com", "[/foo]@falcot.com", "a b@falcot.com")
    for name in names:
        saslpasswd(database(folder), name, "geheim")
    async with auth(folder) as up:
        await up.shows("[/foo]", "␛]0;PWNED␇x")
        await up.at(Account("\x1b]0;PWNED\x07x", "falcot.com"))
        for key in ("t", "enter"):
            await up.press(key)
            await up.shows("PWNED")
            await up.press("escape")
            await up.until(lambda: len(up.app.screen_stack) == 1)
        await up.press("d")
        await up.shows("To do it, type 1")
        assert "\x1b" not in up.text
        await up.type("1")
        await up.press("enter")
        await up.shows("is removed")
        assert len(listing(database(folder))) == 5


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (140, 40)])
async def test_every_size(folder: Path, size: tuple[int, int]) -> None:
    async with auth(folder, size=size, plan=Plan(ansi=True, no_colour=True)) as up:
        await up.shows("jean", "sophie")
        await up.press("n")
        await up.shows("name", "password", "again", "Esc back")
