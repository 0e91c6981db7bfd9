"""The addresses at which an instance receives mail: inet_interfaces and proxy_interfaces.

Names in them are looked up in /etc/hosts only: reading a configuration asks nothing of the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from mailtui.postfix import postconf
from mailtui.postfix.files import Reader
from mailtui.postfix.lookups import split_list
from mailtui.postfix.parameters import Parameters
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    Address: TypeAlias = IPv4Address | IPv6Address

HOSTS = "/etc/hosts"
LOOPBACK = ("127.0.0.1", "::1")


def literal(text: str) -> Address | None:
    """The address of `[192.0.2.1]` or `[IPv6:2001:db8::1]` in a mail address, None for anything else."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    bare = text[1:-1]
    if bare[:5].lower() == "ipv6:":
        bare = bare[5:]
    return _address(bare)


def own_addresses(parameters: Parameters, reader: Reader, *, proxies: bool = True) -> frozenset[Address]:
    """Every address for which `[address]` is a local destination. Without `proxies` those that
    proxy_interfaces names are left out. Raises ParameterError."""
    found: set[Address] = set()
    for item in split_list(parameters.expanded("inet_interfaces")):
        match item.lower():
            case "all":
                found.update(_addresses(_of_this_host()))
            case "loopback-only":
                found.update(_addresses(LOOPBACK))
            case _:
                found.update(_named(item, reader))
    versions = _versions(parameters.expanded("inet_protocols"))
    if proxies:
        for item in split_list(parameters.expanded("proxy_interfaces")):
            found.update(_named(item, reader))
    return frozenset(each for each in found if each.version in versions)


def _versions(protocols: str) -> set[int]:
    named = {item.lower() for item in split_list(protocols)}
    return {version for version in (4, 6) if named & {"all", f"ipv{version}"}}


def _address(text: str) -> Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(text)
    except ValueError:
        return None


def _addresses(texts: Iterable[str]) -> Iterator[Address]:
    """The addresses among the texts."""
    for text in texts:
        address = _address(text)
        if address is not None:
            yield address


def _of_this_host() -> Iterable[str]:
    """The addresses of this host's interfaces; the loopback ones where they cannot be had."""
    settings = {"inet_interfaces": "all", "inet_protocols": "all", "mynetworks_style": "host"}
    try:
        networks = postconf.own_networks(settings)
    except postconf.PostconfError:
        return LOOPBACK
    return [each.partition("/")[0].strip("[]") for each in networks]


def host_addresses() -> list[str]:
    """The addresses of this host's interfaces, those of loopback left out."""
    return [each for each in _of_this_host() if not each.startswith("127.") and each != "::1"]


def _named(item: str, reader: Reader) -> set[Address]:
    """The address that an item is, or those of a host name in /etc/hosts."""
    address = _address(item.strip("[]"))
    if address is not None:
        return {address}
    try:
        lines = decode(reader.raw(HOSTS)).splitlines()
    except OSError:
        return set()
    rows = (line.partition("#")[0].split() for line in lines)
    return set(_addresses(row[0] for row in rows if item.lower() in (name.lower() for name in row[1:])))
