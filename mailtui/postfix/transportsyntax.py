"""The right-hand side of transport(5): `transport:nexthop`, and the next hops of smtp(8) and lmtp(8).

    parse_transport("smtp:[relay.example]:587")     # ("smtp", "[relay.example]:587", colon=True)
    parse_hop("[relay.example]:587")                # Hop("relay.example", "587", brackets=True)

Free of the instance: whether a transport exists, and whether a host is one's own, is asked elsewhere.
Rules: transport(5); parse_transport_entry in trivial-rewrite(8); host_port(3), valid_hostname(3).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple

from mailtui.text.safe import safe

LABEL_LIMIT, HOST_LIMIT = 63, 255
"""Octets of a part of a host's name, and of the whole (VALID_LABEL_LEN, VALID_HOSTNAME_LEN)."""

_LABEL = re.compile(r"[^\x00-/:-@\[-^`{-\x7f](?:[^\x00-,./:-@\[-^`{-\x7f]*[^\x00-/:-@\[-^`{-\x7f])?")
_IPV6 = re.compile("ipv6:", re.IGNORECASE)
_CODE = re.compile(r"([0-9])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")


class TransportValue(NamedTuple):
    """A value taken apart as trivial-rewrite(8) does: at its first colon, blanks kept. `transport` empty:
    that of the address's class stays. `nexthop` empty: the recipient's domain, or with `transport` empty
    too what would be without the table."""

    transport: str
    nexthop: str
    colon: bool

    @property
    def changes_nothing(self) -> bool:
        """`:` alone."""
        return not self.transport and not self.nexthop


class Hop(NamedTuple):
    """One next hop of smtp(8). `service` empty: smtp_tcp_port. `brackets`: no MX is looked up.
    `problem`: why smtp(8) ends with a fatal error when it reads it; empty where it does not."""

    host: str
    service: str
    brackets: bool
    problem: str = ""


def parse_transport(value: str) -> TransportValue:
    """Any text can be taken apart; what comes out need not make sense."""
    transport, colon, nexthop = value.partition(":")
    return TransportValue(transport, nexthop, bool(colon))


def split_hops(nexthop: str) -> list[str]:
    """The next hops of a list, tried one after another (Postfix 3.5 and later)."""
    return [hop for hop in re.split(r"[,\s]+", nexthop) if hop]


def parse_hop(text: str) -> Hop:
    """`host`, `host:service`, `[host]` or `[host]:service`, with what is wrong with it."""
    host, service, brackets, problem = _host_port(text)
    return Hop(host, service, brackets, problem or _host_problem(host, text) or service_problem(service))


def _host_port(text: str) -> tuple[str, str, bool, str]:
    """As host_port(3): host, service, whether in brackets, and what is wrong."""
    if not text.startswith("["):
        host, colon, service = text.rpartition(":")
        return (host, service, False, "") if colon else (text, "", False, "")
    inside, bracket, rest = text[1:].partition("]")
    host = _IPV6.sub("", inside, count=1) if _IPV6.match(inside) else inside
    if not bracket:
        return host, "", True, "the ] is missing"
    if rest and not rest.startswith(":"):
        return host, rest, True, f"after the ] only :port may follow, not {safe(rest)}"
    if host != inside and address_of(host) is None:
        return host, rest[1:], True, f"{safe(host)} is no IPv6 address"
    return host, rest[1:], True, ""


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is written as, None where it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host_problem(host: str, text: str) -> str:
    if not host:
        return f"{safe(text)} names no host"
    if address_of(host) is not None:
        return ""
    if address_of(text) is not None or host.count(":"):
        return f"{safe(text)}: an IPv6 address needs brackets: [2001:db8::1]:25"
    return host_name_problem(host)


def host_name_problem(name: str) -> str:
    """Why Postfix does not take a text for a host's name (valid_hostname(3)); empty where it does."""
    if name.startswith("[") or name.endswith("]"):
        return f"{safe(name)} has a bracket too many or too few"
    if len(name.encode("utf-8", "surrogateescape")) > HOST_LIMIT:
        return f"the host's name is longer than {HOST_LIMIT} octets"
    for label in name.split("."):
        if not label:
            return f"{safe(name)} has an empty part between its dots, or a dot at an end"
        if len(label.encode("utf-8", "surrogateescape")) > LABEL_LIMIT:
            return f"a part of the host's name is longer than {LABEL_LIMIT} octets"
        if not _LABEL.fullmatch(label):
            return f"“{safe(label)}” is no part of a host's name: letters, digits, _ and - within"
    if all(label.isdigit() for label in name.split(".")):
        return f"{safe(name)} is neither a name nor an IP address"
    return ""


def service_problem(service: str) -> str:
    """What is wrong with a port or the name of one (/etc/services); empty is smtp_tcp_port."""
    if not service:
        return ""
    if service[0] in "0123456789":
        if not (service.isascii() and service.isdigit()):
            return f"{safe(service)} is no port"
        return "" if 0 < int(service[:9]) < 65536 else f"{safe(service)} is no port: 1 to 65535"
    try:
        socket.getservbyname(service, "tcp")
    except (OSError, ValueError, UnicodeError):
        return f"{safe(service)} is no port, and /etc/services has no such name"
    return ""


def status_code(text: str) -> tuple[str, str]:
    """The enhanced status code that an error text begins with ("" where none), and the rest."""
    found = _CODE.match(text)
    return (found[0], text[found.end() :].lstrip()) if found else ("", text)
