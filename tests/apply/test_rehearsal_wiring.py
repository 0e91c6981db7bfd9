"""The rehearsal within review and apply: when it is made, on which bytes, and what it lets through."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mailtui import commands
from mailtui.apply.history import History
from mailtui.apply.rehearsal import rehearse as module
from mailtui.apply.rehearsal.verdict import NOT_NEEDED, RUNNING, SKIPPED, SWITCHED_OFF, Rehearsal
from mailtui.apply.review import Cancelled, Review, review
from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from tests.apply.changing import Server, write_old
from tests.apply.conftest import MASTER, free_port
from tests.apply.rehearsing import rehearsed

FAILED = Rehearsal("failed", lines=("smtpd: fatal: no",))
Tell = Callable[[Rehearsal], list[str]]


@pytest.fixture
def server(root: Path) -> Server:
    made = Server(root)
    write_old(made.etc / "master.cf", MASTER.format(port=free_port()))
    return made


@pytest.fixture
def told(rehearsing: None, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Make every rehearsal come to this; the list grows by the main.cf of each."""

    def tell(result: Rehearsal) -> list[str]:
        seen: list[str] = []

        def rehearse(_before: Any, after: Any, *_: Any, **__: Any) -> Rehearsal:
            seen.append(after.files.raw(after.main.path).decode())
            return result

        monkeypatch.setattr(module, "rehearse", rehearse)
        return seen

    return tell


@pytest.mark.usefixtures("rehearsing")
def test_a_review_gives_all_the_rest_first(server: Server) -> None:
    early: list[Review] = []
    seen = review(server.instance, [server.parameter()], early=early.append)
    (first,) = early
    assert (first.rehearsal, first.diff, first.findings) == (RUNNING, seen.diff, seen.findings)
    assert (seen.rehearsal.state, seen.rehearsal.lines, seen.rehearsal.stops) == ("passed", (), False)
    assert [report.step.action for report in first.steps] == ["check", "check"]
    assert [report.step.action for report in seen.steps] == ["check", "check", "rehearse"]
    assert seen.as_json()["rehearsal"]["state"] == "passed"


def test_tables_alone_need_none(server: Server, told: Tell) -> None:
    seen = told(FAILED)
    found = review(server.instance, [server.change()])
    assert (found.rehearsal, seen) == (NOT_NEEDED, [])
    assert apply(server.instance, [server.change()]).state == "applied"
    assert seen == []


def test_what_stops_a_change_anyway_is_said_without_one(server: Server, told: Tell) -> None:
    seen = told(FAILED)
    found = review(server.instance, [server.parameter("smtpd_recpient_restrictions", "permit")])
    assert (found.rehearsal.state, bool(found.blocking), seen) == ("skipped", True, [])


