"""What clamd answers, taken apart; what its databases' headers say; ClamdSocket read and written."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.formats.milteritem import Endpoint
from mailtui.milters.clamav import clamd_endpoint, clamd_text, is_over, size, size_words
from mailtui.milters.clamd import ask, days, signatures, taken_apart


def test_version_with_and_without_signatures_of_the_project() -> None:
    """clamd writes ctime(3) of the daily signatures; without them its name alone."""
    moment = time.mktime((2026, 11, 3, 8, 35, 10, 0, 0, -1))
    text = f"ClamAV 1.4.6/27500/{time.ctime(moment)}"
    assert "  " in text  # a day of one digit has a blank before it
    assert taken_apart(text) == ("ClamAV 1.4.6", 27500, moment)
    assert taken_apart("ClamAV 1.4.6") == ("ClamAV 1.4.6", 0, 0.0)
    assert taken_apart("ClamAV 1.4.6/27500/soon") == ("ClamAV 1.4.6", 27500, 0.0)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"\x1b]0;x\x07", "no clamd: it does not answer PING"),
        (b"", "no clamd: it does not answer PING"),
        (b"PONG", ""),
    ],
)
def test_what_listens_is_asked_and_need_not_be_clamd(answer: bytes, problem: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            for _ in range(2 if answer == b"PONG" else 1):
                one, _ = server.accept()
                with one:
                    said = one.recv(100)
                    one.sendall(answer + b"\0" if said == b"zPING\0" else b"ClamAV \x1b[31m9/1/x\0")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        found = ask(Endpoint("inet", "127.0.0.1", str(server.getsockname()[1])), timeout=3)
        thread.join(5)
    assert (found.alive, problem in found.problem) == (not problem, True)
    assert "\x1b" not in found.says


def test_databases(tmp_path: Path) -> None:
    assert signatures(str(tmp_path / "none")).problem == "No such file or directory"
    assert signatures(str(tmp_path)).names == ()
    (tmp_path / "demo.ndb").write_text("A:0:*:00\n")
    (tmp_path / "notes.txt").write_text("x")
    assert signatures(str(tmp_path)).names == ("demo.ndb",)
    head = "ClamAV-VDB:20 Nov 2026 08-35 +0000:{}:2:90:{}:sig/na+ture:builder:{}"
    for name, version, made in (("daily.cvd", 27400, 1_700_000_000), ("daily.cld", 27500, 1_700_086_400)):
        (tmp_path / name).write_bytes(head.format(version, "0" * 32, made).encode().ljust(512) + b"\x1f\x8b")
    (tmp_path / "main.cvd").write_bytes(b"no header")
    found = signatures(str(tmp_path))
    assert (found.version, found.made) == (27500, 1_700_086_400.0)
    assert found.names == ("daily.cld", "daily.cvd", "demo.ndb", "main.cvd")
    assert found.size == 2 * 514 + 9 + 9


@given(st.binary(max_size=600))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_no_reason_to_stop(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("db")
    (folder / "daily.cvd").write_bytes(raw)
    assert signatures(str(folder)).size == len(raw)


def test_ages() -> None:
    assert [days(each) for each in (-5.0, 80000.0, 90000.0, 9e5)] == [
        "less than a day",
        "less than a day",
        "1 day",
        "10 days",
    ]


@pytest.mark.parametrize(
    ("text", "kind", "host", "port", "back"),
    [
        ("unix:/run/x", "unix", "/run/x", "", "unix:/run/x"),
        ("tcp:127.0.0.1:3310", "inet", "127.0.0.1", "3310", "tcp:127.0.0.1:3310"),
        ("tcp:localhost", "inet", "localhost", "3310", "tcp:localhost:3310"),
        ("tcp:[::1]:3311", "inet", "::1", "3311", "tcp:[::1]:3311"),
    ],
)
def test_where_clamd_is_asked(text: str, kind: str, host: str, port: str, back: str) -> None:
    found = clamd_endpoint(text)
    assert found is not None
    assert (found.kind, found.path or found.host, found.port) == (kind, host, port)
    assert clamd_text(found) == back


@pytest.mark.parametrize("text", ["/run/x", "unix:x", "tcp:", "inet:3310@localhost", "tcp:a:b:c", ""])
def test_what_is_no_place_of_clamd(text: str) -> None:
    assert clamd_endpoint(text) is None


def test_sizes() -> None:
    assert [size(each) for each in ("25M", "10k", "1G", "7", "x", "1.5M")] == [
        26214400,
        10240,
        1 << 30,
        7,
        0,
        0,
    ]
    assert [size_words(each) for each in (26214400, 26214401, 10240, 1)] == ["25M", "26M", "10K", "1K"]
    assert (is_over(0, 0), is_over(0, 5), is_over(5, 5), is_over(6, 5)) == (False, True, False, True)
