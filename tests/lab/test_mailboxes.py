"""Mailboxes by command on a running server: mail lies where the row says, with the owner that it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo.lab import Lab
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import Group, merged
from mailtui.edits.mailboxnew import plan_new
from mailtui.edits.mailboxplan import plan_change
from mailtui.edits.model import Edit
from mailtui.edits.store import dumps
from mailtui.postfix.instance import Instance


def asked(lab: Lab, *words: str) -> Any:
    """A command's JSON."""
    done = lab.mailtui(*words, "--json")
    assert done.ok, done.words
    return json.loads(done.out)


def row_of(lab: Lab, address: str) -> dict[str, Any]:
    (row,) = [row for row in asked(lab, "mailbox", "list", "--check") if row["address"] == address]
    assert isinstance(row, dict)
    return row


def delivered(lab: Lab, address: str, words: str = "status=sent") -> None:
    seen = lab.log_size()
    assert lab.send(address).accepted
    lab.logged(rf"to=<{address}>.*{words}", after=seen)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("format", ["maildir", "mbox"])
def test_a_new_mailbox_gets_its_mail_where_the_row_says(lab: Lab, format: str, create: bool) -> None:  # noqa: A002
    address = "nouvelle@falcot.org"
    done = asked(lab, "mailbox", "add", address, "--format", format, *(["--create"] if create else []))
    assert done["applied"], done
    row = row_of(lab, address)
    path = Path(row["path"])
    assert row["format"] == format
    assert not row["warnings"]
    if format == "maildir":
        assert row["exists"] is create
        if create:
            assert (path.stat().st_uid, path.stat().st_gid) == (row["uid"], row["gid"])
            assert path.stat().st_mode & 0o7777 == 0o700
    delivered(lab, address)
    row = row_of(lab, address)
    assert row["exists"]
    assert row["messages"] == 1
    (message,) = [path] if format == "mbox" else (path / "new").iterdir()
    status = message.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (row["uid"], row["gid"], 0o600)
    assert row["bytes"] == status.st_size
    found = asked(lab, "alias", "resolve", address)["final"]
    assert [(end["how"], end["delivery"]) for end in found] == [(format, row["path"])]


def test_removed_with_its_mail_left(lab: Lab) -> None:
    """Undo brings the entry back, and nobody ever touched the mail."""
    asked(lab, "mailbox", "add", "kurz@falcot.org", "--create")
    delivered(lab, "kurz@falcot.org")
    path = Path(row_of(lab, "kurz@falcot.org")["path"])
    done = lab.mailtui("mailbox", "remove", "kurz@falcot.org")
    assert done.ok, done.words
    assert f"its mail stays where it lies: {path}/ (1 message" in done.err.decode()
    assert len(list((path / "new").iterdir())) == 1
    assert lab.send("kurz@falcot.org").code == 550


def test_undo_leaves_a_mailbox_that_got_mail(lab: Lab) -> None:
    number = asked(lab, "mailbox", "add", "kurz@falcot.org", "--create")["history_id"]
    path = Path(row_of(lab, "kurz@falcot.org")["path"])
    delivered(lab, "kurz@falcot.org")
    assert asked(lab, "history", "undo", str(number))["applied"]
    assert len(list((path / "new").iterdir())) == 1
    other = asked(lab, "mailbox", "add", "leer@falcot.org", "--create")["history_id"]
    empty = Path(row_of(lab, "leer@falcot.org")["path"])
    assert empty.is_dir()
    assert asked(lab, "history", "undo", str(other))["applied"]
    assert not empty.exists()


def test_a_catch_all_takes_the_mail_as_the_row_says_and_an_identity_keeps_it(lab: Lab) -> None:
    asked(lab, "alias", "set", "@falcot.org", "jean@falcot.com", "--table", _virtual(lab))
    asked(lab, "mailbox", "add", "neu@falcot.org", "--create")
    (warning,) = row_of(lab, "neu@falcot.org")["warnings"]
    assert warning.startswith("the catch-all @falcot.org")
    seen = lab.log_size()
    assert lab.send("neu@falcot.org").accepted
    lab.logged(r"to=<jean@falcot.com>, orig_to=<neu@falcot.org>.*status=sent", after=seen)
    asked(lab, "mailbox", "remove", "neu@falcot.org")
    asked(lab, "mailbox", "add", "neu@falcot.org", "--create", "--identity")
    assert row_of(lab, "neu@falcot.org")["warnings"] == []
    delivered(lab, "neu@falcot.org")


def _virtual(lab: Lab) -> str:
    return f"hash:{lab.config_dir}/virtual"


def test_an_owner_of_its_own(lab: Lab) -> None:
    """static: for all the others, a table in front of it for this one; with an extension static: answers first,
    as the row says."""
    others = row_of(lab, asked(lab, "mailbox", "list", "@falcot.org")[0]["address"])
    done = asked(lab, "mailbox", "add", "eigen@falcot.org", "--uid", "6001", "--gid", "6002", "--create")
    assert done["applied"], done
    row = row_of(lab, "eigen@falcot.org")
    assert (row["uid"], row["gid"]) == (6001, 6002)
    (warning,) = row["warnings"]
    assert "mail for eigen+…@falcot.org is written as 5000:5000, and not as 6001:6002" in warning
    delivered(lab, "eigen@falcot.org")
    seen = lab.log_size()
    assert lab.send("eigen+x@falcot.org").accepted
    lab.logged(r"to=<eigen\+x@falcot.org>.*status=deferred.*[Pp]ermission denied", after=seen)
    (message,) = (Path(row["path"]) / "new").iterdir()
    assert (message.stat().st_uid, message.stat().st_gid) == (6001, 6002)
    again = row_of(lab, others["address"])
    assert (again["uid"], again["gid"]) == (others["uid"], others["gid"])
    asked(lab, "mailbox", "remove", "eigen@falcot.org")
    assert "eigen" not in (lab.config_dir / "vmailbox_uids").read_text()