def test_it_can_be_skipped_or_switched_off(
    server: Server, told: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = told(FAILED)
    assert review(server.instance, [server.parameter()], no_rehearsal=True).rehearsal == SKIPPED
    settings = tmp_path / "own/mailtui"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text("rehearsal = false\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings.parent))
    found = review(server.instance, [server.parameter()])
    assert (found.rehearsal, "rehearse" in {step.action for step in found.plan.steps}) == (
        SWITCHED_OFF,
        False,
    )
    assert apply(server.instance, [server.parameter()]).state == "applied"
    assert seen == []


def test_a_failed_one_lets_nothing_through(server: Server, told: Tell) -> None:
    told(FAILED)
    before = server.text("main.cf")
    found = review(server.instance, [server.parameter()])
    assert found.title == "Write 1 change · REHEARSAL FAILED"
    outcome = apply(server.instance, [server.parameter()])
    assert (outcome.state, outcome.exit_code) == ("refused", 1)
    assert outcome.error == "rehearsal failed: smtpd: fatal: no"
    assert (server.text("main.cf"), server.litter()) == (before, [])
    assert History.open(server.instance).list() == []
    assert apply(server.instance, [server.parameter()], no_rehearsal=True).state == "applied"


def test_the_very_bytes_of_a_review_are_not_rehearsed_again(server: Server, told: Tell) -> None:
    seen = told(Rehearsal("passed"))
    found = review(server.instance, [server.parameter()])
    assert apply(server.instance, [server.parameter()], rehearsed=found.rehearsal).state == "applied"
    (tried,) = seen
    assert tried == server.text("main.cf")


@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_other_bytes_than_those_of_the_review_are(server: Server, told: Tell, name: str) -> None:
    seen = told(Rehearsal("passed"))
    found = review(server.instance, [server.parameter()])
    write_old(server.etc / name, server.text(name) + "# laure was here\n")
    assert apply(server.instance, [server.parameter()], rehearsed=found.rehearsal).state == "applied"
    assert len(seen) == 2
    assert seen[1] == server.text("main.cf")


def test_a_table_of_the_same_change_counts_too(server: Server, told: Tell) -> None:
    seen = told(Rehearsal("passed"))
    edits = [server.parameter(), server.change()]
    found = review(server.instance, edits)
    write_old(server.etc / "virtual", server.text() + "# laure was here\n")
    assert apply(server.instance, edits, rehearsed=found.rehearsal).state == "applied"
    assert len(seen) == 2


def test_it_is_overruled_for_the_very_bytes_only_and_recorded(server: Server, told: Tell) -> None:
    told(FAILED)
    found = review(server.instance, [server.parameter()])
    kept = server.text("main.cf")
    write_old(server.etc / "main.cf", kept + "# laure was here\n")
    again = apply(server.instance, [server.parameter()], rehearsed=found.rehearsal, overruled=True)
    assert (again.state, again.error) == ("refused", "rehearsal failed: smtpd: fatal: no")
    write_old(server.etc / "main.cf", kept)
    done = apply(server.instance, [server.parameter()], rehearsed=found.rehearsal, overruled=True)
    assert done.state == "applied"
    (entry,) = History.open(server.instance).list()
    assert entry.edits[1:] == ("in spite of a failed rehearsal: smtpd: fatal: no",)
    assert (
        apply(server.instance, History.open(server.instance).undo(entry.id), no_rehearsal=True).state
        == "applied"
    )
    assert server.text("main.cf") == kept


def test_an_impossible_one_must_be_overruled_too(
    server: Server, rehearsing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = commands.find
    monkeypatch.setattr(commands, "find", lambda name: None if name == "unshare" else find(name))
    outcome = apply(server.instance, [server.parameter()])
    assert (outcome.state, "the program unshare (util-linux) is not installed" in outcome.error) == (
        "refused",
        True,
    )
    assert outcome.review is not None
    done = apply(server.instance, [server.parameter()], rehearsed=outcome.review.rehearsal, overruled=True)
    assert done.state == "applied"
    (entry,) = History.open(server.instance).list()
    assert entry.edits[1].startswith("without a rehearsal, which was not possible: the program unshare")


def test_it_can_be_stopped(server: Server, rehearsing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Event()
    run = module._run

    def running(*args: Any) -> Any:
        stop.set()
        return run(*args)

    monkeypatch.setattr(module, "_run", running)
    with pytest.raises(Cancelled):
        review(server.instance, [server.parameter()], cancel=stop)
    stop.clear()
    outcome = apply(server.instance, [server.parameter()], cancel=stop)
    assert (outcome.state, outcome.error) == ("refused", "stopped before anything was written")


@pytest.mark.usefixtures("rehearsing")
@pytest.mark.parametrize("kind", ["hash", "lmdb", "texthash", "regexp"])
def test_a_table_that_the_same_change_makes_is_there(server: Server, kind: str) -> None:
    new = Target("table", str(server.etc / "extra"), kind)
    name = "/^info@/" if kind == "regexp" else "info@falcotsbrand.com"
    spec = server.table.spec
    edits = [
        SetEntry(new, name, ("sophie@falcot.com",), None),
        SetParameter(server.main, "virtual_alias_maps", f"proxy:{spec}, {new.spec}", spec),
    ]
    found = review(server.instance, edits)
    assert (found.ok, found.rehearsal.state, found.rehearsal.lines) == (True, "passed", ())
    without = rehearsed(server.instance, *edits[1:])
    assert (without.state, any("extra" in line for line in without.lines)) == ("failed", True)
    outcome = apply(server.instance, edits, rehearsed=found.rehearsal)
    assert (outcome.state, outcome.error) == ("applied", "")


@pytest.mark.usefixtures("rehearsing")
def test_a_changed_table_keeps_who_may_read_it(server: Server) -> None:
    shutil.chown(server.etc / "virtual.db", "root", "postfix")
    os.chmod(server.etc / "virtual.db", 0o640)
    spec = server.table.spec
    edits = [
        server.change(),
        SetParameter(server.main, "virtual_alias_maps", f"proxy:{spec}", spec),
        server.parameter(),
    ]
    found = review(server.instance, edits)
    assert (found.rehearsal.state, found.rehearsal.lines) == ("passed", ())
