"""The remark above an entry: set, changed, taken out; never read as anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.formats.aliases import Aliases
from mailtui.formats.entry_notes import note, set_note
from mailtui.formats.splice import Missing, Refused, apply_splices
from mailtui.formats.table import Table

RAW = b"# who may not\na@x.test   REJECT\nb@x.test   OK\n#c@x.test   REJECT\n#   you, too\nd@x.test  OK\n"


def test_it_stands_directly_above() -> None:
    table = Table.parse(RAW)
    assert note(table, b"a@x.test") == b"who may not"
    assert note(table, b"b@x.test") is None
    after = apply_splices(RAW, set_note(table, b"b@x.test", b"2026-11-22 laure: fine", None))
    assert after == RAW.replace(b"b@x.test", b"# 2026-11-22 laure: fine\nb@x.test")
    assert note(Table.parse(after), b"B@X.test") == b"2026-11-22 laure: fine"


def test_what_stands_there_stays_unless_it_is_meant() -> None:
    table = Table.parse(RAW)
    beside = apply_splices(RAW, set_note(table, b"a@x.test", b"new", None))
    assert beside.startswith(b"# who may not\n# new\na@x.test")
    instead = apply_splices(RAW, set_note(table, b"a@x.test", b"new", b"who may not"))
    assert instead == RAW.replace(b"who may not", b"new")
    other = apply_splices(RAW, set_note(table, b"a@x.test", b"new", b"what was there once"))
    assert other == beside


def test_taken_out() -> None:
    table = Table.parse(RAW)
    assert set_note(table, b"a@x.test", None, b"another") == []
    assert apply_splices(RAW, set_note(table, b"a@x.test", None, b"who may not")) == RAW[14:]
    assert set_note(table, b"a@x.test", b"who may not", None) == []


def test_the_rest_of_an_entry_that_is_commented_out_is_no_remark() -> None:
    table = Table.parse(RAW)
    assert note(table, b"d@x.test") is None
    assert len(table) == 4


@pytest.mark.parametrize("text", [b"", b" ", b"two\nlines", b"nul\0"])
def test_no_line(text: bytes) -> None:
    with pytest.raises(Refused):
        set_note(Table.parse(RAW), b"b@x.test", text, None)


def test_an_entry_that_is_not_there() -> None:
    with pytest.raises(Missing):
        set_note(Table.parse(RAW), b"z@x.test", b"why", None)


def test_a_remark_that_would_read_as_more_of_what_is_commented_out_is_refused() -> None:
    raw = b"#list@x.test   a@x.test,\nb@x.test   c\n"
    assert len(Table.parse(raw)) == 2
    with pytest.raises(Refused):
        set_note(Table.parse(raw), b"b@x.test", b"d@x.test", None)


def test_aliases_and_crlf() -> None:
    raw = b"root: jean\r\nweb: root\r\n"
    after = apply_splices(raw, set_note(Aliases.parse(raw), b"web", "façade".encode(), None))
    assert after == b"root: jean\r\n# fa\xc3\xa7ade\r\nweb: root\r\n"


@given(
    st.lists(st.sampled_from(
        (b"# prose", b"#k@x.test v", b"#  more", b"", b"a@x.test OK", b"b@x.test\tREJECT", b"  more", b"#", b"# x,")
    ), max_size=8),
    st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=30),
)  # fmt: skip
def test_entries_stay_as_they_are(lines: list[bytes], text: str) -> None:
    table = Table.parse(b"\n".join([*lines, b"key@y.test  value"]))
    before = [(e.key, e.value, e.enabled) for e in (table.entry(n) for n in range(len(table)))]
    try:
        after = table.spliced(set_note(table, b"key@y.test", text.encode(), None))
    except Refused:
        return
    assert [(e.key, e.value, e.enabled) for e in (after.entry(n) for n in range(len(after)))] == before
    assert Table.parse(after.raw).raw == after.raw
    assert list(Table.parse(after.raw).compiled()) == list(table.compiled())
    gone = set_note(after, b"key@y.test", None, text.encode().strip())
    if table.raw != after.raw:
        assert after.spliced(gone).raw == table.raw
