"""A policy server's answer: what ends a wait for one that never comes whole."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mailtui.postfix.smtpd.policy import LONGEST_ANSWER, Endpoint, PolicyError, ask

Speak = Callable[[socket.socket], None]


@contextmanager
def served(speak: Speak) -> Iterator[Endpoint]:
    """A server that says this to whoever asks, until the other side has gone."""

    def serve() -> None:
        sock, _address = listener.accept()
        with sock:
            try:
                speak(sock)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield Endpoint("inet", f"127.0.0.1:{listener.getsockname()[1]}")
        thread.join(5)
        assert not thread.is_alive()


def dribbles(sock: socket.socket) -> None:
    for _ in range(100):
        sock.sendall(b"x")
        time.sleep(0.05)


def floods(sock: socket.socket) -> None:
    for _ in range(LONGEST_ANSWER):
        sock.sendall(b"x" * 4096)


@pytest.mark.parametrize(
    ("speak", "words"),
    [
        (dribbles, "timed out|has not ended in time"),
        (floods, "does not end"),
        (lambda sock: sock.sendall(b"action=OK\n"), "ends the connection"),
        (lambda sock: sock.sendall(b"reaction=OK\n\n"), "has no action"),
    ],
)
def test_an_answer_that_is_none_is_not_waited_for(speak: Speak, words: str) -> None:
    began = time.monotonic()
    with served(speak) as server:
        with pytest.raises(PolicyError, match=words):
            ask(server, b"", 0.4, "/nonexistent")
        assert time.monotonic() - began < 2


def test_an_answer_that_comes_in_pieces_is_whole() -> None:
    def speak(sock: socket.socket) -> None:
        for piece in (b"act", b"ion=DUNNO", b"\n", b"\n"):
            sock.sendall(piece)
            time.sleep(0.02)

    with served(speak) as server:
        assert ask(server, b"", 5, "/nonexistent") == "DUNNO"
