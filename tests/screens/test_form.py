"""Forms: their fields, what is typed in around, and the editor's lines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.postfix.lookups import split_list
from mailtui.screens.parts.form import ChoiceField, Form, ListField, Note, TextField
from mailtui.screens.parts.linefield import typed_over
from mailtui.screens.parts.text import show

# What is typed into them


def test_a_field_is_there_while_it_applies() -> None:
    form = Form("new", [
        ChoiceField(name="what", label="what", choices=(("a", ""), ("b", "the second"))),
        TextField(name="only b", label="b", when=lambda values: values["what"] == "b"),
    ])  # fmt: skip
    choice = form.field("what")
    assert isinstance(choice, ChoiceField)
    assert len(form.places()) == 1
    assert choice.step(1)
    assert [place.field.name for place in form.places()] == ["what", "only b"]
    assert choice.sentence == "the second"
    assert form.touched
    assert choice.step(1)
    assert not form.touched


def test_a_choice_of_one_and_the_empty_choice() -> None:
    assert not ChoiceField(name="x", label="x", choices=(("a", ""),)).step(1)
    assert ChoiceField(name="x", label="x", choices=(("a", ""), ("", "none"))).value() == ""
    assert ChoiceField(name="x", label="x", choices=(("a", ""), ("b", ""))).value() == "a"


def test_a_list_ends_in_an_empty_line_and_leaves_empty_ones_out() -> None:
    field = ListField(name="x", label="x", items=["a", "b"])
    assert field.items == ["a", "b", ""]
    field.put(2, "c")
    assert field.items == ["a", "b", "c", ""]
    field.put(0, " ")
    assert field.tidy(0) == -1
    assert field.value() == ("b", "c")
    assert field.tidy(2) == 0, "the last one stays"


def test_a_line_that_is_several_items_becomes_several() -> None:
    field = ListField(name="x", label="x", items=["a, { b c } d"], split=split_list)
    assert field.tidy(0) == 2
    assert field.items == ["a", "{ b c }", "d", ""]


def test_a_form_begins_where_it_is_told_to() -> None:
    fields = [TextField(name="a", label="a"), ListField(name="b", label="b", items=["x"])]
    assert Form("x", fields).begins_at() == 0
    assert Form("x", fields, at="b").begins_at() == 2
    with pytest.raises(KeyError):
        Form("x", fields).field("c")


# What cannot be shown as it is


@pytest.mark.parametrize(
    ("raw", "shown", "now"),
    [
        ("plain", "plainer", "plainer"),
        ("a\x1bb", "a␛bc", "a\x1bbc"),
        ("a\x1bb", "xa␛b", "xa\x1bb"),
        ("a\x1bb", "ab", "ab"),
        ("caf\udce9", "the caf\\xe9", "the caf\udce9"),
        ("caf\udce9", "caf", "caf"),
        ("a\x1b\x1bb", "a␛b", "a\x1bb"),
        ("a" * 70000, "b" + show("a" * 70000, 65536), "b" + "a" * 70000),
        ("a" * 70000, "b", "b"),
    ],
)
def test_what_is_not_typed_over_stays(raw: str, shown: str, now: str) -> None:
    assert typed_over(raw, shown) == now


@given(
    st.text(alphabet=st.sampled_from("ab\x1b\x07\udce9\u202e→ \u200b"), max_size=12),
    st.integers(0, 12),
    st.integers(0, 12),
    st.text(alphabet="xyz", max_size=3),
)
def test_typing_over_a_part_changes_that_part_only(raw: str, start: int, length: int, new: str) -> None:
    """With letters that stand nowhere else what was typed over is known exactly."""
    start = min(start, len(raw))
    end = min(start + length, len(raw))
    shown = show(raw[:start]) + new + show(raw[end:])
    if new:
        assert typed_over(raw, shown) == raw[:start] + new + raw[end:]
    assert show(typed_over(raw, shown), 65536) == shown


def test_a_note_names_its_field() -> None:
    note: Any = Note("value", "wrong")
    assert note.severity == "warning"
    assert note.item is None
