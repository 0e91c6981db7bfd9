"""The client's side of PLAIN, LOGIN, CRAM-MD5 and SCRAM: what is answered to each challenge.

RFC 4616, draft-murchison-sasl-login, RFC 2195, RFC 5802 and 7677. Names and passwords go as they are: sasldb
compares bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from typing import TypeAlias

from mailtui.sasl.secret import Secret
from mailtui.text.safe import encode

Talk: TypeAlias = Generator[bytes, bytes, None]
"""Yields what the client sends, and is sent the server's challenges; the first is sent to it empty."""


class BadChallenge(Exception):
    """The server said something that the mechanism does not know."""


def plain(user: str, secret: Secret) -> Talk:
    yield b"\0" + encode(user) + b"\0" + secret.raw


def login(user: str, secret: Secret) -> Talk:
    yield encode(user)
    yield secret.raw


def cram_md5(user: str, secret: Secret) -> Talk:
    challenge = yield b""
    yield encode(user) + b" " + hmac.new(secret.raw, challenge, hashlib.md5).hexdigest().encode()


def scram(algorithm: str) -> Callable[[str, Secret], Talk]:
    """SCRAM with this hash, without channel binding."""

    def talk(user: str, secret: Secret) -> Talk:
        name = encode(user).replace(b"=", b"=3D").replace(b",", b"=2C")
        bare = b"n=" + name + b",r=" + b64encode(secrets.token_bytes(18))
        first = yield b"n,," + bare
        told = _attributes(first)
        try:
            salt, rounds = b64decode(told[b"s"]), int(told[b"i"])
        except (KeyError, ValueError):
            raise BadChallenge("no salt or count in the server's answer") from None
        if not told.get(b"r", b"").startswith(bare.rpartition(b"r=")[2]) or not 0 < rounds < 10_000_000:
            raise BadChallenge("the server answers another session, or wants too much work")
        key = hashlib.pbkdf2_hmac(algorithm, secret.raw, salt, rounds)
        mine = hmac.digest(key, b"Client Key", algorithm)
        final = b"c=biws,r=" + told[b"r"]
        whole = bare + b"," + first + b"," + final
        signature = hmac.digest(hashlib.new(algorithm, mine).digest(), whole, algorithm)
        proof = bytes(one ^ other for one, other in zip(mine, signature, strict=True))
        last = yield final + b",p=" + b64encode(proof)
        wanted = hmac.digest(hmac.digest(key, b"Server Key", algorithm), whole, algorithm)
        if _attributes(last).get(b"v") != b64encode(wanted):
            raise BadChallenge("the server does not know the password itself")
        yield b""

    return talk


def _attributes(text: bytes) -> dict[bytes, bytes]:
    return {part[:1]: part[2:] for part in text.split(b",")}


MECHANISMS: dict[str, Callable[[str, Secret], Talk]] = {
    "SCRAM-SHA-256": scram("sha256"),
    "SCRAM-SHA-1": scram("sha1"),
    "CRAM-MD5": cram_md5,
    "PLAIN": plain,
    "LOGIN": login,
}
"""Those that can be tried, the one that tells least first."""
IMMEDIATE = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"})
"""Those whose client speaks first: it is sent with AUTH (RFC 4954, initial response)."""
