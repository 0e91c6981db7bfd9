"""DKIM key pairs for the demo's own domains, made by openssl: the private file and its record (RFC 6376)."""

from __future__ import annotations

import base64
import grp
import os
import pwd
from pathlib import Path

from mailtui import commands
from mailtui.demo.place import DemoError

_ED25519_KEY = 32
"""Bytes at the end of an Ed25519 SubjectPublicKeyInfo that are the key itself (RFC 8463, 4)."""


def make(path: Path, owner: str, *, kind: str = "rsa", bits: int = 2048) -> str:
    """Make a key of `kind` (rsa, ed25519) for its owner's eyes alone; the text of its TXT record."""
    wanted = (
        ["-algorithm", "ed25519"]
        if kind == "ed25519"
        else ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
    )
    private = _openssl("genpkey", *wanted)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        os.fchown(handle, number_of(owner, "user"), number_of(owner, "group"))
        file.write(private)
    return record(private, kind)


def record(private: bytes, kind: str = "rsa") -> str:
    """The TXT record that goes with a private key in PEM."""
    public = _openssl("pkey", "-pubout", "-outform", "DER", stdin=private)
    if kind == "ed25519":
        public = public[-_ED25519_KEY:]
    return f"v=DKIM1; h=sha256; k={kind}; p={base64.b64encode(public).decode()}"


def number_of(name: str, kind: str) -> int:
    """The uid or gid of an account that a Debian package makes. Raises DemoError where it is missing."""
    try:
        return pwd.getpwnam(name).pw_uid if kind == "user" else grp.getgrnam(name).gr_gid
    except KeyError:
        raise DemoError(f"there is no {kind} {name}", "its package is not installed") from None


def _openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = commands.ask(["openssl", *arguments], stdin=stdin)
    if not done.ok:
        raise DemoError(f"openssl {arguments[0]}: {done.words}")
    return done.out
