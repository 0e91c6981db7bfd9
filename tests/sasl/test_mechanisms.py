"""What the client says, by the examples of the RFCs."""

from __future__ import annotations

import secrets
from base64 import b64decode

import pytest

from mailtui.sasl.mechanisms import MECHANISMS, BadChallenge
from mailtui.sasl.secret import Secret


def test_plain_and_login() -> None:
    assert next(MECHANISMS["PLAIN"]("tim", Secret("tanstaaftanstaaf"))) == b"\0tim\0tanstaaftanstaaf"
    talk = MECHANISMS["LOGIN"]("tim", Secret("tan"))
    assert (next(talk), talk.send(b"Password:")) == (b"tim", b"tan")


def test_cram_md5_of_rfc_2195() -> None:
    talk = MECHANISMS["CRAM-MD5"]("tim", Secret("tanstaaftanstaaf"))
    assert next(talk) == b""
    answer = talk.send(b"<1896.697170952@postoffice.reston.mci.net>")
    assert answer == b"tim b913a602c7eda7a495b4e6e7334d3890"


SCRAM = {
    "SCRAM-SHA-1": (
        "fyko+d2lbbFgONRv9qkxdawL",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "SCRAM-SHA-256": (
        "rOprNGfwEbeRWgbNEkqO",
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}
"""The client's nonce, the server's first message, the client's last, the server's last (RFC 5802, 7677)."""


@pytest.mark.parametrize("name", SCRAM)
def test_scram_by_the_rfcs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nonce, first, last, end = SCRAM[name]
    monkeypatch.setattr(secrets, "token_bytes", lambda _length: b64decode(nonce))
    talk = MECHANISMS[name]("user", Secret("pencil"))
    assert next(talk) == f"n,,n=user,r={nonce}".encode()
    assert talk.send(first) == last
    assert talk.send(end) == b""


@pytest.mark.parametrize("first", [b"", b"r=x,s=!,i=1", b"r=other,s=QSXCR+Q6sek8bf92,i=4096", b"i=x"])
def test_a_server_that_answers_something_else(first: bytes) -> None:
    talk = MECHANISMS["SCRAM-SHA-256"]("user", Secret("pencil"))
    next(talk)
    with pytest.raises(BadChallenge):
        talk.send(first)


def test_a_server_that_does_not_know_the_password() -> None:
    talk = MECHANISMS["SCRAM-SHA-1"]("user", Secret("pencil"))
    mine = next(talk).rpartition(b"r=")[2]
    talk.send(b"r=" + mine + b"more,s=QSXCR+Q6sek8bf92,i=4096")
    with pytest.raises(BadChallenge, match="does not know"):
        talk.send(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")
