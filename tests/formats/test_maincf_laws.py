"""Laws of main.cf documents that hold for every file, however nasty."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.formats.lines import BLANK, COMMENT, Lines
from mailtui.formats.lists import items
from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Refused, Splice, apply_splices, inverse
from tests.formats.nasty_maincf import ITEMS, NAMES, main_cf
from tests.postconf import explicit

names = st.sampled_from(NAMES)
values = st.sampled_from(
    [b"", b"a", b"a, b", b"$x c  d", b"#hash", b"{ a, b } c", b"permit_mynetworks, reject"]
)


def ignored(raw: bytes) -> list[bytes]:
    """Comments and blank lines as they stand."""
    lines = Lines(raw)
    kept = (lines.line(n) for n, kind in enumerate(lines.kinds) if kind in (BLANK, COMMENT))
    return [line.rstrip(b"\r\n") for line in kept]


def others(document: MainCf, name: str) -> list[tuple[str, bytes]]:
    return [(d.name, d.value) for d in document.parameters if d.name != name]


def tried(edit: Callable[[], list[Splice]]) -> list[Splice] | None:
    try:
        return edit()
    except Refused:
        return None


def comes_after(raw: bytes, splices: list[Splice]) -> MainCf:
    """The document after an edit, which leaves all but its splices in place and can be taken back."""
    after = apply_splices(raw, splices)
    assert apply_splices(after, inverse(raw, splices)) == raw
    return MainCf.parse(after)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_main_cf(raw: bytes) -> None:
    document = MainCf.parse(raw)
    assert document.raw == raw
    assert list(document.parameters) == [d for d in document.parameters if d.start < d.end <= len(raw)]
    assert [p.line for p in document.problems] == sorted(p.line for p in document.problems)
    for name in {d.name for d in document.parameters}:
        assert [t.text for t in document.tokens(name)] == items(document.get(name).value)  # type: ignore[union-attr]  # it is there
        for token in document.tokens(name):
            if b"\n" not in raw[token.start : token.end]:
                assert raw[token.start : token.end] == token.text


@settings(deadline=None)
@given(main_cf(odd=True), names, values)
def test_set_gives_the_value_and_touches_nothing_else(raw: bytes, name: str, value: bytes) -> None:
    document = MainCf.parse(raw)
    standing = document.get(name)
    splices = tried(lambda: document.set(name, value))
    if splices is None:
        assert standing is not None
        return
    after = comes_after(raw, splices)
    found = after.get(name)
    assert found is not None
    lines = raw[standing.start : standing.end].strip().count(b"\n") if standing else 0
    if lines:
        assert items(found.value) == items(value)
    else:
        assert found.value == value
    assert others(after, name) == others(document, name)
    assert ignored(after.raw) == ignored(raw) or after.raw == raw + b"\n" + after.raw[len(raw) + 1 :]
    assert len(after.all(name)) == max(1, len(document.all(name)))


@settings(deadline=None)
@given(main_cf(), names, st.lists(ITEMS, max_size=6))
def test_items_are_set_and_comments_stay(raw: bytes, name: str, wanted: list[bytes]) -> None:
    document = MainCf.parse(raw)
    splices = document.set(name, wanted)
    after = comes_after(raw, splices)
    assert [t.text for t in after.tokens(name)] == wanted
    assert others(after, name) == others(document, name)
    if document.get(name) is not None:
        assert ignored(after.raw) == ignored(raw)
        assert after.set(name, wanted) == []


@settings(deadline=None)
@given(main_cf(), names, st.data())
def test_items_move_in_and_out(raw: bytes, name: str, data: st.DataObject) -> None:
    document = MainCf.parse(raw)
    if document.get(name) is None:
        return
    texts = [t.text for t in document.tokens(name)]
    at = data.draw(st.integers(0, len(texts)))
    put = comes_after(raw, document.insert_tokens(name, at, [b"check_x", b"hash:/y"]))
    assert [t.text for t in put.tokens(name)] == [*texts[:at], b"check_x", b"hash:/y", *texts[at:]]
    assert ignored(put.raw) == ignored(raw)
    gone = comes_after(put.raw, put.remove_tokens(name, at, at + 1))
    assert [t.text for t in gone.tokens(name)] == texts
    if not texts:
        return
    first = data.draw(st.integers(0, len(texts) - 1))
    last = data.draw(st.integers(first, len(texts) - 1))
    rest = texts[:first] + texts[last + 1 :]
    target = data.draw(st.integers(0, len(rest)))
    before = target if target <= first else target + last - first + 1
    moved = comes_after(raw, document.move_tokens(name, first, last, before))
    assert [t.text for t in moved.tokens(name)] == rest[:target] + texts[first : last + 1] + rest[target:]
    off = comes_after(raw, document.disable_tokens(name, first, last))
    assert [t.text for t in off.tokens(name)] == rest
    fresh = _new_comments(document, off)
    back = [i for i, t in enumerate(off.disabled_tokens(name)) if t.line in fresh]
    if len(back) == last - first + 1 and back == list(range(back[0], back[-1] + 1)):
        on = comes_after(off.raw, off.enable_tokens(name, back[0], back[-1]))
        assert [t.text for t in on.tokens(name)] == texts


def _new_comments(before: MainCf, after: MainCf) -> set[int]:
    old = ignored(before.raw)
    result: set[int] = set()
    for number, kind in enumerate(after.lines.kinds):
        if kind in (BLANK, COMMENT):
            line = after.lines.line(number).rstrip(b"\r\n")
            if line in old:
                old.remove(line)
            else:
                result.add(number + 1)
    return result


@settings(deadline=None)
@given(main_cf(), names)
def test_off_and_on_again(raw: bytes, name: str) -> None:
    document = MainCf.parse(raw)
    standing = document.get(name)
    if standing is None:
        return
    try:
        splices = document.disable(name)
    except Refused:  # what "on" could not bring back
        assert b"\n" in raw[standing.start : standing.end].strip()
        return
    off = comes_after(raw, splices)
    assert off.get(name) is None
    assert others(off, name) == others(document, name)
    on = comes_after(off.raw, off.enable(name, standing.value))
    found = on.get(name)
    assert found is not None
    assert items(found.value) == items(standing.value)
    twins = [d for d in document.commented if (d.name, d.value) == (name, standing.value)]
    if len(document.all(name)) == 1 and not twins and not _has_doubtful_lines(document, name):
        assert on.raw == raw


def _has_doubtful_lines(document: MainCf, name: str) -> bool:
    """Lines that cannot be told from prose, or from no line, once there is a `#` before them."""
    found = document.get(name)
    assert found is not None
    lines = document.raw[found.start : found.end].strip(b"\r\n").split(b"\n")[1:]
    return any(not line.strip(b"# \t\r") or (line[:1] == b" " and line[1:2].strip()) for line in lines)


@settings(deadline=None)
@given(main_cf(), names, values)
def test_set_and_set_back_is_the_same_file(raw: bytes, name: str, value: bytes) -> None:
    document = MainCf.parse(raw)
    standing = document.get(name)
    if (
        standing is None
        or b"\n" in raw[standing.start : standing.end].strip()
        or not value
        or not standing.value
        # Blanks as wide as an indentation are taken for one: the value comes back in lines, and reads the same.
        or re.search(rb"\S(?:[ \t]{2,}|\t|\r)\S", standing.value)
    ):
        return
    after = comes_after(raw, document.set(name, value))
    assert comes_after(after.raw, after.set(name, standing.value)).raw == raw


@settings(deadline=None)
@given(main_cf(odd=True), names)
def test_unset_leaves_every_other_line(raw: bytes, name: str) -> None:
    document = MainCf.parse(raw)
    if document.get(name) is None:
        return
    after = comes_after(raw, document.unset(name))
    assert after.get(name) is None
    assert others(after, name) == others(document, name)
    assert ignored(after.raw) == ignored(raw)


@settings(deadline=None)
@given(main_cf(), names)
def test_rename_and_back(raw: bytes, name: str) -> None:
    document = MainCf.parse(raw)
    if document.get(name) is None:
        return
    after = comes_after(raw, document.rename(name, "quite_new"))
    assert [d.value for d in after.all("quite_new")] == [d.value for d in document.all(name)]
    assert after.spliced(after.rename("quite_new", name)).raw == raw


# -- the same read by postconf


def agrees(folder: Path, document: MainCf) -> None:
    real, error = explicit(folder, document.raw)
    deadly = [problem for problem in document.problems if "dies" in problem.text]
    if real is None:
        assert deadly or "missing" not in error, error
        return
    assert not deadly
    ours = {}
    for definition in document.parameters:
        ours[definition.name.encode("utf-8", "surrogateescape")] = b" ".join(definition.value.split())
    for name, value in real.items():
        assert ours.get(name) == value, name
    known = {name.encode() for name in NAMES if "_" not in name or name.startswith("smtpd")} - {b"b"}
    assert known & ours.keys() <= real.keys()


@given(raw=main_cf(odd=True))
@settings(max_examples=60, deadline=None)
def test_postconf_reads_the_same(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    document = MainCf.parse(raw)
    if not any("dies" in problem.text for problem in document.problems):  # each death takes postconf a second
        agrees(tmp_path_factory.mktemp("cf", numbered=True), document)


@pytest.mark.parametrize("line", [b"no equals sign", b"= no name", b"\0a = b", b"a\n b\n  c"])
def test_postconf_dies_where_we_say_so(line: bytes, tmp_path: Path) -> None:
    document = MainCf.parse(b"relayhost = a\n" + line + b"\n")
    assert [problem.line for problem in document.problems if "dies" in problem.text] == [2]
    agrees(tmp_path, document)
