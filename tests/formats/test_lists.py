"""Lists in values: items, separators, groups."""

from __future__ import annotations

import difflib
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.formats.listrows import ListRows, list_rows
from mailtui.formats.lists import BLANKS, SEPARATORS, each, is_one_item, items, payload
from mailtui.formats.maincf import MainCf


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", []),
        (b" , ,\t", []),
        (b"a, b c,,d", [b"a", b"b", b"c", b"d"]),
        (b"a,\r\n  b", [b"a", b"b"]),
        (b"inline:{a=b, c=d} x", [b"inline:{a=b, c=d}", b"x"]),
        (b"{ inet:h:1, timeout=3s }, y", [b"{ inet:h:1, timeout=3s }", b"y"]),
        (b"{a {b, c} d} e", [b"{a {b, c} d}", b"e"]),
        (b"} a}b, c", [b"}", b"a}b", b"c"]),
        (b"a {b, c", [b"a", b"{b, c"]),
        (b"hash:/a,proxy:mysql:/b", [b"hash:/a", b"proxy:mysql:/b"]),
    ],
)
def test_items(value: bytes, expected: list[bytes]) -> None:
    assert items(value) == expected


def test_commas_do_not_separate_arguments_of_master_cf() -> None:
    assert items(b"-o a=b,c { d , e }", BLANKS) == [b"-o", b"a=b,c", b"{ d , e }"]


@given(st.lists(st.sampled_from([b"a", b"{", b"}", b",", b" ", b"\t", b"\xff", b"#"])).map(b"".join))
def test_items_stand_where_they_say_and_only_separators_between(value: bytes) -> None:
    at = 0
    for item in each(value):
        assert value[item.start : item.end] == item.text
        assert not value[at : item.start].strip(SEPARATORS)
        at = item.end
    assert not value[at:].strip(SEPARATORS)


@pytest.mark.parametrize(
    ("text", "size"),
    [(b"{a}", 3), (b"{a{b}}c", 6), (b"{a", 0), (b"a{b}", 0), (b"", 0), (b"{}", 2), (b"}", 0)],
)
def test_payload(text: bytes, size: int) -> None:
    assert payload(text) == size


def test_one_item() -> None:
    assert is_one_item(b"{ a, b }")
    assert is_one_item(b"a}b{")
    for text in (b"", b"a b", b"a,", b"{a", b"a}"):
        assert not is_one_item(text)


@pytest.mark.parametrize(
    "written",
    [
        b"x = a, b\n", b"x = a b", b"x = a,\n  b,\n  c,\n", b"x = a\n  , b\n  , c\n", b"x =\n  a\n# why\n  b\n",
        b"x = a,\n  b", b"x =\n", b"x = a\r\n\tb\r\n",
    ],
)  # fmt: skip
def test_several_items_are_put_behind_as_one_after_the_other(written: bytes) -> None:
    new = [b"n1", b"n2", b"n3"]
    document = MainCf.parse(written)
    at_once = list_rows(document.lines, 0)
    at_once.extend(new)
    one_by_one = list_rows(document.lines, 0)
    for item in new:
        one_by_one.insert(len(one_by_one.items()), item)
    after = document.spliced(at_once.splices())
    assert after.raw == document.spliced(one_by_one.splices()).raw
    assert [token.text for token in after.tokens("x")][-3:] == new


_GAPS = (
    b", ",
    b" ",
    b",",
    b" , ",
    b",\n  ",
    b"\n\t",
    b"\n , ",
    b",\n# why, so\n  ",
    b"\n ,\n  ",
    b",\n\n    ",
)
_HEADS = (b"x = ", b"x=", b"x =\n  ", b"x =\n  , ", b"x\n = ", b"y = 1\nx = ")
_TAILS = (b"\n", b"", b",\n", b"\n  ,\n", b"\nz = {\n# end\n")


_FATES = ("kept", "kept", "kept", "gone", "new", "kept new", "new new kept")


def _written_and_wanted(chance: random.Random) -> tuple[bytes, list[bytes]]:
    """A list in some layout, mostly with one gap and another, and a list that is made of it."""
    gap, other = chance.choices(_GAPS[:3] if chance.random() < 0.5 else _GAPS, k=2)
    others = [chance.randrange(10)] if chance.random() < 0.6 else range(0, 14, 2)
    odd = chance.random() < 0.2  # items that stand there twice, or over several lines
    fresh = (b"n%d" % number for number in itertools.count())
    raw = chance.choice(_HEADS)
    wanted: list[bytes] = []
    for at in range(chance.randrange(14)):
        item = chance.choice([b"a", b"b", b"{ c,\n d }"]) if odd and chance.random() < 0.5 else b"i%d" % at
        raw += (b"" if not at else other if at in others else gap) + item
        for what in chance.choice(_FATES).split():
            wanted += [item.replace(b"\n", b"")] * (what == "kept") + [next(fresh)] * (what == "new")
    raw += chance.choice(_TAILS)
    if chance.random() < 0.1:
        chance.shuffle(wanted)
    return raw.replace(b"\n", chance.choice((b"\n", b"\n", b"\r\n"))), wanted


def _one_by_one(rows: ListRows, wanted: list[bytes]) -> None:
    """What `rewrite` does, each item by itself and the whole list looked at each time."""
    matcher = difflib.SequenceMatcher(None, rows.texts(), wanted, autojunk=False)
    for tag, low, high, start, end in reversed(matcher.get_opcodes()):
        if tag == "equal":
            continue
        shared = min(high - low, end - start)
        if high - low > shared:
            rows.remove(low + shared, high - 1)
        new = wanted[start + shared : end]
        if new and high == len(rows.items()):
            rows.extend(new)
            new = []
        for item in reversed(new):
            rows.insert(low + shared, item)
        for offset in range(shared):
            rows.replace(low + offset, wanted[start + offset])


@given(st.integers(0, 1 << 32))
def test_a_list_is_rewritten_as_if_item_by_item(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        written, wanted = _written_and_wanted(chance)
        document = MainCf.parse(written)
        first = document.place("x")[0]
        at_once, one_by_one = list_rows(document.lines, first), list_rows(document.lines, first)
        at_once.rewrite(wanted)
        _one_by_one(one_by_one, wanted)
        assert at_once.splices() == one_by_one.splices(), (written, wanted)
        after = document.spliced(at_once.splices())
        assert [token.text.replace(b"\r", b"") for token in after.tokens("x")] == wanted
