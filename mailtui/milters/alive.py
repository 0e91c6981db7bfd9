"""Whether a milter is alive: connect, negotiate as Postfix does, and go.

The milter protocol (mfdef.h of libmilter): a packet is a length of four bytes, a letter and data. `O` with
version, actions and steps asks what the milter wants of each; it answers in kind. `Q` ends it: the milter
has seen no client and no mail.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailtui.formats.milteritem import Endpoint, endpoint
from mailtui.text.safe import encode, safe

SECONDS = 3.0
"""How long one milter may take in all."""
VERSION = 6
_LONGEST = 65536
_PORT_MAX = 65535
_OFFERED_ACTIONS = 0x1FF
_OFFERED_STEPS = 0x1FFFFF

ACTIONS = (
    (0x01, "add headers"), (0x10, "change headers"), (0x02, "replace the body"), (0x04, "add recipients"),
    (0x80, "add recipients"), (0x08, "remove recipients"), (0x40, "change the sender"),
    (0x20, "quarantine"), (0x100, "choose its macros"),
)  # fmt: skip
"""SMFIF_…: what a milter may do to a message."""

STEPS = (
    (0x01, "connect"), (0x02, "HELO"), (0x04, "MAIL"), (0x08, "RCPT"), (0x200, "DATA"), (0x20, "headers"),
    (0x40, "end of headers"), (0x10, "body"), (0x100, "unknown commands"),
)  # fmt: skip
"""SMFIP_NO…: what a milter does not want to be asked about."""


class Behind(NamedTuple):
    """What a milter asks itself, as clamav-milter does clamd. `says`: in a line; `problem`: why it is of no
    use; empty where it is."""

    name: str
    says: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Alive:
    """What came of asking a milter. `actions`: what it may do; `steps`: what it wants to see, end of message
    always among them. `problem`: why it is not reached, or does not speak as a milter; safe to show."""

    reachable: bool
    negotiated: bool
    protocol_version: int | None = None
    actions: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    ms: float = 0.0
    problem: str = ""
    hangs: bool = False
    """It takes the connection, and then says nothing within the time."""
    closed: bool = False
    """Whether it answers is not known: the caller, who is not root, may not connect."""
    behind: Behind | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it, and what it asks itself, can do its work."""
        return self.negotiated and not (self.behind is not None and self.behind.problem)

    @property
    def says(self) -> str:
        """In a few words."""
        if self.negotiated and self.behind is not None and self.behind.problem:
            return f"no {self.behind.name}"
        if self.negotiated:
            return f"alive {self.ms:.0f} ms"
        if self.hangs and self.reachable:
            return "HANGS"
        if self.closed:
            return "unseen"
        return "no milter" if self.reachable else "DOWN"


def ping(address: str | Endpoint, *, timeout: float = SECONDS, root: str = "/") -> Alive:
    """Ask the milter at an address in Postfix's syntax. `root`: the folder in which its path begins, that of
    a relative one too (the queue directory for a chrooted service). Never waits longer than `timeout`
    seconds, save for a name that DNS must tell."""
    began = time.monotonic()
    end = began + timeout
    where = endpoint(address) if isinstance(address, str) else address
    if where is None:
        return Alive(False, False, problem="its address is none that Postfix can use")
    try:
        connection = connected(where, root, end)
    except OSError as error:
        if isinstance(error, PermissionError) and os.geteuid() != 0:
            return Alive(False, False, ms=_since(began), problem="root alone may ask it", closed=True)
        return Alive(False, False, ms=_since(began), problem=why_not(error, timeout))
    with connection:
        try:
            version, actions, steps = _negotiated(connection, end)
        except OSError as error:
            why, hangs = why_not(error, timeout, connected=True), isinstance(error, TimeoutError)
            return Alive(True, False, ms=_since(began), problem=why, hangs=hangs)
        except _NoMilter as error:
            return Alive(True, False, ms=_since(began), problem=str(error))
    return Alive(True, True, version, actions, steps, _since(began))


class _NoMilter(Exception):
    """What answers does not speak the milter protocol."""


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1000


def why_not(error: OSError, timeout: float, *, connected: bool = False) -> str:
    """An error of a connection in words, safe to show."""
    if isinstance(error, TimeoutError):
        does = "it takes the connection and says nothing" if connected else "no connection"
        return f"{does} within {timeout:g} s"
    if connected and isinstance(error, ConnectionError):
        return "it closed the connection without an answer"
    if connected:
        return f"the connection broke: {safe(error.strerror or str(error))}"
    return safe(error.strerror or str(error))


def place(path: str, root: str) -> str:
    """The real path of a socket that is written so, seen from `root`."""
    return os.path.join(root, path.lstrip("/")) if root != "/" or not path.startswith("/") else path


def connected(where: Endpoint, root: str, end: float) -> socket.socket:
    """A connection to an address until a moment of the monotonic clock. Raises OSError."""
    if where.kind == "unix":
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        return _at(one, encode(place(where.path, root)), end)
    problem: OSError = OSError("no such host or service")
    if where.port.isascii() and where.port.isdecimal() and int(where.port) > _PORT_MAX:
        raise OSError(f"there is no port {where.port}")
    found = socket.getaddrinfo(where.host or "localhost", where.port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in found:
        try:
            return _at(socket.socket(family, kind, protocol), address, end)
        except OSError as error:
            problem = error
    raise problem


def _at(one: socket.socket, address: Any, end: float) -> socket.socket:
    """A socket connected to an address. Raises OSError."""
    try:
        one.settimeout(seconds_left(end))
        one.connect(address)
    except OSError:
        one.close()
        raise
    return one


def seconds_left(end: float) -> float:
    """Until then. Raises TimeoutError where that is past."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _negotiated(connection: socket.socket, end: float) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    connection.settimeout(seconds_left(end))
    connection.sendall(_packet(b"O", struct.pack(">III", VERSION, _OFFERED_ACTIONS, _OFFERED_STEPS)))
    (size,) = struct.unpack(">I", _exactly(connection, 4, end))
    if not 13 <= size <= _LONGEST:
        raise _NoMilter("what listens there is no milter: its answer has an odd length")
    answer = _exactly(connection, size, end)
    if answer[:1] != b"O":
        raise _NoMilter("what listens there is no milter: it does not negotiate")
    version, actions, steps = struct.unpack_from(">III", answer, 1)
    connection.settimeout(seconds_left(end))
    connection.sendall(_packet(b"Q"))
    return version, tuple(dict.fromkeys(_named(actions))), (*_wanted(steps), "end of message")


def _packet(letter: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", 1 + len(data)) + letter + data


def _exactly(connection: socket.socket, size: int, end: float) -> bytes:
    parts = b""
    while len(parts) < size:
        connection.settimeout(seconds_left(end))
        part = connection.recv(size - len(parts))
        if not part:
            when = " in the middle of its answer" if parts else " without an answer"
            raise _NoMilter(f"it closed the connection{when}")
        parts += part
    return parts


def _named(actions: int) -> Iterator[str]:
    return (words for bit, words in ACTIONS if actions & bit)


def _wanted(steps: int) -> Iterator[str]:
    return (words for bit, words in STEPS if not steps & bit)
