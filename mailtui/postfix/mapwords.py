"""What an entry of a rewriting or routing table does to mail, in a few plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.postfix.addresses import items, split
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapentry import MapEntry
from mailtui.postfix.mapsyntax import key_problem, value_problem
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.transportsyntax import Hop, address_of
from mailtui.text.safe import safe


def told(
    instance: Instance, table: AliasTable, key: str, value: str, resolver: Resolver | None = None
) -> list[str]:
    """Sentences on what `key` → `value` does; none where it cannot do anything. Raises InstanceError."""
    if table.kind is not None and table.kind.access is not None:
        from mailtui.postfix.accesschecks import told_access

        return told_access(table.kind.access, key.strip(), value.strip())
    entry = MapEntry(instance, table, key.strip(), value.strip(), key, resolver or Resolver(instance))
    if key_problem(entry.kind, entry.key) or value_problem(entry.kind, entry.value):
        return []
    return list(_told(entry))


def without(table: AliasTable, key: str) -> str:
    """What becomes of it where the entry is gone, for tables that no recipient's way shows."""
    if table.kind is not None and table.kind.access is not None:
        return f"{safe(key)} is not found any more: a shorter key answers, or the next rule is asked"
    who, parameter = safe(key), table.kind.parameter if table.kind is not None else ""
    if parameter.endswith("bcc_maps"):
        return f"no copy of the mail of {who} is made any more"
    if parameter == "smtp_generic_maps":
        return f"{who} leaves this server as it is written, unless another entry takes it"
    return f"{who} stays as it is written, unless another entry takes it"


def _told(entry: MapEntry) -> Iterator[str]:
    who, value = whom(entry), safe(entry.value)
    match entry.kind.parameter:
        case "canonical_maps":
            yield f"{who}, as sender or recipient, becomes {_becomes(entry)}, which is looked up again"
            yield _headers(entry)
        case "sender_canonical_maps":
            yield f"{who} as a sender becomes {_becomes(entry)}; then canonical_maps is asked"
            yield _headers(entry)
        case "recipient_canonical_maps":
            yield f"{who} as a recipient becomes {_becomes(entry)}; then come canonical_maps and aliases"
            yield _headers(entry)
        case "transport_maps":
            yield from _carried(entry, who)
        case "relocated_maps":
            yield f"mail to {who} is refused: 550 5.1.6 … User has moved to {value}"
        case "relay_recipient_maps":
            yield f"mail to {who} is accepted at RCPT TO; who is in no such table is refused"
        case "smtp_generic_maps":
            yield f"{who} becomes {_becomes(entry)} in envelope and header of mail that leaves by smtp(8)"
            yield "what is delivered here keeps the address; lmtp(8) asks lmtp_generic_maps instead"
        case "sender_bcc_maps" | "recipient_bcc_maps":
            side = "from" if entry.kind.parameter.startswith("sender") else "to"
            yield f"a copy of new mail {side} {who} goes to {value}; nobody sees it in the header"
            yield "the sender is not told of a copy that bounces; what Postfix makes or forwards has none"


def whom(entry: MapEntry) -> str:
    """What a key stands for, in words."""
    key = entry.key
    if entry.kind.keys == "transport":
        if key == "*":
            return "everybody who has no entry of their own"
        if key.startswith("."):
            return f"everybody in a subdomain of {safe(key[1:])}"
        if "@" not in key:
            return f"everybody at {safe(key)}" + (
                " and its subdomains" if entry.before.router.parents else ""
            )
    elif key.startswith("@"):
        return f"everybody at {safe(key[1:])} who has no entry of their own"
    elif "@" not in key:
        return f"{safe(key)} at {safe(entry.rules.myorigin)} and every local domain"
    return safe(key)


def _becomes(entry: MapEntry) -> str:
    first = items(entry.value)[0]
    if first.startswith("@"):
        return f"the same name at {safe(first[1:])}"
    return safe(entry.target)


def _headers(entry: MapEntry) -> str:
    clients = entry.instance.parameters.effective("local_header_rewrite_clients")
    if entry.instance.parameters.effective("remote_header_rewrite_domain"):
        return "the header is rewritten too, whoever sends it (remote_header_rewrite_domain is set)"
    if not clients:
        return "the header only where sendmail(1) sends it: local_header_rewrite_clients is empty"
    return f"the header only of mail from sendmail(1) and local_header_rewrite_clients ({safe(clients)})"


def _carried(entry: MapEntry, who: str) -> Iterator[str]:
    found = entry.carried
    name = safe(found.transport)
    if found.value.changes_nothing:
        yield f"mail to {who} goes as if transport_maps had nothing for it: an exception"
        return
    match found.program:
        case "error":
            what = "is put off (4xx)" if found.transport == "retry" else "is refused"
            yield f"mail to {who} {what}: {safe(found.value.nexthop) or 'Address is undeliverable'}"
        case "discard":
            yield f"mail to {who} is accepted and thrown away"
        case "smtp" | "lmtp":
            by = f"{name}, the transport of its class," if found.by_class else name
            yield f"mail to {who} goes by {by} to {_hops(entry)}"
        case "":
            yield f"mail to {who} waits: there is no transport {name}"
        case _:
            nexthop = f" ({safe(found.value.nexthop)})" if found.value.nexthop else ""
            yield f"mail to {who} is handed to {name}{nexthop}, served by {safe(found.program)}(8)"


def _hops(entry: MapEntry) -> str:
    found = entry.carried
    if not found.value.nexthop:
        domain = split(entry.whole)[1] or ""
        return f"the MX of {'its domain' if entry.key[:1] in '.*' else safe(domain)}"
    if not found.hops:
        return safe(found.value.nexthop)
    return ", else to ".join(_hop(hop) for hop in found.hops)


def _hop(hop: Hop) -> str:
    port = f", port {safe(hop.service)}" if hop.service else ""
    if hop.brackets or address_of(hop.host) is not None:
        return f"the host {safe(hop.host)}{port}"
    return f"the MX of {safe(hop.host)}{port}"
