"""The session against servers that no Postfix would be; against a real one see tests/lab."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from mailtui.sasl.login import Attempt, try_login
from mailtui.sasl.secret import Secret

WORD = "geheim-geheim"


@contextmanager
def server(replies: Sequence[bytes]) -> Iterator[int]:
    """A server that greets with the first reply, and answers each line with the next."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve() -> None:
        connection, _ = listener.accept()
        connection.settimeout(5)
        with connection, connection.makefile("rb") as lines:
            for reply in replies:
                connection.sendall(reply)
                if not lines.readline():
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(5)


def tried(*replies: bytes, mechanism: str = "") -> Attempt:
    with server(replies) as port:
        return try_login("127.0.0.1", port, "jean", Secret(WORD), mechanism=mechanism, timeout=5)


def text(attempt: Attempt) -> str:
    return "\n".join(map(str, attempt.transcript)) + repr(attempt)


def test_a_server_that_repeats_the_password_is_masked() -> None:
    echoed = WORD.encode() + b" " + b64encode(WORD.encode())
    found = tried(
        b"220 hi\r\n",
        b"250-x\r\n250 AUTH LOGIN\r\n",
        b"334 VQ==\r\n",
        b"334 UA==\r\n",
        b"535 " + echoed + b"\r\n",
    )
    assert found.code == 535
    assert not found.ok
    assert WORD not in text(found)
    assert b64encode(WORD.encode()).decode() not in text(found)


def test_a_login() -> None:
    found = tried(b"220 hi\r\n", b"250-x\r\n250 AUTH PLAIN\r\n", b"235 yes\r\n", b"221 bye\r\n")
    assert found.ok
    assert (found.mechanism, found.code, found.text, found.tls) == ("PLAIN", 235, "yes", "")
    assert "> AUTH PLAIN •••••" in text(found)


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ([b"554 go away\r\n"], "it greets with 554 go away"),
        ([b"SSH-2.0-OpenSSH\r\n"], "this is no SMTP server"),
        ([b"220 hi\r\n", b"502 no\r\n"], "EHLO is refused: 502 no"),
        ([b"220 hi\r\n", b"250 x\r\n"], "it offers no AUTH"),
        (
            [b"220 hi\r\n", b"250-x\r\n250 AUTH GSSAPI\r\n"],
            "none of its mechanisms can be tried from here: GSSAPI",
        ),
        (
            [b"220 hi\r\n", b"250-x\r\n250 STARTTLS\r\n", b"454 not now\r\n"],
            "STARTTLS is refused: 454 not now",
        ),
        ([b"220 hi\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\njunk\r\n"], "TLS fails"),
        ([b"220-hi\r\n" * 300], "its answer has no end"),
    ],
)
def test_what_is_no_login_is_told(replies: list[bytes], why: str) -> None:
    found = tried(*replies)
    assert not found.ok
    assert found.problem.startswith(why)


def test_nothing_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    found = try_login("127.0.0.1", port, "jean", Secret(WORD), timeout=2)
    assert found.problem == "nothing answers there: connection refused"


def test_a_mechanism_that_is_not_offered_is_asked_for_all_the_same() -> None:
    found = tried(
        b"220 hi\r\n",
        b"250-x\r\n250 AUTH PLAIN\r\n",
        b"535 no mechanism\r\n",
        b"221\r\n",
        mechanism="cram-md5",
    )
    assert (found.mechanism, found.code) == ("CRAM-MD5", 535)


def test_hostile_answers_are_made_safe() -> None:
    found = tried(
        b"220 \x1b]0;PWNED\x07\r\n", b"250-x\r\n250 AUTH PLAIN\r\n", b"535 \x1b[2J\xff\r\n", b"221\r\n"
    )
    assert "\x1b" not in text(found)
    assert found.text.isprintable()
