"""Restriction chains in a configuration folder of a test's own, the console on them, and what would be written.
DNS is never asked: its answers are given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.dns.ask import Answer, Names
from mailtui.formats.lists import items
from mailtui.postfix.instance import Instance
from mailtui.screens.app import MailtuiApp
from mailtui.screens.explain import ExplainScreen
from mailtui.screens.parts import explainview, text
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.formview import FormEditor
from mailtui.screens.parts.laidlist import LaidList
from mailtui.screens.parts.rulelines import RuleLine
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.restrictions import RestrictionsScreen
from tests.postfix.conftest import postconf, put
from tests.screens.aliasing import session_of, short_folder
from tests.screens.listing import ListConsole

MAIN = """\
# before the chains
smtpd_delay_reject = yes
smtpd_client_restrictions =
    permit_mynetworks,
    # the neighbours
    check_client_access hash:{folder}/access_client,
    warn_if_reject reject_unknown_client_hostname,
    reject_rbl_client bl.sorbs.net
smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostnam
smtpd_sender_restrictions = reject_non_fqdn_sender, permit, reject_unknown_sender_domain
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
    check_recipient_access hash:{folder}/access_rcpt
    # reject_unlisted_recipient
    permit_mynetworks
smtpd_restriction_classes = greylisting, unused_one
greylisting = check_policy_service inet:127.0.0.1:10023
unused_one = reject_unauth_pipelining
header_checks = regexp:{folder}/header_checks
# behind the chains
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o smtpd_client_restrictions=permit_mynetworks,reject
cleanup   unix  n       -       n       -       0       cleanup
rewrite   unix  -       -       n       -       -       trivial-rewrite
local     unix  -       n       n       -       -       local
"""
FILES = {
    "access_client": "192.0.2.7 REJECT not you\n192.0.2.8 OK\n",
    "access_rcpt": "joe@falcot.com greylisting\njean@falcot.com REJECT\n",
    "header_checks": "/^Subject: spam/ REJECT\n",
}
DNS = {
    ("example.net", "MX"): Answer("ok", ("10 mail.example.net",)),
    ("example.net", "A"): Answer("ok", ("198.51.100.7",)),
}
"""All that the DNS of these tests knows."""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name, so that what a screen says about its files is not cut."""
    yield from short_folder()


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The chains with their tables; nobody is asked in the network, kept sessions are the test's own."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(explainview, "new_names", lambda: Names(supplied=DNS, only_supplied=True))
    made: Path = instance_dir(
        MAIN.format(folder=tmp_path / "etc1"), master=MASTER, files=FILES,
        postmap=["hash:access_client", "hash:access_rcpt"],
    )  # fmt: skip
    return made


class Rules(ListConsole):
    """The console on its Restrictions."""

    @property
    def view(self) -> RestrictionsScreen:
        found = self.app.screen
        assert isinstance(found, RestrictionsScreen), found
        return found

    @property
    def explained(self) -> ExplainScreen:
        found = self.app.screen
        assert isinstance(found, ExplainScreen), found
        return found

    @property
    def line(self) -> RuleLine:
        """The row under the cursor."""
        found = self.view.row
        assert found is not None
        return found

    def rows(self, stage: str) -> list[str]:
        """What the list shows of a stage (`class:NAME` for a class): marker and rule."""
        found = self.view.laid_lines
        assert found is not None
        return [
            f"{line.marker} {line.text}" for line in found.rows if line.chain and line.chain.stage == stage
        ]

    async def on(self, rule: str, stage: str = "") -> None:
        """Put the cursor on the first rule that begins so."""

        def key() -> Hashable | None:
            found = self.view.laid_lines
            lines = found.rows if found is not None else []
            return next(
                (
                    line.key
                    for line in lines
                    if line.text.startswith(rule)
                    and (not stage or (line.chain and line.chain.stage == stage))
                ),
                None,
            )

        await self.until(lambda: key() is not None)
        await self.at(key())

    async def class_form(self) -> None:
        """The form of the class under the cursor, or of a new one: the first that `C` offers."""
        await self.press("C")
        await self.until(lambda: isinstance(self.app.screen, Chooser))
        await self.press("enter")
        await self.until(lambda: self.app.screen.query(FormEditor))

    async def acts_staged(self, count: int) -> None:
        """Wait until so many acts are staged, and the list shows them."""
        await self.until(lambda: len(self.app.session.draft.groups) == count and self.view._is_laid)

    async def class_renamed(self, stage: str, name: str, count: int) -> None:
        """Give the class of the greylisting rule another name, as act number `count`."""
        await self.on("check_policy_service", stage)
        await self.class_form()
        await self.press("ctrl+u")
        await self.type(name)
        await self.press("enter")
        await self.acts_staged(count)

    async def now_staged(self, count: int) -> None:
        """Wait until so many edits are staged, and the list shows them."""
        await self.until(self.laid(count))
        await self.pilot.pause()

    def reads(self, name: str, *options: str) -> list[str]:
        """The items that the real postconf reads where the draft would be written."""
        copy = self.folder.parent / "written"
        put(copy / "main.cf", self.written("main.cf"))
        put(copy / "master.cf", self.written("master.cf"))
        read = postconf(copy, *options, "-h", name).strip().encode()
        return [item.decode() for item in items(read)]

    async def answered(self, *words: str) -> None:
        """Wait for the answer of Explain, and for these words."""
        await self.until(lambda: isinstance(self.app.screen, ExplainScreen) and self.explained.found)
        await self.shows(*words)


@asynccontextmanager
async def restrictions(
    folder: Path, *, size: tuple[int, int] = (100, 50), plan: Plan | None = None
) -> AsyncIterator[Rules]:
    """The console on Restrictions, once they are read."""
    app = MailtuiApp(session_of(folder), plan or Plan(), "restrictions")
    try:
        async with app.run_test(size=size) as pilot:
            up = Rules(app, pilot, folder)
            await up.until(lambda: isinstance(app.screen, LaidList) and app.screen.listing is not None)
            await pilot.pause()
            yield up
    finally:
        text.use_ascii(False)


def instance(folder: Path) -> Instance:
    """The instance in a folder, read anew."""
    return Instance.open(str(folder))
