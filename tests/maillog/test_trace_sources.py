"""Traces over real sources: a feed, half of it history, and files one after the other."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from mailtui.maillog.feed import Feed
from mailtui.maillog.source import Source
from mailtui.maillog.span import Span
from mailtui.maillog.trace import trace, trace_of
from tests.maillog.memorylog import log
from tests.maillog.test_trace import SIMPLE
from tests.maillog.test_trace_related import BOUNCED

FILLER = b"".join(
    b"Nov 22 20:14:0%d mail postfix/anvil[1]: statistics: line %d\n" % (n % 5, n) for n in range(6000)
)
RAW = log(SIMPLE).raw
WITHIN = 10.0


@pytest.mark.parametrize("lines", range(1, 13))
def test_a_message_across_the_begin_of_a_feed(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "mail.log"
    rows = RAW.splitlines(keepends=True)
    path.write_bytes(FILLER + b"".join(rows[:lines]) + FILLER)
    feed = Feed(Source("file", str(path)), lambda: None)
    feed.start()
    try:
        end = time.monotonic() + WITHIN
        while not len(feed.lines) and time.monotonic() < end:
            time.sleep(0.005)
        count = len(feed.lines)
        with path.open("ab") as file:
            file.write(b"".join(rows[lines:]))
        while len(feed.lines) < count + len(rows) - lines and time.monotonic() < end:
            time.sleep(0.005)
        (one,) = trace(feed, "3FCA722E68E")
        assert (one.state, one.client, len(one.steps)) == ("delivered", "mx1.example.net[198.51.100.7]", 12)
        assert {key < 0 for key in one.keys} == {True, False}
        for step in one.steps:
            if step.queue_id:
                assert trace_of(feed, step.key) == one
    finally:
        feed.stop()


def test_a_message_over_rotated_files(tmp_path: Path) -> None:
    rows = log(BOUNCED).raw.splitlines(keepends=True)
    parts = (rows[:3], rows[3:9], rows[9:])
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(b"".join(parts[0])))
    (tmp_path / "mail.log.1").write_bytes(b"".join(parts[1]))
    (tmp_path / "mail.log").write_bytes(b"".join(parts[2]))
    span = Span.of_source(Source("file", str(tmp_path / "mail.log")))
    (one,) = trace(span, "77E7822C5AB")
    assert (one.state, one.steps[0].kind, one.steps[-1].kind) == ("partly", "connect", "removed")
    assert [(related.queue_id, related.trace.state) for related in one.related] == [
        ("89FFE22C5B4", "delivered")
    ]
