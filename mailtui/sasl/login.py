"""A login, tried: a real SMTP session to a service, with STARTTLS or TLS as it demands, and its transcript.

Nothing of a password is in the transcript: what the client sends after AUTH is masked.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mailtui.sasl.certificate import Certificate, read
from mailtui.sasl.mechanisms import IMMEDIATE, MECHANISMS, BadChallenge
from mailtui.sasl.secret import MASK, Secret
from mailtui.text.safe import decode, safe

TIMEOUT = 15.0
"""Seconds for each answer; smtpd_error_sleep_time delays a refusal by one."""
_LONGEST = 8192
"""Bytes of a reply line that are read; RFC 5321 allows 512."""
_MOST = 200
"""Lines of one reply."""


class Line(NamedTuple):
    """One line of the transcript: `>` we said, `<` the server said, `*` what happened."""

    sign: Literal[">", "<", "*"]
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


@dataclass
class Attempt:
    """What came of it. Texts are safe to show."""

    host: str
    port: int
    user: str
    mechanism: str = ""
    """The one that was tried; empty where it did not come to that."""
    ok: bool = False
    code: int = 0
    text: str = ""
    """The deciding answer."""
    before_tls: tuple[str, ...] = ()
    """Mechanisms offered without TLS."""
    offered: tuple[str, ...] = ()
    """Mechanisms offered when AUTH would come."""
    tls: str = ""
    """`TLSv1.3 TLS_AES_256_GCM_SHA384`; empty without TLS."""
    certificate: Certificate | None = None
    starttls: bool = False
    problem: str = ""
    """What prevented a login from being tried; empty where one was."""
    transcript: list[Line] = field(default_factory=list)


class _Stop(Exception):
    """The session cannot go on: why."""


class _Session:
    """One SMTP connection that writes its transcript."""

    def __init__(self, attempt: Attempt, timeout: float, secret: Secret) -> None:
        self.attempt = attempt
        self._hidden = [secret.raw, b64encode(secret.raw)] if secret else []
        try:
            self.socket = socket.create_connection((attempt.host, attempt.port), timeout)
        except OSError as error:
            raise _Stop(f"nothing answers there: {(error.strerror or str(error)).lower()}") from None
        self.stream = self.socket.makefile("rb")

    def note(self, text: str) -> None:
        self.attempt.transcript.append(Line("*", text))

    def start_tls(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # a login is tried whatever the certificate: it is told of
        try:
            wrapped = context.wrap_socket(self.socket, server_hostname=self.attempt.host)
        except OSError as error:
            raise _Stop(f"TLS fails: {safe(str(error))}") from None
        self.socket, self.stream = wrapped, wrapped.makefile("rb")
        cipher = wrapped.cipher()
        self.attempt.tls = f"{wrapped.version()} {cipher[0] if cipher else ''}".strip()
        der = wrapped.getpeercert(binary_form=True)
        self.attempt.certificate = read(der) if der else None
        self.note(self.attempt.tls)
        if self.attempt.certificate is not None:
            self.note(self.attempt.certificate.words())

    def send(self, text: bytes, shown: str | None = None) -> None:
        self.attempt.transcript.append(Line(">", safe(decode(text)) if shown is None else shown))
        try:
            self.socket.sendall(text + b"\r\n")
        except OSError as error:
            raise _Stop(f"the connection breaks: {(error.strerror or str(error)).lower()}") from None

    def reply(self) -> tuple[int, list[bytes]]:
        lines: list[bytes] = []
        while len(lines) < _MOST:
            try:
                raw = self.stream.readline(_LONGEST)
            except OSError as error:
                raise _Stop(f"no answer comes: {safe(str(error)).lower()}") from None
            if not raw:
                raise _Stop("the server closes the connection")
            line = raw.rstrip(b"\r\n")
            self.attempt.transcript.append(Line("<", self.shown(line)))
            if not line[:3].isdigit():
                raise _Stop("this is no SMTP server")
            lines.append(line[4:])
            if line[3:4] != b"-":
                return int(line[:3]), lines
        raise _Stop("its answer has no end")

    def shown(self, line: bytes) -> str:
        """A server that repeats what it was told must not have it shown."""
        for each in self._hidden:
            line = line.replace(each, MASK.encode())
        return safe(decode(line))

    def command(self, text: bytes, shown: str | None = None) -> tuple[int, list[bytes]]:
        self.send(text, shown)
        return self.reply()

    def ehlo(self) -> dict[str, str]:
        code, lines = self.command(b"EHLO localhost")
        if code != 250:
            raise _Stop(f"EHLO is refused: {code} {safe(decode(b' '.join(lines)))}")
        words = (safe(decode(line)).replace("=", " ", 1).partition(" ") for line in lines[1:])
        found: dict[str, str] = {}
        for word, _, rest in words:
            found[word.upper()] = f"{found.get(word.upper(), '')} {rest}".strip()
        return found

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def try_login(
    host: str,
    port: int,
    user: str,
    secret: Secret,
    *,
    mechanism: str = "",
    wrapper: bool = False,
    timeout: float = TIMEOUT,
) -> Attempt:
    """Log in as `user`: by this mechanism, or by the best that is offered. `wrapper`: TLS comes first."""
    attempt = Attempt(host, port, user, mechanism=mechanism.upper())
    session = None
    try:
        session = _Session(attempt, timeout, secret)
        _talk(session, attempt, user, secret, wrapper=wrapper)
    except _Stop as stop:
        attempt.problem = str(stop)
        attempt.transcript.append(Line("*", attempt.problem))
    finally:
        if session is not None:
            session.close()
    return attempt


def greet(host: str, port: int, *, wrapper: bool = False, timeout: float = TIMEOUT) -> Attempt:
    """What a service tells everybody: its mechanisms before TLS and under it, and its certificate. Nobody
    logs in."""
    attempt = Attempt(host, port, "")
    session = None
    try:
        session = _Session(attempt, timeout, Secret(""))
        _open(session, attempt, wrapper=wrapper)
        with suppress(_Stop):  # all is known
            session.command(b"QUIT")
    except _Stop as stop:
        attempt.problem = str(stop)
    finally:
        if session is not None:
            session.close()
    return attempt


def _talk(session: _Session, attempt: Attempt, user: str, secret: Secret, *, wrapper: bool) -> None:
    _open(session, attempt, wrapper=wrapper)
    _log_in(session, attempt, user, secret)
    with suppress(_Stop):  # the answer is known: how the session ends is all one
        session.command(b"QUIT")


def _open(session: _Session, attempt: Attempt, *, wrapper: bool) -> None:
    """As far as AUTH could come: TLS is begun wherever it is to be had."""
    if wrapper:
        session.start_tls()
    code, lines = session.reply()
    if code != 220:
        raise _Stop(f"it greets with {code} {safe(decode(b' '.join(lines)))}")
    features = session.ehlo()
    attempt.before_tls = tuple(dict.fromkeys(features.get("AUTH", "").upper().split())) if not wrapper else ()
    if "STARTTLS" in features and not wrapper:
        attempt.starttls = True
        code, lines = session.command(b"STARTTLS")
        if code != 220:
            raise _Stop(f"STARTTLS is refused: {code} {safe(decode(b' '.join(lines)))}")
        session.start_tls()
        features = session.ehlo()
    attempt.offered = tuple(dict.fromkeys(features.get("AUTH", "").upper().split()))


def _log_in(session: _Session, attempt: Attempt, user: str, secret: Secret) -> None:
    if not attempt.offered:
        raise _Stop("it offers no AUTH")
    known = [each for each in MECHANISMS if each in attempt.offered]
    chosen = attempt.mechanism or (known[0] if known else "")
    if not chosen:
        raise _Stop(f"none of its mechanisms can be tried from here: {' '.join(attempt.offered)}")
    if chosen not in MECHANISMS:
        raise _Stop(f"{safe(chosen)} cannot be tried from here: {', '.join(MECHANISMS)} can")
    attempt.mechanism = chosen
    if chosen not in attempt.offered:
        session.note(f"{chosen} is not offered; it is asked for all the same")
    talk = MECHANISMS[chosen](user, secret)
    first = next(talk)
    given = chosen in IMMEDIATE
    text = f"AUTH {chosen}".encode() + (b" " + b64encode(first) if given else b"")
    code, lines = session.command(text, f"AUTH {chosen}{f' {MASK}' if given else ''}")
    pending = None if given or not first else first
    while code == 334:
        try:
            challenge = b64decode(lines[-1])
            answer = pending if pending is not None else talk.send(challenge)
        except (BadChallenge, NotBase64, StopIteration) as error:
            session.note(f"{chosen} ends here: {safe(str(error)) or 'the server asks for more'}")
            code, lines = session.command(b"*")
            break
        pending = None
        code, lines = session.command(b64encode(answer), MASK)
    attempt.code, attempt.text = code, session.shown(b" ".join(lines))
    attempt.ok = code == 235
