"""The log's filter, and the search through everything by it: what it finds is what each line says."""

from __future__ import annotations

import gzip
import random
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.maillog import search as search_module
from mailtui.maillog.chunks import lines_of
from mailtui.maillog.feed import Feed
from mailtui.maillog.logquery import LogQuery, word
from mailtui.maillog.record import parse
from mailtui.maillog.search import Progress, search
from mailtui.maillog.source import Source
from mailtui.maillog.span import Span
from mailtui.maillog.stamp import when
from tests.maillog.logmaking import BEGIN, lines, written

NOW = BEGIN + timedelta(hours=5)


def stamp(seconds: float) -> bytes:
    at = BEGIN + timedelta(seconds=seconds)
    return f"{at:%b} {at.day:2} {at:%H:%M:%S} mx postfix/".encode()


def message(number: int, chance: random.Random) -> list[bytes]:
    """The lines of one message, or of a refusal, or something else."""
    at = number * 2.0
    sender = chance.choice(
        [b"joe@example.org", b"Ann@Example.net", b"", b"bulk%d@list.example" % (number % 50)]
    )
    rcpt = chance.choice(
        [b"jean@falcot.com", b"sophie@falcot.com", "josé@falcot.com".encode(), b"x@gmail.example"]
    )
    client = chance.choice([b"mail.example.org[192.0.2.7]", b"unknown[203.0.113.9]"])
    queue_id = b"%06X%05d" % (chance.randrange(1 << 24), number)
    draw = chance.random()
    if draw < 0.15:
        return [
            stamp(at)
            + b"smtpd[7]: NOQUEUE: reject: RCPT from %s: 554 5.7.1 <%s>: Relay access denied; from=<%s> "
            b"to=<%s> proto=ESMTP helo=<h>" % (client, rcpt, sender, rcpt)
        ]
    if draw < 0.25:
        return [stamp(at) + b"smtpd[7]: warning: hostname x does not resolve"]
    if draw < 0.28:
        return [stamp(at) + b"smtpd[7]: fatal: bad \xff value [bold]\x1b[2J", b"no time at all", b"", b"\0"]
    end = chance.choice([b"sent (250 ok)", b"deferred (no answer)", b"bounced (unknown user)"])
    return [
        stamp(at) + b"smtpd[7]: %s: client=%s" % (queue_id, client),
        stamp(at) + b"qmgr[8]: %s: from=<%s>, size=%d, nrcpt=1 (queue active)" % (queue_id, sender, number),
        stamp(at + 1)
        + b"smtp[9]: %s: to=<%s>, orig_to=<www@falcot.com>, relay=r, delay=1, dsn=2.0.0, status=%s"
        % (queue_id, rcpt, end),
        stamp(at + 1) + b"qmgr[8]: %s: removed" % queue_id,
    ]


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feed]:
    chance = random.Random(5)
    made_lines = [line + b"\n" for number in range(600) for line in message(number, chance)]
    folder = tmp_path_factory.mktemp("log")
    third = len(made_lines) // 3
    written(
        folder / "mail.log.2.gz", gzip.compress(b"".join(made_lines[:third])), BEGIN + timedelta(seconds=400)
    )
    written(folder / "mail.log.1", b"".join(made_lines[third : 2 * third]), BEGIN + timedelta(seconds=800))
    log = written(
        folder / "mail.log", b"".join(made_lines[2 * third : -200]), BEGIN + timedelta(seconds=1200)
    )
    made = Feed(Source("file", str(log)), lambda: None, limit=8_000)
    made.start()
    end = time.monotonic() + 10
    while not made.rates.complete and time.monotonic() < end:
        time.sleep(0.01)
    with log.open("ab") as stream:
        stream.write(b"".join(made_lines[-200:]))
    want = len(b"".join(made_lines))
    while (made.total or 0) < want and time.monotonic() < end:
        time.sleep(0.01)
    yield made
    made.stop()


