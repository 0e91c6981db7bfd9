"""Folders of a change: made with their owner, taken back while they are empty, never through a planted symlink."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtui.apply import folders, writing
from mailtui.apply.faults import Changed, WriteError
from mailtui.apply.history import History
from mailtui.apply.journal import Journal
from mailtui.apply.record import FolderRecord
from mailtui.apply.review import review, state_folder
from mailtui.apply.transaction import apply
from mailtui.edits.draft import BadDraft, merged
from mailtui.edits.folders import MakeFolder, RemoveFolder, folder
from mailtui.edits.model import Edit
from mailtui.edits.store import from_json, to_json
from tests.apply.changing import Server

OWNER = (5000, 5001) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def make(path: Path, mode: int = 0o700) -> MakeFolder:
    return MakeFolder(folder(str(path)), *OWNER, mode)


def rights(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_uid, found.st_gid, found.st_mode & 0o7777


def two(server: Server) -> tuple[Path, Sequence[Edit]]:
    """A mailbox folder in a domain's folder, and the entry that names it."""
    domain = server.root / "box.test"
    return domain, [server.new(), make(domain), make(domain / "jean")]


def test_made_with_owner_and_mode_and_taken_back_by_undo(server: Server) -> None:
    domain, edits = two(server)
    seen = review(server.instance, edits)
    assert [(step.action, step.target) for step in seen.plan.steps if step.action == "make"] == [
        ("make", str(domain)),
        ("make", str(domain / "jean")),
    ]
    assert seen.ok
    assert not domain.exists()
    done = apply(server.instance, edits)
    assert done.state == "applied", done.error
    assert rights(domain) == rights(domain / "jean") == (*OWNER, 0o700)
    assert done.history_id is not None
    back = History.open(server.instance).undo(done.history_id)
    assert apply(server.instance, back).state == "applied"
    assert not domain.exists()
    assert History.open(server.instance).list()[-1].state == "undone"


def test_undo_leaves_what_got_mail(server: Server) -> None:
    domain, edits = two(server)
    number = apply(server.instance, edits).history_id
    assert number is not None
    (domain / "jean" / "new").mkdir()
    done = apply(server.instance, History.open(server.instance).undo(number))
    assert done.state == "applied"
    assert (domain / "jean" / "new").is_dir()
    assert any("is not empty, and stays" in text for text in done.told)


def test_undo_leaves_a_folder_that_was_there_before(server: Server) -> None:
    domain, edits = two(server)
    domain.mkdir()
    before = rights(domain)
    number = apply(server.instance, edits).history_id
    assert number is not None
    assert rights(domain) == before
    assert apply(server.instance, History.open(server.instance).undo(number)).state == "applied"
    assert domain.is_dir()
    assert not (domain / "jean").exists()


def test_a_folder_alone_is_a_change(server: Server) -> None:
    edit = make(server.root / "vhosts")
    done = apply(server.instance, [edit])
    assert done.state == "applied", done.error
    assert apply(server.instance, [edit]).state == "nothing"
    assert review(server.instance, [edit]).nothing
    assert done.history_id is not None
    assert apply(server.instance, History.open(server.instance).undo(done.history_id)).state == "applied"
    assert not (server.root / "vhosts").exists()
    assert [each.state for each in History.open(server.instance).list()] == ["applied", "undone"]


@pytest.mark.parametrize("filled", [False, True])
def test_a_failing_write_takes_them_back_while_empty(
    server: Server, monkeypatch: pytest.MonkeyPatch, filled: bool
) -> None:
    domain, edits = two(server)

    def fails(*_: object) -> None:
        assert (domain / "jean").is_dir()  # folders come before the tables that name them
        if filled:
            (domain / "jean" / "mail").write_text("x")
        raise WriteError("the disk is full", "", "virtual")

    monkeypatch.setattr(writing, "put", fails)
    done = apply(server.instance, edits)
    assert done.state == "rolled-back"
    assert domain.exists() is filled
    assert any("not empty any more" in text for text in done.told) is filled


