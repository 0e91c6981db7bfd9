"""The remark above an entry as an edit: in words, taken back, folded together, replayed."""

from __future__ import annotations

import pytest

from mailtui.edits.draft import merged
from mailtui.edits.entries import SetEntry
from mailtui.edits.notes import SetNote
from mailtui.formats.splice import Missing, apply_splices
from mailtui.formats.table import Table
from mailtui.formats.target import Target

TARGET = Target("table", "/etc/postfix/access", "hash")
RAW = b"# 2025-01-01 jean: why\na@x.test REJECT\nb@x.test OK\n"


def replayed(edit: SetNote, raw: bytes = RAW) -> bytes:
    return apply_splices(raw, edit.splices(Table.parse(raw)))


@pytest.mark.parametrize(
    ("edit", "marker", "words"),
    [
        (SetNote(TARGET, "b@x.test", "new"), "+", "+ remark above b@x.test in access: new"),
        (SetNote(TARGET, "a@x.test", "new", "2025-01-01 jean: why"), "~", "~ remark above a@x.test in access: new"),
        (SetNote(TARGET, "a@x.test", None, "2025-01-01 jean: why"), "-",
         "- remark above a@x.test in access: 2025-01-01 jean: why"),
    ],
)  # fmt: skip
def test_said_done_and_taken_back(edit: SetNote, marker: str, words: str) -> None:
    assert (edit.marker, edit.describe()) == (marker, words)
    after = replayed(edit)
    assert after != RAW
    back = edit.inverse()
    assert isinstance(back, SetNote)
    assert replayed(back, after) == RAW


def test_folded() -> None:
    first = SetNote(TARGET, "a@x.test", "one")
    assert first.merge(SetNote(TARGET, "A@X.test", "two", "one")) == SetNote(TARGET, "a@x.test", "two")
    assert first.merge(SetNote(TARGET, "a@x.test", None, "one")) == "nothing"
    assert first.merge(SetNote(TARGET, "a@x.test", "two")) is None
    assert first.merge(SetEntry(TARGET, "a@x.test", "OK", "REJECT")) is None


def test_the_entry_and_its_remark_stay_two_edits() -> None:
    edits = (SetEntry(TARGET, "c@x.test", "REJECT"), SetNote(TARGET, "c@x.test", "why"))
    assert merged(edits) == edits


def test_a_remark_needs_its_entry() -> None:
    with pytest.raises(Missing):
        replayed(SetNote(TARGET, "z@x.test", "why"))
