"""A change holds or is undone; here with real tables and no running Postfix."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.apply import checks, locks, tables, transaction
from mailtui.apply.attempt import Attempt
from mailtui.apply.database import JournalError
from mailtui.apply.history import History
from mailtui.apply.journal import Journal
from mailtui.apply.report import Report
from mailtui.apply.swap import Swap
from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from tests.apply.changing import ALIASES, VIRTUAL, Server, write_old

WEBMASTER = "webmaster@falcotsbrand.com"
NEW = "jean@falcot.com, laure@falcot.com"


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def everything(server: Server) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in server.etc.iterdir() if path.is_file()}


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
def test_a_table_and_its_text_are_live_after_an_apply(root: Path, kind: str) -> None:
    server = Server(root, kind)
    done = apply(server.instance, [server.change(), server.new()], who="roland")
    assert (done.state, done.error, done.exit_code) == ("applied", "", 0)
    assert server.answers(server.table, WEBMASTER) == NEW
    assert server.answers(server.table, "presse@falcotsbrand.com") == "sophie@falcot.com"
    assert server.text() == VIRTUAL.replace("jean@falcot.com", NEW) + (
        "presse@falcotsbrand.com      sophie@falcot.com\n"
    )
    assert server.litter() == []
    assert [(each.id, each.who, each.state) for each in History.open(server.instance).list()] == [
        (done.history_id, "roland", "applied")
    ]


def test_every_step_reports_its_end(server: Server) -> None:
    told: list[Report] = []
    done = apply(server.instance, [server.change()], progress=told.append)
    assert [(each.step.action, each.state) for each in done.steps] == [
        ("check", "ok"),
        ("compile", "ok"),
        ("swap", "ok"),
        ("verify", "ok"),
    ]
    assert [each for each in told if each.state != "running"] == list(done.steps)
    plain = done.as_json()
    assert plain["applied"] is True
    assert plain["history_id"] == done.history_id
    assert [step.get("result") for step in plain["plan"]] == ["ok", "ok", "ok", None, "ok"]


def test_two_tables_and_a_parameter_are_one_change(server: Server) -> None:
    done = apply(server.instance, [server.parameter(), server.alias(), server.change()])
    assert done.state == "applied"
    assert server.answers(server.aliases, "sales") == "laure"
    assert server.answers(server.table, WEBMASTER) == NEW
    assert server.text("main.cf").endswith("message_size_limit = 20480000\n")
    assert len(History.open(server.instance).list()[0].files) == 3


def test_one_text_compiled_as_two_types_is_live_in_both(server: Server) -> None:
    both = Target("table", server.table.path, "lmdb")
    server.compile(both)
    main = server.text("main.cf") + f"canonical_maps = lmdb:{server.table.path}\n"
    write_old(server.etc / "main.cf", main)
    assert apply(server.instance, [server.change()]).state == "applied"
    assert server.answers(server.table, WEBMASTER) == server.answers(both, WEBMASTER) == NEW


def test_main_cf_gets_a_time_that_no_program_waits_for(server: Server) -> None:
    apply(server.instance, [server.parameter()])
    assert time.time() - (server.etc / "main.cf").stat().st_mtime >= 2.9
    begun = time.monotonic()
    subprocess.run(
        ["postconf", "-c", server.etc, "-h", "message_size_limit"], check=True, capture_output=True
    )
    assert time.monotonic() - begun < 1.0


def test_the_compiled_table_is_not_older_than_its_text(server: Server) -> None:
    apply(server.instance, [server.change()])
    text, compiled = (server.etc / "virtual").stat(), (server.etc / "virtual.db").stat()
    assert compiled.st_mtime_ns >= text.st_mtime_ns
    assert (
        subprocess.run(
            ["postmap", "-c", server.etc, "-q", WEBMASTER, server.table.spec], capture_output=True, check=True
        ).stderr
        == b""
    )


def test_what_the_files_say_already_is_nothing_to_do(server: Server) -> None:
    before = everything(server)
    done = apply(server.instance, [SetEntry(server.table, WEBMASTER, ("jean@falcot.com",), None)])
    assert (done.state, done.exit_code, done.history_id) == ("nothing", 0, None)
    assert everything(server) == before
    assert History.open(server.instance).list() == []


def test_an_entry_that_someone_else_changed_is_a_conflict_and_nothing_is_written(server: Server) -> None:
    (server.etc / "virtual").write_text(VIRTUAL.replace("jean@", "sophie@"))
    server.compile(server.table)
    before = everything(server)
    done = apply(server.instance, [server.new(), server.change()])
    assert (done.state, done.exit_code) == ("conflict", 3)
    assert [str(each.theirs) for each in done.conflicts] == ["('sophie@falcot.com',)"]
    assert everything(server) == before


def test_other_peoples_edits_elsewhere_in_the_file_are_kept(server: Server) -> None:
    (server.etc / "virtual").write_text(VIRTUAL + "other@falcotsbrand.com x@falcot.com\n")
    server.compile(server.table)
    assert apply(server.instance, [server.change()]).state == "applied"
    assert "other@falcotsbrand.com x@falcot.com\n" in server.text()
    assert server.answers(server.table, WEBMASTER) == NEW


def test_what_is_not_yours_is_asked_for_and_only_what_was_seen_is_taken(server: Server) -> None:
    text = VIRTUAL + "half@falcotsbrand.com made@falcot.com\n"
    (server.etc / "virtual").write_text(text)
    refused = apply(server.instance, [server.change()])
    assert (refused.state, refused.exit_code) == ("refused", 1)
    assert "half@falcotsbrand.com" in refused.error
    assert server.text() == text
    seen = refused.not_yours
    (server.etc / "virtual").write_text(text + "more@falcotsbrand.com later@falcot.com\n")
    again = apply(server.instance, [server.change()], accept_not_yours=seen)
    assert again.state == "refused"
    assert "more@falcotsbrand.com" in again.error
    assert "half@falcotsbrand.com" not in again.error
    assert apply(server.instance, [server.change()], accept_not_yours=again.not_yours).state == "applied"
    assert server.answers(server.table, "more@falcotsbrand.com") == "later@falcot.com"


def test_what_the_real_program_refuses_is_not_written(server: Server) -> None:
    before = everything(server)
    done = apply(
        server.instance, [server.change(), server.parameter("smtpd_recpient_restrictions", "permit")]
    )
    assert (done.state, done.exit_code) == ("refused", 1)
    assert "main.cf: unused parameter: smtpd_recpient_restrictions=permit" in done.error
    assert everything(server) == before
    assert History.open(server.instance).list() == []


def test_a_new_table_is_made_with_its_compiled_copy(server: Server) -> None:
    fresh = Target("table", str(server.etc / "relays"), "hash")
    write_old(server.etc / "main.cf", server.text("main.cf") + f"transport_maps = hash:{fresh.path}\n")
    done = apply(server.instance, [SetEntry(fresh, "a.example", "smtp:b.example", None)])
    assert done.state == "applied"
    assert (server.etc / "relays").read_text().split() == ["a.example", "smtp:b.example"]
    assert server.answers(fresh, "a.example") == "smtp:b.example"


# Others


def test_a_second_apply_waits_for_its_turn(server: Server) -> None:
    done: list[str] = []
    second = threading.Thread(target=lambda: done.append(apply(server.instance, [server.change()]).state))
    with locks.apply_lock([server.table.path]):
        second.start()
        time.sleep(0.2)
        assert done == []
    second.join()
    assert done == ["applied"]


def test_only_one_apply_at_a_time_writes_a_file(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "TURN", 0.1)
    with locks.apply_lock([server.table.path]):
        done = apply(server.instance, [server.change()])
    assert done.state == "refused"
    assert "mailtui" in done.error
    assert server.text() == VIRTUAL


def test_postconf_waits_for_us_and_we_for_it(server: Server) -> None:
    main = str(server.etc / "main.cf")
    with locks.postconf_lock(main):
        waiting = subprocess.Popen(["postconf", "-c", server.etc, "-e", "relay_domains=x.example"])
        results: list[str] = []
        thread = threading.Thread(
            target=lambda: results.append(apply(server.instance, [server.parameter()]).state)
        )
        thread.start()
        time.sleep(0.3)
        assert waiting.poll() is None
        assert results == []
    thread.join(30)
    assert waiting.wait(30) == 0
    assert results == ["applied"]
    text = server.text("main.cf")
    assert "relay_domains = x.example" in text
    assert "message_size_limit = 20480000" in text
    assert server.litter() == []


def test_a_file_that_changes_while_it_is_checked_is_read_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = checks.judge

    def judge(*args: object, **named: object) -> object:
        if "late@" not in server.text():
            (server.etc / "virtual").write_text(VIRTUAL + "late@falcotsbrand.com x@falcot.com\n")
            server.compile(server.table)
        return real(*args, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(checks, "judge", judge)
    assert apply(server.instance, [server.change()]).state == "applied"
    assert "late@falcotsbrand.com x@falcot.com\n" in server.text()
    assert server.answers(server.table, "late@falcotsbrand.com") == "x@falcot.com"
    assert server.answers(server.table, WEBMASTER) == NEW


@pytest.mark.parametrize("accept", [True, False])
def test_a_third_hand_in_the_middle_of_the_write_is_kept(
    server: Server, monkeypatch: pytest.MonkeyPatch, accept: bool
) -> None:
    """Our table is in, our text is not: the table is taken out again, and all begins anew on their text."""
    real = tables.install
    theirs = VIRTUAL + "late@falcotsbrand.com x@falcot.com\n"

    def install(swap: Swap) -> None:
        real(swap)
        if "late@" not in server.text():
            (server.etc / "virtual").write_text(theirs)

    monkeypatch.setattr(tables, "install", install)
    done = apply(server.instance, [server.change()], accept_not_yours=accept)
    assert done.state == ("applied" if accept else "refused")
    assert server.text() == (theirs.replace("jean@falcot.com", NEW) if accept else theirs)
    assert server.answers(server.table, WEBMASTER) == (NEW if accept else "jean@falcot.com")
    assert server.answers(server.table, "late@falcotsbrand.com") == ("x@falcot.com" if accept else "")
    assert History.open(server.instance).recover() == []
    assert server.litter() == []


def test_who_compiles_in_the_middle_of_the_write_is_kept(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tables.install

    def install(swap: Swap) -> None:
        if "late@" not in server.text():
            (server.etc / "virtual").write_text(VIRTUAL + "late@falcotsbrand.com x@falcot.com\n")
            server.compile(server.table)
        real(swap)

    monkeypatch.setattr(tables, "install", install)
    assert apply(server.instance, [server.change()]).state == "applied"
    assert server.answers(server.table, "late@falcotsbrand.com") == "x@falcot.com"
    assert server.answers(server.table, WEBMASTER) == NEW
    assert "late@falcotsbrand.com x@falcot.com\n" in server.text()


def test_main_cf_saved_by_an_editor_in_the_middle_of_the_write_is_kept(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """postconf's lock keeps out postconf alone."""
    real = Journal.begin

    def begin(self: Journal, *args: object) -> None:
        if "late" not in server.text("main.cf"):
            write_old(server.etc / "main.cf", server.text("main.cf") + "late = 1\n")
        real(self, *args)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(Journal, "begin", begin)
    assert apply(server.instance, [server.parameter()]).state == "applied"
    assert server.text("main.cf").endswith("late = 1\nmessage_size_limit = 20480000\n")
    assert [each.state for each in History.open(server.instance).list()] == ["applied"]


