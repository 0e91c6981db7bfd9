"""A change made live on a running Postfix, or taken back from it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import act, verify
from mailtui.apply.acting import Acting
from mailtui.apply.history import History
from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance, master_pid
from tests.apply import killing
from tests.apply.changing import write_old

pytestmark = pytest.mark.lab


class Running:
    """A Lab with edits of it."""

    def __init__(self, lab: Any) -> None:
        self.lab = lab
        self.instance = Instance.open(lab.config_dir)

    @property
    def etc(self) -> Path:
        return Path(self.instance.config_dir)

    def table(self, kind: str) -> Target:
        return Target("table", str(self.etc / "virtual"), kind)

    def add(self, kind: str, user: str = "new") -> SetEntry:
        return SetEntry(self.table(kind), f"{user}@v.test", ("a@x.test",), None)

    def parameter(self, name: str, value: str) -> SetParameter:
        return SetParameter(self.instance.main, name, value, self.instance.parameters.get(name))

    def accepts(self, user: str) -> bool:
        return bool(self.lab.accepts(user)[0])

    @property
    def pid(self) -> int | None:
        return master_pid(self.instance.queue_directory)

    def banner(self) -> str:
        with socket.create_connection(("127.0.0.1", self.lab.port), timeout=10) as connection:
            return connection.makefile().readline().strip()

    def set_main(self, line: str) -> None:
        write_old(self.etc / "main.cf.new", (self.etc / "main.cf").read_text() + line)
        (self.etc / "main.cf.new").rename(self.etc / "main.cf")


def alive(pid: int | None) -> bool:
    """Whether the process runs; one that has ended may wait for its parent."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return False
    return fields[0] not in {"Z", "X"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that does not answer is given up after 1.5 s."""
    monkeypatch.setattr(verify.unlike, "__kwdefaults__", {"restarted": False, "within": 1.5})
    monkeypatch.setattr(verify.health, "__defaults__", (1.0,))


@pytest.fixture
def running(make_lab: Callable[[str], Any]) -> Callable[[str], Running]:
    return lambda kind: Running(make_lab(kind))


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
def test_the_next_session_sees_an_indexed_table_without_a_reload(
    running: Callable[[str], Running], kind: str
) -> None:
    server = running(kind)
    pid = server.pid
    assert not server.accepts("new")
    done = apply(server.instance, [server.add(kind)])
    assert (done.state, done.error) == ("applied", "")
    assert server.accepts("new")
    assert server.accepts("keep")
    assert server.pid == pid
    assert not any(report.step.action in {"reload", "restart"} for report in done.steps)


def test_a_table_that_is_read_at_the_start_is_reloaded(running: Callable[[str], Running]) -> None:
    server = running("hash")
    server.set_main(f"virtual_alias_maps = texthash:{server.etc}/virtual\n")
    assert server.lab.postfix("reload") == 0
    pid = server.pid
    assert not server.accepts("new")
    done = apply(server.instance, [server.add("texthash")])
    assert (done.state, done.error) == ("applied", "")
    assert [report.step.action for report in done.steps if report.state == "ok"] == [
        "check",
        "check",
        "write",
        "reload",
        "verify",
    ]
    assert server.accepts("new")
    assert server.pid == pid


def test_a_parameter_is_reloaded_and_seen_within_a_second(running: Callable[[str], Running]) -> None:
    server = running("hash")
    begun = time.monotonic()
    done = apply(server.instance, [server.parameter("smtpd_banner", "$myhostname new words")])
    assert (done.state, done.error) == ("applied", "")
    assert time.monotonic() - begun < 2.0  # no program waited for a hot main.cf
    assert server.banner() == "220 mx.lab.test new words"


def test_no_reload_leaves_the_running_daemons_alone(running: Callable[[str], Running]) -> None:
    server = running("hash")
    done = apply(server.instance, [server.parameter("smtpd_banner", "$myhostname new words")], no_reload=True)
    assert done.state == "applied"
    assert not any(report.step.action == "reload" for report in done.steps)


def test_a_socket_parameter_restarts_postfix(running: Callable[[str], Running]) -> None:
    server = running("hash")
    pid = server.pid
    done = apply(server.instance, [server.parameter("inet_protocols", "all")])
    assert (done.state, done.error) == ("applied", "")
    assert done.review is not None
    assert done.review.title == "Write 1 change · RESTARTS Postfix"
    assert server.pid not in {None, pid}
    assert server.accepts("keep")


def test_postfix_moves_to_another_queue(running: Callable[[str], Running]) -> None:
    server = running("hash")
    old = server.pid
    (server.etc.parent / "spool2").mkdir()
    done = apply(server.instance, [server.parameter("queue_directory", f"{server.etc.parent}/spool2")])
    assert (done.state, done.error) == ("applied", "")
    assert server.pid not in {None, old}
    assert not alive(old)
    assert server.accepts("keep")


@pytest.mark.usefixtures("impatient", "without_rules")
def test_a_value_that_kills_the_daemons_is_taken_back(running: Callable[[str], Running]) -> None:
    server = running("hash")
    text = (server.etc / "main.cf").read_text()
    done = apply(server.instance, [server.parameter("smtpd_helo_required", "maybe"), server.add("hash")])
    assert (done.state, done.exit_code) == ("rolled-back", 4)
    assert "does not answer any more" in done.error or "bad boolean" in done.error
    assert (server.etc / "main.cf").read_text() == text
    assert server.accepts("keep")
    assert not server.accepts("new")
    assert [each.state for each in History.open(server.instance).list()] == ["rolled-back"]


def test_a_reload_that_fails_is_taken_back(
    running: Callable[[str], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = running("hash")
    text = (server.etc / "main.cf").read_text()
    monkeypatch.setattr(act, "reload", lambda _: act.Done(False, "postfix reload", "no such thing", 0.0))
    done = apply(server.instance, [server.parameter("smtpd_banner", "$myhostname x")])
    assert (done.state, done.error) == ("rolled-back", "postfix reload: no such thing")
    assert (server.etc / "main.cf").read_text() == text
    assert server.accepts("keep")


@pytest.mark.usefixtures("impatient")
def test_a_master_that_dies_is_started_again(
    running: Callable[[str], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = running("hash")

    def reload(by: act.Control) -> act.Done:
        assert act.run(by, "stop").ok
        return act.Done(True, "postfix reload", "", 0.0)

    monkeypatch.setattr(act, "reload", reload)
    done = apply(server.instance, [server.parameter("smtpd_banner", "$myhostname x")])
    assert done.state == "rolled-back"
    assert done.error.startswith("Postfix does not run any more")
    assert server.accepts("keep")


@pytest.mark.usefixtures("impatient")
def test_a_postfix_that_fails_already_is_no_reason_to_roll_back(running: Callable[[str], Running]) -> None:
    server = running("hash")
    server.set_main("smtpd_helo_required = maybe\n")
    assert server.lab.postfix("reload") == 0
    time.sleep(0.2)
    with (
        pytest.raises(TimeoutError),
        socket.create_connection(("127.0.0.1", server.lab.port), 1) as connection,
    ):
        connection.recv(1)
    done = apply(server.instance, [server.parameter("message_size_limit", "20480000"), server.add("hash")])
    assert (done.state, done.error) == ("applied", "")


def test_a_stopped_postfix_is_written_to_and_stays_stopped(running: Callable[[str], Running]) -> None:
    server = running("hash")
    assert server.lab.postfix("stop") == 0
    done = apply(server.instance, [server.parameter("smtpd_banner", "$myhostname x"), server.add("hash")])
    assert (done.state, done.error) == ("applied", "")
    assert server.pid is None


def test_a_kill_between_stop_and_start_is_mended_by_a_start(
    running: Callable[[str], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = running("hash")
    (server.etc.parent / "spool2").mkdir()
    edit = server.parameter("queue_directory", f"{server.etc.parent}/spool2")
    old = server.pid
    with monkeypatch.context() as patched:
        patched.setattr(Acting, "act", lambda *_: os._exit(0))
        killing.run_until_exit(lambda: apply(server.instance, [edit]))
    assert not alive(old)
    mended = History.open(server.instance).recover()
    assert [each.state for each in mended] == ["finished"]
    assert server.pid not in {None, old}
    assert server.accepts("keep")
