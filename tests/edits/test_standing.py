"""An entry taken out with the remark that says who made it; an admin's own comment stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.entries import SetEntry
from mailtui.edits.notes import SetNote
from mailtui.edits.standing import removal
from mailtui.formats.target import Target
from mailtui.postfix.files import Files


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("b OK\n# 2026-11-22 laure: spam\na REJECT\n", "b OK\n"),
        ("# the partners\na REJECT\nb OK\n", "# the partners\nb OK\n"),
        ("# 2026-11-22 laure: spam\n\na REJECT\n", "# 2026-11-22 laure: spam\n\n"),
        ("a REJECT\n", ""),
    ],
)
def test_the_remark_goes_with_its_entry(before: str, after: str, tmp_path: Path) -> None:
    target = Target("table", str(tmp_path / "t"), "hash")
    (tmp_path / "t").write_text(before)
    files = Files()
    edits = removal(files, target, "a", "REJECT")
    candidate = Candidate(files, merged(edits))
    assert candidate.raw(target.path).decode() == after
    back = Candidate(candidate, [edit.inverse() for edit in reversed(edits)])
    assert sorted(back.raw(target.path).decode().splitlines()) == sorted(before.splitlines())


def test_an_entry_that_was_made_in_the_same_draft(tmp_path: Path) -> None:
    target = Target("table", str(tmp_path / "t"), "hash")
    (tmp_path / "t").write_text("b OK\n")
    files = Files()
    made = [SetEntry(target, "a", "REJECT"), SetNote(target, "a", "2026-11-22 laure: spam")]
    gone = removal(Candidate(files, made), target, "a", "REJECT")
    assert Candidate(files, merged([*made, *gone])).changes == ()