def test_postconf_that_never_stops_waits_at_last(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A playbook sets parameter after parameter, faster than we can check."""
    real = Attempt._run
    theirs: list[subprocess.Popen[bytes]] = []

    def run(self: Attempt) -> object:
        theirs.append(subprocess.Popen(["postconf", "-c", server.etc, "-e", f"theirs_{len(theirs)}=1"]))
        if not self.waits:
            monkeypatch.setattr(self, "_require_current", lambda: theirs[-1].wait(30) and None)
        return real(self)

    monkeypatch.setattr(Attempt, "_run", run)
    assert apply(server.instance, [server.parameter()]).state == "applied"
    assert [each.wait(30) for each in theirs] == [0] * (transaction.PATIENT + 1)
    text = server.text("main.cf")
    assert "message_size_limit = 20480000\n" in text
    assert [n for n in range(len(theirs)) if f"theirs_{n} = 1\n" not in text] == []
    assert server.litter() == []


def test_files_that_never_hold_still_are_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    real = checks.judge
    count = 0

    def judge(*args: object, **named: object) -> object:
        nonlocal count
        count += 1
        (server.etc / "virtual").write_text(VIRTUAL + f"# {count}\n")
        return real(*args, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(checks, "judge", judge)
    done = apply(server.instance, [server.change()])
    assert done.state == "refused"
    assert "faster than they can be checked" in done.error
    assert count == transaction.TRIES
    assert server.litter() == []


def test_a_journal_that_cannot_be_kept_refuses_the_write(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise JournalError("the disk is full", "make room")

    monkeypatch.setattr(Journal, "begin", refuse)
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("refused", "the disk is full; make room")
    assert server.text() == VIRTUAL
    assert server.litter() == []


def test_a_compiler_that_cannot_run_refuses(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(argv: tuple[str, ...], **_: object) -> commands.Result:
        raise commands.CommandError(argv, "this program is not installed")

    monkeypatch.setattr(commands, "act", act)
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("refused", "postmap: this program is not installed")


def test_owner_mode_and_a_symlink_stay(server: Server) -> None:
    real = server.etc / "aliases"
    real.rename(server.root / "aliases.real")
    real.symlink_to("../aliases.real")
    (server.root / "aliases.real").chmod(0o640)
    assert apply(server.instance, [server.alias()]).state == "applied"
    assert real.is_symlink()
    assert (server.root / "aliases.real").read_text() == ALIASES + "sales: laure\n"
    assert (server.root / "aliases.real").stat().st_mode & 0o777 == 0o640
    assert server.answers(server.aliases, "sales") == "laure"
    assert [path.name for path in server.root.iterdir() if path.name.startswith(".")] == []


def test_a_password_file_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    passwd = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(server.etc / "sasl_passwd", "a.example user:hunter1\n")
    (server.etc / "sasl_passwd").chmod(0o600)
    server.compile(passwd)
    done = apply(server.instance, [SetEntry(passwd, "a.example", "user:hunter2", "user:hunter1")])
    assert done.state == "applied"
    assert server.answers(passwd, "a.example") == "user:hunter2"
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert b"hunter" not in kept
    assert "hunter" not in repr(done.as_json()) + done.error
