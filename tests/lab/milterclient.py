"""A message handed to a milter as Postfix hands it over, and what the milter wants done with it.

Just as much of the protocol as a filter that looks at headers and body needs (libmilter/mfdef.h).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field

TIMEOUT = 10.0
_ACTIONS = 0x1FF
_STEPS = 0x7F | 0x100 | 0x200
"""Steps that a milter may leave out: SMFIP_NO*, the later UNKNOWN and DATA too."""


@dataclass
class Verdict:
    """`answer` is the last word: `accept`, `continue`, `tempfail`, `reject` …; `headers` those it adds."""

    answer: str
    headers: list[tuple[str, str]] = field(default_factory=list)

    def signatures(self) -> list[dict[str, str]]:
        """The tags of each DKIM-Signature, in the order in which they were added."""
        found = []
        for name, value in self.headers:
            if name.lower() == "dkim-signature":
                parts = ("".join(part.split()) for part in value.split(";"))
                found.append(dict(part.split("=", 1) for part in parts if "=" in part))
        return found


_WORDS = {
    b"a": "accept", b"c": "continue", b"t": "tempfail", b"r": "reject", b"d": "discard", b"y": "reply",
    b"q": "quarantine",
}  # fmt: skip
_CHANGES = b"hijmbp+-q2e"


def hand_over(path: str, headers: list[tuple[str, str]], body: bytes, client: str = "127.0.0.1") -> Verdict:
    """One message through the milter at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(path)
        return _Session(connection).run(headers, body, client)


class _Session:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.steps = 0

    def run(self, headers: list[tuple[str, str]], body: bytes, client: str) -> Verdict:
        self._send(b"O", struct.pack("!III", 6, _ACTIONS, _STEPS))
        kind, data = self._receive()
        assert kind == b"O", kind
        self.steps = struct.unpack("!III", data[:12])[2]
        address = client.encode() + b"\0"
        self._send(b"D", b"C" + b"j\0mx.lab.example\0")
        ended = (
            self._step(b"C", b"client.lab.example\0" + b"4" + struct.pack("!H", 25) + address, 0x01)
            or self._step(b"H", b"client.lab.example\0", 0x02)
            or self._step(b"M", b"<sender@lab.example>\0", 0x04)
            or self._step(b"R", b"<someone@elsewhere.example>\0", 0x08)
            or self._step(b"T", b"", 0x200)
        )
        for name, value in headers:
            ended = ended or self._step(b"L", name.encode() + b"\0" + value.encode() + b"\0", 0x20)
        ended = ended or self._step(b"N", b"", 0x40) or self._step(b"B", body, 0x10)
        return ended or self._end()

    def _step(self, command: bytes, data: bytes, leave_out: int) -> Verdict | None:
        if self.steps & leave_out:
            return None
        self._send(command, data)
        kind, _ = self._receive()
        return None if kind == b"c" else Verdict(_WORDS.get(kind, repr(kind)))

    def _end(self) -> Verdict:
        self._send(b"E", b"")
        added: list[tuple[str, str]] = []
        while True:
            kind, data = self._receive()
            if kind in (b"h", b"i"):
                name, value = data[4 if kind == b"i" else 0 :].split(b"\0")[:2]
                added.append((name.decode(), value.decode()))
            elif kind not in _CHANGES:
                return Verdict(_WORDS.get(kind, repr(kind)), added)

    def _send(self, command: bytes, data: bytes) -> None:
        self.connection.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def _receive(self) -> tuple[bytes, bytes]:
        while True:
            size = struct.unpack("!I", self._exactly(4))[0]
            packet = self._exactly(size)
            if packet[:1] != b"p" or size > 1:  # a lone SMFIR_PROGRESS is only a sign of life
                return packet[:1], packet[1:]

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            block = self.connection.recv(size - len(found))
            if not block:
                raise ConnectionError("the milter hung up")
            found += block
        return found
