"""Where a route ends: a virtual mailbox, another server, an error. What is local(8)'s is elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from mailtui.postfix.addresses import quote
from mailtui.postfix.mapsearch import Maps
from mailtui.postfix.resolution import Trail
from mailtui.postfix.routing import ERROR_TRANSPORTS, Route, Router


class Delivery:
    """Ends of the way other than local(8)."""

    def __init__(self, router: Router, mailboxes: Maps, effective: Callable[[str], str]) -> None:
        self._router, self._mailboxes, self._effective = router, mailboxes, effective

    def deliver(self, route: Route, trail: Trail) -> None:
        """Record what becomes of mail on this route, which is not that of local(8)."""
        address = quote(route.address)
        if route.transport in ERROR_TRANSPORTS:
            trail.end(address, "error", error_text(route))
        elif route.transport == "virtual":
            self._virtual(route, trail)
        elif route.domain_class == "default":
            trail.end(address, "remote", route.spec)
        else:
            trail.end(address, "relay", route.spec)

    def mailbox(self, address: str) -> str | None:
        """The path of a virtual mailbox (virtual(8)), None where virtual_mailbox_maps has none."""
        hit = self._mailboxes.find(address, self._router.rules, self._router.is_here)
        if hit is None:
            return None
        return below(self._effective("virtual_mailbox_base"), hit.value)

    def _virtual(self, route: Route, trail: Trail) -> None:
        path = self.mailbox(route.address)
        address = quote(route.address)
        if path is None:
            trail.end(address, "error", f"unknown user: {address!r}".replace("'", '"'))
        elif path.endswith("/"):
            trail.end(address, "maildir", path)
        else:
            trail.end(address, "mbox", path)


def below(base: str, value: str) -> str:
    """Where virtual(8) puts the mail of an entry: virtual_mailbox_base, a slash, and what the entry says."""
    return f"{base.rstrip('/')}/{value.lstrip('/')}"


def error_text(route: Route) -> str:
    """What the transports error, retry and discard do, in their own words where they have some."""
    text = route.nexthop
    if route.transport == "discard":
        return f"discarded: {text}" if text else "discarded"
    code = text.partition(" ")[0]
    if code.count(".") == 2 and code.replace(".", "").isdigit():
        text = text.partition(" ")[2]
    if route.transport == "retry":
        return f"deferred: {text or 'retry transport'}"
    return text or "mail for this address is refused"
