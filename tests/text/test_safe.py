"""Nothing that a terminal would obey passes the border; bytes come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.text.safe import decode, encode, safe, safe_lines


@given(st.binary())
def test_bytes_come_back(raw: bytes) -> None:
    assert encode(decode(raw)) == raw


@given(st.text() | st.binary())
def test_everything_becomes_printable(text: str | bytes) -> None:
    assert safe(text).isprintable()
    for line in safe_lines(text):
        assert line.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, grüß dich", "plain text, grüß dich"),
        ("\x1b[2J", "␛[2J"),
        ("a\tb\x00\r\n\x7f", "a␉b␀␍␊␡"),
        ("\u009b31m", "\\u009b31m"),
        ("\u202eevil", "\\u202eevil"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("no\u00a0break", "no break"),
        (b"caf\xe9", "caf\\xe9"),
        (b"\xf0\x9f\x93\xa7", "📧"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_is_shown(text: str | bytes, shown: str) -> None:
    assert safe(text) == shown


def test_long_texts_are_cut() -> None:
    assert safe("abcdef", 4) == "abc…"
    assert safe("abcd", 4) == "abcd"
    assert safe("é".encode() * 10, 4) == "ééé…"
    assert len(safe(b"x" * 10_000_000)) == 4096


def test_lines_end_at_line_feeds_alone() -> None:
    assert safe_lines(b"a\r\nb\rc\n") == ["a", "b␍c", ""]
    assert safe_lines("x\u2028y") == ["x\\u2028y"]
