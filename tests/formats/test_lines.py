"""Physical and logical lines as Postfix's readlline sees them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailtui.formats.lines import BLANK, COMMENT, CONTINUATION, FIRST, Lines, shifted

pieces = st.lists(
    st.sampled_from([b"a", b"#", b" ", b"\t", b"\n", b"\n", b"\r\n", b"\v", b"\xff", b"\0"])
).map(b"".join)


def _kind(line: bytes) -> int:
    text = line.strip(b" \t\r\n\v\f")
    if not text:
        return BLANK
    if text.startswith(b"#"):
        return COMMENT
    return CONTINUATION if line[:1].isspace() else FIRST


@given(raw=pieces | st.binary())
def test_every_line_has_its_place_and_kind(raw: bytes) -> None:
    lines = Lines(raw)
    texts = [lines.line(number) for number in range(len(lines))]
    assert b"".join(texts) == raw
    assert all(text.count(b"\n") == text.endswith(b"\n") for text in texts)
    assert list(lines.kinds) == [_kind(text) for text in texts]
    assert list(lines.firsts) == [number for number, kind in enumerate(lines.kinds) if kind == FIRST]
    for offset in range(len(raw)):
        number = lines.at(offset)
        assert lines.starts[number] <= offset < lines.starts[number + 1]
    continuations = {number for number, kind in enumerate(lines.kinds) if kind == CONTINUATION}
    joined = {number for first in lines.firsts for number in lines.logical(first)[1:]}
    assert continuations == joined | set(lines.orphans())
    assert not joined & set(lines.orphans())


def test_comments_and_empty_lines_do_not_end_a_logical_line() -> None:
    lines = Lines(b"  orphan\na\n# note\n\n  b\n\t# note\n\tc\nd\n  \n")
    assert lines.orphans() == [0]
    assert lines.logical(1) == [1, 4, 6]
    assert lines.logical(7) == [7]


def test_line_ends() -> None:
    assert Lines(b"a\r\nb\n").newline == b"\r\n"
    assert Lines(b"a\nb\r\n").newline == b"\n"
    assert Lines(b"").newline == b"\n"
    assert Lines(b"a").newline == b"\n"
    assert [Lines(raw).ends_open for raw in (b"", b"a", b"a\n", b"a\r")] == [False, True, False, True]


def test_offsets_outside_are_taken_to_the_nearest_line() -> None:
    lines = Lines(b"a\nb")
    assert [lines.at(offset) for offset in (0, 1, 2, 3, 9)] == [0, 0, 1, 1, 1]
    assert Lines(b"").at(0) == 0


@given(head=st.sampled_from([b"", b"a\n", b"# n\na\n  b\n"]), old=pieces, new=pieces, tail=pieces)
def test_replaced_lines_are_as_if_read_anew(head: bytes, old: bytes, new: bytes, tail: bytes) -> None:
    old, new, tail = b"x" + old + b"\n", b"x" + new + b"\n", b"z" + tail
    before = Lines(head + old + tail)
    top, bottom = before.at(len(head)), before.at(len(head) + len(old))
    after, anew = before.replaced(head + new + tail, top, bottom, Lines(new)), Lines(head + new + tail)
    assert (after.raw, after.starts, after.kinds, after.firsts) == (
        anew.raw,
        anew.starts,
        anew.kinds,
        anew.firsts,
    )


def test_shifted() -> None:
    numbers = Lines(b"a\nb\n").starts
    assert list(shifted(numbers, 3)) == [3, 5, 7]
    assert list(shifted(numbers[1:], -2)) == [0, 2]
