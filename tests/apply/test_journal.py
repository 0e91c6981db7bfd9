"""The journal: durable before the first write, readable by anyone's rights, and never a keeper of secrets."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from mailtui.apply import journal as journals
from mailtui.apply.actor import owner_of
from mailtui.apply.database import DATABASE, JournalError, unwritable
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.record import Change, FileRecord
from mailtui.apply.write import digest
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.mkdir(mode=0o700)
    return path


def a_file(path: str = "/etc/postfix/virtual", *, secret: bool = False, back: bytes = b"was") -> FileRecord:
    return FileRecord(
        path=path,
        real=path,
        target=Target("table", path, "hash"),
        secret=secret,
        created=False,
        mtime_ns=12345678901,
        before=digest(b"before"),
        after=digest(b"after"),
        back=(Splice(0, 3, back),),
        old="/etc/postfix/.mailtui-1/1-text",
        edits="e1",
        inverse="i1",
    )


def a_change(*files: FileRecord) -> Change:
    change = new_change("roland", "/etc/postfix", "mail.falcot.com")
    change.words, change.edits = ["~ alias a → b"], [{"edit": "set-entry", "name": "a\udcff"}]
    change.files, change.diff, change.folders = list(files), "--- a\n+++ b\n", ["/etc/postfix"]
    return change


def begun(journal: Journal, *files: FileRecord, copies: bytes = b"before") -> Change:
    change = a_change(*files)
    change.id = journal.prepare(change)
    journal.begin(change, [(record, copies) for record in files], change.diff.encode())
    return change


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_begins_is_there_for_another_process_at_once(folder: Path) -> None:
    with Journal.writing(folder) as journal, Journal.reading(folder) as other:
        change = begun(journal, a_file())
        found = other.get(change.id)
        assert found is not None
        assert (found.state, found.who, found.words, found.edits) == (
            "applying",
            "roland",
            change.words,
            change.edits,
        )
        assert found.files == [a_file()]
        assert [each.id for each in other.unfinished()] == [change.id]


def test_a_change_that_is_only_prepared_is_no_history_but_is_unfinished(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        change = a_change()
        change.id = journal.prepare(change)
        assert journal.changes() == []
        assert journal.get(change.id) is None
        assert [(each.state, each.folders) for each in journal.unfinished()] == [
            ("preparing", ["/etc/postfix"])
        ]
        journal.forget(change.id)
        assert journal.unfinished() == []


def test_numbers_are_never_used_twice(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        first = journal.prepare(a_change())
        journal.forget(first)
        assert journal.prepare(a_change()) == first + 1


def test_the_copies_and_the_patch_are_plain_private_files(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        change = begun(journal, a_file())
        patch, copy = folder / f"changes/{change.id}.patch", folder / f"changes/{change.id}/0-virtual"
        assert patch.read_bytes() == b"--- a\n+++ b\n"
        assert copy.read_bytes() == b"before"
        for path in (patch, copy, folder / DATABASE):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_large_file_has_no_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "COPY_LIMIT", 5)
    with Journal.writing(folder) as journal:
        change = begun(journal, a_file())
        assert not (folder / f"changes/{change.id}").exists()


def test_the_end_keeps_what_undoes_it_and_drops_what_only_a_crash_needs(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        change = begun(journal, a_file())
        journal.finish(change, "applied")
        found = journal.get(change.id)
        assert found is not None
        assert found.state == "applied"
        assert found.files == [replace(a_file(), old="", swaps=())]
        assert journal.unfinished() == []
        second = begun(journal, a_file())
        journal.finish(second, "applied", undoes=change.id)
        assert [(each.id, each.state) for each in journal.changes()] == [
            (second.id, "applied"),
            (change.id, "undone"),
        ]


def test_the_splices_of_a_huge_change_are_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "BACK_LIMIT", 10)
    with Journal.writing(folder) as journal:
        change = begun(journal, a_file(back=b"x" * 11))
        journal.finish(change, "applied")
        assert journal.changes()[0].files[0].back is None


def test_a_rolled_back_change_leaves_no_copies(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        change = begun(journal, a_file())
        change.reason = "reload failed"
        journal.finish(change, "rolled-back")
        assert [(each.state, each.reason) for each in journal.changes()] == [("rolled-back", "reload failed")]
        assert list((folder / "changes").iterdir()) == []


def test_nothing_of_a_secret_file_stays_and_the_database_never_held_it(folder: Path) -> None:
    record = a_file("/etc/postfix/sasl_passwd", secret=True, back=b"hunter2")
    with Journal.writing(folder) as journal:
        change = begun(journal, record, copies=b"smtp.example.net user:hunter2\n")
        assert b"hunter2" not in (folder / DATABASE).read_bytes()
        kept = folder / f"changes/{change.id}.secret"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        kept_record = replace(record, edits="", inverse="")
        assert journal.unfinished()[0].files == [kept_record]  # a crash can still be mended
        journal.finish(change, "applied")
        content = everything(folder)
        assert b"hunter2" not in content
        assert record.before.encode() not in content
        assert record.after.encode() not in content
        assert journal.changes()[0].files[0].back is None


def test_secrets_that_a_crash_left_behind_are_dropped(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        at_work = begun(journal, a_file(secret=True))
        stray = folder / "changes/99.secret"
        stray.write_bytes(b"{}")
        journal.tidy()
        assert not stray.exists()
        assert (folder / f"changes/{at_work.id}.secret").exists()


def test_what_a_crash_left_of_changes_that_ended_is_dropped(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        done, undone = begun(journal, a_file(), copies=b"x"), begun(journal, a_file(), copies=b"x")
        kept = begun(journal, a_file(), copies=b"x")
        names = {change.id: (f"{change.id}.patch", str(change.id)) for change in (done, undone, kept)}
        copies = {path: path.read_bytes() for path in folder.glob("changes/*.patch")}
        kept.kept = True
        journal.finish(done, "applied")
        journal.finish(undone, "rolled-back")
        journal.finish(kept, "rolled-back")
        (folder / f"changes/{undone.id}.patch").write_bytes(next(iter(copies.values())))
        (folder / f"changes/{undone.id}").mkdir()
        (folder / "changes/77.patch").write_bytes(b"of a row that was forgotten")
        (folder / "changes/README").write_bytes(b"not ours")
        journal.tidy()
        left = {each.name for each in (folder / "changes").iterdir()}
        assert left == {*names[done.id], *names[kept.id], "README"}


def test_old_and_too_many_copies_go_the_oldest_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.writing(folder) as journal:
        first, second = begun(journal, a_file()), begun(journal, a_file())
        monkeypatch.setattr(journals, "COPIES_SIZE", len(b"before"))
        journal.finish(second, "applied")
        assert not (folder / f"changes/{first.id}").exists()
        assert (folder / f"changes/{second.id}").exists()
        os.utime(folder / f"changes/{second.id}", (1, 1))
        journal.finish(begun(journal, a_file()), "applied")
        assert not (folder / f"changes/{second.id}").exists()


def test_changes_are_found_by_the_file_they_wrote(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        for path in ("/a", "/b\udcff", "/a"):
            journal.finish(begun(journal, a_file(path)), "applied")
        assert [each.id for each in journal.touching("/a")] == [3, 1]
        assert [each.id for each in journal.touching("/b\udcff")] == [2]
        assert [each.id for each in journal.touching("/a", 1)] == [3]


def test_a_missing_journal_is_an_empty_history(tmp_path: Path) -> None:
    with Journal.reading(tmp_path / "nowhere") as journal:
        assert journal.changes() == []
        assert journal.told == ""
    assert not (tmp_path / "nowhere").exists()


def test_a_journal_open_for_reading_takes_nothing(folder: Path) -> None:
    with Journal.reading(folder) as journal, pytest.raises(JournalError, match="reading only"):
        journal.prepare(a_change())


@pytest.mark.parametrize("rubbish", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_damaged_journal_is_told_by_looking_and_moved_aside_by_writing(
    folder: Path, rubbish: bytes
) -> None:
    (folder / DATABASE).write_bytes(rubbish)
    with Journal.reading(folder) as journal:
        assert "the next change moves it aside" in journal.told
        assert journal.changes() == []
    assert (folder / DATABASE).read_bytes() == rubbish
    with Journal.writing(folder) as journal:
        assert "damaged" in journal.told
        assert begun(journal, a_file()).id == 1
    aside = [path for path in folder.iterdir() if ".damaged-" in path.name]
    assert [path.read_bytes() for path in aside] == [rubbish]
    assert str(aside[0]) in journal.told


def test_a_journal_of_a_newer_mailtui_is_left_alone(folder: Path) -> None:
    Journal.writing(folder).close()
    database = sqlite3.connect(folder / DATABASE)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalError, match="newer mailtui"):
        Journal.writing(folder)
    with Journal.reading(folder) as journal:
        assert "newer mailtui" in journal.told
    assert [path.name for path in folder.iterdir()] == [DATABASE]


def test_a_journal_that_cannot_be_written_refuses_with_what_to_do(folder: Path) -> None:
    (folder / DATABASE).mkdir()
    with pytest.raises(JournalError) as refused:
        Journal.writing(folder)
    assert str(folder) in refused.value.what
    assert "MAILTUI_STATE_DIR" in refused.value.do


def test_a_full_disk_is_a_journal_error(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        assert journal._database is not None
        pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
        journal._database.execute(f"PRAGMA max_page_count = {pages}")
        change = a_change()
        change.diff = "x" * 1_000_000
        with pytest.raises(JournalError, match="full"):
            journal.prepare(change)
        assert journal.unfinished() == []


def test_a_row_that_another_took_for_dead_cannot_begin(folder: Path) -> None:
    with Journal.writing(folder) as journal:
        change = a_change(a_file())
        change.id = journal.prepare(change)
        journal.forget(change.id)
        with pytest.raises(JournalError, match="dead one"):
            journal.begin(change, [], b"")
        assert journal.unfinished() == []


def at_work(owner: str) -> bool:
    change = new_change("x", "/etc/postfix", "h")
    change.owner = owner
    return change.at_work


def test_a_process_is_known_by_its_start_so_a_new_one_of_its_number_is_not_it() -> None:
    pid, started, boot = owner_of(os.getpid()).split(" ")
    assert new_change("x", "/etc/postfix", "h").at_work
    assert at_work(f"{pid} {started} {boot}")
    assert not at_work(f"{pid} {int(started) - 1} {boot}")
    assert not at_work("")
    assert owner_of(2**22 + 1) == ""


def test_what_sqlite_left_of_a_killed_commit_is_cleared(folder: Path) -> None:
    Journal.writing(folder).close()
    stale = folder / f"{DATABASE}-journal"
    stale.write_bytes(b"")
    Journal.writing(folder).close()
    assert not stale.exists()


def test_a_journal_that_is_roots_asks_for_sudo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    assert "make room or correct its rights" in unwritable(tmp_path, OSError(errno.ENOSPC, "full")).do
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert unwritable(tmp_path, denied).do.startswith("start mailtui with sudo")
