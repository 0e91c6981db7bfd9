"""What trivial-rewrite(8) tells smtpd of an address: its complete form, its class, whether it is routed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailtui.postfix.addresses import complete, fold, split, unwrap
from mailtui.postfix.domains import explain_domain
from mailtui.postfix.resolution import AddressClass
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

_IS = {
    "local": "is local: mydestination or an address of this host",
    "virtual-alias": "is ours: virtual_alias_domains",
    "virtual-mailbox": "is ours: virtual_mailbox_domains",
    "relay": "is in relay_domains",
    "default": "is not ours",
}


class Resolved(NamedTuple):
    """An address as smtpd looks it up: complete, routed forms unwrapped, letter case folded."""

    address: str
    kind: AddressClass
    routed: bool
    """Whether a `@`, `!` or `%` is left in the local part: another server may send it on anywhere."""
    problem: str = ""
    """Why the class is not certain: smtpd answers 451 then."""

    @property
    def domain(self) -> str:
        return split(self.address)[1] or ""

    @property
    def is_final(self) -> bool:
        """Whether its mail ends on this server."""
        return self.kind in {"local", "virtual-alias", "virtual-mailbox"}

    @property
    def why(self) -> str:
        """Its class in words: `falcot.com is in relay_domains`."""
        return f"{safe(self.domain)} {_IS[self.kind]}"


def resolve(context: Context, address: str) -> Resolved:
    """Resolve an address as smtpd_resolve_addr() has it; each is resolved once for a session."""
    known = context.resolved.get(address)
    if known is None:
        known = context.resolved[address] = _resolve(context, address)
    return known


def _resolve(context: Context, address: str) -> Resolved:
    resolver = context.resolver
    full = complete(address, resolver.rules)
    if not full:
        full = complete(context.instance.parameters.effective("empty_address_recipient"), resolver.rules)
    full = unwrap(full, resolver.router.is_local, resolver.rules)
    local, domain = split(full)
    found = explain_domain(context.instance, domain or "")
    routed = any(character in local for character in "@!%")
    problem = "; ".join(found.problems) if found.deferred else ""
    return Resolved(fold(full), found.domain_class, routed, problem)
