"""What this server is, as far as its records in DNS must agree with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import NamedTuple

_UNSEEN = [
    ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10",
    )
]  # fmt: skip
"""Addresses that the world never sees (RFC 1918, 4193, 6598): there a NAT stands in between."""


class Key(NamedTuple):
    """A DKIM key that signs for a domain. `domain`: that of the signature (`d=`), under which the record
    stands; `kind`: `rsa` or `ed25519`; `public`: in base64, empty where the key file cannot be read."""

    selector: str
    domain: str
    kind: str = "rsa"
    public: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """`hostname`: myhostname; `helo`: what is said to others (smtp_helo_name). `sends`: addresses that mail
    leaves from; `listens`: where it is taken in, those of proxy_interfaces with them. `keys`: by domain.
    `silent`: what could not be found out here, and why."""

    hostname: str = ""
    helo: str = ""
    sends: tuple[str, ...] = ()
    listens: frozenset[str] = frozenset()
    keys: Mapping[str, Sequence[Key]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    @property
    def seen(self) -> tuple[str, ...]:
        """The addresses that mail leaves from, as the world sees them."""
        return tuple(address for address in self.sends if is_seen(address))

    @property
    def hidden(self) -> bool:
        """Whether nothing here tells the address that the world sees: this host is behind a NAT."""
        return not any(is_seen(address) for address in (*self.sends, *self.listens))


def is_seen(text: str) -> bool:
    """Whether the world can see an address: not those of a private network, of a link or of the host."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not any(address in network for network in _UNSEEN)


def same(first: str, second: str) -> bool:
    """Whether two names or addresses are the same to DNS."""
    return first.rstrip(".").lower() == second.rstrip(".").lower()
