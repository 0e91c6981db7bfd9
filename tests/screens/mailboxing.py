"""Mailboxes in a configuration folder of a test's own, and the console on them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.mailboxes import MailboxesScreen
from mailtui.screens.parts.terminal import Plan
from tests.screens.listing import ListConsole, lists

VMAILBOX = """\
# the brand's mailboxes
jean@falcot.org         falcot.org/jean/
laure@falcot.org        falcot.org/laure
#old@falcot.org         falcot.org/old/
new@falcot.org          falcot.org/new/
webmaster@falcot.org    falcot.org/webmaster/
lost@nowhere.test       nowhere/lost/
"""
MAIN = """\
virtual_mailbox_domains = falcot.org
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = hash:{folder}/vmailbox
virtual_uid_maps = {uids}
virtual_gid_maps = static:5000
virtual_alias_maps = hash:{folder}/virtual
mail_spool_directory = {folder}/spool
"""
VIRTUAL = "webmaster@falcot.org  jean@falcot.org\n"


def office(make: Any, tmp_path: Path, *, uids: str = "static:5000", **files: str) -> Path:
    """Falcot's mailboxes in a folder, compiled by the real postmap, with some mail in them."""
    tmp_path.chmod(0o755)  # the mailboxes' owner passes here
    folder = tmp_path / "etc1"
    texts: Mapping[str, str] = {"vmailbox": VMAILBOX, "virtual": VIRTUAL, **files}
    made: Path = make(
        MAIN.format(folder=folder, uids=uids.format(folder=folder)),
        files=texts, postmap=[f"hash:{name}" for name in texts],
    )  # fmt: skip
    assert made == folder
    maildir(folder / "mail/falcot.org/jean", 3)
    (folder / "mail/falcot.org/laure").write_bytes(b"From a\nSubject: b\n\nhello\n\nFrom c\n\nyes\n")
    for path in ("mail", "mail/falcot.org", "mail/falcot.org/laure"):
        os.chown(folder / path, 5000, 5000)
    return folder


def maildir(path: Path, messages: int, size: int = 1000) -> None:
    """A maildir with some mail."""
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    for number in range(messages):
        (path / "new" / f"{number}.mx").write_bytes(b"x" * size)
    for each in (path, *path.iterdir()):
        os.chown(each, 5000, 5000)


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return office(instance_dir, tmp_path)


@asynccontextmanager
async def mailboxes(
    folder: Path, *, size: tuple[int, int] = (100, 30), plan: Plan | None = None
) -> AsyncIterator[ListConsole]:
    """The console on Mailboxes, the list read and counted."""
    async with lists(folder, "mailboxes", size=size, plan=plan) as up:
        screen = up.app.screen
        assert isinstance(screen, MailboxesScreen)
        await up.until(lambda: screen.counting.finished)
        await up.pilot.pause()
        yield up
