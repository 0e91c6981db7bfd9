"""Many entries as one edit: the same as each by itself, taken back whole, conflicts, drafts, lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.apply.secret import masked_edit
from mailtui.edits.bulk import Change, SetEntries
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import BadDraft, Draft, Group
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.model import Edit
from mailtui.edits.overlay import overlay
from mailtui.edits.rebase import on_top
from mailtui.edits.store import dumps, from_json, loads, to_json
from mailtui.formats.aliases import Aliases
from mailtui.formats.splice import Splice, apply_splices, composed
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.files import Files

NAMES = ["a@x", "B@x", "c@y", '"first last"@y', "@z", "z", "é@x", "d@w"]
VALUES = ["", "one@x", "one@x, two@y", "one@x,two@y", '"|cmd a", b', "née@x"]
LINES = ["# a remark", "", "#e@x  gone@x", "a@x one@x", "A@x again@x", "c@y   one@x,\n  two@y", "z  zed",
         '"first last"@y one', "n@y x", "d@w\tone@x,two@y"]  # fmt: skip


def compiled(raw: bytes) -> dict[bytes, list[bytes]]:
    document = Table.parse(raw)
    return {key: document.items(document.find(key) or 0) for key, _ in document.compiled()}


@given(
    st.lists(st.sampled_from(LINES)),
    st.booleans(),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), min_size=1),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_same_as_each_entry_by_itself(
    lines: list[str], open_end: bool, wanted: dict[str, str], newline: str
) -> None:
    raw = newline.join(lines).replace("\n", newline).replace("\r\r", "\r").encode()
    raw += b"" if open_end else newline.encode()
    document, target = Table.parse(raw), Target("table", "/t", "hash")
    edit = SetEntries.of(target, (Change(n, "", v) for n, v in wanted.items()), lists=True)
    edit = edit.rebased(document)
    after = document.spliced(edit.splices(document))
    single = document
    for name, value in wanted.items():
        if value:
            items = [item.strip().encode() for item in value.split(",")]
            single = single.spliced(single.set(name.encode(), items))
        elif single.find(name.encode()) is not None:
            single = single.spliced(single.remove(name.encode()))
    assert compiled(after.raw) == compiled(single.raw)
    back = after.spliced(edit.inverse().splices(after))
    assert compiled(back.raw) == compiled(raw)
    assert [line for line in back.raw.splitlines() if line.startswith(b"#")] == [
        line for line in raw.splitlines() if line.startswith(b"#")
    ]
    assert not edit.splices(after)


def test_new_entries_stand_with_their_domain_and_changed_ones_keep_their_layout() -> None:
    document = Table.parse(b"a@x    one@x,two@x\n# y\nb@y    one@x\nbare   x\n")
    changes = [Change(f"n{n}@{d}", "", f"v{n}@x") for n in range(20) for d in "xyz"]
    changes += [Change("a@x", "one@x,two@x", "one@x, three@x"), Change("b@y", "one@x", "")]
    edit = SetEntries.of(Target("table", "/t", "hash"), changes, lists=True)
    lines = document.spliced(edit.splices(document)).raw.decode().splitlines()
    assert lines[:2] == ["a@x    one@x,three@x", "n0@x   v0@x"]
    assert lines[20:23] == ["n19@x  v19@x", "# y", "n0@y   v0@x"]
    assert lines[42:44] == ["bare   x", "n0@z   v0@x"]


def test_names_of_local_aliases_are_quoted() -> None:
    document = Aliases.parse(b"root: jean\n")
    edit = SetEntries.of(
        Target("aliases", "/a", "hash"), [Change("first last", "", "a"), Change("b", "", "c")], lists=True
    )
    assert document.spliced(edit.splices(document)).raw == b'root: jean\n"first last": a\nb: c\n'


@pytest.fixture
def table(tmp_path: Path) -> Target:
    (tmp_path / "virtual").write_text("a@x 1\nb@x 2\n")
    return Target("table", str(tmp_path / "virtual"), "hash")


def many(target: Target) -> SetEntries:
    changes = [Change(f"n{n}@x", "", "new@x") for n in range(100)]
    return SetEntries.of(target, [*changes, Change("a@x", "1", "one@x")], lists=True, source="new.csv")


def test_another_value_meanwhile_is_a_conflict_and_ours_goes_on_top(table: Target) -> None:
    edit, path = many(table), Path(table.path)
    path.write_text("a@x theirs\nb@x 2\nn3@x theirs\n")
    (conflict,) = Candidate(Files(), [edit]).conflicts
    assert (conflict.was, conflict.theirs) == ("n3@x absent (and 1 more)", "n3@x → theirs (and 1 more)")
    ours = on_top(conflict, Files())
    assert isinstance(ours, SetEntries)
    after = Table.parse(Candidate(Files(), [ours]).raw(table.path))
    assert [after.items(after.find(key) or 0) for key in (b"a@x", b"n3@x")] == [[b"one@x"], [b"new@x"]]


def test_a_draft_of_it_is_read_back_and_edits_after_it_join_it(table: Target) -> None:
    edit = many(table)
    later: list[Edit] = [
        SetEntry(table, "n5@x", ("other@x",), ("new@x",)), RemoveEntry(table, "b@x", ("2",)),
        SetEntry(table, "late@x", ("l@x",)),
    ]  # fmt: skip
    draft = Draft([Group((edit,), "import")])
    draft.stage(*later)
    saved = loads(dumps(draft.groups, config_dir="/c", hostname="h", who="w", time="t"))
    assert saved.groups == draft.groups
    (change,) = Candidate(Files(), draft.edits).changes
    after = Table.parse(change.after)
    assert after.items(after.find(b"n5@x") or 0) == [b"other@x"]
    assert after.find(b"b@x") is None
    assert after.find(b"late@x") is not None
    assert draft.unstage_last() is not None
    assert draft.edits == (edit,)
    broken = to_json(edit) | {"values": ["x"]}
    with pytest.raises(BadDraft, match="not as many"):
        from_json(json.loads(json.dumps(broken)))
    assert "one@x" not in str(masked_edit(edit))


def test_the_list_shows_each_of_them(table: Target) -> None:
    bulk = many(table).rebased(Table.parse(b"a@x 1\nn1@x first@x\n"))
    edits: list[Edit] = [SetEntry(table, "n1@x", ("first@x",)), bulk]
    shown = overlay(edits, Files())
    rows = [row.row for row in shown.added[table]]
    assert [(row.marker, row.address, row.items) for row in rows[:2]] == [
        ("+", "n1@x", ("new@x",)), ("+", "n0@x", ("new@x",))
    ]  # fmt: skip
    assert len(rows) == 100
    assert {row.before for row in shown.added[table]} == {2}
    assert shown.staged[table, "a@x"].was == ("1",)


@given(st.data())
def test_two_lists_of_splices_as_one(data: st.DataObject) -> None:
    def splices(length: int) -> list[Splice]:
        cuts = sorted(data.draw(st.sets(st.integers(0, length), max_size=6)))
        new = st.binary(max_size=4)
        return [Splice(start, end, data.draw(new)) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]

    raw = data.draw(st.binary(max_size=20))
    first = splices(len(raw))
    middle = apply_splices(raw, first)
    second = splices(len(middle))
    assert apply_splices(raw, composed(len(raw), first, second)) == apply_splices(middle, second)


def test_a_wide_change_of_two_rounds_is_put_together(table: Target) -> None:
    names = [f"name{n:05}@x" for n in range(20_000)]
    Path(table.path).write_text("".join(f"{name} {'v' * 60}@x\n" for name in names))
    changes = [Change(name, f"{'v' * 60}@x", f"{'w' * 60}@x") for name in names[::2]]
    bulk = SetEntries.of(table, changes, lists=True)
    edits: list[Edit] = [bulk, SetEntry(table, names[0], ("other@x",), (f"{'w' * 60}@x",))]
    (change,) = Candidate(Files(), edits).changes
    assert len(change.splices) == 10_000
    assert change.after.startswith(b"name00000@x other@x\nname00001@x vvv")
