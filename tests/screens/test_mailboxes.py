"""The Mailboxes screen: its list, what it says of each, and the counting beside it."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest

from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailsize import Cancelled, Job, Size, Sizer
from mailtui.screens.mailboxes import MailboxesScreen
from mailtui.screens.parts import mailboxcount
from mailtui.screens.parts.mailboxdetail import cells, holds
from tests.postfix.conftest import instance_dir
from tests.screens import mailboxing
from tests.screens.aliasing import tmp_path
from tests.screens.listing import lists
from tests.screens.mailboxing import MAIN, VMAILBOX, folder, mailboxes, maildir, office

__all__ = ["folder", "instance_dir", "tmp_path"]


# What it shows


async def test_mailboxes_and_accounts_with_what_lies_in_them(folder: Path) -> None:
    (folder / "spool").mkdir()
    (folder / "spool/root").write_bytes(b"From x\n\nhello\n")
    async with mailboxes(folder, size=(109, 36)) as up:
        await up.shows("6 messages, 3.1 kB")
        jean, laure = up.line_with("   jean@falcot.org"), up.line_with("   laure@falcot.org")
        assert " ".join(jean.split()[:7]) == "jean@falcot.org falcot.org/jean/ maildir 5000:5000 3.0 kB 3"
        assert " ".join(laure.split()[:7]) == "laure@falcot.org falcot.org/laure mbox 5000:5000 38 B 2"
        assert up.line_with(" # old@falcot.org")
        assert up.line_with(" ? lost@nowhere.test")
        assert up.line_with("new@falcot.org").split()[4:] == ["–", "–"]
        assert "local" in up.line_with("root@falcot.com")
        await up.shows("path", "maildir: a folder", "3 messages, 3.0 kB, the newest of", "vmailbox:2")


async def test_what_keeps_mail_from_a_mailbox_is_said(folder: Path) -> None:
    async with mailboxes(folder) as up:
        await up.at(("virtual", "webmaster@falcot.org"))
        await up.shows("takes its mail → jean@falcot.org")
        await up.press("E")
        assert up.key == ("virtual", "webmaster@falcot.org")
        await up.press("e")
        assert up.key == ("virtual", "lost@nowhere.test")
        await up.shows("no list makes nowhere.test a virtual mailbox domain")
        await up.at(("virtual", "new@falcot.org"))
        await up.shows("it is not there yet, Postfix makes it with the first mail")
        await up.press("x")
        await up.shows("class virtual-mailbox", "maildir", "No other alias ends at new@falcot.org")
        await up.press("q")
        await up.at(("local", "root@falcot.com"))
        await up.shows("root@falcot.com  local account", "mail_spool_directory")


async def test_the_filter_looks_at_address_and_path(folder: Path) -> None:
    async with mailboxes(folder, size=(80, 24)) as up:
        await up.press("slash")
        await up.type("jean/")
        await up.shows("1 of ", "shown")
        await up.press("enter")
        assert up.key == ("virtual", "jean@falcot.org")


# Counting


async def test_counting_never_leaves_the_base_by_a_symlink(folder: Path, tmp_path: Path) -> None:
    maildir(tmp_path / "elsewhere", 9)
    (folder / "mail/falcot.org/new").symlink_to(tmp_path / "elsewhere")
    async with mailboxes(folder) as up:
        await up.at(("virtual", "new@falcot.org"))
        await up.shows("leads out of", "not counted", "5 messages")
        assert up.line_with("   new@falcot.org").split()[4:] == ["?", "?"]


async def test_what_was_counted_is_counted_again_on_c(folder: Path) -> None:
    async with mailboxes(folder) as up:
        await up.shows("5 messages, 3.0 kB")
        (folder / "mail/falcot.org/jean/cur/more").write_bytes(b"x" * 5000)
        await up.press("c")
        await up.shows("6 messages, 8.0 kB", "4 messages, 8.0 kB")


async def test_only_the_marked_are_counted_again(folder: Path) -> None:
    async with mailboxes(folder) as up:
        (folder / "mail/falcot.org/jean/cur/more").write_bytes(b"x" * 5000)
        (folder / "mail/falcot.org/laure").write_bytes(b"")
        await up.at(("virtual", "laure@falcot.org"))
        await up.press("space", "c")
        await up.shows("3 messages, 3.0 kB")


class Slow(Sizer):
    """Counts nothing until it is told to."""

    go: ClassVar[Event] = Event()

    def count(self, job: Job, cancel: Event | None = None) -> Size:
        while not self.go.wait(0.01):
            if cancel is not None and cancel.is_set():
                raise Cancelled
        return super().count(job, cancel)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Event:
    monkeypatch.setattr(mailboxcount, "Sizer", Slow)
    monkeypatch.setattr(Slow, "go", Event())
    return Slow.go


async def test_counting_stops_and_goes_on(folder: Path, slow: Event) -> None:
    async with lists(folder, "mailboxes", size=(100, 30)) as up:
        await up.shows("counting 0 of", "Esc stops", "not counted yet")
        await up.press("j", "k", "escape")
        await up.shows("0 of", "counted, c goes on")
        assert "Esc stops" not in up.text
        slow.set()
        await up.pilot.pause(0.3)
        await up.shows("c goes on")
        await up.press("c")
        await up.shows("5 messages, 3.0 kB")
        await up.press("escape")
        await up.shows("5 messages, 3.0 kB")


async def test_leaving_the_screen_stops_the_counting(folder: Path, slow: Event) -> None:
    async with lists(folder, "mailboxes", size=(100, 30)) as up:
        screen = up.app.screen
        assert isinstance(screen, MailboxesScreen)
        await up.shows("counting 0 of")
        await up.press("8")
        await up.until(lambda: not screen.counting.running)
        await up.press("4")
        await up.shows("counting 0 of")
        slow.set()
        await up.shows("5 messages, 3.0 kB")
        await up.press("8", "4")
        assert not screen.counting.running
        await up.shows("5 messages, 3.0 kB")


# Hostile


async def test_names_and_paths_that_would_speak_to_the_terminal(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    folder = office(instance_dir, tmp_path)
    evil = (
        b"[bold]a[/]@falcot.org  falcot.org/[@click=app.quit]x/\n"
        b"esc\x1b]0;owned\x07@falcot.org  falcot.org/\x1b[2J/\n"
        b"caf\xe9@falcot.org  falcot.org/\xff/\n"
        b"up@falcot.org  ../../../etc/passwd\n"
    )
    (folder / "vmailbox").write_bytes(evil)
    async with mailboxes(folder, size=(80, 24)) as up:
        for _ in range(4):
            assert not {"\x1b", "\x07"} & set(up.text)
            await up.press("j")
        await up.shows("[bold]a[/]@falcot.org")
        await up.at(("virtual", "up@falcot.org"))
        await up.shows("leads out of")


# Many


async def test_a_hundred_thousand_mailboxes(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    many = "".join(f"user{n}@falcot.org falcot.org/user{n}/\n" for n in range(100_000))
    folder = office(instance_dir, tmp_path, vmailbox=many)
    for number in (0, 50_000, 99_999):
        maildir(folder / f"mail/falcot.org/user{number}", 2)
    async with lists(folder, "mailboxes", size=(100, 30)) as up:
        screen = up.app.screen
        assert isinstance(screen, MailboxesScreen)
        await up.shows("user0@falcot.org", "counting")
        await up.at(("virtual", "user99999@falcot.org"))
        await up.until(lambda: "2.0 kB" in up.line_with(" user99999@falcot.org "))
        assert screen.counting.running  # what is on the screen was counted before the others
        assert screen.counting.done < 90_000
        up.burst("slash", *"user50000", "at", "enter")
        await up.until(lambda: "2.0 kB" in up.line_with(" user50000@falcot.org "))
        up.burst("escape")
        await up.shows("c goes on")
        await up.press("d")
        await up.until(up.laid(1))
        await up.shows("- user50000@falcot.org", "2 messages, 2.0 kB stay in")


async def test_nothing_is_counted_while_keys_come_in(folder: Path, slow: Event) -> None:
    async with lists(folder, "mailboxes", size=(100, 30)) as up:
        screen = up.app.screen
        assert isinstance(screen, MailboxesScreen)
        await up.shows("counting 0 of")
        end = time.monotonic() + 1.0
        up.app.typed_at = end  # as if keys came all that time
        slow.set()
        while time.monotonic() < end - 0.1:
            await up.pilot.pause(0.05)
            assert screen.counting.done <= 1
        await up.shows("5 messages, 3.0 kB")


# What is rare


async def test_limits_that_stop_all_delivery_are_said(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxing, "MAIN", MAIN + "virtual_mailbox_limit = 1000\n")
    folder = office(instance_dir, tmp_path)
    async with mailboxes(folder) as up:
        await up.shows("virtual_mailbox_limit (1.0 kB) is smaller than message_size_limit")


async def test_no_mailbox_at_all(instance_dir: Any, tmp_path: Path) -> None:
    folder = instance_dir("mydestination =\nmyorigin = nowhere.test\n")
    async with mailboxes(folder) as up:
        await up.shows("No mailbox yet; n makes one", "0 mailboxes")
        for key in ("enter", "d", "number_sign", "x", "y", "c", "e"):
            await up.press(key)
        await up.press("n")
        await up.type("a@nowhere.test")
        await up.shows("! ")
        assert not up.said


async def test_a_domain_among_the_keys_is_no_mailbox(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path, vmailbox=VMAILBOX + "falcot.org  x\n")
    async with mailboxes(folder) as up:
        await up.at(("virtual", "falcot.org"))
        await up.shows("no mailbox: it only makes falcot.org known")
        await up.press("d")
        await up.shows("falcot.org: no mailbox")
        assert not up.said


def box(**other: Any) -> MailboxRow:
    """A mailbox that is there."""
    like: dict[str, Any] = {
        "address": "a@b.test", "path": "/m/a/", "written": "a/", "format": "maildir", "uid": 5, "gid": None,
        "table": "hash:/etc/postfix/vmailbox", "line": 3, "enabled": True, "kind": "virtual", "delivery": "",
        "forward": False, "exists": True, "editable": True, "why_not": "", "warnings": (), "marker": " ",
    }  # fmt: skip
    return MailboxRow(**{**like, **other})


def test_a_time_that_no_calendar_has() -> None:
    row, size = box(), Size(5, 1, 1e15)
    assert cells(row, size).cells == ("a@b.test", "a/", "maildir", "5:?", "5 B", "1", "")
    assert holds(row, size) == "1 message, 5 B"


def test_what_a_row_says_of_its_size() -> None:
    assert holds(box(), None) == "not counted yet"
    assert holds(box(), Size()) == "no message"
    assert holds(box(), Size(problem="/m/a cannot be read")) == "/m/a cannot be read"
    assert holds(box(), Size(5, 1, None, "a part")) == "1 message, 5 B; a part"
    assert holds(box(exists=False), Size()).startswith("nothing: it is not there yet")
    assert holds(box(exists=False, marker="-"), Size()) == "nothing: it is not there"
    assert holds(box(exists=False), Size(5, 1)) == "1 message, 5 B"
    assert cells(box(), Size(5, 1, None, "a part")).cells[4:] == ("5 B?", "1?", "")
    other = cells(box(delivery="handed to lmtp:unix:x"), None).cells
    assert other[1] == [("handed to lmtp:unix:x", "dim")]
