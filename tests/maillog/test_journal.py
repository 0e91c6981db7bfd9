"""The journal as a log: real journals, made by systemd-journal-remote, read by journalctl."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailtui.maillog import feed as feed_module
from mailtui.maillog import journal, journalhistory
from mailtui.maillog.chunks import lines_of
from mailtui.maillog.feed import Feed
from mailtui.maillog.journal import Entry
from mailtui.maillog.journalhistory import JournalHistory
from mailtui.maillog.logquery import LogQuery
from mailtui.maillog.record import parse
from mailtui.maillog.search import Progress, search
from mailtui.maillog.source import Source, find
from mailtui.maillog.span import Span
from tests.maillog.logmaking import BEGIN, numbers

REMOTE = next(
    (path for path in ("/lib/systemd/systemd-journal-remote", "/usr/lib/systemd/systemd-journal-remote")
     if os.path.exists(path)), None,
)  # fmt: skip
needs_journal = pytest.mark.skipif(
    REMOTE is None or shutil.which("journalctl") is None,
    reason="needs journalctl and systemd-journal-remote",
)


def entry_of(number: int, message: bytes | None = None, facility: int = 2) -> bytes:
    """An entry in the export format of systemd (Journal Export Formats)."""
    at = int((BEGIN + timedelta(seconds=number)).timestamp() * 1e6)
    text = b"number %07d" % number if message is None else message
    raw = (
        f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={(number + 1) * 1_000_000}\n"
        f"_BOOT_ID=0123456789abcdef0123456789abcdef\nSYSLOG_FACILITY={facility}\nPRIORITY=6\n"
        "SYSLOG_IDENTIFIER=postfix-out/smtpd\nSYSLOG_PID=77\n_HOSTNAME=mx\n"
    ).encode()
    if b"\n" in text:
        return raw + b"MESSAGE\n" + struct.pack("<Q", len(text)) + text + b"\n\n"
    return raw + b"MESSAGE=" + text + b"\n\n"


def add(place: Path, *entries: bytes) -> None:
    subprocess.run(
        [str(REMOTE), "-o", str(place / "test.journal"), "-"],
        input=b"".join(entries), check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "journal"
    made.mkdir()
    add(made, *(entry_of(number) for number in range(3000)), entry_of(0, b"no mail", facility=3))
    return made


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@needs_journal
def test_a_feed_has_what_comes_and_what_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journalhistory, "ENTRIES", 700)
    feed = Feed(Source("journal", str(place)), lambda: None, limit=20_000)
    feed.start()
    try:
        wait(lambda: len(feed.lines) == 1000)
        add(place, entry_of(3000), entry_of(3001, b"bad \xff\n\x1b[2J two"))
        wait(lambda: len(feed.lines) == 1002)
        assert feed.line(1001).endswith(b"postfix-out/smtpd[77]: bad \xff\\n\x1b[2J two")
        assert feed.lines.first > 0
        assert numbers(raw for _, raw in feed.blocks()) == list(range(3001))
        for first, raw in feed.blocks():
            for key, line in lines_of(first, raw):
                assert feed.line(key) == line
        newest = next(feed.history.back())
        assert numbers(chunk.raw for chunk in reversed(list(feed.back(newest.first)))) == list(range(1300))
        assert parse(feed.line(newest.first)).process == "postfix-out/smtpd"
        found = [
            key
            for part in search(feed, LogQuery.parse("number nosuch | 0000123"))
            if not isinstance(part, Progress)
            for key in part
        ]
        assert [numbers(feed.line(key)) for key in found] == [[123]]
        at = feed.key_at(BEGIN + timedelta(seconds=2500))
        assert numbers(feed.line(at))[0] <= 2500
    finally:
        feed.stop()


@needs_journal
def test_history_backwards(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journalhistory, "ENTRIES", 500)
    newest = list(journal.entries(journal.argv(lines=1, place=str(place))))[-1]
    history = JournalHistory(newest.cursor, str(place))
    unknown = history.total
    assert unknown is None
    first = next(history.back())
    assert numbers(first.raw) == list(range(2499, 2999))
    assert history.opened == first.first
    assert numbers(chunk.raw for chunk in history.forward(first.first)) == list(range(2499, 2999))
    whole = list(history.back())
    assert numbers(chunk.raw for chunk in reversed(whole)) == list(range(2999))
    assert history.total == sum(len(chunk.raw) for chunk in whole)
    key = whole[-1].first
    assert numbers(history.line(key)) == [0]
    for wrong in (0, key - 1):
        with pytest.raises(LookupError):
            history.line(wrong)
        with pytest.raises(LookupError):
            history.now(wrong)
    cancel = threading.Event()
    cancel.set()
    assert list(JournalHistory(newest.cursor, str(place)).back(cancel=cancel)) == []


@needs_journal
def test_a_span_of_the_journal(place: Path) -> None:
    span = Span.of_source(Source("journal", str(place)))
    assert numbers(raw for _, raw in span.blocks()) == list(range(3000))
    assert numbers(raw for _, raw in span.blocks()) == list(range(3000))
    late = Span.of_source(Source("journal", str(place)), since=BEGIN + timedelta(hours=1, minutes=15))
    assert numbers(raw for _, raw in late.blocks()) == list(range(4500 - 3900, 3000))  # an hour's slack
    single = Source("journal", str(place / "test.journal"))
    assert numbers(raw for _, raw in Span.of_source(single, kept=False).blocks()) == list(range(3000))


@needs_journal
def test_a_single_journal_file_is_shown(place: Path) -> None:
    feed = Feed(Source("journal", str(place / "test.journal")), lambda: None)
    feed.start()
    try:
        wait(lambda: len(feed.lines) == 1000)
        assert numbers(feed.line(999)) == [2999]
    finally:
        feed.stop()


def test_where_a_journal_is(tmp_path: Path) -> None:
    assert find("", f"journal:{tmp_path}") == Source("journal", str(tmp_path))
    assert find("", "journal") == Source("journal")


@pytest.mark.parametrize("gone", [False, True])
def test_a_reader_that_ends_goes_on_behind_the_last_entry(
    monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(feed_module, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(journal, "readable", lambda _place: "")

    def follow(give: Callable[[Entry], None], stop: threading.Event, place: str, after: str) -> None:
        calls.append(after)
        if len(calls) <= 3:
            give(Entry(b"line %d\n" % len(calls), f"cursor {len(calls)}"))
            return
        stop.wait(10)

    monkeypatch.setattr(journal, "follow", follow)
    feed = Feed(Source("journal"), lambda: None)
    feed.start()
    try:
        wait(lambda: len(calls) == 4)
        assert calls == ["", "cursor 1", "cursor 2", "cursor 3"]
        assert [feed.line(number) for number in range(3)] == [b"line 1", b"line 2", b"line 3"]
    finally:
        feed.stop()


@pytest.fixture
def journalctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, for what a real journal cannot be made to say."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr("mailtui.commands.SEARCH_PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "journalctl"


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_journal_that_may_not_be_read_says_what_helps(journalctl: Path) -> None:
    said = (
        "Hint: You are currently not seeing messages from other users and the system.\n"
        "No journal files were opened due to insufficient permissions."
    )
    script(journalctl, f"echo '{said}' >&2; exit 1")
    assert "group systemd-journal or adm" in journal.readable()
    script(journalctl, "exit 0")
    assert journal.readable() == ""


def test_a_journalctl_that_fails_is_said(journalctl: Path) -> None:
    script(journalctl, "echo 'Failed to open journal: Bad message' >&2; exit 1")
    history = JournalHistory("cursor")
    assert list(history.back()) == []
    assert history.trouble == ("journalctl: Failed to open journal: Bad message",)
    assert history.total == 0
