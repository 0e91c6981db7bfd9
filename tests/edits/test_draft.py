"""Staging, taking back, folding edits of one entry together, and replaying them on the bytes that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.edits import store
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import BadDraft, Draft, Group, merged
from mailtui.edits.entries import (
    AddDisabledEntry,
    RemoveDisabledEntry,
    RemoveEntry,
    RenameEntry,
    SetEntry,
    SwitchEntry,
)
from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.formats.splice import apply_splices
from mailtui.formats.target import Target
from mailtui.postfix.files import Files

TEXT = b"""\
# the brand
webmaster@falcotsbrand.com   jean@falcot.com
contact@falcotsbrand.com     laure@falcot.com,
    # second in line
    sophie@falcot.com
"""


@pytest.fixture
def virtual(tmp_path: Path) -> Target:
    path = tmp_path / "virtual"
    path.write_bytes(TEXT)
    return Target("table", str(path), "hash")


def replayed(virtual: Target, *edits: Edit) -> Candidate:
    return Candidate(Files(), edits)


def after(virtual: Target, *edits: Edit) -> bytes:
    candidate = replayed(virtual, *edits)
    assert candidate.conflicts == []
    assert candidate.stopped == []
    return candidate.raw(virtual.path)


def test_set_replaces_the_value_alone(virtual: Target) -> None:
    edit = SetEntry(
        virtual, "webmaster@falcotsbrand.com", ("jean@falcot.com", "laure@falcot.com"), ("jean@falcot.com",)
    )
    assert after(virtual, edit) == TEXT.replace(
        b"webmaster@falcotsbrand.com   jean@falcot.com",
        b"webmaster@falcotsbrand.com   jean@falcot.com, laure@falcot.com",
    )
    assert edit.describe() == "~ virtual webmaster@falcotsbrand.com → jean@falcot.com, laure@falcot.com"
    (change,) = replayed(virtual, edit).changes
    assert apply_splices(change.before, change.splices) == change.after
    assert len(change.splices) == 1


def test_items_keep_their_comments(virtual: Target) -> None:
    was = ("laure@falcot.com", "sophie@falcot.com")
    assert after(
        virtual, SetEntry(virtual, "contact@falcotsbrand.com", ("laure@falcot.com", "roland@falcot.com"), was)
    ) == (TEXT.replace(b"sophie", b"roland"))


def test_an_edit_and_its_inverse_leave_the_same_bytes(virtual: Target) -> None:
    edits: list[Edit] = [
        SetEntry(virtual, "webmaster@falcotsbrand.com", "sophie@falcot.com", "jean@falcot.com"),
        SetEntry(virtual, "new@falcotsbrand.com", ("jean",), None),
        SwitchEntry(virtual, "contact@falcotsbrand.com", ("laure@falcot.com", "sophie@falcot.com"), on=False),
        RenameEntry(virtual, "webmaster@falcotsbrand.com", "www@falcotsbrand.com", ("jean@falcot.com",)),
    ]
    for edit in edits:
        once = after(virtual, edit)
        assert once != TEXT
        assert after(virtual, edit, edit.inverse()) == TEXT


def test_nothing_to_do_is_no_change(virtual: Target) -> None:
    edit = SetEntry(virtual, "WEBMASTER@falcotsbrand.com", "jean@falcot.com", "someone@else.example")
    assert replayed(virtual, edit).changes == ()
    gone = RemoveEntry(virtual, "nobody@falcotsbrand.com", "x")
    assert replayed(virtual, gone).changes == ()


@pytest.mark.parametrize(
    "edit",
    [
        SetEntry(Target("table", "", "hash"), "webmaster@falcotsbrand.com", "roland", "sophie@falcot.com"),
        SetEntry(Target("table", "", "hash"), "webmaster@falcotsbrand.com", "roland", None),
        SetEntry(Target("table", "", "hash"), "unknown@falcotsbrand.com", "roland", "sophie"),
        RemoveEntry(Target("table", "", "hash"), "webmaster@falcotsbrand.com", "sophie@falcot.com"),
        SwitchEntry(Target("table", "", "hash"), "webmaster@falcotsbrand.com", "sophie@falcot.com", on=False),
        RenameEntry(
            Target("table", "", "hash"),
            "webmaster@falcotsbrand.com",
            "contact@falcotsbrand.com",
            "jean@falcot.com",
        ),
    ],
)
def test_another_admins_value_is_a_conflict(virtual: Target, edit: Edit) -> None:
    import dataclasses

    candidate = replayed(virtual, dataclasses.replace(edit, target=virtual))
    assert len(candidate.conflicts) == 1
    assert candidate.changes == ()


def test_a_conflict_tells_the_three_values(virtual: Target) -> None:
    (conflict,) = replayed(
        virtual, SetEntry(virtual, "webmaster@falcotsbrand.com", "ours@x", "was@x")
    ).conflicts
    assert (conflict.was, conflict.theirs, conflict.ours) == ("was@x", "jean@falcot.com", "ours@x")


def test_two_new_entries_go_to_one_place_in_the_order_of_staging(virtual: Target) -> None:
    one, two = (SetEntry(virtual, f"{name}@falcotsbrand.com", ("jean",), None) for name in ("one", "two"))
    text = after(virtual, one, two)
    assert text.index(b"one@") < text.index(b"two@")
    assert text.startswith(TEXT)


def test_new_entries_after_an_open_last_line(tmp_path: Path) -> None:
    path = tmp_path / "virtual"
    path.write_bytes(b"a@b.example c")
    target = Target("table", str(path), "hash")
    text = after(target, *(SetEntry(target, f"{n}@b.example", "c", None) for n in "xyz"))
    assert [line.split() for line in text.splitlines()] == [
        [b"a@b.example", b"c"],
        *([b"%c@b.example" % n, b"c"] for n in b"xyz"),
    ]


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    target = Target("table", str(tmp_path / "new"), "hash")
    (change,) = Candidate(Files(), [SetEntry(target, "a@b.example", "c", None)]).changes
    assert change.created
    assert change.after.split() == [b"a@b.example", b"c"]


def test_a_value_no_file_can_hold_is_stopped(virtual: Target) -> None:
    candidate = replayed(virtual, SetEntry(virtual, "webmaster@falcotsbrand.com", "a\nb", "jean@falcot.com"))
    assert len(candidate.stopped) == 1
    assert candidate.changes == ()


# Folding


def test_edits_of_one_entry_fold(virtual: Target) -> None:
    one = SetEntry(virtual, "a@b", "1", "0")
    two = SetEntry(virtual, "A@b", "2", "1")
    assert merged([one, two]) == (SetEntry(virtual, "a@b", "2", "0"),)
    assert merged([one, SetEntry(virtual, "a@b", "0", "1")]) == ()
    assert merged([one, RemoveEntry(virtual, "a@b", "1")]) == (RemoveEntry(virtual, "a@b", "0"),)
    new = SetEntry(virtual, "n@b", "1", None)
    assert merged([new, RemoveEntry(virtual, "n@b", "1")]) == ()
    assert merged([RemoveEntry(virtual, "a@b", "0"), SetEntry(virtual, "a@b", "0", None)]) == ()


def test_an_edit_folds_only_into_the_last_of_its_entry(virtual: Target) -> None:
    one = SetEntry(virtual, "a@b", "1", "0")
    off = SwitchEntry(virtual, "a@b", "1", on=False)
    again = SwitchEntry(virtual, "a@b", "1", on=True)
    assert merged([one, off]) == (one, off)
    assert merged([one, off, again]) == (one,)


def test_take_back_group_by_group(virtual: Target) -> None:
    draft = Draft()
    one, two, three = (SetEntry(virtual, f"{n}@b", "1", None) for n in "abc")
    draft.stage(one)
    draft.stage(two, three, label="two at once")
    assert len(draft) == 3
    group = draft.unstage_last()
    assert group is not None
    assert group.describe() == "two at once"
    assert draft.edits == (one,)
    draft.drop(one)
    assert not draft
    assert draft.unstage_last() is None


# Saved drafts

TARGETS = st.sampled_from(
    [Target("table", "/etc/postfix/virtual", "hash"), Target("aliases", "/etc/aliases", "lmdb")]
)
TEXTS = st.text(max_size=12) | st.just("caf\udce9")
VALUES = TEXTS | st.lists(TEXTS, max_size=3).map(tuple)
MAIN = Target("main.cf", "/etc/postfix/main.cf")
EDITS = st.one_of(
    st.builds(SetEntry, TARGETS, TEXTS, VALUES, VALUES | st.none()),
    st.builds(RemoveEntry, TARGETS, TEXTS, VALUES),
    st.builds(SwitchEntry, TARGETS, TEXTS, VALUES, st.booleans()),
    st.builds(RemoveDisabledEntry, TARGETS, TEXTS, VALUES),
    st.builds(AddDisabledEntry, TARGETS, TEXTS, VALUES),
    st.builds(RenameEntry, TARGETS, TEXTS, TEXTS, VALUES),
    st.builds(SetParameter, st.just(MAIN), TEXTS, VALUES, VALUES | st.none()),
    st.builds(ResetParameter, st.just(MAIN), TEXTS, VALUES),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Group, st.lists(EDITS, min_size=1, max_size=3).map(tuple), TEXTS), max_size=4))
def test_a_saved_draft_reads_back(groups: list[Group]) -> None:
    raw = store.dumps(
        groups, config_dir="/etc/postfix", hostname="mail", who="jean", time="2026-01-01T00:00:00+01:00"
    )
    found = store.loads(raw)
    assert list(found.groups) == groups
    assert (found.who, found.config_dir) == ("jean", "/etc/postfix")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "not a draft"),
        (b'{"mailtui_draft": 99}', "version 99"),
        (b'{"mailtui_draft": 1}', "groups is missing"),
        (b'{"mailtui_draft": 1, "groups": [{"edits": [{"edit": "drop-database"}]}]}', "group 1: unknown edit"),
        (b'{"mailtui_draft": 1, "groups": [{"edits": [{"edit": "set-entry"}]}]}', "format or path"),
        (
            b'{"mailtui_draft": 1, "groups": [{"edits": [{"edit": "set-entry", "format": "table", "path": "/x"}]}]}',
            "name is missing",
        ),
        (
            b'{"mailtui_draft": 1, "groups": [{"edits": [{"edit": "remove-entry", "format": "table", "path": "/x", "name": "a", "was": {"x": 1}}]}]}',
            "neither text nor a list",
        ),
    ],
)  # fmt: skip
def test_a_damaged_draft_says_where(raw: bytes, words: str) -> None:
    with pytest.raises(BadDraft, match=words):
        store.loads(raw)


# Many edits at once


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_edits_at_once_equal_edits_one_by_one(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("replay") / "virtual"
    end = data.draw(st.sampled_from([b"", b"\n"]))
    names = [f"{letter}@{domain}.example" for domain in ("one", "two") for letter in "abc"]
    path.write_bytes(b"\n# note\n".join(f"{name} x,\n  y".encode() for name in names[:4]) + end)
    target = Target("table", str(path), "hash")
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=6))
    edits: list[Edit] = []
    state: dict[str, tuple[str, ...]] = dict.fromkeys(names[:4], ("x", "y"))
    for name in chosen:
        was = state.get(name)
        items = data.draw(st.sampled_from([("x",), ("z", "x", "y"), ()]))
        if items:
            edits.append(SetEntry(target, name, items, was))
            state[name] = items
        elif was is not None:
            edits.append(RemoveEntry(target, name, was))
            del state[name]
    at_once = Candidate(Files(), edits)
    assert (at_once.conflicts, at_once.stopped) == ([], [])
    document = at_once.document(target)
    entries = [document.entry(index) for index in range(len(document))]
    assert {
        e.key.decode(): tuple(i.decode() for i in document.items(n)) for n, e in enumerate(entries)
    } == state
    for change in at_once.changes:
        assert apply_splices(change.before, change.splices) == change.after
    for edit in edits:
        path.write_bytes(Candidate(Files(), [edit]).raw(str(path)))
    assert path.read_bytes() == at_once.raw(str(path))


def test_a_thousand_neighbours_are_one_round(tmp_path: Path) -> None:
    path = tmp_path / "virtual"
    path.write_bytes(b"".join(b"u%d@b.example x\n" % n for n in range(3000)))
    target = Target("table", str(path), "hash")
    candidate = Candidate(Files(), [RemoveEntry(target, f"u{n}@b.example", "x") for n in range(1000, 2000)])
    (change,) = candidate.changes
    assert change.after.count(b"\n") == 2000
    assert len(change.splices) == 1000  # its own splices, so they were replayed together


def test_splices_of_one_edit_may_touch(tmp_path: Path) -> None:
    path = tmp_path / "aliases"
    path.write_bytes(b"sales:          jean, laure\n")
    target = Target("aliases", str(path), "hash")
    assert (
        after(target, SetEntry(target, "sales", ("claire",), ("jean", "laure")))
        == b"sales:          claire\n"
    )
