"""After a kill at any point everything is as before or as after, and it is said which."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mailtui.apply import tables, verify
from mailtui.apply.history import History
from mailtui.apply.journal import Journal
from mailtui.apply.review import review, state_folder
from mailtui.apply.swap import Swap
from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from tests.apply import killing
from tests.apply.changing import VIRTUAL, Server, write_old

WEBMASTER = "webmaster@falcotsbrand.com"

Job = Callable[[Server], Sequence[Edit]]


def one_table(server: Server) -> Sequence[Edit]:
    return [server.change(), server.new()]


def main_cf(server: Server) -> Sequence[Edit]:
    return [server.parameter()]


def three_files(server: Server) -> Sequence[Edit]:
    return [server.gone(), server.alias(), server.parameter()]


def a_new_table(server: Server) -> Sequence[Edit]:
    return [
        SetEntry(
            Target("table", str(server.etc / "relays"), server.kind), "a.example", "smtp:b.example", None
        )
    ]


def seen(server: Server) -> tuple[object, ...]:
    """All that Postfix reads: every text, every answer."""
    texts = {
        path.name: path.read_bytes()
        for path in server.etc.iterdir()
        if "." not in path.name[1:] and path.is_file()
    }
    answers = [
        server.answers(server.table, key)
        for key in (WEBMASTER, "presse@falcotsbrand.com", "contact@falcotsbrand.com")
    ]
    relays = server.etc / "relays"
    more = server.answers(Target("table", str(relays), server.kind), "a.example") if relays.exists() else None
    return texts, server.text("main.cf"), answers, more, sorted(server.dump(server.aliases))


def litter(server: Server) -> list[str]:
    known = {"relays", *(f"relays.{ending}" for ending in ("db", "lmdb", "cdb"))}
    state = state_folder(server.instance)
    left = [str(path) for path in state.rglob("*") if path.suffix == ".secret" or "-journal" in path.name]
    return [name for name in server.litter() if name not in known] + left


@pytest.mark.law
@pytest.mark.parametrize(
    ("kind", "job", "sample"),
    [
        ("hash", one_table, 12),
        ("lmdb", one_table, 5),
        ("cdb", one_table, 4),
        ("hash", main_cf, 6),
        ("hash", three_files, 8),
        ("btree", three_files, 3),
        ("hash", a_new_table, 5),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_kill_at_any_point_is_mended_whole(
    tmp_path: Path, root: Path, kind: str, job: Job, sample: int
) -> None:
    def fresh(name: str) -> Server:
        folder = root / name
        folder.mkdir()
        return Server(folder, kind)

    counted = fresh("count")
    total = killing.run(lambda: apply(counted.instance, job(counted)), 0)
    assert total > 60
    outcomes = set()
    for point in killing.points(total, sample, seed=total):
        server = fresh(str(point))
        before = seen(server)
        ended = killing.run(lambda: apply(server.instance, job(server)), point)  # noqa: B023 - used at once
        assert ended < point  # threads make the count differ a little: the last points may come too late
        history = History.open(server.instance)
        halves = [entry.id for entry in history.list() if entry.state == "applying"]
        assert len(history.unfinished()) == len(halves) <= 1
        assert list(review(server.instance, job(server)).unfinished) == list(history.unfinished())
        mended = history.recover()
        assert [each.id for each in mended] == halves, point
        entries = history.list()
        after = seen(server)
        written = bool(entries) and entries[0].state == "applied"
        outcomes.add(written)
        if mended:
            assert mended[0].state == ("finished" if written else "rolled back")
        assert (after != before) is written, point
        assert litter(server) == [], point
        done = apply(server.instance, job(server))
        assert done.state == ("nothing" if written else "applied"), (point, done.error)
        if written:
            number = entries[0].id
            assert apply(server.instance, history.undo(number)).state == "applied"
            if job is not a_new_table:
                assert seen(server) == before
    assert outcomes == {True, False} or sample < 12


def killed_after_writing(server: Server, edits: Sequence[Edit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a change of which everything is written, and nothing verified."""
    with monkeypatch.context() as patched:
        patched.setattr(verify, "unlike", lambda *_, **__: os._exit(0))
        killing.run_until_exit(lambda: apply(server.instance, edits))


