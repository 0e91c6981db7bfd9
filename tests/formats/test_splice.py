"""Splices: put together, turned back, and found between two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.formats import splice as splicing
from mailtui.formats.splice import (
    LINE_DIFF_LIMIT,
    PIECE,
    Missing,
    Refused,
    Splice,
    apply_splices,
    between,
    inverse,
    length_after,
    ordered,
    pieces,
)

texts = st.lists(st.sampled_from([b"a\n", b"b\n", b"c", b"\n", b"\r\n"]), max_size=12).map(
    b"".join
) | st.binary(max_size=40)


@st.composite
def changes(draw: st.DrawFn) -> tuple[bytes, list[Splice]]:
    raw = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    splices = [
        Splice(start, end, draw(st.binary(max_size=4)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    return raw, splices


@given(changes())
def test_pieces_are_the_new_text(change: tuple[bytes, list[Splice]]) -> None:
    raw, splices = change
    after = apply_splices(raw, splices)
    assert b"".join(pieces(raw, splices)) == after
    assert length_after(raw, splices) == len(after)
    assert splicing.changes(raw, splices) is (after != raw)


def test_no_piece_is_long() -> None:
    raw = bytes(3 * PIECE + 5)
    lengths = [len(piece) for piece in pieces(raw, [Splice(PIECE + 1, PIECE + 2, b"x" * (PIECE + 1))])]
    assert lengths == [PIECE, 1, PIECE, 1, PIECE, PIECE, 3]


@given(changes())
def test_inverse_gives_the_same_bytes_back(change: tuple[bytes, list[Splice]]) -> None:
    raw, splices = change
    after = apply_splices(raw, splices)
    assert apply_splices(after, inverse(raw, splices)) == raw
    assert ordered(splices) == splices


@given(before=texts, after=texts)
def test_between_leads_from_one_text_to_the_other(before: bytes, after: bytes) -> None:
    splices = between(before, after)
    assert apply_splices(before, splices) == after
    assert bool(splices) is (before != after)


def test_between_touches_changed_lines_alone() -> None:
    before = b"one\ntwo\nthree\nfour\n"
    assert between(before, b"one\nTWO\nthree\nfour\nfive\n") == (
        Splice(4, 8, b"TWO\n"),
        Splice(19, 19, b"five\n"),
    )
    assert between(before, b"one\ntwo\nfour\n") == (Splice(8, 14, b""),)


def test_between_gives_one_splice_for_a_large_window() -> None:
    before = b"".join(b"%d\n" % number for number in range(LINE_DIFF_LIMIT))
    after = before.replace(b"\n", b"x\n")
    assert between(before, after) == (Splice(0, len(before), after),)


def test_overlapping_splices_are_an_error() -> None:
    with pytest.raises(ValueError, match="overlap at byte 1"):
        apply_splices(b"abc", [Splice(1, 3, b""), Splice(0, 2, b"")])
    assert apply_splices(b"abc", [Splice(1, 1, b"x"), Splice(0, 1, b"y")]) == b"yxbc"


def test_errors_say_what_and_what_to_do() -> None:
    refused = Refused("a value cannot hold a line break", "write it on one line")
    assert str(refused) == "a value cannot hold a line break; write it on one line"
    assert str(Refused("no")) == "no"
    assert str(Missing("root")) == "root is not there"
