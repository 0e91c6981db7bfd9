"""Entries that are commented out in the file: taken out of it, and put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.entries import AddDisabledEntry, RemoveDisabledEntry, RemoveEntry, SetEntry, SwitchEntry
from mailtui.edits.model import Edit
from mailtui.formats.aliases import Aliases
from mailtui.formats.splice import Refused
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.files import Files

FILE = b"""# Virtual aliases
a@one.example   x
#old@one.example  y,
##  note
#       z
# prose
#a@one.example  w
b@one.example   x
"""


@pytest.fixture
def virtual(tmp_path: Path) -> Target:
    path = tmp_path / "virtual"
    path.write_bytes(FILE)
    return Target("table", str(path), "hash")


def after(target: Target, *edits: Edit) -> bytes:
    candidate = Candidate(Files(), merged(edits))
    assert (candidate.conflicts, candidate.stopped) == ([], [])
    return candidate.raw(target.path)


def test_it_goes_with_its_lines_and_the_comments_between_them(virtual: Target) -> None:
    gone = RemoveDisabledEntry(virtual, "Old@one.example", ("y", "z"))
    assert after(virtual, gone) == FILE.replace(b"#old@one.example  y,\n##  note\n#       z\n", b"")
    assert gone.describe() == "- virtual Old@one.example (commented out; was y, z)"


def test_the_one_in_force_stays(virtual: Target) -> None:
    raw = after(virtual, RemoveDisabledEntry(virtual, "a@one.example", "w"))
    assert raw == FILE.replace(b"#a@one.example  w\n", b"")
    assert after(virtual, RemoveEntry(virtual, "a@one.example", "x")) == FILE.replace(
        b"a@one.example   x\n", b"", 1
    )


def test_taken_back_it_says_the_same_and_stays_off(virtual: Target) -> None:
    gone = RemoveDisabledEntry(virtual, "a@one.example", "w")
    Path(virtual.path).write_bytes(after(virtual, gone))
    raw = after(virtual, gone.inverse())
    table = Table.parse(raw)
    index = table.find_disabled(b"a@one.example")
    assert index is not None
    assert table.entry(index).value == b"w"
    assert list(table.compiled()) == list(Table.parse(FILE).compiled())
    Path(virtual.path).write_bytes(raw)
    assert after(virtual, gone.inverse()) == raw


def test_another_value_is_a_conflict_and_an_absent_one_is_nothing(virtual: Target) -> None:
    other = RemoveDisabledEntry(virtual, "a@one.example", "other")
    (conflict,) = Candidate(Files(), [other]).conflicts
    assert (conflict.was, conflict.theirs, conflict.ours) == ("other", "w", None)
    assert after(virtual, RemoveDisabledEntry(virtual, "c@one.example", "x")) == FILE


def test_how_it_folds_with_others(virtual: Target) -> None:
    gone = RemoveDisabledEntry(virtual, "old@one.example", ("y", "z"))
    assert merged([gone, gone.inverse()]) == ()
    assert merged([gone.inverse(), gone]) == ()
    on = SwitchEntry(virtual, "old@one.example", ("y", "z"), on=True)
    assert merged([on, gone]) == (gone,)
    new = SetEntry(virtual, "old@one.example", "n", None)
    raw = after(virtual, gone, new)
    assert b"#old" not in raw
    assert b"old@one.example n\n" in b" ".join(raw.split(b"   "))


def test_what_would_read_as_prose_is_refused() -> None:
    aliases = Aliases.parse(b"root: a\n")
    assert aliases.spliced(aliases.add_disabled(b"list", [b"a", b"b"])).raw == b"root: a\n#list: a, b\n"
    with pytest.raises(Refused, match="prose"):
        Table.parse(b"").add_disabled(b"Note", b"this is a sentence about it.")
    with pytest.raises(Refused, match="comments around it"):
        Table.parse(b"#a@x b,\n#c@x d\n# e@x\n").remove_disabled(b"c@x")


def test_where_comments_would_join_it_it_goes_to_the_end() -> None:
    table = Table.parse(b"a@x b\n#  and@x\nc@y d\n")
    after = table.spliced(table.add_disabled(b"n@x", b"m"))
    assert after.raw == b"a@x b\n#  and@x\nc@y d\n#n@x m\n"


def test_a_missing_final_newline_is_no_harm() -> None:
    table = Table.parse(b"a@x b")
    assert table.spliced(table.add_disabled(b"c@x", b"d")).raw == b"a@x b\n#c@x d\n"
    assert (
        AddDisabledEntry(Target("table", "/x"), "c@x", "d").describe() == "+ x c@x \u2192 d (commented out)"
    )