class Every(list[tuple[int, bytes]]):
    """All lines with their keys, newest first."""

    def __repr__(self) -> str:
        return f"{len(self)} lines"


@pytest.fixture(scope="module")
def every(feed: Feed) -> Every:
    return Every([pair for first, raw in feed.blocks() for pair in lines_of(first, raw)][::-1])


def brute(feed: Feed, every: Every, query: LogQuery) -> list[int]:
    """The same without any cunning."""
    return [
        key
        for key, line in every
        if query.matches(line, feed.now(key), lambda queue_id, key=key: feed.sender(queue_id, key))  # type: ignore[misc]
    ]


def found(feed: Feed | Span, query: LogQuery, before: int | None = None) -> list[int]:
    keys = [key for part in search(feed, query, before) if not isinstance(part, Progress) for key in part]
    assert keys == sorted(set(keys), reverse=True)
    return keys


def timed(feed: Feed, query: LogQuery, keys: list[int]) -> list[int]:
    """Without the lines that have no time where it is asked for: they count as their neighbours do."""
    if query.since is None and query.until is None:
        return keys
    return [key for key in keys if when(feed.line(key), NOW) is not None]


QUERIES = [
    "", "joe", "JOE", "Ann", "falcot.com !sophie", "status=sent | reject:", "^Nov", "active)$", "josé", "JOSÉ",
    "'from=<>", "[bold]", "nothing-like-this", "!postfix", "from:joe", "from:JOE", "from:Ann@", "from:<>",
    "!from:joe", "from:^bulk7@", "from:example.org$", "from:joe to:jean", "to:josé@", "to:www@", "!to:www@",
    "client:192.0.2.7", "client:unknown !status:reject", "client:mail.example.org", "status:sent",
    "status:rejected", "status:deferred | status:bounced", "status:e", "status:removed", "!status:sent",
    "status:accepted", "status:warning", "level:warning", "level:fatal", "!level:warning", "level:info",
    "since:2026-11-01T12:15", "until:2026-11-01T12:10", "since:2026-11-01T12:05 until:2026-11-01T12:10 joe",
    "!since:2026-11-01T12:15", "from:joe since:2026-11-01T12:16", "since:2026-11-01T12:15 | level:fatal",
    "from:joe | to:jean", "from: to:", "since:rubbish joe", "id:0", "status:sent from:<>", "\\  removed",
]  # fmt: skip


NOTHING = {"JOE", "JOSÉ", "from:JOE", "nothing-like-this", "[bold] nothing"}


@pytest.mark.parametrize("text", QUERIES)
def test_it_finds_what_each_line_says(feed: Feed, every: Every, text: str) -> None:
    query = LogQuery.parse(text, NOW)
    wanted = timed(feed, query, brute(feed, every, query))
    assert timed(feed, query, found(feed, query)) == wanted
    assert wanted or text in NOTHING, "finds nothing: the test tests nothing"
    for before in (every[100][0], every[-100][0], every[len(every) // 2][0]):
        assert timed(feed, query, found(feed, query, before)) == [key for key in wanted if key < before]


def test_dense_and_rare_are_the_same(feed: Feed, every: Every, monkeypatch: pytest.MonkeyPatch) -> None:
    for dense, few in ((2, 0), (1 << 30, 1 << 30)):
        monkeypatch.setattr(search_module, "_DENSE", dense)
        monkeypatch.setattr(search_module, "_FEW", few)
        for text in ("joe", "from:joe", "status:sent", "to:jean"):
            query = LogQuery.parse(text, NOW)
            assert found(feed, query) == brute(feed, every, query)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.sampled_from(
            ["joe", "!joe", "Ann", "|", "from:ann", "!from:ann", "to:sophie", "status:sent", "!status:deferred",
             "level:warning", "client:unknown", "until:2026-11-01T12:10", "since:2026-11-01T12:12", "é", "$", "^"]
        ),
        max_size=4,
    )
)  # fmt: skip
def test_any_query(feed: Feed, every: Every, words: list[str]) -> None:
    query = LogQuery.parse(" ".join(words), NOW)
    assert timed(feed, query, found(feed, query)) == timed(feed, query, brute(feed, every, query))


