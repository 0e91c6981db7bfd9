"""Whether mail for an address is refused by its transport: what check_rcpt_maps() asks trivial-rewrite(8).

Only the transports error and retry matter to smtpd, with the text that they would give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd.access import forms
from mailtui.postfix.smtpd.mailfind import Found, Key, find, search

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context
    from mailtui.postfix.smtpd.resolved import Resolved

UNDELIVERABLE = "Address is undeliverable"
"""What error and retry say where the table gives them no text."""


class Transport(NamedTuple):
    """`problem`: the table that could not be asked."""

    name: str
    nexthop: str
    problem: Found | None = None


def transport(context: Context, found: Resolved, sender: str | None) -> Transport:
    """The transport of an address that mail from `sender` goes to."""
    router = context.resolver.router
    if found.kind == "virtual-alias":
        route = Transport("error", f"5.1.1 User unknown{router.table_name('virtual alias')}")
    else:
        route = Transport(*router.class_route(found.kind, found.domain))
        if found.kind == "default":
            route = _by_sender(context, route, sender)
        if route.problem is None:
            route = _by_table(context, route, found)
    if route.problem is not None:
        return route
    return _moved(context, route, found)


def _effective(context: Context, name: str) -> str:
    """A parameter of trivial-rewrite, which has main.cf's values and not those of the smtpd service."""
    return context.instance.parameters.effective(name)


def _by_sender(context: Context, route: Transport, sender: str | None) -> Transport:
    maps = _effective(context, "sender_dependent_default_transport_maps")
    if not maps:
        return route
    key = sender or _effective(context, "empty_address_default_transport_maps_lookup_key")
    hit = find(context, maps, key)
    if hit.problem:
        return route._replace(problem=hit)
    if hit.value is None or hit.value.upper() == "DUNNO":
        return route
    name, _colon, nexthop = hit.value.partition(":")
    return Transport(name, nexthop or route.nexthop)


def _by_table(context: Context, route: Transport, found: Resolved) -> Transport:
    tables = split_list(_effective(context, "transport_maps"))
    if not tables:
        return route
    router = context.resolver.router
    keys = [
        Key(text, whole)
        for key, whole in router.transport_keys(found.address)
        for text in (forms(key) if "@" in key else (key,))
    ]
    hit = search(context, tables, keys)
    if hit.problem:
        return route._replace(problem=hit)
    name, _colon, nexthop = (hit.value or "").partition(":")
    if not name:
        return route._replace(nexthop=nexthop or route.nexthop)
    return Transport(name, nexthop or (UNDELIVERABLE if name in {"error", "retry"} else found.domain))


def _moved(context: Context, route: Transport, found: Resolved) -> Transport:
    hit = find(context, _effective(context, "relocated_maps"), found.address)
    if hit.problem:
        return route._replace(problem=hit)
    if hit.value is None:
        return route
    return Transport("error", f"5.1.6 User has moved to {hit.value}")
