"""What fails in the middle of a change takes everything back; so does a request to stop."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from mailtui.apply import tables, verify, write
from mailtui.apply.faults import WriteError
from mailtui.apply.history import History
from mailtui.apply.swap import Swap
from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from tests.apply.changing import ALIASES, VIRTUAL, Server

WEBMASTER = "webmaster@falcotsbrand.com"
NEW = "jean@falcot.com, laure@falcot.com"


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


# What fails is taken back


def failing(monkeypatch: pytest.MonkeyPatch, place: object, name: str, error: Exception, at: int = 1) -> None:
    """Make the `at`-th call of a function raise."""
    real = getattr(place, name)
    calls = 0

    def call(*args: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == at:
            raise error
        return real(*args, **named)

    monkeypatch.setattr(place, name, call)


FULL = WriteError("the disk is full", "free some space", "/x")


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
@pytest.mark.parametrize(
    ("place", "name", "at"),
    [
        (tables, "install", 1),
        (tables, "install", 2),
        (write, "replace", 1),
        (write, "replace", 2),
        (write, "replace", 3),
        (verify, "lookups", 1),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_failure_at_any_write_takes_everything_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, kind: str, place: object, name: str, at: int
) -> None:
    server = Server(root, kind)
    texts = {name: server.text(name) for name in ("virtual", "aliases", "main.cf")}
    live = server.dump(server.aliases), server.answers(server.table, WEBMASTER)
    failing(monkeypatch, place, name, FULL, at)
    done = apply(server.instance, [server.change(), server.alias(), server.parameter()])
    assert (done.state, done.exit_code) == ("rolled-back", 4)
    assert "the disk is full" in done.error
    assert {name: server.text(name) for name in texts} == texts
    assert (server.dump(server.aliases), server.answers(server.table, WEBMASTER)) == live
    assert server.litter() == []
    history = History.open(server.instance)
    assert [(each.state, each.reason) for each in history.list()] == [("rolled-back", done.error)]
    assert history.unfinished() == []


def test_a_roll_back_gives_back_the_time_of_the_text(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (server.etc / "virtual").stat()
    failing(monkeypatch, verify, "lookups", FULL)
    assert apply(server.instance, [server.change()]).state == "rolled-back"
    after = (server.etc / "virtual").stat()
    assert (after.st_mtime_ns, after.st_ino, after.st_nlink) == (before.st_mtime_ns, before.st_ino, 1)


def test_a_table_that_answers_otherwise_is_taken_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "lookups", lambda *_: ["hash:virtual answers nothing"])
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("rolled-back", "hash:virtual answers nothing")
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"


def test_a_created_file_is_removed_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Target("table", str(server.etc / "relays"), "hash")
    failing(monkeypatch, verify, "lookups", FULL)
    assert (
        apply(server.instance, [SetEntry(fresh, "a.example", "smtp:b.example", None)]).state == "rolled-back"
    )
    assert server.litter() == []


def test_a_roll_back_that_fails_is_told_and_recovered_later(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        failing(patched, verify, "lookups", FULL)
        failing(patched, tables, "restore", FULL)
        done = apply(server.instance, [server.change()])
    assert (done.state, done.exit_code) == ("unfinished", 4)
    assert "mailtui history recover" in done.error
    assert len(server.litter()) == 1  # the old table is still needed
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["rolled back"]
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"
    assert server.text() == VIRTUAL
    assert server.litter() == []


def test_a_bug_in_the_middle_takes_everything_back_and_is_seen(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, verify, "lookups", ZeroDivisionError("bug"))
    with pytest.raises(ZeroDivisionError):
        apply(server.instance, [server.change()])
    assert server.text() == VIRTUAL
    assert [each.state for each in History.open(server.instance).list()] == ["rolled-back"]


# Stopping


def test_a_cancel_before_the_write_changes_nothing(server: Server) -> None:
    stop = threading.Event()
    stop.set()
    done = apply(server.instance, [server.change()], cancel=stop)
    assert (done.state, done.error) == ("refused", "stopped before anything was written")
    assert server.text() == VIRTUAL
    assert server.litter() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_write_is_heard_after_the_step_and_takes_it_back(
    server: Server, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    real = tables.install

    def install(swap: Swap) -> None:
        os.kill(os.getpid(), number)
        real(swap)

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(tables, "install", install)
    done = apply(server.instance, [server.change(), server.alias()])
    assert (done.state, done.error) == ("rolled-back", "stopped: everything written was taken back")
    assert (server.text(), server.text("aliases")) == (VIRTUAL, ALIASES)
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"
    assert {each: signal.getsignal(each) for each in before} == before
