"""Whether a milter is alive: real servers that speak, hang, close, talk nonsense, or are not there."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import NoReturn

import pytest

from mailtui.formats.milteritem import Endpoint
from mailtui.milters.alive import ping
from tests.milters.servers import Manner, Server, closed_port, serving


def test_one_that_speaks_tells_what_it_wants() -> None:
    with serving("speaks") as [server]:
        found = ping(server.address)
    assert (found.reachable, found.negotiated, found.protocol_version) == (True, True, 6)
    assert found.actions == ("add headers", "change headers")
    assert found.steps == (
        "MAIL",
        "RCPT",
        "headers",
        "end of headers",
        "body",
        "unknown commands",
        "end of message",
    )
    assert 0 < found.ms < 3000
    assert found.says.startswith("alive ")
    assert not found.problem


@pytest.mark.parametrize(
    ("manner", "reachable", "says", "words"),
    [
        ("hangs", True, "HANGS", "says nothing within 0.3 s"),
        ("slow", True, "HANGS", "says nothing within 0.3 s"),
        ("garbage", True, "no milter", "is no milter"),
        ("odd", True, "no milter", "does not negotiate"),
        ("closes", True, "no milter", "closed the connection"),
    ],
)
def test_one_that_does_not_is_told_from_one_that_is_not_there(
    manner: Manner, reachable: bool, says: str, words: str
) -> None:
    with serving(manner) as [server]:
        began = time.monotonic()
        found = ping(server.address, timeout=0.3)
    assert time.monotonic() - began < 2
    assert (found.reachable, found.negotiated, found.says) == (reachable, False, says)
    assert words in found.problem
    assert "\x1b" not in found.problem


def test_nobody_there() -> None:
    found = ping(f"inet:127.0.0.1:{closed_port()}", timeout=1)
    assert (found.reachable, found.negotiated, found.says) == (False, False, "DOWN")
    assert found.problem == "Connection refused"


def test_a_port_that_takes_no_more_connections_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        found = ping(f"inet:127.0.0.1:{port}", timeout=0.4)
        for each in waiting:
            each.close()
    assert not found.negotiated
    assert time.monotonic() - began < 2


def test_a_unix_socket_by_its_place_in_a_chroot(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    server = Server("speaks", tmp_path / "run/sock")
    try:
        assert ping("unix:run/sock", root=str(tmp_path)).negotiated
        assert ping("unix:/run/sock", root=str(tmp_path)).negotiated
        assert ping(f"unix:{tmp_path}/run/sock").negotiated
        assert ping("unix:/run/sock", root=str(tmp_path / "run")).problem == "No such file or directory"
    finally:
        server.close()


def test_a_socket_that_root_alone_reaches_is_not_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mailtui.milters.alive.connected", refused)
    assert ping("unix:/run/sock").says == "DOWN"  # to root it is an error like any other
    monkeypatch.setattr("mailtui.milters.alive.os.geteuid", lambda: 65534)
    found = ping("unix:/run/sock")
    assert (found.says, found.closed, found.problem) == ("unseen", True, "root alone may ask it")


@pytest.mark.parametrize("text", ["foo:bar", "/run/x", "", "inet:8891@localhost"])
def test_an_address_that_postfix_cannot_use_is_not_tried(text: str) -> None:
    assert ping(text).problem == "its address is none that Postfix can use"


@pytest.mark.parametrize(
    "where",
    [Endpoint("inet", "127.0.0.1", "99999"), Endpoint("inet", "127.0.0.1", "no-such-service"),
     Endpoint("inet", "no-such-host.invalid", "25"), Endpoint("unix", path="/x" * 200),
     Endpoint("unix", path="/nul\0")],
)  # fmt: skip
def test_what_no_socket_can_have_is_a_problem_in_words(where: Endpoint) -> None:
    found = ping(where, timeout=2)
    assert (found.reachable, found.negotiated) == (False, False)
    assert found.problem
