"""Stand-ins for what a rehearsal may not reach: they answer, and decide nothing.

A milter that lets everything pass, a policy service that says DUNNO, a Dovecot auth socket that offers PLAIN,
a name server that knows one outside client and one sender domain, and a syslog that collects.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable

CLIENT = ("client.rehearsal.example", "198.51.100.7")
CLIENT_6 = (CLIENT[0], "2001:db8::7")
"""The outside client: its name and its addresses, which name each other."""
DOMAIN = "rehearsal.example"
"""The sender's domain, which exists and takes mail."""

Serve = Callable[[socket.socket], None]


def listen(path: str, serve: Serve) -> None:
    """Answer at a Unix socket, each connection in a thread of its own."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    os.chmod(path, 0o666)  # noqa: S103  # every daemon speaks to it, in a world of its own
    server.listen(64)

    def accept() -> None:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(serve, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def _serve(serve: Serve, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError, struct.error):
        serve(connection)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError
        parts += part
    return parts


def milter(connection: socket.socket) -> None:
    """The milter protocol, version 6: negotiate without a wish, then "continue" to whatever is asked."""
    while True:
        (size,) = struct.unpack("!I", _exactly(connection, 4))
        command, *_ = _exactly(connection, size)
        if command == ord("O"):
            answer = b"O" + struct.pack("!III", 6, 0, 0)
        elif command in b"QK":
            return
        elif command in b"DA":  # macros and abort are not answered
            continue
        else:
            answer = b"c"
        connection.sendall(struct.pack("!I", len(answer)) + answer)


def policy(connection: socket.socket) -> None:
    """SMTPD_POLICY_README: one answer to each request, which ends in an empty line."""
    waiting = b""
    while part := connection.recv(4096):
        waiting += part
        while b"\n\n" in waiting:
            waiting = waiting.partition(b"\n\n")[2]
            connection.sendall(b"action=DUNNO\n\n")


def dovecot(connection: socket.socket) -> None:
    """Dovecot's auth protocol as far as a smtpd wants it before it offers AUTH."""
    connection.sendall(
        b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t" + b"0" * 32 + b"\nDONE\n"
    )
    while connection.recv(4096):
        pass


class Syslog:
    """/dev/log: keeps what is said, in order, without priority and time."""

    def __init__(self, path: str = "/dev/log") -> None:
        self.lines: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        os.chmod(path, 0o666)  # noqa: S103  # every daemon speaks to it, in a world of its own
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        while True:
            record = self._socket.recv(65536).rstrip(b"\0\n")
            text = record.partition(b">")[2][16:]
            self.lines.append(text.decode("utf-8", "surrogateescape"))


# Names (RFC 1035). Everything but one client and one domain does not exist.

_A, _SOA, _PTR, _MX, _TXT, _AAAA = 1, 6, 12, 15, 16, 28


def _labels(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def _known() -> dict[tuple[str, int], bytes]:
    name, address = CLIENT
    four, six = socket.inet_aton(address), socket.inet_pton(socket.AF_INET6, CLIENT_6[1])
    reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    reverse_6 = ".".join(reversed(six.hex())) + ".ip6.arpa"
    return {
        (name, _A): four,
        (name, _AAAA): six,
        (reverse_6, _PTR): _labels(name),
        (DOMAIN, _A): four,
        (DOMAIN, _MX): struct.pack("!H", 10) + _labels(name),
        (reverse, _PTR): _labels(name),
    }


def answer(query: bytes) -> bytes:
    """The reply to a DNS question: what is known, else "no such name", else nothing of that type."""
    number, flags = struct.unpack("!HH", query[:4])
    at, parts = 12, []
    while query[at]:
        size = query[at]
        parts.append(query[at + 1 : at + 1 + size].decode("latin-1").lower())
        at += size + 1
    (kind,) = struct.unpack("!H", query[at + 1 : at + 3])
    question = query[12 : at + 5]
    name, known = ".".join(parts), _known()
    found = known.get((name, kind))
    exists = any(each == name for each, _ in known)
    code = 0 if exists else 3
    head = struct.pack("!HHHHHH", number, 0x8480 | (flags & 0x0100) | code, 1, 1 if found else 0, 0, 0)
    record = b"" if not found else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(found)) + found
    return head + question + record


def names() -> None:
    """Answer on 127.0.0.1, port 53, over UDP."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def serve() -> None:
        while True:
            query, client = server.recvfrom(4096)
            with contextlib.suppress(IndexError, struct.error):
                server.sendto(answer(query), client)

    threading.Thread(target=serve, daemon=True).start()
