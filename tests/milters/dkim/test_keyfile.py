"""Keys are read as openssl reads them."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from mailtui.milters.dkim import der
from mailtui.milters.dkim.keyfile import key_of, read_key


def _openssl(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(
        ["openssl", *words], input=given, check=True, capture_output=True, timeout=30
    ).stdout


MADE = {
    "pkcs1": ("genrsa", "-traditional", "1024"),
    "pkcs8": ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1536"),
    "odd": ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1025"),
    "ed25519": ("genpkey", "-algorithm", "ED25519"),
}


@pytest.mark.parametrize("name", MADE)
def test_the_public_half_is_the_one_that_openssl_gives(name: str) -> None:
    pem = _openssl(*MADE[name])
    public = _openssl("pkey", "-pubout", "-outform", "DER", given=pem)
    found = key_of(pem)
    assert not found.problem
    assert base64.b64decode(found.public) == (public[12:] if name == "ed25519" else public)
    assert found.bits == {"pkcs1": 1024, "pkcs8": 1536, "odd": 1025, "ed25519": 256}[name]
    assert found.kind == ("ed25519" if name == "ed25519" else "rsa")
    assert der.of_public(public).data == base64.b64decode(found.public)


def test_der_and_bare_base64_are_taken_too() -> None:
    pem = _openssl(*MADE["pkcs1"])
    raw = _openssl("rsa", "-traditional", "-outform", "DER", given=pem)
    assert key_of(raw) == key_of(pem) == key_of(base64.b64encode(raw))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "ends"),
        (b"garbage\n", "no key"),
        (b"-----BEGIN PRIVATE KEY-----\nnot base64!\n-----END PRIVATE KEY-----\n", "base64"),
        (b"-----BEGIN PRIVATE KEY-----\nMIIB\n", "BEGIN and"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certificate"),
        (b"\x30\x84\xff\xff\xff\xff", "middle"),
    ],
)
def test_what_is_no_key_says_so(raw: bytes, why: str) -> None:
    found = key_of(raw)
    assert found.problem
    assert why in found.problem or not raw
    assert not found.public


def test_a_locked_key_is_of_no_use() -> None:
    pem = _openssl("genrsa", "-aes128", "-passout", "pass:secret", "1024")
    assert "password" in key_of(pem).problem


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert "does not exist" in read_key(str(path)).problem
    path.write_bytes(_openssl(*MADE["pkcs1"]))
    first = read_key(str(path))
    assert read_key(str(path)) is first
    path.write_bytes(_openssl(*MADE["ed25519"]))
    assert read_key(str(path)).kind == "ed25519"


def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    assert read_key(str(tmp_path / "pipe")).problem
