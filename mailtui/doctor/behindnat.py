"""A container whose gateway may relay: where a proxy maps the port, every client seems to come from it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.leaks import is_world
from mailtui.doctor.model import Finding
from mailtui.edits.items import RemoveItem
from mailtui.edits.plan import Plan
from mailtui.postfix.errors import InstanceError
from mailtui.text.safe import safe

ROUTES = "/proc/net/route"
CONTAINERS = ("/.dockerenv", "/run/.containerenv")
"""What Docker and Podman put into each container."""
_UP_GATEWAY = 3
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918: what container networks are made of."""


def gateway() -> ipaddress.IPv4Address | None:
    """The default gateway of the container in which this runs; None on a host of its own."""
    if not any(os.path.exists(path) for path in CONTAINERS):
        return None
    try:
        with open(ROUTES, encoding="ascii") as stream:
            rows = [line.split() for line in stream.readlines()[1:]]
    except OSError:
        return None
    for row in rows:
        if len(row) > 3 and row[1] == "00000000" and int(row[3], 16) & _UP_GATEWAY == _UP_GATEWAY:
            return ipaddress.IPv4Address(int(row[2], 16).to_bytes(4, "little"))
    return None


def findings(case: Case) -> Iterator[Finding]:
    """Of mynetworks, where a service is open to others."""
    if not any(server.public for server in case.servers):
        return
    found = gateway()
    if found is None or not any(found in network for network in _PRIVATE):
        return
    try:
        items = case.instance.parameters.items("mynetworks")
    except InstanceError:
        return
    for at, (text, line) in enumerate(items):
        if _holds(text, found) and not is_world(text):  # the world is an open relay already
            below = items[at + 1][0] if at + 1 < len(items) else None
            yield _finding(case, text, line, found, below)


def _holds(text: str, address: ipaddress.IPv4Address) -> bool:
    try:
        return address in ipaddress.ip_network(text)
    except (ValueError, TypeError):
        return False


def _finding(
    case: Case, text: str, line: int, address: ipaddress.IPv4Address, below: str | None
) -> Finding:  # fmt: skip
    plan = case.tried(Plan((RemoveItem(case.instance.main, "mynetworks", text, below),)))
    fix, words = fixed(plan, f"take {safe(text)} out of mynetworks")
    return Finding(
        "network-gateway", "warning", f"mynetworks: {safe(text)} holds this container's gateway {address}",
        case.instance.main.path, line,
        "where the host maps port 25 by a proxy (docker's userland proxy, IPv6, a load balancer) strangers"
        f" come from {address}, and may send anywhere; look in the log which address clients have",
        fix, words,
    )  # fmt: skip
