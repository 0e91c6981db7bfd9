"""The review shows what would be written, and touches nothing live."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mailtui.apply import state
from mailtui.apply.rehearsal.verdict import NOT_NEEDED, SWITCHED_OFF
from mailtui.apply.report import Report
from mailtui.apply.review import Cancelled, review
from mailtui.apply.secret import MASK
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from mailtui.text.safe import encode
from tests.apply.changing import VIRTUAL, Server, write_old


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def state_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_review_has_the_words_the_diff_the_plan_and_the_checks(server: Server) -> None:
    seen = review(server.instance, [server.change(), server.new(), server.gone(), server.alias()])
    assert seen.ok
    assert seen.title == "Write 4 changes · REMOVES 1"
    assert [line.marker for line in seen.edits] == ["~", "+", "-", "+"]
    assert seen.edits[1].text == "+ virtual presse@falcotsbrand.com → sophie@falcot.com"
    assert [(view.path, view.added, view.removed) for view in seen.files] == [
        (server.table.path, 2, 2),
        (server.aliases.path, 1, 0),
    ]
    assert [(step.step.action, step.state) for step in seen.steps] == [
        ("check", "ok"),
        ("compile", "ok"),
        ("compile", "ok"),
    ]
    assert seen.rehearsal == NOT_NEEDED
    assert seen.findings == ()


def test_the_diff_is_one_that_patch_takes(server: Server, tmp_path: Path) -> None:
    seen = review(server.instance, [server.change(), server.new()])
    (tmp_path / "diff").write_bytes(encode(seen.diff))
    assert os.system(f"patch -s -p0 -d / -i {tmp_path}/diff") == 0
    assert server.text() == VIRTUAL.replace("jean@falcot.com", "jean@falcot.com, laure@falcot.com") + (
        "presse@falcotsbrand.com      sophie@falcot.com\n"
    )


def test_nothing_on_the_disk_changes(server: Server, tmp_path: Path) -> None:
    before = state_of(server.root)
    review(server.instance, [server.change(), server.parameter(), server.alias()])
    assert state_of(server.root) == before
    assert not list((tmp_path / "state").glob("*"))  # what was copied there to be looked at has gone


def test_the_disk_is_read_fresh(server: Server) -> None:
    assert not review(server.instance, [server.change()]).nothing
    (server.etc / "virtual").write_text(
        VIRTUAL.replace("jean@falcot.com", "jean@falcot.com, laure@falcot.com")
    )
    server.compile(server.table)
    seen = review(server.instance, [server.change()])
    assert seen.nothing
    assert seen.title == "Nothing to write"
    assert seen.diff == ""


def test_a_conflict_shows_base_theirs_and_ours(server: Server) -> None:
    (server.etc / "virtual").write_text(VIRTUAL.replace("jean@", "sophie@"))
    seen = review(server.instance, [server.change(), server.new()])
    assert not seen.ok
    assert seen.title == "Write 2 changes · CONFLICTS 1 · NOT YOURS 1"
    conflict = seen.conflicts[0]
    assert (conflict.was, conflict.theirs, conflict.ours) == (
        ("jean@falcot.com",),
        ("sophie@falcot.com",),
        ("jean@falcot.com", "laure@falcot.com"),
    )


def test_an_edit_that_the_format_refuses_is_told_and_stops(server: Server) -> None:
    seen = review(
        server.instance, [SetEntry(server.table, "two words@falcotsbrand.com", "x@falcot.com", None)]
    )
    assert not seen.ok
    assert len(seen.stopped) == 1


def test_what_is_not_yours_is_listed(server: Server) -> None:
    (server.etc / "virtual").write_text(VIRTUAL + "half@falcotsbrand.com made@falcot.com\n")
    seen = review(server.instance, [server.change()])
    assert seen.title == "Write 1 change · NOT YOURS 1"
    assert seen.as_json()["not_yours"] == ["virtual half@falcotsbrand.com → made@falcot.com"]


def test_a_refusal_of_the_real_program_blocks_and_its_step_failed(server: Server) -> None:
    seen = review(server.instance, [server.parameter("smtpd_recpient_restrictions", "permit")])
    assert not seen.ok
    assert [each.text for each in seen.blocking] == ["unused parameter: smtpd_recpient_restrictions=permit"]
    assert [step.state for step in seen.steps] == ["ok", "failed"]
    assert seen.rehearsal == SWITCHED_OFF


def test_a_password_file_is_masked_everywhere(server: Server) -> None:
    passwd = Target("table", str(server.etc / "relays"), "hash")
    write_old(server.etc / "relays", "a.example user:hunter1\nb.example user:hunter2\n")
    server.compile(passwd)
    main = server.text("main.cf") + f"smtp_sasl_password_maps = hash:{passwd.path}\n"
    write_old(server.etc / "main.cf", main)
    (server.etc / "relays").write_text("a.example user:hunter1\nb.example user:hunter3\n")
    seen = review(server.instance, [SetEntry(passwd, "a.example", "user:hunter4", "user:hunter1")])
    assert seen.files[0].secret
    shown = (
        repr(seen.as_json()) + repr(seen.files) + repr(seen.not_yours) + repr([e.text for e in seen.edits])
    )
    assert "hunter" not in shown
    assert MASK in seen.edits[0].text
    assert [str(each) for each in seen.not_yours] == [f"relays b.example → {MASK} (live: {MASK})"]


def test_reports_come_as_they_happen_and_a_cancelled_review_ends(server: Server) -> None:
    told: list[Report] = []
    review(server.instance, [server.change()], progress=told.append)
    assert [(each.step.action, each.state) for each in told] == [
        ("check", "running"),
        ("check", "ok"),
        ("compile", "running"),
        ("compile", "ok"),
    ]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        review(server.instance, [server.change()], cancel=stop)


def test_a_file_that_cannot_be_read_is_said(server: Server) -> None:
    (server.etc / "virtual").unlink()
    (server.etc / "virtual").mkdir()
    seen = review(server.instance, [server.change()])
    assert not seen.ok
    assert "is a directory" in seen.blocking[0].text


def test_a_damaged_history_is_told_and_does_not_hinder_looking(server: Server, tmp_path: Path) -> None:
    name = state.label(str(server.etc))
    (tmp_path / "state" / name).mkdir(parents=True, mode=0o700)
    (tmp_path / "state" / name / "journal.sqlite").write_bytes(b"rubbish" * 1000)
    seen = review(server.instance, [server.change()])
    assert seen.ok
    assert "the next change moves it aside" in seen.warnings[0].text


@pytest.mark.parametrize(
    ("name", "value", "titled"),
    [("inet_interfaces", "127.0.0.1", False), ("message_size_limit", "1", False)],
)
def test_a_stopped_postfix_is_neither_reloaded_nor_restarted(
    server: Server, name: str, value: str, titled: bool
) -> None:
    seen = review(server.instance, [server.parameter(name, value)])
    assert ("RESTARTS" in seen.title) is titled
    assert "Postfix is stopped: the change is live at its next start" in [
        step.why for step in seen.plan.steps
    ]


def test_a_conflict_in_a_password_file_is_masked(server: Server) -> None:
    passwd = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "a.example user:hunter3\n")
    seen = review(server.instance, [SetEntry(passwd, "a.example", "user:hunter2", "user:hunter1")])
    conflict = seen.conflicts[0]
    assert (conflict.was, conflict.theirs, conflict.ours) == (MASK, MASK, MASK)
    assert "hunter" not in conflict.edit.describe() + str(conflict)
