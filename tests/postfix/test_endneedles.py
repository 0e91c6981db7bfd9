"""Words found in the text of a table: one by one and all at once, they stand at the same places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.postfix import endneedles
from mailtui.postfix.endneedles import Needle, places

TEXT = b"""Jean@A.example  jean, "jean doe"@a.example <JEAN+x@b.example>
x jean.b,jean@a.example.org
@a.example\tjean@b.example (jean)
list: :include:/etc/jean, |/bin/jean
"""
WORDS = [b"jean", b"@a.example", b"jean@a.example", b'"jean doe"', b"/etc/jean", b"a", b"b", b"+", b"x"]
needles = st.builds(
    Needle, st.sampled_from(WORDS), st.sampled_from([b"", b"@", b"@+"]), st.booleans(), st.just(True)
)


@pytest.mark.parametrize(
    ("needle", "words"),
    [
        (Needle(b"jean"), [b"jean,", b"jean doe", b"jean)"]),
        (
            Needle(b"jean", b"@"),
            [b"jean@a.example ", b"jean,", b"jean doe", b"jean@a.example.org", b"jean@b", b"jean)"],
        ),
        (Needle(b"jean", b"+", ends=False), [b"jean+x"]),
        (Needle(b"@a.example"), [b"@a.example <", b"@a.example\t"]),
        (Needle(b"@b.example", begins=False), [b"@b.example>", b"@b.example "]),
        (Needle(b":include:", b"/", ends=False), [b":include:/etc"]),
    ],
)
def test_where_a_word_begins_and_ends(needle: Needle, words: list[bytes]) -> None:
    found = sorted(places(TEXT, [needle]))
    lower = TEXT.lower()
    assert [lower[at:].startswith(word) for at, word in zip(found, words, strict=True)] == [True] * len(words)


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(st.sampled_from([*WORDS, b" ", b",", b"\n", b"\xe9", b"JEAN", b"<"]), max_size=30).map(
        b"".join
    ),
    wanted=st.lists(needles, max_size=8),
)
def test_all_at_once_is_one_by_one(text: bytes, wanted: list[Needle]) -> None:
    apart = {at for needle in wanted for at in places(text, [needle])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endneedles, "FEW", 0)
        patch.setattr(endneedles, "PIECE", 7)
        assert set(places(text, wanted)) == apart
