"""What the log offers for a line: who is blocked, why it was refused and where that stands, a circle ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.entries import SetEntry, SwitchEntry
from mailtui.edits.notes import SetNote
from mailtui.screens.explain import ExplainScreen
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import TextView
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import Console, console, shop, tmp_path
from tests.screens.logged import put, refused, sent, stamp

__all__ = ["instance_dir", "tmp_path"]


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return shop(instance_dir, tmp_path)


def passed_on(number: int, by: bytes, to: bytes) -> bytes:
    return stamp(100) + (
        b"smtp[9]: %06XABCD: to=<%s>, orig_to=<%s>, relay=127.0.0.1[127.0.0.1]:10026, delay=0.1, delays=0/0/0/0, "
        b"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %06XABCD)\n" % (number, to, by, number + 1)
    )


async def choose(up: Console, words: str) -> None:
    """Open the offers and take the one with these words."""
    await up.press("f")
    await up.until(lambda: isinstance(up.app.screen, Chooser))
    found = up.app.screen
    assert isinstance(found, Chooser)
    await up.press(str(next(n for n, each in enumerate(found._options, 1) if words in each.text)))


async def test_a_sender_is_blocked_with_a_reason(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    put(log, [sent(1), refused(2)], 1)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "R reject")
        await choose(up, "Block the sender spam@bad.test")
        await up.shows("Block the sender spam@bad.test", "A reason, if you like", "sender_access is made")
        await up.type("dictionaries")
        await up.press("enter")
        await up.shows("Staged: Block the sender spam@bad.test")
        (group,) = up.app.session.draft.groups
        assert group.label == "Block the sender spam@bad.test"
        entry = next(edit for edit in group.edits if isinstance(edit, SetEntry))
        assert (entry.name, entry.value, entry.target.name) == ("spam@bad.test", "REJECT", "sender_access")
        note = next(edit for edit in group.edits if isinstance(edit, SetNote))
        assert note.note is not None
        assert note.note.endswith(": dictionaries")
        await up.press("u")
        assert not up.app.session.draft.groups


async def test_two_blocks_one_after_the_other(folder: Path, tmp_path: Path) -> None:
    """The second finds the new table already staged, and the draft is still one that can be written."""
    from mailtui.edits.candidate import Candidate

    log = tmp_path / "mail.log"
    put(log, [sent(1), refused(2)], 1)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "R reject")
        for words in ("Block the sender", "Block every sender of bad.test"):
            await choose(up, words)
            await up.shows("A reason, if you like")
            await up.press("enter")
            await up.shows(f"Staged: {words}")
        candidate = Candidate(up.app.session.instance.files, up.app.session.draft.edits)
        assert not candidate.conflicts
        assert not candidate.stopped
        made = next(each for each in candidate.changes if each.target.name == "sender_access").after.decode()
        assert made.count("REJECT") == 2
        assert candidate.raw(str(folder / "main.cf")).count(b"check_sender_access") == 1


async def test_why_and_where(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    put(log, [sent(1), refused(2).replace(b"554 5.7.1", b"454 4.7.1"), refused(3)], 1)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "R reject")
        await up.press("X")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("BY", "reject_unauth_destination", "nowhere in the lists as they are now", "TO DO")
        await up.press("q", "z", "k", "X")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("BY         defer_unauth_destination", "STANDS", "smtpd_relay_restrictions", "TO DO")


async def test_a_refusal_is_explained_with_the_session_of_its_line(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    put(log, [sent(1), refused(2)], 1)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "R reject")
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, ExplainScreen))
        await up.shows("SESSION", "192.0.2.1", "spam@bad.test", "ANSWER", "454 4.7.1")
        asked = up.app.session.asked
        assert asked is not None
        assert (asked.client_name, asked.helo, asked.recipient) == ("c.test", "bad.test", "x@far.test")
        assert asked.service == "smtp/inet"


async def test_a_circle_is_ended_at_its_entry(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    pair = (b"webmaster@falcotsbrand.com", b"jean@falcot.com")
    lines = [passed_on(n, pair[n % 2], pair[1 - n % 2]) for n in range(30)]
    put(log, [sent(1), *lines], 1)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live")
        await up.until(lambda: len(up.app.screen.query("LineList")) > 0)
        await choose(up, "Take out of the circle: webmaster@falcotsbrand.com → jean@falcot.com")
        await up.shows("A reason, if you like")
        await up.press("enter")
        await up.shows("Staged: Take out of the circle")
        (edit,) = up.app.session.draft.edits
        assert isinstance(edit, (SetEntry, SwitchEntry))
        assert edit.name == "webmaster@falcotsbrand.com"


async def test_a_refused_client_is_let_through_from_the_log(folder: Path, tmp_path: Path) -> None:
    main = folder / "main.cf"
    main.write_text(main.read_text() + "smtpd_helo_restrictions = reject_non_fqdn_helo_hostname\n")
    line = refused(2).replace(
        b"<x@far.test>: Relay access denied", b"<bare>: Helo command rejected: need fully-q"
    )
    log = tmp_path / "mail.log"
    put(
        log,
        [
            sent(1),
            line.replace(b"x@far.test", b"jean@falcot.com").replace(b"helo=<bad.test>", b"helo=<bare>"),
        ],
        1,
    )
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "R reject")
        await choose(up, "Let the client 192.0.2.1 through")
        await up.shows("A reason, if you like", "client_access is made")
        await up.press("enter")
        await up.shows("Staged: Let the client 192.0.2.1 through")
        entry = next(edit for edit in up.app.session.draft.edits if isinstance(edit, SetEntry))
        assert (entry.name, entry.value) == ("192.0.2.1", "OK")
