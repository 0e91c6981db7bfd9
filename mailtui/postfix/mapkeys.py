"""By which keys Postfix asks a table for an address, and which address a key stands for."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.postfix.addresses import complete, quote, recipient, split, split_extension
from mailtui.postfix.mapkinds import MAP_KINDS, Keys
from mailtui.postfix.mapsearch import address_keys
from mailtui.postfix.resolver import Resolver

SOMEBODY = "anyone"
"""A local part where a key stands for all of them."""
ELSEWHERE = "elsewhere.example"
"""A domain where a key stands for all of them."""

TRIED = ("virtual_alias_maps", "alias_maps", *MAP_KINDS)
"""The parameters whose way of asking is known here."""


def example(keys: Keys, key: str, resolver: Resolver) -> str:
    """A complete address (internal form) that a key takes."""
    if keys == "transport" and "@" not in key:
        if key == "*":
            return f"{SOMEBODY}@{ELSEWHERE}"
        return f"{SOMEBODY}@sub{key}" if key.startswith(".") else f"{SOMEBODY}@{key}"
    if key.startswith("@"):
        return f"{SOMEBODY}{key}"
    return complete(recipient(key), resolver.rules)


def asked(parameter: str, address: str, resolver: Resolver) -> Iterator[tuple[str, bool]]:
    """The keys for an address (complete, internal form) in Postfix's order, each with whether tables of
    patterns are asked too. `parameter` is one of TRIED."""
    if parameter == "alias_maps":
        local = split(address)[0].lower()
        bare, extension = split_extension(local, resolver.rules)
        found: Iterator[tuple[str, bool]] = iter([(local, True), *([(bare, True)] if extension else [])])
    elif parameter in MAP_KINDS and MAP_KINDS[parameter].keys == "transport":
        found = resolver.router.transport_keys(address)
    else:
        keys = address_keys(address, resolver.rules, resolver.router.is_here)
        found = ((form, key.full) for key in keys for form in dict.fromkeys((quote(key.text), key.text)))
    yield from found
