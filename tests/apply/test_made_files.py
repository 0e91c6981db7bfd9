"""A file that a change made goes when the change is taken back, if nobody touched it since."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtui.apply import folders
from mailtui.apply.history import History
from mailtui.apply.record import FolderRecord
from mailtui.apply.review import review, state_folder
from mailtui.apply.transaction import apply
from mailtui.edits.datasets import AddLine, SetKeyRow
from mailtui.edits.entries import SetEntry
from mailtui.edits.folders import MakeFolder, folder
from mailtui.edits.items import AddItem
from mailtui.edits.keywords import SetKeyword
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from tests.apply import killing
from tests.apply.changing import Server


class Made:
    """opendkim's folder with two files, and what names them: as a first key makes it."""

    def __init__(self, root: Path) -> None:
        self.server = Server(root)
        self.folder = root / "opendkim"
        self.conf = root / "opendkim.conf"
        self.conf.write_text("Mode v\n")
        self.hosts, self.keys = self.folder / "TrustedHosts", self.folder / "KeyTable"
        self.number = self.apply(*self.edits)

    @property
    def edits(self) -> tuple[Edit, ...]:
        conf, hosts = Target("opendkim.conf", str(self.conf)), Target("trustedhosts", str(self.hosts))
        return (
            MakeFolder(folder(str(self.folder)), os.geteuid(), os.getegid(), 0o755),
            AddLine(hosts, "127.0.0.1"),
            AddLine(hosts, "::1"),
            SetKeyRow(Target("keytable", str(self.keys)), "mail", "falcot.com:mail:/etc/dkimkeys/mail", None),
            SetKeyword(conf, "InternalHosts", str(self.hosts), None),
        )

    def apply(self, *edits: Edit) -> int:
        done = apply(self.server.instance, edits, who="roland")
        assert done.state == "applied", done.error
        assert done.history_id is not None
        return done.history_id

    def undo(self) -> tuple[Edit, ...]:
        return History.open(self.server.instance).undo(self.number)

    @property
    def there(self) -> list[str]:
        """What is below the folder; without it nothing."""
        return sorted(os.listdir(self.folder)) if self.folder.exists() else ["(no folder)"]


@pytest.fixture
def made(root: Path) -> Made:
    found = Made(root)
    assert found.there == ["KeyTable", "TrustedHosts"]
    return found


def test_files_and_their_folder_go(made: Made) -> None:
    found = review(made.server.instance, made.undo(), no_rehearsal=True)
    plan = [(step.action, step.target) for step in found.plan.steps if step.action in {"write", "remove"}]
    assert ("remove", str(made.hosts)) in plan
    assert plan[-1] == ("remove", str(made.folder))
    assert f"--- {made.hosts}\n+++ /dev/null\n" in found.diff
    made.apply(*made.undo())
    assert made.there == ["(no folder)"]
    assert made.conf.read_text() == "Mode v\n"
    assert [entry.state for entry in History.open(made.server.instance).list()] == ["applied", "undone"]


def test_an_undo_is_undone(made: Made) -> None:
    before = made.hosts.read_bytes()
    made.number = made.apply(*made.undo())
    made.apply(*made.undo())
    assert made.there == ["KeyTable", "TrustedHosts"]
    assert (made.hosts.read_bytes(), made.hosts.stat().st_mode & 0o777) == (before, 0o644)


def test_what_somebody_changed_since_stays(made: Made) -> None:
    made.hosts.write_bytes(made.hosts.read_bytes() + b"10.0.0.1\n")
    made.keys.chmod(0o640)
    made.apply(*made.undo())
    assert made.there == ["KeyTable", "TrustedHosts"]
    assert made.hosts.read_bytes() == b"10.0.0.1\n"
    assert (made.keys.read_bytes(), made.keys.stat().st_mode & 0o777) == (b"", 0o640)