@pytest.mark.parametrize(
    ("one", "two"), [("neuf/eins/", "neuf/zwei/"), ("neuf/eins", "neuf/zwei/"), ("neuf/eins/", "neuf/zwei")]
)
def test_two_owners_staged_together_get_their_mail(lab: Lab, tmp_path: Path, one: str, two: str) -> None:
    """One draft with two mailboxes below a folder that is not there yet: virtual(8) writes in both."""
    instance = Instance.open(str(lab.config_dir))
    boxes = [("eins@falcot.org", one, 6001), ("zwei@falcot.org", two, 5000)]
    edits: tuple[Edit, ...] = ()
    now = instance
    for address, path, uid in boxes:
        plan = plan_new(now, address, path=path, uid=uid, create=True)
        assert not plan.refused
        edits = merged((*edits, *plan.edits))
        now = instance.over(Candidate(instance.files, edits))
    saved = tmp_path / "draft"
    saved.write_bytes(
        dumps([Group(edits)], config_dir=instance.config_dir, hostname="x", who="x", time="2026-01-01")
    )
    done = lab.mailtui("draft", "apply", str(saved))
    assert done.ok, done.words
    for address, _, uid in boxes:
        assert not [text for text in row_of(lab, address)["warnings"] if "may not" in text]
        delivered(lab, address)
        assert row_of(lab, address)["messages"] == 1
        assert row_of(lab, address)["uid"] == uid


def test_another_address_gets_the_same_mail(lab: Lab) -> None:
    """Renamed in one draft with its owner: mail for the new address joins what lies there, the old is refused."""
    asked(lab, "mailbox", "add", "alt@falcot.org", "--uid", "6001", "--gid", "6002", "--create")
    delivered(lab, "alt@falcot.org")
    instance = Instance.open(str(lab.config_dir))
    plan = plan_change(instance, "alt@falcot.org", to="neu@falcot.org")
    saved = lab.config_dir.parent / "draft"
    saved.write_bytes(
        dumps([Group(plan.edits)], config_dir=instance.config_dir, hostname="x", who="x", time="2026-01-01")
    )
    done = lab.mailtui("draft", "apply", str(saved))
    assert done.ok, done.words
    delivered(lab, "neu@falcot.org")
    row = row_of(lab, "neu@falcot.org")
    assert (row["uid"], row["gid"], row["messages"]) == (6001, 6002, 2)
    assert row["path"].endswith("/alt/")
    assert lab.send("alt@falcot.org").code == 550


def test_what_a_row_warns_of_is_what_happens(lab: Lab) -> None:
    """Folders that the user may not write in, and a maildir that is a file."""
    address = "zu@falcot.org"
    asked(lab, "mailbox", "add", address, "--path", "falcot.org/zu/deep/", "--create")
    path = Path(row_of(lab, address)["path"])
    path.rmdir()
    path.parent.chmod(0o500)
    (warning,) = row_of(lab, address)["warnings"]
    assert "may not write in" in warning
    delivered(lab, address, "status=deferred")
    path.parent.rmdir()
    path.parent.write_text("")
    (warning,) = row_of(lab, address)["warnings"]
    assert "a part of its path is a file" in warning
    delivered(lab, address, "status=(deferred|bounced)")


def test_an_mbox_without_its_folder_is_as_the_row_says(lab: Lab) -> None:
    address = "brief@falcot.org"
    asked(lab, "mailbox", "add", address, "--path", "falcot.org/no/brief")
    (warning,) = row_of(lab, address)["warnings"]
    assert "makes none for an mbox" in warning
    delivered(lab, address, "status=deferred")


def test_accounts(lab: Lab) -> None:
    rows = {row["address"]: row for row in asked(lab, "mailbox", "list") if row["kind"] == "local"}
    jean = rows["jean@falcot.com"]
    before = jean["messages"]
    seen = lab.log_size()
    assert lab.send("jean@falcot.com").accepted
    lab.logged(r"to=<jean@falcot.com>.*status=sent", after=seen)
    row = row_of(lab, "jean@falcot.com")
    assert row["messages"] == before + 1
    assert Path(row["path"]).stat().st_uid == row["uid"]


def test_a_limit_below_that_of_a_message_stops_virtual_as_the_note_says(lab: Lab) -> None:
    assert "refuses to start" not in lab.mailtui("mailbox", "list").err.decode()
    with (lab.config_dir / "main.cf").open("a") as main:
        main.write("virtual_mailbox_limit = 1000000\n")
    told = lab.mailtui("mailbox", "list").err.decode()
    assert (
        "virtual_mailbox_limit (1.0 MB) is smaller than message_size_limit (20.5 MB): virtual(8) refuses"
        in told
    )
    assert lab.postfix("reload").ok
    asked(lab, "mailbox", "add", "zu@falcot.org")
    seen = lab.log_size()
    assert lab.send("zu@falcot.org").accepted
    lab.logged(
        "fatal: (main.cf )?configuration error: virtual_mailbox_limit is smaller than message_size_limit",
        after=seen,
    )
