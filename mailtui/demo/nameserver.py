"""A small authoritative name server on loopback: the demo's whole DNS, and that of tests.

It answers from a names file (`mailtui.demo.namesfile`), which is read again whenever it changes.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
import time
from pathlib import Path
from typing import Self

from mailtui.demo import background
from mailtui.demo.namesfile import Names, ZoneError, answer, parse

PLAIN_UDP = 512
"""Bytes of a UDP answer without EDNS (RFC 1035, 4.2.1)."""


_PORTS = 5
"""Ports that are tried where any will do."""


class Nameserver:
    """Serves `path` on `address`, port `port`, by UDP and TCP, between `start` and `stop`.

    `start` raises OSError where the address is taken and ZoneError where the file is wrong. A file that
    goes wrong later keeps the last good answers; `problem` then says what is wrong with it.
    """

    def __init__(self, path: Path, address: str = "127.0.0.1", port: int = 53) -> None:
        self.path = path
        self.address = address
        self.port = port
        self.problem: str | None = None
        self._names = Names()
        self._stamp: tuple[int, int] | None = None
        self._servers: list[_Udp | _Tcp] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        self._names = parse(self.path.read_text())
        self._stamp = self._look()
        self._servers = self._bound(1 if self.port else _PORTS)
        self.port = self._servers[0].server_address[1]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), name="dns", daemon=True).start()

    def _bound(self, tries: int) -> list[_Udp | _Tcp]:
        """Both servers on one port; a free one of UDP (0) may be taken for TCP: then another is tried."""
        udp = _Udp((self.address, self.port), self)
        try:
            return [udp, _Tcp((self.address, udp.server_address[1]), self)]
        except OSError:
            udp.server_close()
            if tries <= 1:
                raise
        return self._bound(tries - 1)

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _look(self) -> tuple[int, int]:
        found = self.path.stat()
        return (found.st_mtime_ns, found.st_size)

    def names(self) -> Names:
        """What the file says now."""
        with self._lock:
            try:
                stamp = self._look()
                if stamp != self._stamp:
                    self._names, self._stamp, self.problem = parse(self.path.read_text()), stamp, None
            except (OSError, ZoneError, UnicodeError) as error:
                self.problem = str(error)
            return self._names

    def reply(self, wire: bytes, limit: int | None) -> tuple[bytes | None, float]:
        """The answer to a packet, and the seconds to wait before it is sent. `limit`: bytes that fit, None
        for TCP; what does not fit sets TC."""
        import dns.exception
        import dns.flags
        import dns.message

        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None, 0.0
        names = self.names()
        pause = names.delay(query.question[0].name) if query.question else 0.0
        reply = answer(names, query)
        if reply is None:
            return None, 0.0
        packed = reply.to_wire(max_size=65535)
        if limit is None or len(packed) <= max(limit, query.payload if query.edns >= 0 else 0):
            return packed, pause
        short = dns.message.make_response(query)
        short.flags |= dns.flags.AA | dns.flags.TC
        return short.to_wire(), pause


class _Udp(background.Logged, socketserver.UDPServer):
    def __init__(self, address: tuple[str, int], owner: Nameserver) -> None:
        self.owner = owner
        super().__init__(address, _UdpHandler)


class _UdpHandler(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        wire, sock = self.request
        reply, pause = self.server.owner.reply(wire, PLAIN_UDP)
        if reply is None:
            return
        if not pause:
            sock.sendto(reply, self.client_address)
            return
        later = threading.Timer(pause, self._send, (sock, reply))
        later.daemon = True
        later.start()

    def _send(self, sock: socket.socket, reply: bytes) -> None:
        """Answer late; not at all where the server has gone meanwhile."""
        with contextlib.suppress(OSError):
            sock.sendto(reply, self.client_address)


class _Tcp(background.Threaded):
    def __init__(self, address: tuple[str, int], owner: Nameserver) -> None:
        self.owner = owner
        super().__init__(address, _TcpHandler)


class _TcpHandler(socketserver.StreamRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while len(head := self.rfile.read(2)) == 2:
                (length,) = struct.unpack("!H", head)
                reply, pause = self.server.owner.reply(self.rfile.read(length), None)
                if reply is None:
                    return
                time.sleep(pause)
                self.wfile.write(struct.pack("!H", len(reply)) + reply)
