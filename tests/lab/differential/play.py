"""Sessions with the real smtpd, as any client by XCLIENT, over connections that are kept."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

from mailtui.postfix.smtpd.session import Session, Until
from tests.lab.differential.setups import HARNESS, OWN

PATIENCE = 8.0
"""Seconds for an answer; an smtpd that ends at its start is not started again for a minute."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?: |$)")


class Told(NamedTuple):
    """What a client was told last, and at which command. Code 0: nothing; the connection was closed."""

    at: Until
    code: int
    enhanced: str
    text: str

    @property
    def line(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


NOTHING = Told("connect", 0, "", "")


class Closed(Exception):
    """The server has hung up."""


class Connection:
    """One connection; what it cannot be used for any more makes a new one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._source = HARNESS
        self._sock: socket.socket | None = None
        self._buffer = b""
        self._dead = False

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock, self._buffer = None, b""

    def play(self, session: Session) -> Told:
        """The first refusal, or the reply to the last command."""
        if self._dead:
            return NOTHING
        # XCLIENT leaves permit_inet_interfaces the connection's true address.
        source = session.client_address if session.client_address in OWN else HARNESS
        if session.helo is None or source != self._source:
            self.close()  # defer_if_permit of a HELO list is forgotten at the next HELO alone
        self._source = source
        for _ in range(2):
            fresh = self._sock is None
            try:
                return self._play(session)
            except (Closed, OSError):
                self.close()
                if fresh:
                    break
        self._dead = True
        return NOTHING

    def _play(self, session: Session) -> Told:
        if self._sock is None:
            address = ("127.0.0.1", self._port)
            self._sock = socket.create_connection(address, PATIENCE, source_address=(self._source, 0))
            self._reply()
        code, text = self._say(f"XCLIENT {_attributes(session)}")
        if code != 220:
            self.close()
            return _told("connect", code, text)
        commands: list[tuple[Until, str]] = []
        if session.helo is not None:
            commands.append(("helo", f"EHLO {session.helo}"))
        commands.append(("mail", f"MAIL FROM:<{session.sender}>"))
        commands.append(("rcpt", f"RCPT TO:<{session.recipient}>"))
        if session.until == "data":
            commands.append(("data", "DATA"))
        for at, command in commands:
            last = at
            code, text = self._say(command)
            if code >= 400 or code == 354:
                break
        if code in {354, 421}:  # the message would have to follow; smtpd hangs up after a 421
            self.close()
        elif last != "helo":
            self._say("RSET")
        return _told(last, code, text)

    def _say(self, line: str) -> tuple[int, str]:
        if self._sock is None:
            raise Closed
        self._sock.sendall(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return self._reply()

    def _reply(self) -> tuple[int, str]:
        while True:
            line = self._line()
            if line[3:4] != b"-":
                return int(line[:3]), line[4:].decode("utf-8", "surrogateescape")

    def _line(self) -> bytes:
        assert self._sock is not None
        while b"\n" not in self._buffer:
            block = self._sock.recv(65536)
            if not block:
                raise Closed
            self._buffer += block
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.rstrip(b"\r")


def _attributes(session: Session) -> str:
    address = session.client_address
    return " ".join((
        f"NAME={_name(session.client_name)}",
        f"ADDR={'IPV6:' if ':' in address else ''}{address}",
        f"REVERSE_NAME={_name(session.reverse_name)}",
        f"PORT=4711 PROTO={'SMTP' if session.helo is None else 'ESMTP'}",
        *([f"LOGIN={session.sasl_user}"] if session.sasl_user else []),
    ))  # fmt: skip


def _name(name: str) -> str:
    return "[UNAVAILABLE]" if name == "unknown" else name


def _told(at: Until, code: int, text: str) -> Told:
    if not _ENHANCED.match(text):
        return Told(at, code, "", text)
    enhanced, _blank, rest = text.partition(" ")
    return Told(at, code, enhanced, rest)
