"""Staged edits over a table's rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.edits.draft import merged
from mailtui.edits.entries import (
    AddDisabledEntry,
    RemoveDisabledEntry,
    RemoveEntry,
    RenameEntry,
    SetEntry,
    SwitchEntry,
)
from mailtui.edits.model import Edit
from mailtui.edits.overlay import overlay
from mailtui.formats.target import Target
from mailtui.postfix.files import Files
from mailtui.postfix.staged import OFF, Overlay, StagedRow


@pytest.fixture
def virtual(tmp_path: Path) -> Target:
    path = tmp_path / "virtual"
    path.write_bytes(b"a@one.example x\nb@one.example y, z\na@two.example x\n")
    return Target("table", str(path), "hash")


def laid(*edits: Edit) -> Overlay:
    return overlay(merged(edits), Files())


def test_changed_removed_and_switched_rows(virtual: Target) -> None:
    found = laid(
        SetEntry(virtual, "A@one.example", ("x", "w"), ("x",)),
        RemoveEntry(virtual, "b@one.example", "y, z"),
        SwitchEntry(virtual, "a@two.example", ("x",), on=False),
    )
    assert found.staged == {
        (virtual, "a@one.example"): StagedRow("~", "A@one.example", ("x", "w"), was=("x",)),
        (virtual, "b@one.example"): StagedRow("-", "b@one.example", ("y", "z")),
        (virtual, "a@two.example"): StagedRow("#", "a@two.example", ("x",), enabled=False),
    }
    assert not found.added


def test_a_new_row_stands_where_it_will_be_written(virtual: Target) -> None:
    found = laid(SetEntry(virtual, "c@one.example", ("x",), None))
    ((added,),) = found.added.values()
    assert (added.before, added.row) == (2, StagedRow("+", "c@one.example", ("x",)))


def test_a_new_row_that_is_changed_stays_new(virtual: Target) -> None:
    new = SetEntry(virtual, "c@one.example", ("x",), None)
    ((added,),) = laid(new, RenameEntry(virtual, "c@one.example", "d@one.example", ("x",))).added.values()
    assert added.row == StagedRow("+", "d@one.example", ("x",))
    ((off,),) = laid(new, SwitchEntry(virtual, "c@one.example", ("x",), on=False)).added.values()
    assert off.row.marker == "#"
    assert not laid(new, RemoveEntry(virtual, "c@one.example", ("x",)))


def test_a_commented_out_row_is_staged_apart_from_the_one_in_force(virtual: Target) -> None:
    gone = RemoveDisabledEntry(virtual, "A@one.example", ("old",))
    found = laid(gone, SetEntry(virtual, "a@one.example", ("w",), ("x",)))
    assert found.staged[virtual, OFF + "a@one.example"] == StagedRow(
        "-", "A@one.example", ("old",), enabled=False
    )
    assert found.staged[virtual, "a@one.example"].marker == "~"
    ((added,),) = laid(AddDisabledEntry(virtual, "c@one.example", ("x",))).added.values()
    assert (added.before, added.row) == (2, StagedRow("#", "c@one.example", ("x",), enabled=False))


def test_a_renamed_row_shows_its_new_name_at_its_place(virtual: Target) -> None:
    found = laid(RenameEntry(virtual, "a@one.example", "z@one.example", ("x",)))
    assert found.staged[virtual, "a@one.example"].address == "z@one.example"


def test_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    target = Target("aliases", str(tmp_path / "new"), "hash")
    found = laid(SetEntry(target, "root", "jean, laure", None))
    ((added,),) = found.added.values()
    assert (added.before, added.row.items) == (0, ("jean", "laure"))


def test_a_renamed_row_with_new_destinations_is_one_row(virtual: Target) -> None:
    found = laid(
        RenameEntry(virtual, "a@one.example", "z@one.example", ("x",)),
        SetEntry(virtual, "z@one.example", ("w",), ("x",)),
    )
    assert list(found.staged) == [(virtual, "a@one.example")]
    assert found.staged[virtual, "a@one.example"] == StagedRow("~", "z@one.example", ("w",), was=("x",))
