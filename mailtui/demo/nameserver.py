"""A small authoritative name server on loopback: the demo's whole DNS, and that of tests.

It answers from a text file that is read again whenever it changes. A line is `NAME TYPE VALUE`, or one of
these, which hold for every name below NAME too: `NAME SERVFAIL`, `NAME REFUSED`, `NAME LAME` (an answer of
no authority and without a record), `NAME DROP` (no answer at all), `NAME DELAY SECONDS`. It is authoritative
for the root: a name that is not in the file does not exist (NXDOMAIN), one that is there without the wanted
type has no data (RFC 2308).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from mailtui.demo import background

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdatatype
    import dns.rrset

DROP: Final = "DROP"
LAME: Final = "LAME"
FAULTS: Final = ("SERVFAIL", "REFUSED", LAME, DROP)
DELAY: Final = "DELAY"
TTL = 60
"""Seconds that an answer may be kept; short, because the file is meant to be changed."""
PLAIN_UDP = 512
"""Bytes of a UDP answer without EDNS (RFC 1035, 4.2.1)."""


class ZoneError(Exception):
    """A line of the names file that says nothing this server understands."""


@dataclass(slots=True)
class Names:
    """The parsed file: record sets by name, and the faults by the name they start at."""

    records: dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rrset.RRset]] = field(default_factory=dict)
    faults: dict[dns.name.Name, str] = field(default_factory=dict)
    parents: set[dns.name.Name] = field(default_factory=set)
    delays: dict[dns.name.Name, float] = field(default_factory=dict)

    def fault(self, name: dns.name.Name) -> str | None:
        """What is wrong with a name, by the nearest line that says so."""
        return _nearest(self.faults, name)

    def delay(self, name: dns.name.Name) -> float:
        """Seconds that an answer about a name is kept back."""
        return _nearest(self.delays, name) or 0.0


Value = TypeVar("Value")


def _nearest(told: Mapping[dns.name.Name, Value], name: dns.name.Name) -> Value | None:
    """What is said of a name, or of the nearest one above it."""
    import dns.name

    while told and name != dns.name.root:
        if name in told:
            return told[name]
        name = name.parent()
    return None


def parse(text: str) -> Names:
    """Read a names file. Raises ZoneError with the line's number and text."""
    import dns.exception

    names = Names()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            _take(names, line.split(None, 2))
        except (ValueError, IndexError, dns.exception.DNSException) as error:
            raise ZoneError(f"line {number}: {line.strip()}: {error or 'not NAME TYPE VALUE'}") from None
    return names


def _take(names: Names, fields: list[str]) -> None:
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.rrset

    where = _owner(fields[0])
    name = dns.name.from_text(where)
    if fields[1] in FAULTS:
        names.faults[name] = fields[1]
        return
    if fields[1] == DELAY:
        names.delays[name] = float(fields[2])
        return
    kind = dns.rdatatype.from_text(fields[1])
    record = dns.rdata.from_text(dns.rdataclass.IN, kind, fields[2], origin=dns.name.root, relativize=False)
    sets = names.records.setdefault(name, {})
    if kind not in sets:
        sets[kind] = dns.rrset.RRset(name, dns.rdataclass.IN, kind)
    sets[kind].add(record, TTL)
    while name != dns.name.root:
        name = name.parent()
        names.parents.add(name)


def _owner(word: str) -> str:
    """A name, or an address that stands for its name in in-addr.arpa or ip6.arpa."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(word).reverse_pointer
    return word


def answer(names: Names, query: dns.message.Message) -> dns.message.Message | None:
    """The reply to a query, or None where the file says that there is none to be."""
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdatatype

    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA | dns.flags.RA
    if len(query.question) != 1:
        reply.set_rcode(dns.rcode.FORMERR)
        return reply
    asked = query.question[0]
    name, kind = asked.name, asked.rdtype
    for _ in range(8):
        fault = names.fault(name)
        if fault == DROP:
            return None
        if fault == LAME:
            reply.flags &= ~dns.flags.AA
            return reply
        if fault is not None:
            reply.set_rcode(dns.rcode.from_text(fault))
            return reply
        sets = names.records.get(name, {})
        alias = sets.get(dns.rdatatype.CNAME)
        if alias is None or kind == dns.rdatatype.CNAME:
            break
        reply.answer.append(alias)
        name = next(iter(alias)).target
    if kind in sets:
        reply.answer.append(sets[kind])
    else:
        if not sets and name not in names.parents:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        reply.authority.append(_start_of_authority())
    return reply


def _start_of_authority() -> dns.rrset.RRset:
    import dns.rrset

    return dns.rrset.from_text(
        ".", TTL, "IN", "SOA", f"ns.falcot.com. root.falcot.com. 1 3600 600 86400 {TTL}"
    )


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
