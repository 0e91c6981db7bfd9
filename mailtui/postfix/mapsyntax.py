"""What is wrong with an entry of a rewriting or routing table by its words alone.

Each text says what Postfix does with it: nothing here looks at the instance. canonical(5), generic(5),
relocated(5), transport(5), and sender_bcc_maps, recipient_bcc_maps, relay_recipient_maps in postconf(5).
"""

from __future__ import annotations

from mailtui.postfix.addresses import items, recipient
from mailtui.postfix.mapkinds import MapKind
from mailtui.postfix.syntax import address_problem, domain_problem
from mailtui.text.safe import safe


def key_problem(kind: MapKind, key: str) -> str:
    """Why nothing is ever found by a key; empty where something may be."""
    if not key:
        return "an entry needs an address to be found by"
    if key.endswith(":"):
        return "a key does not end in a colon: that is how aliases(5) is written"
    if key.endswith("@"):
        return f"{safe(key)} is never asked for: the form user@ belongs to access(5)"
    if kind.keys == "transport":
        return _transport_key(key)
    if key.startswith("."):
        return f"{safe(key)} is never asked for: {kind.parameter} knows no .domain; write @domain"
    if key == "*":
        return f"* is a name here, not everything; only transport(5) knows that: {kind.parameter} has @domain"
    if key.startswith("@"):
        return domain_problem(key[1:])
    if "@" not in key and kind.parameter == "relay_recipient_maps":
        return "is never asked for without its domain, because relay domains are not local: write user@domain"
    return address_problem(key)


def _transport_key(key: str) -> str:
    if key == "*":
        return ""
    if key.startswith("@"):
        return f"{safe(key)} is never asked for: transport(5) has domains without an @; write {safe(key[1:])}"
    if "*" in key:
        domain = key.rpartition("*")[2].strip(".")
        return f"* stands alone or not at all; the subdomains of a domain are written .{safe(domain)}"
    if "@" in key:
        return address_problem(key)
    problem = domain_problem(key.removeprefix("."))
    return problem or ("" if key.removeprefix(".") else "a dot alone is no domain")


def value_problem(kind: MapKind, value: str) -> str:
    """Why a value does not do what such a table is for; empty where it may."""
    value = value.strip()
    if not value:
        return "a key without a value is dropped as the table is compiled"
    match kind.values:
        case "address":
            return _one_address(kind, value)
        case "copy":
            return _copy(value)
        case "transport":
            return _transport(value)
    return ""


def _one_address(kind: MapKind, value: str) -> str:
    found = items(value)
    if len(found) > 1:
        return (
            f"only the first address counts, {safe(found[0])}: {kind.manual} has one; "
            "several belong in virtual_alias_maps"
        )
    if not found:
        return "holds no address"
    if _is_delivery(found[0]):
        return "is no address: commands, files and lists work only in alias_maps"
    text = recipient(found[0])
    if text.startswith("@"):
        return domain_problem(text[1:])
    return address_problem(text if "<" in found[0] else found[0]) if text else "is the empty address"


def _copy(value: str) -> str:
    """A copy's address is taken as it stands: no list, no name beside it."""
    if len(items(value)) > 1 or "<" in value or "(" in value:
        return "the copy bounces (bad address syntax): exactly one bare address; several belong in an alias"
    if _is_delivery(value):
        return "the copy bounces: commands, files and lists work only in alias_maps"
    if value.startswith("@"):
        return "the copy bounces: it needs a whole address, not @domain"
    return address_problem(value)


def _transport(value: str) -> str:
    transport = value.partition(":")[0]
    if transport.startswith("[") or transport.endswith("]"):
        return f"{safe(value)} begins with a host: write smtp:{safe(value)}, or :{safe(value)}"
    if transport != transport.strip() or any(blank in transport for blank in " \t"):
        return f"“{safe(transport)}” is no transport: no blank may stand before the colon"
    return ""


def _is_delivery(item: str) -> bool:
    """Whether it is written as a destination that only aliases(5) knows."""
    return recipient(item).lower().startswith(("|", "/", ":include:"))