def killed_before_the_text(server: Server, edits: Sequence[Edit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a change whose first compiled table is live, and whose text is not written."""
    real = tables.install

    def install(swap: Swap) -> None:
        real(swap)
        os._exit(0)

    with monkeypatch.context() as patched:
        patched.setattr(tables, "install", install)
        killing.run_until_exit(lambda: apply(server.instance, edits))


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def test_looking_never_repairs(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_before_the_text(server, [server.change()], monkeypatch)
    history = History.open(server.instance)
    for _ in range(2):
        told = history.unfinished()
        assert len(told) == 1
        assert "was not finished" in told[0]
        assert review(server.instance, [server.new()]).unfinished == tuple(told)
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"
    assert server.text() == VIRTUAL


def test_the_next_change_mends_first_and_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_before_the_text(server, [server.change()], monkeypatch)
    done = apply(server.instance, [server.new()])
    assert done.state == "applied"
    assert len(done.told) == 1
    assert "all is as it was before" in done.told[0]
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"
    assert [entry.state for entry in History.open(server.instance).list()] == ["applied", "rolled-back"]


def test_a_change_that_was_written_whole_is_finished(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_after_writing(server, [server.change(), server.alias()], monkeypatch)
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["finished"]
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com, laure@falcot.com"
    assert server.answers(server.aliases, "sales") == "laure"
    assert litter(server) == []


@pytest.mark.parametrize("kind", ["hash", "lmdb", "cdb"])
def test_a_file_that_a_third_hand_changed_is_a_conflict_and_nothing_is_touched(
    root: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    server = Server(root, kind)
    killed_before_the_text(server, [server.change(), server.alias()], monkeypatch)
    theirs = VIRTUAL.replace("jean@", "sophie@")
    (server.etc / "virtual").write_text(theirs)
    compiled = {path.name: path.read_bytes() for path in server.etc.glob("[!.]*.*db")}
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["conflict"]
    assert f"{server.table.path} was changed by someone else since" in mended[0].words
    assert server.text() == theirs
    assert {path.name: path.read_bytes() for path in server.etc.glob("[!.]*.*db")} == compiled
    assert litter(server) == []
    copy = state_folder(server.instance) / f"changes/{mended[0].id}/0-virtual"
    assert copy.read_text() == VIRTUAL
    assert History.open(server.instance).recover() == []


def test_a_table_that_a_third_hand_compiled_is_a_conflict_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_before_the_text(server, [server.change()], monkeypatch)
    server.compile(server.table)
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["conflict"]
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"


def test_a_change_of_a_file_in_conflict_is_refused_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_before_the_text(server, [server.change()], monkeypatch)
    (server.etc / "virtual").write_text(VIRTUAL + "# theirs\n")
    refused = apply(server.instance, [server.new()])
    assert refused.state == "refused"
    assert "changed by someone else" in refused.error
    server.compile(server.table)
    assert apply(server.instance, [server.new()]).state == "applied"


def test_a_change_that_is_being_made_is_left_alone(server: Server) -> None:
    from mailtui.apply import locks

    with Journal.writing(state_folder(server.instance, make=True)) as journal:
        from mailtui.apply.journal import new_change
        from mailtui.apply.ready import record_of

        change = new_change("laure", server.instance.config_dir, "h")
        change.id = journal.prepare(change)
        replayed = review(server.instance, [server.change()])
        assert replayed.ok
        from mailtui.edits.candidate import Candidate
        from mailtui.postfix.files import Files

        one = Candidate(Files(), [server.change()]).changes[0]
        change.files = [record_of(one, None, [], "", secret=False)]
        journal.begin(change, [], b"")
    history = History.open(server.instance)
    assert history.unfinished() == []
    assert history.list()[0].at_work
    with locks.apply_lock([server.table.path]):
        mended = history.recover()
    assert [each.state for each in mended] == ["at work"]
    assert history.list()[0].state == "applying"


def test_a_half_written_password_file_is_taken_back_and_forgotten(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwd = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "a.example user:hunter1\n")
    server.compile(passwd)
    killed_before_the_text(
        server, [SetEntry(passwd, "a.example", "user:hunter2", "user:hunter1")], monkeypatch
    )
    assert server.answers(passwd, "a.example") == "user:hunter2"
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["rolled back"]
    assert server.answers(passwd, "a.example") == "user:hunter1"
    kept = [path for path in state_folder(server.instance).rglob("*") if path.is_file()]
    assert not any(b"hunter" in path.read_bytes() for path in kept)


def test_the_lock_file_of_postconf_is_no_litter_after_a_recovery(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailtui.apply import write

    with monkeypatch.context() as patched:
        patched.setattr(write, "replace", lambda *_, **__: os._exit(0))
        killing.run_until_exit(lambda: apply(server.instance, [server.parameter()]))
    assert "main.cf.tmp" in server.litter()
    History.open(server.instance).recover()
    assert server.litter() == []
