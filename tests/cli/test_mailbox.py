"""`mailtui mailbox`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Shop
from tests.postfix.conftest import put, run

BOXES = """\
# falcot.org's people
jean@box.test    box.test/jean/
laure@box.test   box.test/laure
#alt@box.test    box.test/alt/
"""
UID, GID = (5000, 5001) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


@pytest.fixture
def boxes(shop: Shop, tmp_path: Path) -> Shop:
    """The shop with a domain of virtual mailboxes."""
    base = tmp_path / "vhosts"
    (base / "box.test").mkdir(parents=True)
    main = (shop.folder / "main.cf").read_text()
    put(
        shop.folder / "main.cf",
        f"""{main}
virtual_mailbox_domains = box.test
virtual_mailbox_base = {base}
virtual_mailbox_maps = hash:{shop.folder}/vmailbox
virtual_uid_maps = static:{UID}
virtual_gid_maps = static:{GID}
virtual_minimum_uid = 1
""",
    )
    put(shop.folder / "vmailbox", BOXES)
    assert run("postmap", "-c", str(shop.folder), f"hash:{shop.folder}/vmailbox").returncode == 0
    return shop


def base_of(boxes: Shop) -> Path:
    return boxes.folder.parent / "vhosts"


def answer(boxes: Shop, key: str) -> str:
    """The live table's word."""
    return run("postmap", "-q", key, f"hash:{boxes.folder}/vmailbox").stdout.decode().strip()


def test_list(boxes: Shop) -> None:
    new = base_of(boxes) / "box.test" / "jean" / "new"
    new.mkdir(parents=True)
    (new / "1").write_bytes(b"x" * 700)
    os.utime(new / "1", (1_700_000_000, 1_700_000_000))
    (base_of(boxes) / "box.test" / "laure").write_text("From a\n\nx\n")
    rows = {row["address"]: row for row in boxes.run("mailbox", "list", "--json", "box.test").json}
    jean = rows["jean@box.test"]
    assert {name: jean[name] for name in ("path", "format", "uid", "gid", "exists", "bytes", "messages")} == {
        "path": f"{base_of(boxes)}/box.test/jean/", "format": "maildir", "uid": UID, "gid": GID, "exists": True,
        "bytes": 700, "messages": 1,
    }  # fmt: skip
    assert jean["newest"].startswith("2023-11-1")
    assert jean["kind"] == "virtual"
    assert (rows["laure@box.test"]["format"], rows["laure@box.test"]["messages"]) == ("mbox", 1)
    assert rows["alt@box.test"]["enabled"] is False
    text = boxes.run("mailbox", "list", "jean@box.test").out
    assert "1 in 700 B" in text
    assert f"{UID}:{GID}" in text
    assert "bytes" not in boxes.run("mailbox", "list", "--json", "--no-sizes", "jean@box.test").json[0]


def test_accounts_stand_apart(boxes: Shop) -> None:
    rows = boxes.run("mailbox", "list", "--json", "--no-sizes").json
    kinds = [row["kind"] for row in rows]
    assert kinds == sorted(kinds, reverse=True)
    (root,) = [row for row in rows if row["address"].startswith("root@")]
    assert root["kind"] == "local"
    assert "line" not in root


def test_check_says_what_keeps_mail_away(boxes: Shop) -> None:
    assert (
        boxes.run(
            "alias", "set", "@box.test", "jean@falcot.com", "--table", f"hash:{boxes.folder}/virtual"
        ).status
        == 0
    )
    assert "warning" not in boxes.run("mailbox", "list").err
    assert "warning: jean@box.test: the catch-all @box.test" in boxes.run("mailbox", "list", "--check").err


def test_add_and_remove(boxes: Shop) -> None:
    before = (boxes.folder / "vmailbox").read_bytes()
    done = boxes.run("mailbox", "add", "sophie@box.test", "--create")
    assert done.status == 0, done.err
    assert answer(boxes, "sophie@box.test") == "box.test/sophie/"
    made = base_of(boxes) / "box.test" / "sophie"
    status = made.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (UID, GID, 0o700)
    (made / "cur").mkdir()
    (made / "cur" / "1").write_bytes(b"x" * 1500)
    done = boxes.run("mailbox", "remove", "sophie@box.test")
    assert done.status == 0, done.err
    assert f"its mail stays where it lies: {made}/ (1 message, 1.5 kB)" in done.err
    assert (made / "cur" / "1").exists()
    assert (boxes.folder / "vmailbox").read_bytes() == before
    assert answer(boxes, "sophie@box.test") == ""


def test_undo_takes_the_empty_folder_along(boxes: Shop) -> None:
    done = boxes.run("mailbox", "add", "sophie@box.test", "--create", "--json")
    assert [step["action"] for step in done.json["plan"] if step["action"] == "make"] == ["make"]
    assert boxes.run("history", "undo", str(done.json["history_id"])).status == 0
    assert not (base_of(boxes) / "box.test" / "sophie").exists()
    assert answer(boxes, "sophie@box.test") == ""


def test_a_dry_run_makes_nothing(boxes: Shop) -> None:
    before = (boxes.folder / "vmailbox").read_bytes()
    done = boxes.run("mailbox", "add", "sophie@box.test", "--create", "--dry-run")
    assert done.status == 0
    assert "make" in done.err
    assert "+sophie@box.test" in done.out
    assert (boxes.folder / "vmailbox").read_bytes() == before
    assert not (base_of(boxes) / "box.test" / "sophie").exists()


def test_a_saved_draft_holds_the_folder(boxes: Shop, tmp_path: Path) -> None:
    from mailtui.edits.draft import Group
    from mailtui.edits.mailboxnew import plan_new
    from mailtui.edits.store import dumps
    from mailtui.postfix.instance import Instance

    plan = plan_new(Instance.open(str(boxes.folder)), "sophie@box.test", create=True)
    saved = tmp_path / "draft"
    words = dict.fromkeys(("config_dir", "hostname", "who", "time"), "") | {"config_dir": str(boxes.folder)}
    saved.write_bytes(dumps([Group(plan.edits)], **words))
    done = boxes.run("draft", "apply", str(saved))
    assert done.status == 0, done.err
    assert (base_of(boxes) / "box.test" / "sophie").is_dir()


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["add", "jean@box.test"], 1, "has a mailbox already"),
        (["add", "x@falcot.com"], 1, "is a local domain"),
        (["add", "x@box.test", "--path", "../x/"], 1, "`..`"),
        (["add", "x@box.test", "--path", "/x/"], 1, "is absolute"),
        (["add", "x@box.test", "--uid", "0"], 1, "below virtual_minimum_uid"),
        (["add", "x@box.test", "--uid", "-1"], 2, "--uid"),
        (["add", "x@box.test", "--uid", "me"], 2, "no number of a user"),
        (["add", "x@box.test", "--format", "mh"], 2, "--format"),
        (["add"], 2, "ADDRESS"),
        (["remove", "nobody@box.test"], 1, "stands in no table"),
        (["remove", "alt@box.test"], 1, "stands in no table"),
    ],
)
def test_refusals(boxes: Shop, words: list[str], status: int, told: str) -> None:
    before = (boxes.folder / "vmailbox").read_bytes()
    done = boxes.run("mailbox", *words)
    assert done.status == status, done.err
    assert told in done.err
    assert len(done.err.splitlines()) == 1
    assert (boxes.folder / "vmailbox").read_bytes() == before


def test_read_only(boxes: Shop) -> None:
    assert boxes.run("--read-only", "mailbox", "add", "sophie@box.test").status == 1
    assert boxes.run("--read-only", "mailbox", "list").status == 0
