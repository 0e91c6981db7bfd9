"""Messages are taken apart as Postfix does it: the real postmap with a rule for every line is the measure."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui import commands
from mailtui.formats.messages import Limits, Piece, pieces

needs_postfix = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")

MESSAGE = b"""\
Subject: one
 two
Content-Type: multipart/mixed; boundary="b 1"
To : x@example.com

prolog
--b 1
Content-Type: text/plain
X-Part: yes

text
--b 1
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/digest; boundary=deep

--deep

Subject: digest
Mime-Version: 1.0

digested
--deep--
--b 1--
epilog
"""


def kinds(raw: bytes, limits: Limits | None = None) -> list[tuple[str, bytes, int]]:
    return [(piece.kind, piece.text, piece.line) for piece in pieces(raw, limits) if piece.text]


def test_headers_by_their_class() -> None:
    assert kinds(MESSAGE) == [
        ("header", b"Subject: one\n two", 1),
        ("mime", b'Content-Type: multipart/mixed; boundary="b 1"', 3),
        ("header", b"To: x@example.com", 4),
        ("body", b"prolog", 6),
        ("body", b"--b 1", 7),
        ("mime", b"Content-Type: text/plain", 8),
        ("mime", b"X-Part: yes", 9),
        ("body", b"text", 11),
        ("body", b"--b 1", 12),
        ("mime", b"Content-Type: message/rfc822", 13),
        ("nested", b"Subject: inner", 15),
        ("mime", b"Content-Type: multipart/digest; boundary=deep", 16),
        ("body", b"--deep", 18),
        ("nested", b"Subject: digest", 20),
        ("mime", b"Mime-Version: 1.0", 21),
        ("body", b"digested", 23),
        ("body", b"--deep--", 24),
        ("body", b"--b 1--", 25),
        ("body", b"epilog", 26),
    ]


def test_without_mime_processing_all_below_the_first_headers_is_body() -> None:
    found = kinds(MESSAGE, Limits(mime=False))
    assert {kind for kind, _, line in found if line > 4} == {"body"}
    assert ("mime", b'Content-Type: multipart/mixed; boundary="b 1"', 3) in found


def test_body_lines_behind_the_limit_are_not_looked_at() -> None:
    found = [(p.text, p.looked_at) for p in pieces(b"A: b\n\n12345\n12345\n12345\n", Limits(body=8))]
    assert found == [(b"A: b", True), (b"", True), (b"12345", True), (b"12345", True), (b"12345", False)]
    assert all(p.looked_at for p in pieces(b"A: b\n\n" + b"12345\n" * 9, Limits(body=0)))


def test_long_lines_come_in_pieces_and_a_first_line_of_a_mailbox_is_a_header() -> None:
    found = kinds(b"From me today\nA: b\n\n" + b"x" * 75 + b"\n", Limits(line=30))
    assert found[0] == ("header", b"X-Mailbox-Line: From me today", 1)
    assert [text for _, text, line in found if line == 4] == [b"x" * 30, b"x" * 30, b"x" * 15]


def test_a_line_that_is_no_header_ends_them() -> None:
    assert kinds(b"A: b\nno header\nC: d\n") == [
        ("header", b"A: b", 1),
        ("body", b"no header", 2),
        ("body", b"C: d", 3),
    ]


ALL = "regexp:{{/^/ X}}"


def as_postmap(raw: bytes) -> list[bytes]:
    """Every header and every body line that the real postmap asks a table for."""
    argv = ["postmap", "-u", "-hbm", "-q", "-", ALL]
    result = commands.ask(argv, stdin=raw)
    assert not result.err, result.words
    return [text for text in result.out.split(b"\tX\n") if text]


@needs_postfix
@pytest.mark.law
def test_the_real_postmap_sees_the_same_pieces() -> None:
    choose = random.Random(20260707)
    for _ in range(60):
        raw = message(choose)
        mine = [piece.text for piece in pieces(raw, Limits(line=1 << 20)) if piece.text]
        assert mine == as_postmap(raw), raw


HEADERS = [b"Subject: x", b"X-A : y", b"To: a\n b\n\tc", b"mime-version: 1.0"]
BODY = [b"text", b"A: b", b"", b"-- ", b"--", b"--zzz", b"--aaa--x"]


def message(choose: random.Random) -> bytes:
    """A message, or what is nearly one: nested multiparts, attached messages, false boundaries, junk."""
    lines: list[bytes] = []
    boundaries = [b"aaa", b"aaab", b"b b", b"c"]
    types = [
        b"multipart/mixed; boundary=%b", b'Multipart/Digest; x="y;z"; boundary="%b"', b"message/rfc822",
        b"message/global", b"message/partial", b"text/plain", b"text/html (multipart/mixed); boundary=%b",
        b"application/x; boundary=%b", b"multipart/mixed;\n\tboundary=%b", b"", b";", b"multipart",
        b'multipart/alternative; boundary="%b\n x"', b"multipart/(c\\)d)mixed;(e)boundary(f)=(g)%b",
    ]  # fmt: skip
    for _ in range(choose.randint(1, 5)):
        lines += choose.choices(HEADERS, k=choose.randint(0, 3))
        if choose.random() < 0.7:
            kind = choose.choice(types).replace(b"%b", choose.choice(boundaries).split()[0])
            lines.append(b"Content-Type: " + kind)
        lines.append(choose.choice([b"", b"", b"", b"no header", b" blank"]))
        lines += choose.choices(BODY, k=choose.randint(0, 3))
        lines.append(b"--" + choose.choice(boundaries) + choose.choice([b"", b"", b"--", b" x"]))
    if lines[0].startswith(b" "):
        lines[0] = b"X: y"
    return b"\n".join(lines) + b"\n"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_comes_in_is_taken_apart(raw: bytes) -> None:
    found = list(pieces(raw))
    assert all(isinstance(piece, Piece) and 1 <= piece.line <= piece.last_line for piece in found)
