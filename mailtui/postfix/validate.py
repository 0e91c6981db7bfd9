"""What is wrong, or doubtful, about an alias while it is typed. Each text says why in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtui.postfix.addresses import fold, quote, recipient, split
from mailtui.postfix.aliasrows import item_kind
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.destinations import check_destinations
from mailtui.postfix.entrychecks import EntryWarning, Field, Proposed, Severity, duplicates, place
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.syntax import address_problem, domain_problem, local_problem
from mailtui.text.folded import find
from mailtui.text.safe import decode, encode, safe

__all__ = ["EntryWarning", "Field", "Severity", "check_entry"]

FIRST_USER = 1000
"""The first uid of people; an alias for a service's account is usual, one for a person's may be a slip."""

_ORDER = {"error": 0, "warning": 1, "advice": 2}


def check_entry(
    instance: Instance,
    table: AliasTable,
    address: str,
    destinations: Sequence[str],
    replacing: str | None = None,
    resolver: Resolver | None = None,
) -> list[EntryWarning]:
    """Everything to say about `address` → `destinations` in `table`, worst first for each field.

    `replacing` is the key that the entry has in the file, None for a new one. Whoever checks at each key
    typed keeps one `resolver` while the files stay the same: what it looked up is not looked up again.
    Raises ParameterError.
    """
    before = Resolver(instance) if resolver is None else resolver
    alias = Proposed(instance, table, address, destinations, replacing, before)
    return sorted(_all(alias), key=lambda one: (one.field, one.index or 0, _ORDER[one.severity]))


def _all(alias: Proposed) -> Iterator[EntryWarning]:
    if not alias.table.editable:
        text = f"{safe(alias.table.spec)} cannot be edited: {alias.table.note}"
        yield EntryWarning("table", text, "error")
    problem = _syntax(alias)
    if problem:
        yield EntryWarning("address", problem, "error")
        return
    yield from _duplicates(alias)
    yield from _taken_before(alias)
    yield from _shadows(alias)
    yield from _catch_all(alias)
    yield from check_destinations(alias)


# How it is written


def _syntax(alias: Proposed) -> str:
    if not alias.address:
        return "an alias needs an address"
    return name_problem(alias.address, virtual=alias.is_virtual)


def name_problem(address: str, *, virtual: bool) -> str:
    """Why an address cannot be the key of a virtual alias, or a name of local(8); empty where it can."""
    return _virtual_syntax(address) if virtual else _local_syntax(address)


def _virtual_syntax(address: str) -> str:
    if item_kind(address) != "plain" and "@" not in address:
        return f"{safe(address)} is a destination, not an address that mail is sent to"
    if address.startswith("@"):
        return domain_problem(address[1:])
    if address.endswith(":"):
        return "an address does not end in a colon: that is how aliases(5) is written, not virtual(5)"
    return address_problem(address)


def _local_syntax(address: str) -> str:
    name = recipient(address)
    if address.startswith("@"):
        return "aliases(5) has no catch-alls, postalias drops this line; they belong in virtual_alias_maps"
    if "@" in name or "%" in name:
        return "aliases(5) takes no domain, postalias drops this line; it belongs in virtual_alias_maps"
    return local_problem(quote(name))


# Whether it counts


def _duplicates(alias: Proposed) -> Iterator[EntryWarning]:
    key = recipient(alias.address) if not alias.is_virtual else alias.address
    maps = alias.before.maps("virtual_alias_maps" if alias.is_virtual else "alias_maps")
    yield from duplicates(alias.instance, alias.table, key, alias.replacing, maps)


def _taken_before(alias: Proposed) -> Iterator[EntryWarning]:
    """Aliases that mail does not reach, by its domain or because another entry takes it first."""
    domain = split(alias.address)[1]
    if alias.is_virtual:
        if domain is not None and alias.before.class_of(domain) == "default":
            text = f"{safe(domain)} is not hosted here: only mail passing through meets the alias"
            yield EntryWarning("address", text)
        return
    router = alias.before.router
    hit = alias.before.rewriter.virtual_maps.find(alias.whole, alias.rules, router.is_here)
    if hit is not None and all(fold(recipient(item)) != fold(alias.address) for item in hit.items):
        text = f"virtual_alias_maps takes {safe(alias.whole)} first, by {safe(hit.key)} in {place(hit)}"
        yield EntryWarning("address", text)


# Whose mail it takes


def _shadows(alias: Proposed) -> Iterator[EntryWarning]:
    if alias.address.startswith("@") or alias.names_itself:
        return
    local, domain = split(alias.whole)
    kind = alias.before.class_of(domain or "")
    if kind == "virtual-mailbox" and alias.is_virtual:
        path = _own_mailbox(alias)
        if path is not None:
            text = f"takes the mail of the mailbox {safe(path)}, unless it is a destination as well"
            yield EntryWarning("address", text)
    elif kind == "local":
        user = alias.before.users.find(fold(local))
        if user is not None:
            text = (
                f"takes the mail of the local user {safe(user.name)}, unless named as a destination as well"
            )
            yield EntryWarning("address", text, "warning" if user.uid >= FIRST_USER else "advice")


def _own_mailbox(alias: Proposed) -> str | None:
    maps = alias.before.maps("virtual_mailbox_maps")
    hit = maps.find(alias.whole, alias.rules, alias.before.router.is_here)
    return None if hit is None or hit.key.startswith("@") else alias.before.delivery.mailbox(alias.whole)


def _catch_all(alias: Proposed) -> Iterator[EntryWarning]:
    if not alias.is_virtual or not alias.address.startswith("@"):
        return
    domain = alias.address[1:]
    kind = alias.before.class_of(domain)
    if kind == "local":
        text = f"takes the mail of every local user and alias at {safe(domain)}, not only of unknown names"
        yield EntryWarning("address", text)
    elif kind == "virtual-mailbox":
        hidden = next(_hidden_mailboxes(alias, domain), None)
        if hidden is not None:
            text = f"takes the mail of mailboxes too, such as {safe(hidden)}; an entry to itself keeps one"
            yield EntryWarning("address", text)


def _hidden_mailboxes(alias: Proposed, domain: str) -> Iterator[str]:
    """Mailboxes of the domain that have no virtual alias of their own."""
    virtual, is_here = alias.before.rewriter.virtual_maps, alias.before.router.is_here
    for lookup in alias.before.maps("virtual_mailbox_maps").lookups:
        for key in _keys_at(alias.instance, lookup, fold(domain)):
            hit = virtual.find(key, alias.rules, is_here)
            if hit is None or hit.key.startswith("@"):
                yield key


def _keys_at(instance: Instance, lookup: Lookup, domain: str) -> Iterator[str]:
    """The keys `name@domain` of a table's text."""
    target = lookup.target
    if target is None:
        return
    try:
        document = entries(instance.files, target)
    except OSError:  # the table's own note says so
        return
    needle = encode(f"@{domain}")
    at = find(document.folded, needle)
    while at >= 0:
        index = document.index_at(at)
        if index < len(document) and document.is_enabled(index):
            key = decode(document.entry(index).key)
            if split(fold(key))[1] == domain and not key.startswith("@"):
                yield key
        at = find(document.folded, needle, at + 1)
