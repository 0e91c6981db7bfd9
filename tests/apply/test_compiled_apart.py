"""Compiled tables that are not what their text says: what is told of them, and how they are mended."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mailtui.apply.transaction import apply
from mailtui.apply.uses import SUFFIXES
from mailtui.formats.target import Target
from tests.apply.changing import VIRTUAL, Server, write_old

WEBMASTER = "webmaster@falcotsbrand.com"
NEW = "jean@falcot.com, laure@falcot.com"
BY_HAND = f"{WEBMASTER} hand@x.example\nextra@falcotsbrand.com extra@x.example\n"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
kinds = pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])


def live(server: Server) -> Path:
    return Path(server.table.path + SUFFIXES[server.kind])


def told(done: object) -> str:
    return "\n".join(str(found) for found in getattr(done, "findings"))  # noqa: B009


@kinds
@pytest.mark.parametrize("age", [-1000.0, 1000.0], ids=["older", "newer"])
def test_its_time_alone_says_nothing(root: Path, kind: str, age: float) -> None:
    server = Server(root, kind)
    os.utime(live(server), (time.time() + age,) * 2)
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error, told(done)) == ("applied", "", "")
    assert server.answers(server.table, WEBMASTER) == NEW
    assert live(server).stat().st_mtime_ns >= Path(server.table.path).stat().st_mtime_ns


@kinds
def test_one_that_is_missing_is_made(root: Path, kind: str) -> None:
    server = Server(root, kind)
    live(server).unlink()
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")
    assert f"{server.table.spec} was never compiled: all of it goes live" in told(done)
    assert server.answers(server.table, WEBMASTER) == NEW


@as_root
@kinds
def test_one_of_another_owner_keeps_him(root: Path, kind: str) -> None:
    server = Server(root, kind)
    os.chown(live(server), 5, 60)
    live(server).chmod(0o640)
    assert apply(server.instance, [server.change()]).state == "applied"
    found = live(server).stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (5, 60, 0o640)


@pytest.mark.parametrize("kind", ["hash", "lmdb", "cdb"])
def test_one_compiled_by_hand_is_not_lost_unasked(root: Path, kind: str) -> None:
    server = Server(root, kind)
    write_old(server.etc / "hand", BY_HAND)
    hand = Target("table", str(server.etc / "hand"), kind)
    server.compile(hand)
    Path(hand.path + SUFFIXES[kind]).rename(live(server))
    (server.etc / "hand").unlink()
    refused = apply(server.instance, [server.change()])
    assert (refused.state, refused.exit_code) == ("refused", 1)
    assert "virtual extra@falcotsbrand.com is taken out (live: extra@x.example)" in refused.error
    assert "virtual contact@falcotsbrand.com → laure@falcot.com, sophie@falcot.com" in refused.error
    assert server.answers(server.table, "extra@falcotsbrand.com") == "extra@x.example"
    done = apply(server.instance, [server.change()], accept_not_yours=refused.not_yours)
    assert (done.state, done.error) == ("applied", "")
    assert server.answers(server.table, "extra@falcotsbrand.com") == ""
    assert server.answers(server.table, WEBMASTER) == NEW


@kinds
@pytest.mark.parametrize("content", [b"", b"no table of any kind " * 5000], ids=["empty", "damaged"])
def test_one_that_cannot_be_read_is_compiled_anew(root: Path, kind: str, content: bytes) -> None:
    """A compiler that was killed leaves such a thing; every lookup in it fails until it is replaced."""
    server = Server(root, kind)
    live(server).write_bytes(content)
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")
    assert f"{live(server)}: cannot be read (" in told(done)
    assert "it is compiled anew, and all of the text goes live" in told(done)
    assert told(done).count("\n") == 0
    assert server.answers(server.table, WEBMASTER) == NEW
    assert server.answers(server.table, "contact@falcotsbrand.com") == "laure@falcot.com, sophie@falcot.com"
    assert server.litter() == []


@pytest.mark.parametrize("kind", ["hash", "lmdb", "cdb"])
def test_one_whose_text_is_gone_is_not_emptied_unasked(root: Path, kind: str) -> None:
    server = Server(root, kind)
    Path(server.table.path).unlink()
    refused = apply(server.instance, [server.new()])
    assert (refused.state, refused.exit_code) == ("refused", 1)
    assert len(refused.not_yours) == 2
    assert f"virtual {WEBMASTER} is taken out (live: jean@falcot.com)" in refused.error
    assert f"its text is gone and {live(server)} is not" in told(refused)
    assert not Path(server.table.path).exists()
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"
    done = apply(server.instance, [server.new()], accept_not_yours=True)
    assert (done.state, server.answers(server.table, WEBMASTER)) == ("applied", "")


def test_the_way_back_that_is_told_works(root: Path) -> None:
    """The text that postmap makes of the compiled table, as the finding says, is the table again."""
    import subprocess

    server = Server(root)
    Path(server.table.path).unlink()
    command = told(apply(server.instance, [server.new()])).split("`")[1]
    subprocess.run(command.replace("postmap", f"postmap -c {server.etc}"), shell=True, check=True)
    done = apply(server.instance, [server.new(), server.change()])
    assert (done.state, done.error) == ("applied", "")
    assert len(server.dump(server.table)) == 3
    assert sorted(server.text().split()) == sorted(
        (
            VIRTUAL.replace("# the brand", "").replace("jean@falcot.com", NEW)
            + "presse@falcotsbrand.com sophie@falcot.com"
        ).split()
    )
