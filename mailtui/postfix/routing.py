"""Which transport takes an address: trivial-rewrite(8), transport(5), relocated(5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mailtui.postfix.addresses import Rules, fold, split, strip_extension, unwrap
from mailtui.postfix.mapsearch import Maps
from mailtui.postfix.resolution import AddressClass
from mailtui.text.safe import safe

ERROR_TRANSPORTS = frozenset({"error", "retry", "discard"})
"""Transports that deliver nothing; error and retry speak at RCPT TO already."""

_CLASS_TRANSPORT = {
    "local": "local_transport",
    "virtual-mailbox": "virtual_transport",
    "relay": "relay_transport",
    "default": "default_transport",
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where an address goes. `address` is what is delivered (routed forms unwrapped), internal form."""

    address: str
    domain_class: AddressClass
    transport: str
    nexthop: str

    @property
    def spec(self) -> str:
        """The route as transport(5) writes it: `smtp:[relay.example]:587`."""
        return f"{self.transport}:{self.nexthop}" if self.nexthop else self.transport


class Router:
    """Chooses the transport: by the class of the domain, transport_maps and relocated_maps."""

    def __init__(
        self,
        rules: Rules,
        class_of: Callable[[str], AddressClass],
        effective: Callable[[str], str],
        transports: Maps,
        relocated: Maps,
    ) -> None:
        self.rules = rules
        self.class_of = class_of
        self._effective = effective
        self._transports = transports
        self._relocated = relocated

    def is_local(self, domain: str) -> bool:
        """Whether local(8) has the domain, by mydestination or as an address of this host."""
        return self.class_of(domain) == "local"

    def is_here(self, domain: str) -> bool:
        """Whether a bare user part in a table stands for an address of this domain."""
        return fold(domain) == fold(self.rules.myorigin) or self.is_local(domain)

    def route(self, address: str) -> Route:
        """The route of a complete address."""
        address = unwrap(address, self.is_local, self.rules)
        domain = split(address)[1] or ""
        kind = self.class_of(domain)
        if kind == "virtual-alias":
            transport, nexthop = "error", "User unknown" + self.table_name("virtual alias")
        else:
            transport, nexthop = self._of_class(kind, domain)
            transport, nexthop = self._overridden(address, domain, transport, nexthop)
        moved = self._relocated.find(address, self.rules, self.is_here)
        if moved is not None:
            transport, nexthop = "error", f"User has moved to {safe(moved.value)}"
        return Route(address, kind, transport, nexthop)

    def table_name(self, table: str) -> str:
        """` in virtual alias table`, unless show_user_unknown_table_name is off."""
        return f" in {table} table" if self._effective("show_user_unknown_table_name") != "no" else ""

    def _of_class(self, kind: AddressClass, domain: str) -> tuple[str, str]:
        transport, _, nexthop = self._effective(_CLASS_TRANSPORT[kind]).partition(":")
        if not nexthop and kind in {"relay", "default"} and transport not in ERROR_TRANSPORTS:
            nexthop = self._effective("relayhost")
        return transport, nexthop or domain

    def _overridden(self, address: str, domain: str, transport: str, nexthop: str) -> tuple[str, str]:
        for key, full in self.transport_keys(address):
            hit = self._transports.get(key, full=full)
            if hit is None:
                continue
            other, _, host = hit.value.partition(":")
            if other:
                return other, host or domain
            return transport, host or nexthop
        return transport, nexthop

    @property
    def parents(self) -> bool:
        """Whether a domain in transport_maps stands for its subdomains too; `.domain` is then never asked."""
        words = self._effective("parent_domain_matches_subdomains").replace(",", " ").split()
        return "transport_maps" in words

    def class_route(self, kind: AddressClass, domain: str) -> tuple[str, str]:
        """Transport and next hop of a domain of this class where no table says otherwise."""
        return self._of_class(kind, domain)

    def transport_keys(self, address: str) -> Iterator[tuple[str, bool]]:
        """The keys by which transport_maps is asked for an address, in order, each with whether pattern
        tables are asked too."""
        domain = split(address)[1] or ""
        yield address, True
        bare, extension = strip_extension(address, self.rules)
        if extension:
            yield bare, False
        name, parents = domain, self.parents
        while name:
            yield name, False
            at = name.find(".", 1)
            name = "" if at < 0 else name[at + 1 if parents else at :]
        yield "*", True
