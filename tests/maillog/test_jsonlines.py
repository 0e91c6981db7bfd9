"""The quick way to JSON says what the long one says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.jsonlines import KEPT, JsonLines
from mailtui.maillog.record import facts
from tests.bench.loglines import lines

NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
MADE = [line.rstrip("\n").encode() for line in lines(400, datetime(2026, 1, 5, 6))]  # noqa: DTZ001 - local
MODERN = [line.rstrip("\n").encode() for line in lines(400, datetime(2026, 1, 5, 6), modern=True)]  # noqa: DTZ001
HEADS = (
    b"", b"garbage ", b"Jan  1 00:00:00 mx ", b"Feb 30 00:00:00 mx ", b"2026-01-05T06:00:00.000000+00:00 mx ",
    b"2026-01-05T06:00:00.000001+00:00 mx ", b"2026-01-05T06:00:00.1234567Z mx ", b"2026-13-05T06:00:00.000001+00:00 mx ",
    b"2026-01-05T06:00:00.00000x+00:00 mx ", b"2026-01-05 06:00:00 mx ", b"<22>1 2026-01-05T06:00:00Z mx postfix/qmgr 1 - - ",
)  # fmt: skip
TEXTS = (
    b"postfix/qmgr[1]: 3FCA722E68E: removed", b"postfix/qmgr[01]: 3FCA722E68E: removed", b"postfix/smtpd: x",
    b"postfix/smtp[1]: 3FCA722E68E: to=<x@y>, relay=none, delay=007, delays=1/0/0/0, dsn=4.4.3, status=deferred (x)",
    b"postfix/local[1]: 3FCA722E68E: to=<x@y>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent", b"x",
)  # fmt: skip


def same(block: bytes) -> None:
    printed = JsonLines(NOW).block(block).splitlines()
    kept = [line for line in block.split(b"\n") if line.strip(b" \t\r\v\f")]
    assert [json.loads(text) for text in printed] == [
        json.loads(json.dumps(facts(line, NOW))) for line in kept
    ]


@pytest.mark.parametrize("block", [b"\n".join(MADE), b"\n".join(MODERN) + b"\n", b"", b"\n\n \n\t\r\n"])
def test_blocks(block: bytes) -> None:
    same(block)


@given(st.sampled_from(MADE + MODERN), st.binary(max_size=40), st.integers(0, 300))
def test_broken_lines(line: bytes, noise: bytes, cut: int) -> None:
    same(line[:cut] + noise + line[cut:])


@given(st.sampled_from(HEADS), st.sampled_from(TEXTS), st.sampled_from(MADE))
def test_odd_heads(head: bytes, text: bytes, other: bytes) -> None:
    same(b"\n".join((other, head + text, head + text, head, other)))


def test_another_now_is_another_year() -> None:
    printer = JsonLines()
    line = b"Mar  1 00:00:00 mx postfix/qmgr[1]: 3FCA722E68E: removed\n"
    first = json.loads(printer.block(line, NOW))["time"]
    second = json.loads(printer.block(line, NOW + timedelta(days=365)))["time"]
    assert (first[:4], second[:4]) == ("2025", "2026")


def test_what_is_remembered_is_bounded() -> None:
    printer = JsonLines(NOW)
    for number in range(KEPT + 10):
        printer.block(b"Jan  1 00:00:00 mx postfix/qmgr[%d]: 3FCA722E68E: removed\n" % number)
        printer.block(b"x" * 300 + b"%d: y\n" % number)
    assert len(printer._heads) <= KEPT


def test_a_long_line_takes_no_longer_than_its_length() -> None:
    line = b"Jan  1 00:00:00 mx postfix/smtpd[1]: " + b"queued as a; from=<" * 500_000
    found = json.loads(JsonLines(NOW).block(line))
    assert found["event"] == "other"
    assert len(found["raw"]) == len(line)
