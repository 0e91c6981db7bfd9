"""Private keys as opendkim reads them: their kind, their length, and the public half that DNS must have."""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass

from mailtui import commands
from mailtui.milters.dkim import der
from mailtui.postfix.files import Stamp, problem
from mailtui.text.safe import safe

MOST = 65536
"""Bytes of a key that opendkim reads (MAXBUFRSZ)."""
_PEM = re.compile(rb"-----BEGIN (?P<what>[A-Z0-9 ]+)-----\s*(?P<body>.*?)-----END (?P=what)-----", re.DOTALL)
_HEADER = re.compile(rb"(?:[A-Za-z-]+:[^\n]*\n)+\s*\n")
_ED25519_SPKI = 12
"""Bytes before the key in an Ed25519 SubjectPublicKeyInfo (RFC 8410)."""


@dataclass(frozen=True, slots=True)
class KeyData:
    """What a key is. `public` is what belongs behind `p=`; `problem`: why nothing is known of it."""

    kind: str = ""
    bits: int = 0
    public: str = ""
    problem: str = ""
    do: str = ""


def is_path(text: str) -> bool:
    """Whether opendkim takes this for the path of a key file, and not for the key itself (dkimf_loadkey)."""
    return text.startswith(("/", "./", "../"))


_seen: dict[str, tuple[Stamp, KeyData]] = {}


def read_key(text: str) -> KeyData:
    """The key that a KeyTable row or KeyFile names, or holds. A file is read again only when it has changed.
    Never raises."""
    if not is_path(text):
        return key_of(text.encode("utf-8", "surrogateescape"))
    try:
        handle = os.open(text, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return KeyData("", 0, "", *problem(error, text))
    with open(handle, "rb", buffering=0) as file:
        stamp = Stamp.of(os.fstat(handle))
        known = _seen.get(text)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            data = key_of(file.read(MOST) or b"")
        except OSError as error:
            return KeyData("", 0, "", *problem(error, text))
    _seen[text] = (stamp, data)
    return data


def key_of(raw: bytes) -> KeyData:
    """A key in PEM, DER, or bare base64 that begins with `MII`, as libopendkim takes it."""
    try:
        found = der.of_private(_der(raw))
    except der.BadDer as error:
        return KeyData(problem=f"is no key: {error}", do="make a new key, or put the right file there")
    if found.kind == "ed25519":
        return _ed25519(raw, found.bits)
    return KeyData(found.kind, found.bits, base64.b64encode(found.data).decode("ascii"))


def _der(raw: bytes) -> bytes:
    if raw.startswith(b"-----"):
        pem = _PEM.search(raw)
        if pem is None:
            raise der.BadDer("its lines -----BEGIN and -----END do not fit")
        what, body = pem["what"].decode("ascii"), pem["body"]
        if "ENCRYPTED" in what or b"ENCRYPTED" in body:
            raise der.BadDer("it is locked with a password, and opendkim has nobody to ask")
        if not what.endswith("PRIVATE KEY"):
            raise der.BadDer(f"it holds a {safe(what.lower())}, not a private key")
        return _plain(_HEADER.sub(b"", body, count=1))
    return _plain(raw) if raw.startswith(b"MII") else raw


def _plain(raw: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        raise der.BadDer("it is no base64") from None


def _ed25519(raw: bytes, bits: int) -> KeyData:
    """The public half, which openssl works out: it does not stand in the file."""
    form = "PEM" if raw.startswith(b"-----") else "DER"
    argv = ["openssl", "pkey", "-inform", form, "-pubout", "-outform", "DER"]
    try:
        done = commands.ask(argv, stdin=raw, timeout=10)
    except commands.CommandError as error:
        return KeyData(
            "ed25519", bits, problem=f"its public half is not known: {error}", do="install openssl"
        )
    if not done.ok or len(done.out) != _ED25519_SPKI + der.ED25519_BYTES:
        return KeyData("ed25519", bits, problem="is no key: openssl cannot read it", do="make a new key")
    return KeyData("ed25519", bits, base64.b64encode(done.out[_ED25519_SPKI:]).decode("ascii"))
