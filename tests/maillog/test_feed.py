"""The feed behind the log screen, and its rows in words."""

from __future__ import annotations

import errno
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.maillog.chunks import lines_of
from mailtui.maillog.feed import Feed
from mailtui.maillog.journal import Entry
from mailtui.maillog.lines import LogLines
from mailtui.maillog.rates import Rates
from mailtui.maillog.record import parse
from mailtui.maillog.source import Source
from mailtui.maillog.tail import Block, FileTail
from mailtui.maillog.view import row
from tests.maillog.logmaking import BEGIN, lines, numbers, written


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


def test_a_disk_that_fails_for_a_moment_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader goes on where it was: no line twice, none lost."""
    monkeypatch.setattr("mailtui.maillog.feed.LOOK_AGAIN", 0.05)
    log = tmp_path / "mail.log"
    log.write_bytes(b"one\n")
    broken = threading.Event()
    blocks = FileTail.blocks

    def failing(self: FileTail) -> Iterator[Block]:
        if broken.is_set():
            raise OSError(errno.EIO, "Input/output error", str(log))
        return blocks(self)

    monkeypatch.setattr(FileTail, "blocks", failing)
    news = threading.Event()
    feed = Feed(Source("file", str(log)), news.set)
    feed.start()
    try:
        until(lambda: len(feed.lines) == 1)
        broken.set()
        until(lambda: feed.trouble == f"{log}: input/output error; it is read again in 0.05 s")
        with log.open("ab") as writer:
            writer.write(b"two\n")
        broken.clear()
        until(lambda: len(feed.lines) == 2 and not feed.trouble)
        assert [feed.lines.line(key) for key in (0, 1)] == [b"one", b"two"]
    finally:
        feed.stop()


def test_a_journal_that_cannot_be_read_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.maillog.feed.LOOK_AGAIN", 0.05)
    tries: list[str] = []

    def follow(give: Callable[[Entry], None], stop: threading.Event, *, after: str, place: str) -> None:
        tries.append(after)
        if len(tries) == 1:
            give(Entry(b"one\n", "cursor"))
            raise commands.CommandError(("journalctl",), "not found")
        stop.wait(5)

    monkeypatch.setattr("mailtui.maillog.journal.follow", follow)
    monkeypatch.setattr("mailtui.maillog.journal.readable", lambda _place: "")
    troubles: list[str] = []
    feed = Feed(Source("journal"), lambda: troubles.append(feed.trouble))
    feed.start()
    try:
        until(lambda: len(tries) == 2)
        assert tries == ["", "cursor"]
        assert any("it is read again in 0.05 s" in each for each in troubles)
    finally:
        feed.stop()


def until(so: Callable[[], bool]) -> None:
    """Wait until this is so, some seconds at most."""
    end = time.monotonic() + 5
    while not so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def test_the_last_line_of_a_journal_is_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given = threading.Event()

    def follow(give: Callable[[Entry], None], stop: threading.Event, **_: object) -> None:
        for line in (b"one\n", b"two\n", b"three\n"):
            give(Entry(line, line.decode()))
        given.set()
        stop.wait(5)

    monkeypatch.setattr("mailtui.maillog.journal.follow", follow)
    monkeypatch.setattr("mailtui.maillog.journal.readable", lambda _place: "")
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
    ring = LogLines()
    ring.append(b"a\nb\n")
    ring.append(b"c\n")
    assert list(ring.forward(0, 3)) == [(0, b"a\nb\nc\n")]
    assert list(ring.forward(1, 3)) == [(1, b"b\nc\n")]
    assert list(ring.forward(3, 3)) == []


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


# Lines by their keys, wherever they are


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Feed, Path]]:
    """Lines 0 to 7999 in rotated files, to 9999 in the log: of these the newest are in memory."""
    log = written(tmp_path / "mail.log", lines(4000, 10_000), BEGIN + timedelta(seconds=9999))
    written(tmp_path / "mail.log.1", lines(2000, 4000), BEGIN + timedelta(seconds=3999))
    written(tmp_path / "mail.log.2.gz", gzip.compress(lines(0, 2000)), BEGIN + timedelta(seconds=1999))
    feed = Feed(Source("file", str(log)), lambda: None, limit=40_000)
    feed.start()
    yield feed, log
    feed.stop()


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def all_numbers(feed: Feed) -> list[int]:
    return numbers(raw for _, raw in feed.blocks())


def test_old_and_new_are_one(followed: tuple[Feed, Path]) -> None:
    feed, log = followed
    wait(lambda: feed.rates.complete)
    assert 0 < len(feed.lines) < 6000
    assert all_numbers(feed) == list(range(10_000))
    with log.open("ab") as writer:
        writer.write(lines(10_000, 11_000))
    begun = 10_000 - len(feed.lines)
    wait(lambda: len(feed.lines) == 11_000 - begun)
    log.rename(log.with_name("mail.log.1"))
    log.write_bytes(lines(11_000, 12_000))
    wait(lambda: len(feed.lines) == 12_000 - begun)
    assert feed.lines.first > 0, "nothing fell out of memory: the test tests nothing"
    assert all_numbers(feed) == list(range(12_000))
    keys = []
    for first, raw in feed.blocks():
        for key, line in lines_of(first, raw):
            keys.append(key)
            assert feed.line(key) == line
    assert keys == sorted(set(keys))
    backwards = [(chunk.first, chunk.raw) for chunk in feed.back()]
    assert numbers(raw for _, raw in reversed(backwards)) == list(range(12_000))
    middle = keys[5000]
    assert numbers(raw for _, raw in feed.blocks(middle)) == list(range(5000, 12_000))
    assert numbers(raw for _, raw in feed.blocks(keys[1000], keys[3000])) == list(range(1000, 3000))
    assert numbers(raw for _, raw in feed.blocks(keys[9000], keys[11_500])) == list(range(9000, 11_500))
    for before in (100, 4500, 11_200):
        below = [chunk.raw for chunk in feed.back(keys[before])]
        assert numbers(reversed(below)) == list(range(before))
    assert feed.total == sum(len(raw) for _, raw in feed.blocks())
    with pytest.raises(LookupError):
        feed.line(12_000)


def test_the_sender_of_an_old_line(tmp_path: Path) -> None:
    def message(number: int) -> bytes:
        sender = b"" if number == 3 else b"u%d@example.org" % number
        return (
            HEAD + b"qmgr[1]: 3FCA%05X: from=<%s>, size=403, nrcpt=1 (queue active)\n" % (number, sender)
            + HEAD + b"local[2]: 3FCA%05X: to=<b>, relay=local, status=sent (ok)\n" % number
        )  # fmt: skip

    log = tmp_path / "mail.log"
    log.write_bytes(b"".join(map(message, range(20_000))))
    feed = Feed(Source("file", str(log)), lambda: None)
    feed.start()
    try:
        wait(lambda: feed.rates.complete)
        asked = 0
        for first, raw in feed.blocks():
            for key, line in list(lines_of(first, raw))[1::400]:
                queue_id = line.partition(b"]: ")[2][:9].decode()
                number = int(queue_id[4:], 16)
                assert feed.sender(queue_id, key) == ("" if number == 3 else f"u{number}@example.org")
                asked += 1
        assert asked >= 100
        assert feed.sender("3FCA00003", -1) is None, "found where nobody would look for it"
        assert feed.sender("3FCA04E1F") == "u19999@example.org"
    finally:
        feed.stop()


def test_lines_of_a_log_that_was_not_written_for_a_year(tmp_path: Path) -> None:
    begin = datetime(2023, 12, 31, 23, 0).astimezone()
    raw = lines(0, 7200, begin=begin)
    log = written(tmp_path / "mail.log", raw, begin + timedelta(seconds=7199))
    feed = Feed(Source("file", str(log)), lambda: None)
    feed.start()
    try:
        wait(lambda: len(feed.lines) > 0)
        seen = {
            (parse(line, feed.now(key)).time or "")[:4]
            for first, block in feed.blocks()
            for key, line in lines_of(first, block)
        }
        assert seen == {"2023", "2024"}
    finally:
        feed.stop()


def test_where_a_time_begins(followed: tuple[Feed, Path]) -> None:
    feed, _log = followed
    wait(lambda: feed.rates.complete)
    for number in (9990, 7000, 4100):
        key = feed.key_at(BEGIN + timedelta(seconds=number))
        first = numbers(feed.line(key))[0]
        assert number - 4300 <= first <= number


# Rates


def test_rates_count_history_and_what_comes(tmp_path: Path) -> None:
    now = datetime.now().astimezone().replace(second=30, microsecond=0)
    kinds = [
        b"smtpd[1]: 3FCA722E68E: client=a[192.0.2.1]",
        b"smtp[1]: 3FCA722E68E: to=<x>, relay=y, dsn=2.0.0, status=sent (ok)",
        b"smtp[1]: 3FCA722E68E: to=<x>, relay=y, dsn=4.0.0, status=deferred (no)",
        b"smtp[1]: 3FCA722E68E: to=<x>, relay=y, dsn=5.0.0, status=bounced (no)",
        b"smtpd[1]: NOQUEUE: reject: RCPT from a[192.0.2.1]: 550 no",
        b"cleanup[1]: 3FCA722E68E: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 no",
    ]

    def text(minutes_ago: int, count: int) -> bytes:
        stamp = f"{now - timedelta(minutes=minutes_ago):%b %e %H:%M:%S}".encode()
        return b"".join(stamp + b" mx postfix/" + kind + b"\n" for kind in kinds for _ in range(count))

    log = tmp_path / "mail.log"
    log.write_bytes(b"".join(text(ago, 20 + ago) for ago in range(90, 0, -1)))
    feed = Feed(Source("file", str(log)), lambda: None)
    feed.start()
    try:
        wait(lambda: feed.rates.complete)
        with log.open("ab") as writer:
            writer.write(text(0, 7))
        wait(lambda: feed.rates.minutes(now)[-1].accepted == 7)
        minutes = feed.rates.minutes(now)
        assert len(minutes) == 60
        for ago, minute in enumerate(reversed(minutes)):
            count = 20 + ago if ago else 7
            assert minute.start == now.replace(second=0) - timedelta(minutes=ago)
            assert minute[1:] == (count, count, count, count, 2 * count)
    finally:
        feed.stop()


def test_rates_bear_lines_of_any_kind() -> None:
    rates = Rates()
    now = datetime.now().astimezone()
    for raw in (b"", b"\n", b"x", b"\0\n\n", b"Feb 31 25:61:00 mx a: b\nNov 22 13:22:20 mx c\n", b":" * 100):
        rates.add(raw, now)
    assert len(rates.minutes(now)) == 60
