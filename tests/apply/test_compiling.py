"""A table compiled though its text stays as it is: what goes live is shown, the text is not touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.apply import writing
from mailtui.apply.faults import Changed
from mailtui.apply.history import History
from mailtui.apply.review import review
from mailtui.apply.transaction import apply
from mailtui.edits.compiling import CompileTable, KeepCompiled
from mailtui.edits.draft import merged
from tests.apply.changing import Server, write_old

KEY = "press@falcotsbrand.com"


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def stale(server: Server) -> CompileTable:
    """Somebody wrote an entry and did not compile."""
    path = server.etc / "virtual"
    path.write_text(path.read_text() + f"{KEY}  sophie@falcot.com\n")
    return CompileTable(server.table)


def test_what_goes_live_is_shown_and_must_be_accepted(server: Server) -> None:
    edit = stale(server)
    seen = review(server.instance, [edit])
    assert [str(each) for each in seen.not_yours] == [f"virtual {KEY} → sophie@falcot.com"]
    assert seen.ok
    assert seen.diff == ""
    assert ("compile", server.table.spec) in [(step.action, step.target) for step in seen.plan.steps]
    assert apply(server.instance, [edit]).state == "refused"
    assert server.answers(server.table, KEY) == ""


def test_the_table_answers_and_the_text_is_the_same_file(server: Server) -> None:
    edit = stale(server)
    before = os.stat(server.etc / "virtual")
    outcome = apply(server.instance, [edit], accept_not_yours=True)
    assert outcome.state == "applied", outcome.error
    assert server.answers(server.table, KEY) == "sophie@falcot.com"
    after = os.stat(server.etc / "virtual")
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert os.stat(server.etc / "virtual.db").st_mtime_ns >= after.st_mtime_ns
    assert apply(server.instance, [edit]).state == "nothing"


def test_a_table_that_was_never_compiled(server: Server) -> None:
    (server.etc / "virtual.db").unlink()
    outcome = apply(server.instance, [CompileTable(server.table)])
    assert outcome.state == "applied", outcome.error
    assert server.answers(server.table, "contact@falcotsbrand.com") == "laure@falcot.com, sophie@falcot.com"


def test_taking_it_back_does_nothing_and_says_so(server: Server) -> None:
    outcome = apply(server.instance, [stale(server)], accept_not_yours=True)
    assert outcome.history_id is not None
    history = History.open(server.instance)
    back = history.undo(outcome.history_id)
    assert [edit.describe() for edit in back] == [
        f"~ {server.table.spec} stays compiled: what it held before is not kept"
    ]
    assert apply(server.instance, back).state == "nothing"
    write_old(server.etc / "virtual.db", "")
    os.unlink(server.etc / "virtual.db")
    again = apply(server.instance, [CompileTable(server.table)])
    assert again.state == "applied", again.error
    assert [entry.state for entry in history.list()] == ["applied", "applied"]


def test_twice_is_once_and_back_is_nothing(server: Server) -> None:
    edit = CompileTable(server.table)
    assert merged([edit, edit]) == (edit,)
    assert merged([edit, KeepCompiled(server.table)]) == ()


def test_without_a_text_there_is_nothing_to_compile(server: Server) -> None:
    (server.etc / "virtual").unlink()
    outcome = apply(server.instance, [CompileTable(server.table)])
    assert outcome.state == "refused"
    assert "is not there" in outcome.error
    assert not (server.etc / "virtual").exists()


def test_a_failure_after_it_puts_the_old_table_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = stale(server)
    old = (server.etc / "virtual.db").read_bytes()
    text = Path(server.etc, "virtual").read_bytes()

    def changed(record: object) -> None:
        raise Changed(str(server.etc / "virtual"), "no space left")

    monkeypatch.setattr(writing, "_require_same", changed)
    outcome = apply(server.instance, [edit], accept_not_yours=True)
    assert outcome.state != "applied"
    assert (server.etc / "virtual.db").read_bytes() == old
    assert Path(server.etc, "virtual").read_bytes() == text
    assert not [name for name in os.listdir(server.etc) if name.startswith(".")]
