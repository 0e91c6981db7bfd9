"""The console over a real configuration folder, and waiting for what keys bring about."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from mailtui.edits.draft import Draft
from mailtui.maillog.source import Source
from mailtui.postfix.instance import Instance
from mailtui.screens.aliases import AliasesScreen
from mailtui.screens.app import MailtuiApp
from mailtui.screens.log import LogScreen
from mailtui.screens.parts import text
from mailtui.screens.parts.session import Session, Status
from mailtui.screens.parts.terminal import Plan
from tests.screens.conftest import screen_of

PATIENCE = 30.0
"""Seconds after which what was waited for does not come any more."""

VIRTUAL = """\
# the brand
webmaster@falcotsbrand.com   jean@falcot.com
contact@falcotsbrand.com     laure@falcot.com, sophie@falcot.com
#old@falcotsbrand.com        sophie@falcot.com
ping@falcotsbrand.com        pong@falcotsbrand.com
pong@falcotsbrand.com        ping@falcotsbrand.com
bad@falcotsbrand.com         /var/mail/nobody
press+fr@falcot.org          nobody@falcot.com
@falcotsbrand.com            nobody@falcot.com
"""
ALIASES = """\
postmaster: root
root: nobody
webmaster: root
tickets: "|/usr/bin/new ticket"
archive: /var/mail/archive
team: :include:{folder}/team
jean: nobody
laure: nobody
sophie: nobody
webmaster: jean
"""
MAIN = """\
recipient_delimiter = +
myorigin = falcot.com
virtual_alias_domains = falcotsbrand.com, falcot.org
virtual_alias_maps = hash:{folder}/virtual, regexp:{folder}/patterns
alias_maps = hash:{folder}/aliases{more}
alias_database = hash:{folder}/aliases
"""
LINE = b"Jan  1 13:22:20 mx postfix/"
"""How the lines of a test's log begin."""


def short_folder() -> Iterator[Path]:
    """A folder with a short name, so that what a screen says about its files is not cut."""
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as root:
        yield Path(root)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name."""
    yield from short_folder()


class Console:
    """A console that is up: its app, its keys, its files."""

    def __init__(self, app: MailtuiApp, pilot: Pilot[int], folder: Path) -> None:
        self.app, self.pilot, self.folder = app, pilot, folder

    @property
    def screen(self) -> AliasesScreen:
        found = self.app.screen
        assert isinstance(found, AliasesScreen)
        return found

    @property
    def log(self) -> LogScreen:
        found = self.app.screen
        assert isinstance(found, LogScreen)
        return found

    @property
    def text(self) -> str:
        return screen_of(self.app)

    @property
    def said(self) -> list[str]:
        """The staged edits in words."""
        return [edit.describe() for edit in self.app.session.draft.edits]

    @property
    def here(self) -> str:
        """The address under the cursor."""
        row = self.screen.row
        return row.address if row is not None else ""

    def line_with(self, words: str) -> str:
        """The first line of the screen that holds some words."""
        return next((line for line in self.text.splitlines() if words in line), "")

    async def until(self, what: Callable[[], object]) -> None:
        """Wait until this is so; fail with the screen if it never is."""
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end:
                pytest.fail(f"it never came; the screen:\n{self.text}")
            await asyncio.sleep(0.01)  # a pause of the pilot's is a message to every widget, and an answer

    async def shows(self, *words: str) -> None:
        """Wait until the screen has all these words."""

        def so() -> bool:
            text = self.text
            return all(word in text for word in words)

        await self.until(so)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, words: str) -> None:
        """Type a text, letter by letter."""
        names = {" ": "space", "@": "at", ".": "full_stop", ",": "comma", "|": "vertical_line",
                 "/": "slash", '"': "quotation_mark", ":": "colon", "+": "plus", "-": "minus",
                 "'": "apostrophe", "^": "circumflex_accent", "$": "dollar_sign",
                 "!": "exclamation_mark"}  # fmt: skip
        await self.pilot.press(*(names.get(sign, sign) for sign in words))

    async def go_to(self, address: str) -> None:
        """Put the cursor on the first row with this address."""
        rows = self.screen.lines.rows
        place = next(n for n in range(len(rows)) if self.screen.rows.row(n).address == address)  # type: ignore[attr-defined]  # AliasRows
        self.screen.lines.move_to(place)
        await self.until(lambda: self.here == address)

    def staged(self, count: int) -> Callable[[], bool]:
        """Whether so many edits are staged, and the list shows them."""

        def so() -> bool:
            draft = self.app.session.draft
            return len(draft) == count and self.screen._generation == draft.generation

        return so


def session_of(folder: Path, log: Path | None = None, draft: Draft | None = None) -> Session:
    status = Status(running=False, host="mail.falcot.com")
    source = (
        Source("file", str(log)) if log else Source("none", why="no mail log found; name one with --log FILE")
    )
    return Session(
        Instance.open(str(folder)), draft or Draft(), who="roland", look=lambda: status, find_log=lambda: source
    )  # fmt: skip


@asynccontextmanager
async def console(
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    start: str = "aliases",
    log: Path | None = None,
    plan: Plan | None = None,
    kind: type[Console] = Console,
) -> AsyncIterator[Console]:
    """The console over the instance in `folder`; on Aliases once the list is there. `kind`: what drives it."""
    app = MailtuiApp(session_of(folder, log), plan or Plan(), start)
    try:
        async with app.run_test(size=size) as pilot:
            up = kind(app, pilot, folder)
            if start == "aliases":
                await up.until(
                    lambda: isinstance(app.screen, AliasesScreen) and app.screen.aliases is not None
                )
            await pilot.pause()
            yield up
    finally:
        text.use_ascii(False)


def shop(
    make: Any, tmp_path: Path, *, virtual: str = VIRTUAL, aliases: str = ALIASES, ldap: bool = False
) -> Path:
    """Falcot's brand in a folder, compiled by the real postmap and postalias; with `ldap` one more table."""
    folder = tmp_path / "etc1"
    made: Path = make(
        MAIN.format(folder=folder, more=f", ldap:{folder}/ldap.cf" if ldap else ""),
        files={
            "virtual": virtual,
            "aliases": aliases.format(folder=folder),
            "patterns": "/^ticket-[0-9]+@falcotsbrand\\.com$/ tickets@falcot.com\n",
            "team": "jean\nlaure\n",
            "ldap.cf": "server_host = ldap.invalid\n",
        },
        postmap=["hash:virtual"],
        postalias=["hash:aliases"],
    )
    assert made == folder
    return made
