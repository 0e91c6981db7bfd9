"""Milters, policy services and name server: real sockets that answer, hang, and go."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mailtui.demo.nameserver import Nameserver
from mailtui.overview import asked
from mailtui.overview.line import Downs
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import Tried
from tests.milters.servers import closed_port, serving
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]


def made(instance_dir: Any, tmp_path: Path, main: str) -> Instance:
    return Instance.open(str(instance_dir(f"queue_directory = {tmp_path}/spool\n{main}")))


# Milters


def test_no_milter(instance_dir: Any, tmp_path: Path) -> None:
    assert asked.milters(made(instance_dir, tmp_path, ""), Downs()).text == "none is asked"


def test_a_milter_that_goes_and_comes_back(instance_dir: Any, tmp_path: Path) -> None:
    downs = Downs()
    with serving("speaks") as (server,):
        main = f"smtpd_milters = {server.address}\nmilter_default_action = accept\n"
        instance = made(instance_dir, tmp_path, main)
        found = asked.milters(instance, downs)
        assert found.text.startswith(f"alive {server.address} ")
        assert found.weight == ""
        port = server.port
    found = asked.milters(instance, downs)
    clock = time.strftime("%H:%M")
    assert found.text.startswith(f"{server.address} DOWN since ")
    assert "before" not in found.text
    assert found.text[-5:] <= clock
    assert found.weight == "error"
    assert "passes UNFILTERED" in found.more[0]
    with socket.create_server(("127.0.0.1", port)):
        assert "HANGS since " in asked.milters(instance, downs).text


def test_what_root_alone_may_ask_is_not_called_down(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    with serving("speaks") as (server,):
        main = (
            f"smtpd_milters = {server.address}\n"
            "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10023\n"
        )
        instance = made(instance_dir, tmp_path, main)
        monkeypatch.setattr("os.geteuid", lambda: 65534)
        monkeypatch.setattr("mailtui.milters.alive.connected", refused)
        monkeypatch.setattr("mailtui.postfix.smtpd.policy._connected", refused)
        found = asked.milters(instance, Downs())
        assert (found.text, found.weight) == (f"{server.address}: root alone may ask", "")
        found = asked.policies(instance, Downs())
        assert (found.text, found.weight) == ("inet:127.0.0.1:10023: root alone may ask", "")


def test_the_one_that_is_down_comes_first(instance_dir: Any, tmp_path: Path) -> None:
    with serving("speaks", "hangs") as (one, other):
        main = f"smtpd_milters = {one.address}, {other.address}, inet:127.0.0.1:{closed_port()}\n"
        began = time.monotonic()
        found = asked.milters(made(instance_dir, tmp_path, main), Downs())
        assert time.monotonic() - began < asked.MILTERS + 2
    words = [item[0][0] for item in found.items]
    assert words[0].startswith(f"{other.address} HANGS since before ")
    assert " DOWN since before " in words[1]
    assert words[2] == "alive "
    assert found.alike


# Policy services


class _Dunno(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while any(iter(self.rfile.readline, b"\n")):
            self.wfile.write(b"action=DUNNO\n\n")


@contextmanager
def policy(path: Path) -> Iterator[None]:
    with socketserver.ThreadingUnixStreamServer(str(path), _Dunno) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield
        server.shutdown()
    path.unlink()


def test_policy_services(instance_dir: Any, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    (spool / "private").mkdir(parents=True)
    os.chmod(spool / "private", 0o755)
    rules = "check_policy_service unix:private/a, check_policy_service unix:private/b, permit"
    instance = made(instance_dir, tmp_path, f"smtpd_recipient_restrictions = {rules}\n")
    downs = Downs()
    with policy(spool / "private" / "a"), policy(spool / "private" / "b"):
        found = asked.policies(instance, downs)
        assert found.weight == ""
        assert [item[-1][0].split()[0] for item in found.items] == ["unix:private/a", "unix:private/b"]
    with policy(spool / "private" / "a"):
        found = asked.policies(instance, downs)
    assert found.weight == "error"
    assert found.text.startswith("unix:private/b DOWN since ")
    assert "alive unix:private/a" in found.text
    assert "meanwhile" in found.more[0]


def test_a_policy_service_keeps_the_name_that_one_answer_told(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A greylister says so once, and DUNNO when it is asked the same again."""
    rules = "check_policy_service inet:127.0.0.1:10023, permit"
    instance = made(instance_dir, tmp_path, f"smtpd_recipient_restrictions = {rules}\n")
    downs, said = Downs(), []
    for tried in (Tried(True, program="postgrey"), Tried(True), Tried(False, problem="refused")):
        monkeypatch.setattr("mailtui.postfix.policyrows.asked", lambda *_, tried=tried: tried)
        said.append(asked.policies(instance, downs).text.split(" since")[0])
    assert said == ["alive postgrey 0 ms", "alive postgrey 0 ms", "postgrey DOWN"]


def test_no_policy_service(instance_dir: Any, tmp_path: Path) -> None:
    assert asked.policies(made(instance_dir, tmp_path, ""), Downs()).weight == ""


# The name server


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file, which alone counts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", tmp_path / "none.toml")
    path = tmp_path / "config" / "mailtui" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_a_name_server_that_answers(instance_dir: Any, tmp_path: Path, settings: Path) -> None:
    names = tmp_path / "names"
    names.write_text("falcot.com A 192.0.2.1\n")
    rules = "reject_rbl_client zen.spamhaus.org, reject_rbl_client bl.sorbs.net, permit"
    instance = made(instance_dir, tmp_path, f"smtpd_client_restrictions = {rules}\n")
    with Nameserver(names, port=0) as server:
        settings.write_text(f'nameservers = ["{server.address}:{server.port}"]\n')
        found = asked.names(instance, Downs())
    words = [item[0][0] for item in found.items]
    assert words[0].startswith("answers ")
    assert words[1:] == ["2 DNS lists in the rules", "1 of them closed"]
    assert found.weight == "warning"
    assert found.more[0].startswith("bl.sorbs.net is closed")


def test_a_name_server_that_does_not(instance_dir: Any, tmp_path: Path, settings: Path) -> None:
    instance = made(instance_dir, tmp_path, "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        settings.write_text(f'nameservers = ["127.0.0.1:{mute.getsockname()[1]}"]\n')
        began = time.monotonic()
        found = asked.names(instance, Downs())
    assert time.monotonic() - began < asked.NAMES + 1.5
    assert found.text.startswith("DOES NOT ANSWER since before ")
    assert found.weight == "error"