def test_what_somebody_names_since_stays(made: Made) -> None:
    made.conf.write_text(made.conf.read_text() + f"PeerList {made.hosts}\n")
    made.apply(*made.undo())
    assert made.there == ["TrustedHosts"]
    assert made.hosts.read_bytes() == b""


def test_a_list_that_a_parameter_names_since_stays(root: Path) -> None:
    server = Server(root)
    path = server.etc / "partners"
    first = apply(server.instance, [AddItem(Target("list", str(path)), "", "10.1.0.0/16")], who="roland")
    named = [SetParameter(server.main, "smtpd_authorized_xclient_hosts", str(path), None)]
    assert apply(server.instance, named, who="roland").state == "applied"
    assert first.history_id is not None
    edits = History.open(server.instance).undo(first.history_id)
    assert apply(server.instance, edits, who="roland").state == "applied"
    assert path.read_bytes() == b""


def test_a_text_whose_compiled_table_stays_is_not_removed(root: Path) -> None:
    server = Server(root)
    relays = Target("table", str(server.etc / "relays"), "hash")
    done = apply(server.instance, [SetEntry(relays, "a.example", "smtp:b.example", None)], who="roland")
    assert done.history_id is not None
    again = apply(server.instance, History.open(server.instance).undo(done.history_id), who="roland")
    assert again.state == "applied"
    assert (server.etc / "relays").read_bytes() == b""


def test_stopped_when_the_folder_is_gone(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made again before its files are."""
    real, before, stop = folders.carry_out, made.hosts.read_bytes(), threading.Event()

    def then_stop(records: Sequence[FolderRecord], *, making: bool) -> list[str]:
        told = real(records, making=making)
        if not making:
            assert not made.folder.exists()
            stop.set()
        return told

    monkeypatch.setattr(folders, "carry_out", then_stop)
    done = apply(made.server.instance, made.undo(), who="roland", cancel=stop)
    assert (done.state, "taken back" in done.error) == ("rolled-back", True)
    assert made.there == ["KeyTable", "TrustedHosts"]
    assert made.hosts.read_bytes() == before
    assert (made.hosts.stat().st_mode & 0o777, made.hosts.stat().st_uid) == (0o644, os.geteuid())


@pytest.mark.parametrize("again", [False, True])
def test_killed_while_it_is_taken_back(root: Path, again: bool) -> None:
    """At any point: all is there, or nothing, once it was recovered."""
    made = Made(root)
    if again:
        made.number = made.apply(*made.undo())
    kept = {path: path.read_bytes() for path in (made.hosts, made.keys) if path.exists()}
    conf = made.conf.read_bytes()
    edits = made.undo()

    def job() -> None:
        apply(made.server.instance, edits, who="roland")

    total = 600
    ends = set()
    for at in killing.points(total, 25, 7):
        status = killing.run(job, at)
        History.open(made.server.instance).recover()
        whole = made.conf.read_bytes() == conf
        if whole:
            assert {path: path.read_bytes() for path in (made.hosts, made.keys) if path.exists()} == kept, at
            assert made.there == (["(no folder)"] if again else ["KeyTable", "TrustedHosts"])
        else:
            assert made.there == (["KeyTable", "TrustedHosts"] if again else ["(no folder)"]), at
        ends.add(whole)
        assert not list(state_folder(made.server.instance).rglob("*-journal"))
        if not whole:  # back to where it began, for the next point
            undo = History.open(made.server.instance)
            newest = next(entry for entry in undo.list() if entry.state == "applied")
            assert apply(made.server.instance, undo.undo(newest.id), who="roland").state == "applied"
            assert made.conf.read_bytes() == conf
            assert {path: path.read_bytes() for path in (made.hosts, made.keys) if path.exists()} == kept
            edits = History.open(made.server.instance).undo(_first(made))
        if status >= 0:
            assert not whole
    assert ends == {False, True}


def _first(made: Made) -> int:
    """The change whose undo is tried: the newest that is in force."""
    return next(e.id for e in History.open(made.server.instance).list() if e.state == "applied")
