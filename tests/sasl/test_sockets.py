"""The way to a socket that checks passwords; and what its protocols make of nonsense."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailtui.sasl import saslauthd
from mailtui.sasl.names import Account
from mailtui.sasl.reading import Reader
from mailtui.sasl.secret import Secret
from mailtui.sasl.sockets import way
from tests.screens.aliasing import tmp_path

__all__ = ["tmp_path"]
ME = Reader("me", os.geteuid(), os.getegid(), (os.getegid(),), ())
NOBODY = Reader("nobody", 65534, 65534, (65534,), ())
JEAN = Account("jean", "falcot.com")


@contextmanager
def listening(path: Path, answer: bytes | None = None) -> Iterator[None]:
    """Somebody at a socket, who gives one answer to everybody."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()
    server.settimeout(5)

    def serve() -> None:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            line.settimeout(5)
            line.recv(4096)
            line.sendall(answer or b"")

    thread = threading.Thread(target=serve, daemon=True)
    if answer is not None:
        thread.start()
    try:
        yield
    finally:
        server.close()
        if answer is not None:
            thread.join(6)


def test_the_way(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "mux"
    assert way(str(path), ME).trouble == "missing"
    path.write_text("")
    assert way(str(path), ME).trouble == "no socket"
    path.unlink()
    with listening(path):
        assert way(str(path), ME).trouble == ""
    assert way(str(path), ME).trouble == "deserted"
    assert way(str(path), ME).says("me").endswith("nobody listens on it")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask as another user")
def test_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "in" / "mux"
    path.parent.mkdir(mode=0o750)
    os.chown(path.parent, 0, 12)
    with listening(path):
        path.chmod(0o777)
        found = way(str(path), NOBODY)
        assert (found.trouble, found.gid) == ("closed", 12)
        path.parent.chmod(0o755)
        assert way(str(path), NOBODY).trouble == ""
        path.chmod(0o700)
        assert way(str(path), NOBODY).trouble == "closed"


@pytest.mark.parametrize(
    ("answer", "answers", "ok"),
    [
        (b"\x00\x02OK", True, True),
        (b"\x00\x02NO", True, False),
        (b"\x00\x08NO wrong", True, False),
        (b"\x00\x04\x1b[2J", False, False),
        (b"\x00", False, False),
        (b"", False, False),
        (b"\x00\x50NO", False, False),
    ],
)
def test_what_saslauthd_might_say(tmp_path: Path, answer: bytes, answers: bool, ok: bool) -> None:
    path = tmp_path / "mux"
    with listening(path, answer):
        told = saslauthd.login(str(path), JEAN, Secret("x"), timeout=5)
    assert (told.answers, told.ok) == (answers, ok)
    assert "\x1b" not in told.text


def test_nobody_is_there(tmp_path: Path) -> None:
    told = saslauthd.login(str(tmp_path / "mux"), JEAN, Secret("x"))
    assert (told.answers, told.ok) == (False, False)
    assert told.text
    assert saslauthd.login(str(tmp_path / "mux"), JEAN, Secret("x" * 70_000)).text.startswith("that is too")
