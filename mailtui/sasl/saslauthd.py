"""saslauthd(8): where smtpd reaches it, whether it may, and whether it answers.

libsasl2 asks it at `mux` in /var/run/saslauthd (saslauthd_path in smtpd.conf), which a chrooted smtpd looks
for below the queue directory. Its protocol: user, password, service, realm, each behind its length in two
bytes; the answer is a length and `OK` or `NO` (checkpw.c, saslauthd_verify_password).
"""

from __future__ import annotations

import os
import socket
import struct
from typing import NamedTuple

from mailtui import commands
from mailtui.sasl.names import Account
from mailtui.sasl.reading import Reader, group_name
from mailtui.sasl.secret import Secret
from mailtui.sasl.services import AuthService
from mailtui.sasl.sockets import Way, way
from mailtui.text.safe import decode, encode, safe

MUX = "/var/run/saslauthd/mux"
"""PATH_SASLAUTHD_RUNDIR of Debian's libsasl2, with its socket."""
TIMEOUT = 10.0
"""Seconds for an answer; PAM delays a refusal by two or three."""
PROGRAM = "testsaslauthd"
_NOBODY = "nobody-asks-whether-it-answers"
_LARGEST = 0xFFFF


class Told(NamedTuple):
    """What came of asking. `answers`: somebody is there who speaks the protocol; `ok`: it let the user in."""

    answers: bool
    ok: bool
    text: str


def used(service: AuthService) -> bool:
    """Whether a service has PLAIN and LOGIN checked by saslauthd."""
    return service.kind == "cyrus" and not service.conf.problem and "saslauthd" in service.conf.methods


def mux(queue: str, service: AuthService) -> str:
    """Its socket as this service reaches it, seen from outside the chroot."""
    path = service.conf.get("saslauthd_path") or MUX
    if service.chrooted or not path.startswith("/"):
        return os.path.join(queue, path.lstrip("/"))
    return path


def reach(queue: str, service: AuthService, who: Reader) -> Way:
    """Whether smtpd gets to it: nothing is asked."""
    return way(mux(queue, service), who)


def ping(path: str) -> Told:
    """Whether it answers, by testsaslauthd and a name that nobody has; that ends in `NO`."""
    if commands.find(PROGRAM) is None:
        return login(path, Account(_NOBODY, ""), Secret(_NOBODY))
    argv = [PROGRAM, "-u", _NOBODY, "-p", _NOBODY, "-s", "smtp", "-f", path]
    try:
        done = commands.ask(argv, timeout=TIMEOUT)
    except commands.CommandError as error:
        return Told(False, False, str(error))
    text = safe(decode(done.out + done.err).strip().rpartition("\n")[2])
    answers = " NO " in f" {text} " or " OK " in f" {text} "
    return Told(answers, done.ok, text.removeprefix("0: "))


def login(path: str, account: Account, secret: Secret, *, timeout: float = TIMEOUT) -> Told:
    """Have it check a password, as smtpd would: the password is in no argument list."""
    words = (encode(account.user), secret.raw, b"smtp", encode(account.realm))
    if any(len(each) > _LARGEST for each in words):
        return Told(False, False, "that is too long for saslauthd")
    asked = b"".join(struct.pack(">H", len(each)) + each for each in words)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(timeout)
            line.connect(path)
            line.sendall(asked)
            (length,) = struct.unpack(">H", _exactly(line, 2))
            text = decode(_exactly(line, length))
    except (OSError, struct.error) as error:
        words_of = getattr(error, "strerror", None) or str(error) or "no answer"
        return Told(False, False, safe(words_of).lower())
    return Told(text[:2] in ("OK", "NO"), text.startswith("OK"), safe(text))


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise ConnectionError("it closes the connection without an answer")
        found += part
    return found


def advice(found: Way, who: Reader) -> str:
    """What to do about a way that is not free."""
    if found.trouble == "missing":
        return (
            "start saslauthd (/etc/default/saslauthd), its -m naming the folder of that socket;"
            " for a chrooted smtpd below the queue directory"
        )
    group = group_name(found.gid)
    if found.gid not in who.groups:
        return f"adduser {who.user} {group}, and reload Postfix"
    return f"let group {group} pass and write there"
