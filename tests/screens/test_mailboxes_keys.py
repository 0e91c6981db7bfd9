"""The Mailboxes screen: its keys and its forms, and the files as its draft leaves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.parts.mailboxform import Bad, owner
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import tmp_path
from tests.screens.mailboxing import folder, mailboxes, office

__all__ = ["folder", "instance_dir", "tmp_path"]


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


async def test_the_marked_get_another_format_and_what_is_off_stays_off(folder: Path) -> None:
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("slash")
        await up.type("falcot.org")
        await up.press("enter", "asterisk", "slash", "escape")
        await up.at(("local", "root@falcot.com"))
        await up.press("space", "enter")
        await up.shows("mailboxes, 1 left out", "root@falcot.com is left out: an account of this")
        await up.press("enter", "right", "right")
        await up.shows("4 get another path")
        await up.press("enter")
        await up.until(lambda: bool(up.app.session.draft))
        text = up.written("vmailbox")
        assert "\n#old@falcot.org         falcot.org/old\n" in text
        assert "\njean@falcot.org         falcot.org/jean\n" in text
        await up.shows("~ old@falcot.org")
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
        await up.shows("nothing: its folder is made when this is written")
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


async def test_what_is_only_staged_goes_as_a_whole(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    folder = office(instance_dir, tmp_path, virtual="@falcot.org  jean@falcot.org\n")
    async with mailboxes(folder, size=(140, 40)) as up:
        await up.press("n")
        await up.type("paul@falcot.org")
        await up.press("enter", "enter")
        await up.type("new.folder/paul")
        await up.press("enter", "enter", "right", "enter", "right", "enter")
        await up.until(up.laid(4))
        assert [each.split()[1] for each in up.said] == ["vmailbox", "folder", "folder", "virtual"]
        assert up.key == ("virtual", "paul@falcot.org")
        await up.press("d")
        await up.until(up.laid(0))
        await up.shows("Taken back: paul@falcot.org")


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


def test_owners_as_an_admin_writes_them() -> None:
    assert owner("5000:5001") == (5000, 5001)
    assert owner("5000") == (5000, None)
    assert owner(":7") == (None, 7)
    assert owner("") == (None, None)
    assert owner("root") == (0, 0)
    assert owner("root:root") == (0, 0)
    with pytest.raises(Bad, match="no group"):
        owner("5:no-such-group")


async def test_enter_gives_another_address(folder: Path) -> None:
    """The mail stays where it lies; what goes on naming the old address is told; `u` takes all back."""
    async with mailboxes(folder) as up:
        await up.at(("virtual", "jean@falcot.org"))
        await up.press("enter")
        await up.shows("address  jean@falcot.org")
        await up.press("up", "ctrl+u")
        await up.type("laure@falcot.org")
        await up.shows("! laure@falcot.org has a mailbox already")
        await up.press("ctrl+u")
        await up.type("jeanne@falcot.org")
        await up.shows("its folder is not moved", "the alias webmaster@falcot.org goes on leading to")
        await up.press("down", "down", "down", "enter")
        await up.until(up.laid(1))
        assert up.said == ["~ vmailbox jean@falcot.org is called jeanne@falcot.org"]
        assert up.key == ("virtual", "jeanne@falcot.org")
        assert "jeanne@falcot.org         falcot.org/jean/" in up.written("vmailbox")
        await up.shows("+ jeanne@falcot.org", "- jean@falcot.org", "3 messages")
        await up.press("d")
        await up.until(up.laid(2))
        await up.shows("3 messages", "stay")
        assert "jean" not in up.written("vmailbox").replace("webmaster", "")
        await up.press("u", "u")
        await up.until(up.laid(0))