@pytest.mark.parametrize("at", ["made", "written"])
def test_a_crash_is_mended_by_the_next_change(
    server: Server, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """What a killed process leaves: nothing is taken back by itself."""
    domain, edits = two(server)
    pid = os.fork()
    if pid == 0:
        name = "put" if at == "made" else "take_back"
        if at == "written":
            monkeypatch.setattr("mailtui.apply.attempt.Attempt._act", lambda *_: os._exit(9))
        else:
            monkeypatch.setattr(writing, name, lambda *_: os._exit(9))
        apply(server.instance, edits)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert (domain / "jean").is_dir()
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["rolled back" if at == "made" else "finished"]
    assert domain.exists() is (at == "written")


def test_a_crash_in_an_undo_is_finished(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    domain, edits = two(server)
    number = apply(server.instance, edits).history_id
    assert number is not None
    back = History.open(server.instance).undo(number)
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(folders, "remove", lambda *_: os._exit(9))
        apply(server.instance, back)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert domain.is_dir()
    assert [each.state for each in History.open(server.instance).recover()] == ["finished"]
    assert not domain.exists()


@pytest.mark.parametrize("what", ["file", "above", "dots"])
def test_what_cannot_be_is_refused_before_anything_is_written(server: Server, what: str) -> None:
    path = server.root / "box"
    if what == "file":
        path.write_text("")
    target = {"file": path, "above": path / "a" / "b", "dots": server.root / ".." / "x"}[what]
    before = server.text()
    done = apply(server.instance, [server.new(), make(target)])
    assert done.state == "refused"
    assert {"file": "no folder", "above": "make that one first", "dots": "`..`"}[what] in done.error
    assert server.text() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes folders of others")
def test_no_symlink_of_a_mail_user_is_followed(server: Server) -> None:
    """Whoever owns the base could lead root out of it."""
    base, aim = server.root / "vmail", server.root / "secret"
    base.mkdir()
    aim.mkdir()
    (base / "box.test").symlink_to(aim)
    os.chown(base / "box.test", *OWNER, follow_symlinks=False)
    done = apply(server.instance, [server.new(), make(base / "box.test" / "jean")])
    assert done.state == "rolled-back"
    assert "symlink of uid 5000" in done.error
    assert not list(aim.iterdir())
    os.chown(base / "box.test", 0, 0, follow_symlinks=False)  # the admin's own is
    assert apply(server.instance, [make(base / "box.test" / "jean")]).state == "applied"
    assert rights(aim / "jean") == (*OWNER, 0o700)


def test_somebody_elses_new_folder_is_not_taken(server: Server) -> None:
    path = server.root / "box"
    path.mkdir()
    with pytest.raises(Changed):
        folders.make(FolderRecord(str(path), *OWNER, 0o700, make=True))
    assert path.is_dir()


def test_the_journal_holds_them(server: Server) -> None:
    apply(server.instance, two(server)[1])
    with Journal.reading(state_folder(server.instance)) as journal:
        (change,) = journal.changes()
    assert [record.path.rpartition("/")[2] for record in change.made] == ["box.test", "jean"]
    assert all(record.make for record in change.made)


def test_as_json_and_back() -> None:
    for edit in (
        MakeFolder(folder("/srv/mail/"), 5000, 5000, 0o700),
        RemoveFolder(folder("/a"), 1, 2, 0o755),
    ):
        assert from_json(json.loads(json.dumps(to_json(edit)))) == edit
        assert from_json(to_json(edit.inverse())) == edit.inverse()
    good = to_json(MakeFolder(folder("/srv/mail"), 5000, 5000, 0o700))
    for bad in (
        {"uid": "5000"},
        {"uid": True},
        {"uid": -1},
        {"mode": 1 << 20},
        {"format": "table"},
        {"gid": None},
    ):
        with pytest.raises(BadDraft):
            from_json({**good, **bad})


def test_made_and_unmade_in_one_draft_is_nothing() -> None:
    edit = MakeFolder(folder("/srv/mail"), 5000, 5000, 0o700)
    assert merged([edit, edit.inverse()]) == ()
    assert merged([edit, edit]) == (edit,)
