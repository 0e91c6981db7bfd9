"""dovecot's auth service as smtpd asks it: its socket, and its own protocol (dovecot's auth-protocol.txt).

Both sides greet: `VERSION`, `CPID` here; `VERSION`, `MECH` for each mechanism, `SPID`, `COOKIE`, `DONE`
there. Then `AUTH id PLAIN service=smtp … resp=BASE64` is answered by `OK`, `FAIL` or `CONT`. No dovecot
configuration is read or written.
"""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from typing import NamedTuple

from mailtui.sasl.reading import Reader, group_name
from mailtui.sasl.secret import Secret
from mailtui.sasl.services import AuthService
from mailtui.sasl.sockets import Way, way
from mailtui.text.safe import decode, encode, safe

TIMEOUT = 10.0
"""Seconds for an answer; dovecot delays a refusal by two."""
_LONGEST = 8192
_MOST = 200


class Told(NamedTuple):
    """What came of asking. `mechanisms`: those it knows; `user`: the name that it made of the login's."""

    answers: bool
    ok: bool
    text: str
    mechanisms: tuple[str, ...] = ()
    plaintext: tuple[str, ...] = ()
    """Those of them that send the password itself."""
    user: str = ""


def used(service: AuthService) -> bool:
    return service.kind == "dovecot"


def place(queue: str, service: AuthService) -> str:
    """The socket, seen from outside the chroot; empty where dovecot is asked over TCP (`inet:host:port`)."""
    path = service.path
    if path.startswith("inet:"):
        return ""
    path = path.removeprefix("unix:")
    if service.chrooted or not path.startswith("/"):
        return os.path.join(queue, path.lstrip("/"))
    return path


def reach(queue: str, service: AuthService, who: Reader) -> Way:
    """Whether smtpd gets to it; nothing is asked. Over TCP the way is taken to be free."""
    path = place(queue, service)
    return way(path, who) if path else Way(service.path)


def advice(found: Way, who: Reader) -> str:
    """What to do about a way that is not free."""
    if found.trouble == "closed":
        return (
            f"in dovecot's unix_listener: user = {who.user}, group = {who.user}, mode = 0660"
            f" (it is of group {group_name(found.gid)} now)"
        )
    return (
        "start dovecot; its service auth wants a unix_listener of this path, and smtpd_sasl_path the same one"
    )


def ask(queue: str, service: AuthService, *, timeout: float = TIMEOUT) -> Told:
    """Its greeting."""
    return _asked(queue, service, "", None, timeout)


def login(queue: str, service: AuthService, user: str, secret: Secret, *, timeout: float = TIMEOUT) -> Told:
    """Have it check a password by PLAIN, as smtpd would under TLS."""
    return _asked(queue, service, user, secret, timeout)


def _asked(queue: str, service: AuthService, user: str, secret: Secret | None, timeout: float) -> Told:
    try:
        with _connected(queue, service, timeout) as line, line.makefile("rb") as stream:
            line.sendall(b"VERSION\t1\t1\nCPID\t%d\n" % os.getpid())
            mechanisms: list[list[str]] = []
            for _ in range(_MOST):
                words = _line(stream.readline(_LONGEST))
                if words[0] == "VERSION" and words[1:2] != ["1"]:
                    return Told(False, False, f"it speaks version {' '.join(words[1:])} of another protocol")
                if words[0] == "MECH":
                    mechanisms.append(words[1:])
                if words[0] == "DONE":
                    break
            else:
                return Told(False, False, "its greeting has no end")
            names = tuple(each[0].upper() for each in mechanisms if each)
            plain = tuple(each[0].upper() for each in mechanisms if "plaintext" in each)
            told = Told(True, False, f"it offers {' '.join(names) or 'no mechanism'}", names, plain)
            if secret is None:
                return told
            resp = b64encode(b"\0" + encode(user) + b"\0" + secret.raw)
            line.sendall(b"AUTH\t1\tPLAIN\tservice=smtp\tnologin\tsecured\tresp=" + resp + b"\n")
            answer = _line(stream.readline(_LONGEST))
    except OSError as error:
        return Told(False, False, safe(error.strerror or str(error) or "no answer").lower())
    facts = dict(each.partition("=")[::2] for each in answer[2:])
    text = facts.get("reason") or ("temporary failure" if "temp" in facts else answer[0])
    return told._replace(ok=answer[0] == "OK", text=text, user=facts.get("user", ""))


def _connected(queue: str, service: AuthService, timeout: float) -> socket.socket:
    path = place(queue, service)
    if not path:
        host, _, port = service.path.removeprefix("inet:").rpartition(":")
        if not port.isdigit():
            raise OSError(None, f"{safe(service.path)} has no port")
        return socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)), timeout)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(timeout)
    try:
        line.connect(path)
    except OSError:
        line.close()
        raise
    return line


def _line(raw: bytes) -> list[str]:
    if not raw:
        raise ConnectionError("it closes the connection")
    return [safe(part) for part in decode(raw.rstrip(b"\r\n")).split("\t")]
