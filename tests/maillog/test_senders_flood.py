"""Senders in a fast log: what is remembered, what need not be searched; and filters that only exclude."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.chunks import Chunk
from mailtui.maillog.feed import Feed
from mailtui.maillog.logquery import LogQuery
from mailtui.maillog.search import search
from mailtui.maillog.senders import GENERATIONS, LINES, Nearby, Senders, senders
from mailtui.maillog.source import Source


def said(number: int) -> bytes:
    return b"Nov 22 10:00:00 mx postfix/qmgr[7]: AB%06d: from=<s%d@x.test>, size=1, nrcpt=1\n" % (
        number,
        number,
    )


def test_at_least_as_many_as_are_kept_are_remembered() -> None:
    kept = 400
    memory = Senders(kept)
    for number in range(3000):
        memory.add(said(number), number)
        for older in (0, kept // 2, kept - 1):
            if number >= older:
                assert memory.get(b"AB%06d" % (number - older)) == b"s%d@x.test" % (number - older)
    assert memory.get(b"AB%06d" % (3000 - 2 * kept)) is None
    # What `since` says is true: every line from it on is known, none before it.
    assert 3000 - kept * GENERATIONS // (GENERATIONS - 1) <= memory.since <= 3000 - kept
    assert memory.get(b"AB%06d" % memory.since) is not None
    assert memory.get(b"AB%06d" % (memory.since - 1)) is None


def test_the_newest_sender_of_an_id_counts() -> None:
    memory = Senders(4)
    for number in range(5):
        memory.add(
            b"mx postfix/qmgr[7]: ABCDE: from=<s%d@x.test>, size=1\n" % number + said(number), 2 * number
        )
        assert memory.get(b"ABCDE") == b"s%d@x.test" % number


class Lines:
    """Lines of a log; counts how often they are read."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        self.read.append(start)
        yield start, b"".join(map(said, range(start, stop)))


def test_only_lines_before_the_remembered_are_searched() -> None:
    lines = Lines()
    nearby = Nearby(lines, lambda: 0, lambda: 2 * LINES + 5)
    assert nearby.get(b"NOTHERE", 4 * LINES) is None
    assert lines.read == []
    assert nearby.get(b"AB%06d" % (LINES + 1), LINES + 1) == b"s%d@x.test" % (LINES + 1)
    assert nearby.get(b"NOTHERE", 3 * LINES) is None
    assert sorted(lines.read) == [LINES, 2 * LINES]


def test_a_mark_within_an_address_is_part_of_it() -> None:
    line = b'mx postfix/qmgr[7]: ABCDE: from=<"a: from=<b"@x.test>, size=1\n'
    assert list(senders(line)) == [(b"ABCDE", b'"a: from=<b"@x.test')]
    assert list(senders(b"mx postfix/qmgr[7]: ABCDE: from=<cut\n" + said(1))) == [(b"AB000001", b"s1@x.test")]


_PIECES = st.lists(st.sampled_from([b"ab", b"X.y", b"x.Y", "ä".encode(), b"\xff", b" ", b"\r", b"q", b"\n"]))


@given(_PIECES, st.sampled_from(["!x.y", "!X.y", "!ab !q", "!b", "!ä", "!q !X"]), st.sampled_from([0, 7, -1]))
def test_what_only_excludes_is_found_as_line_by_line(pieces: list[bytes], text: str, first: int) -> None:
    raw, query = b"".join(pieces) + b"\n", LogQuery.parse(text)
    chunk = Chunk(first if first >= 0 else -len(raw), raw, datetime.now().astimezone(), "")
    feed = Feed(Source("none"), lambda: None)
    feed.back = lambda *_: iter([chunk])  # type: ignore[method-assign]  # one block, of old or new lines
    found = sorted(key for part in search(feed, query) if not isinstance(part, tuple) for key in part)
    assert found == [key for key, line in chunk.lines() if query.matches(line)]
    assert query.spans("x.y ab q") == []