def test_a_span_is_searched_alike(feed: Feed) -> None:
    span = Span.of_source(feed.source)
    for text in ("joe", "from:joe", "status:deferred since:2026-11-01T12:12", "!postfix"):
        query = LogQuery.parse(text, NOW)
        wanted = [feed.line(key) for key in found(feed, query)]
        assert [span.line(key) for key in found(span, query)] == wanted


def test_progress_and_cancel(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "TURN", 0.0)
    told = [part for part in search(feed, LogQuery.parse("nothing-like-this")) if isinstance(part, Progress)]
    assert [part.done for part in told] == sorted(part.done for part in told)
    assert told[-1].done == told[-1].total == feed.total
    whens = [part.when for part in told if part.when]
    assert whens == sorted(whens, reverse=True)
    cancel = threading.Event()
    steps = search(feed, LogQuery.parse("nothing-like-this"), None, cancel)
    next(steps)
    cancel.set()
    assert len(list(steps)) <= 1


def test_times_need_not_read_everything(tmp_path: Path) -> None:
    raw = lines(0, 200_000, begin=BEGIN)
    log = written(tmp_path / "mail.log", raw, BEGIN + timedelta(seconds=199_999))
    written(
        tmp_path / "mail.log.1", lines(0, 100, begin=BEGIN - timedelta(days=1)), BEGIN - timedelta(hours=23)
    )
    span = Span.of_source(Source("file", str(log)))
    since = BEGIN + timedelta(seconds=150_000)
    query = LogQuery.parse(
        f"since:{since:%Y-%m-%dT%H:%M:%S} until:{since + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S}"
    )
    read = 0
    hits: list[int] = []
    for part in search(span, query):
        if isinstance(part, Progress):
            read = part.done
        else:
            hits.extend(part)
    assert len(hits) == 301
    assert read < len(raw) // 5


# Words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("since:yesterdax", "since:yesterdax is no time"),
        ("until:x joe", "until:x is no time"),
        ("level:loud", "level:loud is none of info, warning"),
        ("joe", ""),
        ("since:", ""),
    ],
)
def test_what_is_not_understood_is_said(text: str, said: str) -> None:
    assert LogQuery.parse(text, NOW).problem.startswith(said)
    assert bool(LogQuery.parse(text, NOW).problem) is bool(said)


def test_words_that_are_half_typed_ask_nothing() -> None:
    for text in ("", "from:", "!to:", "since:", "level:", "!", "^"):
        assert LogQuery.parse(text, NOW).empty, text
    assert not LogQuery.parse("reject:", NOW).empty
    assert not LogQuery.parse("xfrom:y", NOW).empty


@pytest.mark.parametrize("value", ["joe@x", "", "with blank@x", "Ünï@x", "$odd^", "!neg", "'q", "a|b"])
@pytest.mark.parametrize("out", [False, True])
def test_the_word_of_a_value_is_that_value(value: str, out: bool) -> None:
    line = stamp(0) + b"qmgr[1]: 3FCA722E68E: from=<" + value.encode() + b">, size=1, nrcpt=1 (queue active)"
    assert parse(line).sender == value
    query = LogQuery.parse(word("from", value, out=out), NOW)
    assert query.matches(line, NOW) is not out
    other = line.replace(value.encode() + b">", b"y" + value.encode() + b">")
    assert query.matches(other, NOW) is out


def test_spans_show_what_was_asked() -> None:
    query = LogQuery.parse("relay from:^joe !x since:2h", NOW)
    assert query.spans("from joe: Relay denied") == [(5, 8), (10, 15)]


def test_until_a_day_includes_it() -> None:
    query = LogQuery.parse("until:2026-11-01", NOW)
    assert query.until == datetime(2026, 11, 2).astimezone()
    assert query.matches(stamp(11 * 3600) + b"x[1]: y", NOW)
