"""The Mailboxes screen: its list, the counting beside it, its keys, and the files as its draft leaves them."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest

from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailsize import Cancelled, Job, Size, Sizer
from mailtui.screens.mailboxes import MailboxesScreen
from mailtui.screens.parts import mailboxcount
from mailtui.screens.parts.mailboxdetail import cells, holds
from mailtui.screens.parts.mailboxform import Bad, owner
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import tmp_path
from tests.screens.listing import ListConsole, lists

__all__ = ["instance_dir", "tmp_path"]

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


def count_of(up: ListConsole) -> str:
    """What the bar says."""
    return up.text.splitlines()[2]


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


# Deleting, switching


async def test_delete_says_where_the_mail_lies_and_keeps_it(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 30)) as up:
        await up.press("d")
        await up.until(up.laid(1))
        await up.shows(f"3 messages, 3.0 kB stay in {folder}/mail/falcot.org/jean/ · mail to")
        await up.shows("the entry goes; the mail that lies there stays", "then", "refused 550")
        assert up.line_with(" - jean@falcot.org")
        assert "jean@" not in up.written("vmailbox")
        await up.press("d")
        await up.pilot.pause()
        assert up.said == ["- vmailbox jean@falcot.org (was falcot.org/jean/)"]
        await up.press("u")
        await up.until(up.laid(0))
        assert len(list((folder / "mail/falcot.org/jean/new").iterdir())) == 3


async def test_many_are_deleted_as_one_act(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 30)) as up:
        await up.press("slash")
        await up.type("@falcot.org")
        await up.press("enter", "asterisk", "d")
        await up.until(up.laid(5))
        await up.shows("their mail stays where it lies: 5 messages, 3.0 kB")
        assert [line for line in up.written("vmailbox").splitlines() if "@falcot.org" in line] == []
        await up.press("u")
        await up.until(up.laid(0))


async def test_off_and_on(folder: Path) -> None:
    async with mailboxes(folder) as up:
        await up.press("number_sign")
        await up.until(up.laid(1))
        await up.shows("# jean@falcot.org", "commented out: no mail gets here", "refused 550")
        assert "#jean@falcot.org         falcot.org/jean/\n" in up.written("vmailbox")
        await up.press("number_sign")
        await up.until(up.laid(0))
        await up.at(("virtual", "old@falcot.org"))
        await up.press("number_sign")
        await up.until(up.laid(1))
        assert "\nold@falcot.org         falcot.org/old/\n" in up.written("vmailbox")


async def test_what_is_commented_out_goes_from_the_file(folder: Path) -> None:
    async with mailboxes(folder) as up:
        await up.at(("virtual", "old@falcot.org"))
        await up.press("d")
        await up.until(up.laid(1))
        assert "old@" not in up.written("vmailbox")


async def test_accounts_are_not_edited_here(folder: Path) -> None:
    async with mailboxes(folder) as up:
        await up.at(("local", "root@falcot.com"))
        for key in ("d", "number_sign", "enter"):
            await up.press(key)
            await up.shows("an account of this machine: adduser and deluser change it")
        assert not up.said


# The form


async def test_a_new_mailbox_with_its_folder(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("n")
        await up.type("paul@falcot.org")
        await up.shows("empty: falcot.org/paul/", "empty: 5000:5000")
        await up.press("enter", "right")
        await up.shows("empty: falcot.org/paul,", "one file for all messages")
        await up.press("left", "enter", "enter", "enter", "right")
        await up.shows("its folder is made when this is written")
        await up.press("enter", "enter")
        await up.until(up.laid(2))
        assert up.key == ("virtual", "paul@falcot.org")
        assert up.line_with(" + paul@falcot.org")
        assert "\npaul@falcot.org         falcot.org/paul/\n" in up.written("vmailbox")
        assert up.said[1] == f"+ folder {folder}/mail/falcot.org/paul (owner 5000:5000, mode 0700)"
        await up.press("u")
        await up.until(up.laid(0))


async def test_a_path_that_leads_out_of_the_base_is_refused(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("n")
        await up.type("paul@falcot.org")
        await up.press("enter", "enter")
        await up.type("../x")
        await up.shows("! ")
        await up.press("enter", "enter", "enter", "enter")
        await up.shows("new mailbox")
        assert not up.app.session.draft


async def test_addresses_that_cannot_have_a_mailbox(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("n")
        await up.type("paul@nowhere.test")
        await up.shows("no list makes nowhere.test a virtual mailbox")
        await up.press(*["backspace"] * 12)
        await up.type("falcot.org")
        await up.shows("empty: falcot.org/paul/")
        await up.press("enter", "enter", "enter")
        await up.type("33:5000")
        await up.shows("below virtual_minimum_uid")
        await up.press(*["backspace"] * 7)
        await up.type("no-such-user")
        await up.shows("this machine has no user no-such-user")


async def test_a_mailbox_that_a_catch_all_would_empty(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    folder = office(
        instance_dir, tmp_path, virtual="@falcot.org  jean@falcot.org\njean@falcot.org jean@falcot.org\n"
    )
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("n")
        await up.type("paul@falcot.org")
        await up.shows("the catch-all @falcot.org (virtual:1) takes its")
        await up.press("enter", "enter", "enter", "enter", "enter", "right")
        await up.shows("an alias of paul@falcot.org to itself keeps its")
        await up.press("enter")
        await up.until(up.laid(2))
        assert up.written("virtual").endswith("paul@falcot.org paul@falcot.org\n")


async def test_another_path_and_owner(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    folder = office(instance_dir, tmp_path, uids="hash:{folder}/uids", uids_table="")
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("enter")
        await up.shows("edit jean@falcot.org", "falcot.org/jean/")
        await up.press("enter", "2", "slash")
        await up.shows("new mail will lie in")
        await up.press("enter")
        await up.press(*["backspace"] * 9)
        await up.type("6000:5000")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) > 1)
        assert "jean@falcot.org         falcot.org/jean/2/" in up.written("vmailbox")
        assert "6000" in up.written("uids")


async def test_keys_typed_ahead_of_the_form_are_text(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 40)) as up:
        up.burst("n", *"dx")
        await up.until(lambda: up.text.count("dx") > 0)
        await up.press("escape")
        await up.shows("discard")
        await up.press("d")
        await up.until(lambda: up.app.focused is up.list.lines)
        assert not up.app.session.draft


async def test_copy_and_save(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with mailboxes(folder) as up:
        await up.press("y")
        await up.shows("jean@falcot.org", "(3 messages, 3.0 kB)")
        await up.press("q", "s")
        await up.shows("Save the mailboxes")
        await up.press("enter")
        await up.shows("Saved as")
    saved = (tmp_path / "mailboxes.txt").read_text().splitlines()
    assert any("laure@falcot.org" in line and "2 messages" in line for line in saved)


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
    monkeypatch.setattr("tests.screens.test_mailboxes.MAIN", MAIN + "virtual_mailbox_limit = 1000\n")
    folder = office(instance_dir, tmp_path)
    async with mailboxes(folder) as up:
        await up.shows("virtual_mailbox_limit (1.0 kB) is smaller than message_size_limit")


async def test_no_mailbox_at_all(instance_dir: Any, tmp_path: Path) -> None:
    folder = instance_dir("mydestination =\nmyorigin = nowhere.test\n")
    async with mailboxes(folder) as up:
        await up.shows("No mailbox yet; n makes one", "0 rows")
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


def test_owners_as_an_admin_writes_them() -> None:
    assert owner("5000:5001") == (5000, 5001)
    assert owner("5000") == (5000, None)
    assert owner(":7") == (None, 7)
    assert owner("") == (None, None)
    assert owner("root") == (0, 0)
    assert owner("root:root") == (0, 0)
    with pytest.raises(Bad, match="no group"):
        owner("5:no-such-group")
