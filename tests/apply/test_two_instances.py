"""Two instances on one host: what one writes is never the other's, also where they share a table."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from mailtui.apply import locks, state
from mailtui.apply.history import History
from mailtui.apply.journal import Journal
from mailtui.apply.keeping import DraftKeeper, Presence
from mailtui.apply.review import state_folder
from mailtui.apply.transaction import apply
from mailtui.edits.draft import Group
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.apply.changing import VIRTUAL, Server, write_old

NAMED = "multi_instance_name = postfix-out\n"


def server(root: Path, name: str, more: str = "", spec: str = "") -> Server:
    (root / name).mkdir()
    made = Server(root / name)
    text = made.text("main.cf").replace(made.table.spec, spec or made.table.spec)
    write_old(made.etc / "main.cf", text + more)
    made.instance = Instance.open(str(made.etc))
    return made


def shared(root: Path, *, named: str = "") -> tuple[Server, Server, Target]:
    """Two instances, and a table that both use."""
    (root / "both").mkdir()
    write_old(root / "both/virtual", VIRTUAL)
    target = Target("table", str(root / "both/virtual"), "hash")
    one, two = (server(root, name, named, target.spec) for name in ("in", "out"))
    one.compile(target)
    return one, two, target


def entry(target: Target, name: str) -> SetEntry:
    return SetEntry(target, f"{name}@falcotsbrand.com", ("laure@falcot.com",), None)


@pytest.mark.parametrize("named", ["", NAMED], ids=["without a name", "of one name"])
def test_history_and_undo_are_of_one_instance(root: Path, named: str) -> None:
    one, two, target = shared(root, named=named)
    first = apply(one.instance, [entry(target, "a"), one.parameter()])
    second = apply(two.instance, [entry(target, "b")])
    assert (first.state, second.state) == ("applied", "applied")
    assert [each.edits for each in History.open(one.instance).list()] == [
        ("+ virtual a@falcotsbrand.com → laure@falcot.com", "+ message_size_limit = 20480000")
    ]
    assert [each.edits for each in History.open(two.instance).list()] == [
        ("+ virtual b@falcotsbrand.com → laure@falcot.com",)
    ]
    assert first.history_id is not None
    back = apply(one.instance, History.open(one.instance).undo(first.history_id))
    assert (back.state, back.error) == ("applied", "")
    assert [each.state for each in History.open(two.instance).list()] == ["applied"]
    assert one.answers(target, "a@falcotsbrand.com") == ""
    assert two.answers(target, "b@falcotsbrand.com") == "laure@falcot.com"
    assert Path(target.path).read_text() == VIRTUAL + "b@falcotsbrand.com           laure@falcot.com\n"


@pytest.mark.parametrize("named", ["", NAMED], ids=["without a name", "of one name"])
def test_drafts_and_consoles_are_of_one_instance(root: Path, named: str) -> None:
    one, two, target = shared(root, named=named)
    DraftKeeper(one.instance, "laure").keep([Group((entry(target, "a"),), "one")])
    assert DraftKeeper(two.instance, "laure").load() is None
    here, there = Presence(one.instance, "laure"), Presence(two.instance, "roland")
    here.tell(1)
    there.tell(2)
    assert (here.others(), there.others()) == ([], [])
    assert len({str(state_folder(each.instance)) for each in (one, two)}) == 2
    here.leave()
    there.leave()


def test_a_half_done_change_of_one_is_not_mended_by_the_other(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sees what lies on the disk, and asks before it makes that live."""
    from mailtui.apply.attempt import Attempt

    one, two, target = shared(root)
    with monkeypatch.context() as patched:
        patched.setattr(Attempt, "_act", lambda *_: os._exit(0))
        child = multiprocessing.get_context("fork").Process(
            target=apply, args=(one.instance, [entry(target, "a")])
        )
        child.start()
        child.join()
    assert History.open(one.instance).unfinished()
    assert History.open(two.instance).recover() == []
    assert History.open(one.instance).unfinished()
    done = apply(two.instance, [entry(target, "b")])
    assert (done.state, done.error) == ("applied", "")
    (mended,) = History.open(one.instance).recover()
    assert mended.state == "conflict"
    assert two.answers(target, "a@falcotsbrand.com") == "laure@falcot.com"
    assert two.answers(target, "b@falcotsbrand.com") == "laure@falcot.com"


def test_one_waits_for_the_other_at_a_shared_table(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, target = shared(root)
    monkeypatch.setattr("mailtui.apply.transaction.TURN", 0.05)
    link = root / "link"
    link.symlink_to(target.path)
    with locks.apply_lock([str(link)]):
        done = apply(two.instance, [entry(target, "b")])
    assert (done.state, done.exit_code) == ("refused", 1)
    assert "mailtui of" in done.error
    assert "wait for it to end" in done.error
    assert apply(one.instance, [entry(target, "a")]).state == "applied"


def test_a_new_name_of_the_instance_keeps_its_history(root: Path) -> None:
    one = server(root, "in")
    assert apply(one.instance, [one.change()]).state == "applied"
    write_old(one.etc / "main.cf", one.text("main.cf") + NAMED)
    renamed = Instance.open(str(one.etc))
    assert renamed.name == "postfix-out"
    assert len(History.open(renamed).list()) == 1


def test_a_history_under_the_name_of_old_is_found_and_renamed(root: Path) -> None:
    one, other = server(root, "in", NAMED), server(root, "out", NAMED)
    assert apply(one.instance, [one.change()]).state == "applied"
    present, former = state_folder(one.instance), Path(state.base(), "postfix-out")
    present.rename(former)
    assert state_folder(one.instance) == former  # looking renames nothing
    assert state_folder(other.instance) != former  # nor is it taken for another's of the same name
    assert len(History.open(one.instance).list()) == 1
    assert apply(one.instance, [one.new()]).state == "applied"
    assert len(History.open(one.instance).list()) == 2
    assert (present.is_dir(), former.exists()) == (True, False)


def test_looking_needs_no_parameter_for_the_history(root: Path) -> None:
    one = server(root, "in")
    assert apply(one.instance, [one.change()]).state == "applied"
    write_old(one.etc / "main.cf", "multi_instance_name = ${broken\noops\n")
    with Journal.reading(state_folder(Instance.open(str(one.etc)))) as journal:
        assert len(journal.changes()) == 1
