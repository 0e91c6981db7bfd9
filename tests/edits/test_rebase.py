"""An edit put on top of what somebody else wrote meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import Draft, Group, merged
from mailtui.edits.entries import RemoveEntry, RenameEntry, SetEntry, SwitchEntry
from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.edits.rebase import exchanged, on_top
from mailtui.formats.target import Target
from mailtui.postfix.files import Files


@pytest.fixture
def table(tmp_path: Path) -> Target:
    (tmp_path / "virtual").write_text("a@x  1\n#off@x  2\nb@x  3\n")
    return Target("table", str(tmp_path / "virtual"), "hash")


@pytest.fixture
def main(tmp_path: Path) -> Target:
    (tmp_path / "main.cf").write_text("name = theirs\n")
    return Target("main.cf", str(tmp_path / "main.cf"))


def settled(edit: Edit) -> tuple[Edit | None, bytes]:
    """The edit on top of its conflict, and the file with it."""
    files = Files()
    (conflict,) = Candidate(files, [edit]).conflicts
    ours = on_top(conflict, files)
    return ours, Candidate(files, [ours] if ours else []).raw(edit.target.path)


def test_entries(table: Target) -> None:
    assert settled(SetEntry(table, "a@x", "new", "0")) == (
        SetEntry(table, "a@x", "new", "1"), b"a@x  new\n#off@x  2\nb@x  3\n"
    )  # fmt: skip
    assert settled(SetEntry(table, "a@x", ("n", "m"), None))[0] == SetEntry(table, "a@x", ("n", "m"), ("1",))
    assert settled(SetEntry(table, "gone@x", "new", "0"))[0] == SetEntry(table, "gone@x", "new", None)
    assert settled(RemoveEntry(table, "a@x", "0")) == (RemoveEntry(table, "a@x", "1"), b"#off@x  2\nb@x  3\n")
    assert settled(SwitchEntry(table, "a@x", "0", on=False))[0] == SwitchEntry(table, "a@x", "1", on=False)
    assert settled(RenameEntry(table, "a@x", "c@x", "0"))[0] == RenameEntry(table, "a@x", "c@x", "1")


def test_what_cannot_go_on_top(table: Target) -> None:
    for edit in (
        RenameEntry(table, "a@x", "b@x", "1"),
        RenameEntry(table, "gone@x", "c@x", "1"),
        SwitchEntry(table, "gone@x", "1", on=False),
    ):
        ours, raw = settled(edit)
        assert ours is None
        assert raw == Path(table.path).read_bytes()


def test_parameters(main: Target) -> None:
    assert settled(SetParameter(main, "name", "ours", "was"))[1] == b"name = ours\n"
    assert settled(SetParameter(main, "name", "ours", None))[1] == b"name = ours\n"
    assert settled(ResetParameter(main, "name", "was"))[1] == b""


def test_a_draft_with_the_edit_exchanged(table: Target) -> None:
    other = SetEntry(table, "b@x", "4", "3")
    draft = Draft([
        Group((SetEntry(table, "a@x", "5", "0"), other), "both"), Group((SetEntry(table, "A@x", "6", "5"),))
    ])  # fmt: skip
    (old, _) = draft.edits
    new: Any = SetEntry(table, "a@x", "6", "1")
    groups = exchanged(draft.groups, old, new)
    assert groups == [Group((new, other), "both")]
    assert merged(edit for group in groups for edit in group.edits) == (new, other)


def test_another_kind_of_edit_of_the_entry_stays(table: Target) -> None:
    set_, switch = SetEntry(table, "a@x", "5", "0"), SwitchEntry(table, "a@x", "5", on=False)
    new = SetEntry(table, "a@x", "5", "1")
    assert exchanged([Group((set_, switch))], set_, new) == [Group((new, switch))]
