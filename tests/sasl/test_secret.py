"""A password shows itself nowhere, and what saslpasswd2 would cut or store wrongly is refused."""

from __future__ import annotations

import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.sasl.secret import LONGEST, MASK, Secret, again, generated, refused


@given(st.text(min_size=6).filter(lambda text: text not in MASK))
def test_no_way_of_printing_gives_it_away(text: str) -> None:
    secret = Secret(text)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        format(secret),
        f"{secret!r}",
        repr([secret]),
        ascii(secret),
    ]
    assert all(text not in each for each in shown)


def test_a_traceback_has_the_mask() -> None:
    word = generated().reveal()
    try:
        raise ValueError(Secret(word))
    except ValueError as error:
        told = "".join(traceback.format_exception(error))
    assert word not in told
    assert MASK in told


def test_it_is_never_stored() -> None:
    with pytest.raises(TypeError, match="never stored"):
        pickle.dumps(Secret("geheim"))


def test_generated_ones_differ_and_can_be_read_out() -> None:
    made = {generated().reveal() for _ in range(200)}
    assert len(made) == 200
    assert not set("".join(made)) & set("0O1lIi")
    assert all(len(each) == 20 and not refused(Secret(each)) for each in made)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("a\nb", "control"),
        ("a\0b", "control"),
        ("x" * (LONGEST + 1), "longer"),
        ("é" * 600, "longer"),
    ],
)
def test_what_cannot_be_stored_as_it_is(text: str, why: str) -> None:
    assert why in refused(Secret(text))


def test_two_that_differ() -> None:
    assert again(Secret("a"), Secret("b")) == "the two passwords are not the same"
    assert again(Secret("a"), Secret("a")) == ""
