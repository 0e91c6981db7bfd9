"""The feed behind the log screen, and its rows in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mailtui.maillog.feed import Feed
from mailtui.maillog.lines import LogLines
from mailtui.maillog.record import parse
from mailtui.maillog.source import Source
from mailtui.maillog.view import row


def test_lines_come_and_news_is_told(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_bytes(
        b"Nov 22 13:22:20 mx postfix/qmgr[1]: 3FCA722E68E: from=<a@b>, size=403, nrcpt=1 (queue active)\n"
    )
    news = threading.Event()
    feed = Feed(Source("file", str(log)), news.set)
    feed.start()
    try:
        assert news.wait(5)
        assert len(feed.lines) == 1
        assert feed.sender("3FCA722E68E") == "a@b"
        assert feed.sender("nobody") is None
        news.clear()
        with log.open("ab") as writer:
            writer.write(b"second\n")
        assert news.wait(5)
        assert feed.lines.line(1) == b"second"
    finally:
        feed.stop()
    assert threading.active_count() == 1 or all(thread.name != "log" for thread in threading.enumerate())


def test_a_log_that_vanishes_is_said(tmp_path: Path) -> None:
    news = threading.Event()
    feed = Feed(Source("file", str(tmp_path / "none")), news.set)
    feed.start()
    try:
        assert news.wait(5)
        assert "no such file" in feed.trouble
    finally:
        feed.stop()


def test_a_log_is_looked_for_until_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.maillog.feed.LOOK_AGAIN", 0.01)
    log = tmp_path / "mail.log"
    news = threading.Event()
    feed = Feed(
        lambda: Source("file", str(log)) if log.exists() else Source("none", why="nothing here"), news.set
    )
    feed.start()
    try:
        assert news.wait(5)
        assert feed.trouble == "nothing here"
        news.clear()
        log.write_bytes(b"one\n")
        assert news.wait(5)
        assert not feed.trouble
        while not len(feed.lines):
            assert news.wait(5)
        assert feed.lines.line(0) == b"one"
    finally:
        feed.stop()


def test_the_last_line_of_a_journal_is_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Event()

    def follow(give: Callable[[bytes], None], stop: threading.Event) -> None:
        for line in (b"one\n", b"two\n", b"three\n"):
            give(line)
        given.set()
        stop.wait(5)

    monkeypatch.setattr("mailtui.maillog.journal.follow", follow)
    seen: list[int] = []
    all_seen = threading.Event()

    def news() -> None:
        seen.append(len(feed.lines))
        if seen[-1] == 3:
            all_seen.set()

    feed = Feed(Source("journal"), news, spacing=0.05)
    feed.start()
    try:
        assert given.wait(5)
        assert all_seen.wait(5)
        assert len(seen) <= 3
    finally:
        feed.stop()


def test_blocks_from_a_line_on() -> None:
    lines = LogLines()
    lines.append(b"a\nb\n")
    lines.append(b"c\n")
    assert lines.blocks(0) == [(0, b"a\nb\n"), (2, b"c\n")]
    assert lines.blocks(1) == [(1, b"b\n"), (2, b"c\n")]
    assert lines.blocks(3) == []


HEAD = b"Nov 22 13:22:20 mx postfix/"


@pytest.mark.parametrize(
    ("line", "letter", "path", "result"),
    [
        (
            b"local[1]: 3FCA722E68E: to=<jean@falcot.com>, orig_to=<www@falcot.com>, relay=local, delay=0.3, "
            b"delays=0/0/0/0.3, dsn=2.0.0, status=sent (delivered to mailbox)",
            "S",
            "s@x → www@falcot.com → jean@falcot.com",
            "0.3 s delivered to mailbox",
        ),
        (
            b"smtpd[1]: NOQUEUE: reject: RCPT from c[192.0.2.1]: 550 5.1.1 <n@b>: Recipient address rejected: "
            b"User unknown; from=<> to=<n@b> proto=ESMTP helo=<vm>",
            "R",
            "<> → n@b",
            "550 Recipient address rejected: User unknown",
        ),
        (
            b"smtp[1]: 3FCA722E68E: to=<x@y>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.3, status=deferred (no name)",
            "D",
            "s@x → x@y",
            "4.4.3 no name",
        ),
        (
            b"cleanup[1]: 9E5B0214A20: reject: header Subject: Buy from x[192.0.2.9]; from=<no@no> now from "
            b"mail.y.example[198.51.100.20]; from=<a@y.example> to=<jean@falcot.com> proto=ESMTP helo=<y>: 5.7.1 No thanks",
            "R",
            "a@y.example → jean@falcot.com",
            "5.7.1 No thanks (header Subject: Buy from x[192.0.2.9]; from=<no@no> now)",
        ),
        (b"smtpd[1]: fatal: bad boolean configuration", "!", "", "fatal: bad boolean configuration"),
    ],
)
def test_rows_in_words(line: bytes, letter: str, path: str, result: str) -> None:
    seen = row(parse(HEAD + line), {"3FCA722E68E": "s@x"}.get)
    assert (seen.letter, seen.path, seen.result, seen.clock) == (letter, path, result, "13:22:20")
