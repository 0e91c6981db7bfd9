"""What is wrong, or doubtful, about an entry of a rewriting or routing table (`MAP_KINDS`).

The rules by words are in `mapsyntax.py`; here is what they come to in an instance: tables that are not
asked, mail that ends nowhere, addresses that others take first. Each text says why in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.postfix.addresses import fold, items, quote, split
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.entrychecks import EntryWarning, Severity, duplicates, place
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapentry import MapEntry
from mailtui.postfix.mapsyntax import key_problem, value_problem
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

_ORDER = {"error": 0, "warning": 1, "advice": 2}
_REFUSING = ("reject", "no", "false", "deny", "defer", "discard")


def check_map_entry(
    instance: Instance,
    table: AliasTable,
    key: str,
    value: str,
    replacing: str | None = None,
    resolver: Resolver | None = None,
) -> list[EntryWarning]:
    """Everything to say about `key` → `value` in `table`, worst first: of the key as `address`, of the value
    as `destination` 0. `replacing`: the key that the entry has in the file, None for a new one.

    Raises InstanceError.
    """
    if table.kind is not None and table.kind.access is not None:
        from mailtui.postfix.accesschecks import check_access_entry

        rules = table.kind.access.again(instance)
        found = check_access_entry(instance, table, rules, key.strip(), value.strip(), replacing)
        return sorted(found, key=lambda one: (one.field, _ORDER[one.severity]))
    entry = MapEntry(instance, table, key.strip(), value.strip(), replacing, resolver or Resolver(instance))
    return sorted(_all(entry), key=lambda one: (one.field, _ORDER[one.severity]))


def _key(text: str, severity: Severity = "warning") -> EntryWarning:
    return EntryWarning("address", text, severity)


def _value(text: str, severity: Severity = "warning") -> EntryWarning:
    return EntryWarning("destination", text, severity, 0)


def _all(entry: MapEntry) -> Iterator[EntryWarning]:
    if not entry.table.editable:
        text = f"{safe(entry.table.spec)} cannot be edited: {entry.table.note or entry.table.lookup.how}"
        yield EntryWarning("table", text, "error")
    wrong = key_problem(entry.kind, entry.key)
    bad = value_problem(entry.kind, entry.value)
    if bad:
        yield _value(safe(bad), "error")
    if wrong:
        yield _key(safe(wrong), "error")
        return
    maps = entry.before.maps(entry.kind.parameter)
    yield from duplicates(entry.instance, entry.table, entry.key, entry.replacing, maps)
    yield from _where(entry)
    if entry.kind.keys == "transport":
        yield from _transport_key(entry)
    else:
        yield from _bare(entry)
    if not bad:
        yield from _value_of(entry)


# Whether the table is asked


def _where(entry: MapEntry) -> Iterator[EntryWarning]:
    """What keeps the entry from being asked for."""
    match entry.kind.parameter:
        case "canonical_maps" | "sender_canonical_maps" | "recipient_canonical_maps":
            yield from _classes(entry)
            yield from _no_mappings(entry)
        case "sender_bcc_maps" | "recipient_bcc_maps":
            yield from _no_mappings(entry)
            yield from _rewritten_first(entry)
        case "smtp_generic_maps":
            if not entry.carriers("smtp"):
                yield _key("master.cf has no smtp(8) that would ask for it: the table has no effect")
        case "relay_recipient_maps":
            yield from _relay(entry)
        case "relocated_maps":
            yield from _taken_first(entry)
            yield from _still_here(entry)
        case "transport_maps":
            yield from _taken_first(entry)


def _classes(entry: MapEntry) -> Iterator[EntryWarning]:
    """canonical_classes and its like: what of a message is rewritten at all."""
    name = entry.kind.parameter.removesuffix("maps") + "classes"
    default = (entry.instance.parameters.default(name) or "").replace(",", " ").split()
    left_out = [word for word in default if word not in entry.before.words(name)]
    if len(left_out) == len(default):
        yield _key(f"{name} leaves nothing for it to rewrite")
    elif left_out:
        yield _key(f"{name} leaves out {', '.join(left_out)}", "advice")


def _no_mappings(entry: MapEntry) -> Iterator[EntryWarning]:
    """receive_override_options = no_address_mappings turns canonical, virtual and bcc tables off."""
    from mailtui.postfix.services import overriding

    option = "receive_override_options"
    if "no_address_mappings" in entry.before.words(option):
        yield _key(f"{option} has no_address_mappings: mail from outside is not looked up here")
        return
    off = [name for name, value in overriding(entry.instance, option) if "no_address_mappings" in value]
    if off:
        yield _key(f"mail that comes by {', '.join(off)} is not looked up (no_address_mappings)", "advice")


def _rewritten_first(entry: MapEntry) -> Iterator[EntryWarning]:
    """A copy is asked for by the address that canonical maps made."""
    if not entry.is_one:
        return
    side = "sender" if entry.kind.parameter.startswith("sender") else "recipient"
    for maps in entry.canonical(side):
        hit = maps.find(entry.whole, entry.rules, entry.before.router.is_here)
        if hit is not None and all(fold(item) != fold(entry.whole) for item in hit.items):
            text = f"{maps.parameter} rewrites it first, by {safe(hit.key)} in {place(hit)}"
            yield _key(f"is never asked for: {text}")
            return


def _taken_first(entry: MapEntry) -> Iterator[EntryWarning]:
    """Canonical maps and virtual aliases come before routing."""
    if not entry.is_one:
        return
    rewriter = entry.before.rewriter
    for maps in (*rewriter.canonical_maps, rewriter.virtual_maps):
        hit = maps.find(entry.whole, entry.rules, entry.before.router.is_here)
        if hit is not None and all(fold(item) != fold(entry.whole) for item in hit.items):
            yield _key(f"{maps.parameter} takes its mail first, by {safe(hit.key)} in {place(hit)}")
            return


def _relay(entry: MapEntry) -> Iterator[EntryWarning]:
    domain = split(entry.whole)[1] or ""
    kind = entry.before.class_of(domain)
    if kind == "default":
        yield _key(f"{safe(domain)} is not in relay_domains: the table is never asked for it")
    elif kind != "relay":
        yield _key(f"{safe(domain)} is a {kind} domain, not a relay domain: the table is never asked for it")
    elif entry.key.startswith("@"):
        yield _key(
            f"everybody at {safe(domain)} is accepted, known there or not: what its server then refuses "
            "goes back to forged senders"
        )


def _still_here(entry: MapEntry) -> Iterator[EntryWarning]:
    local, domain = split(entry.whole)
    if entry.is_one and entry.before.class_of(domain or "") == "local":
        user = entry.before.users.find(fold(local))
        if user is not None:
            yield _key(f"the local user {safe(user.name)} gets no more mail: it is refused")
    elif entry.key.startswith("@") and entry.before.class_of(domain or "") != "default":
        yield _key(f"all mail for {safe(domain or '')} is refused that has no entry of its own here")


def _bare(entry: MapEntry) -> Iterator[EntryWarning]:
    """A name without a domain that looks like one."""
    if "@" in entry.key or "." not in entry.key:
        return
    hosted = entry.before.class_of(entry.key) != "default"
    name, origin = safe(entry.key), safe(entry.rules.myorigin)
    text = f"{name} is a user here, at {origin} and local domains; a domain is @{name}"
    yield _key(text, "warning" if hosted else "advice")


def _transport_key(entry: MapEntry) -> Iterator[EntryWarning]:
    router, key = entry.before.router, entry.key
    if key.startswith(".") and router.parents:
        yield _key(
            "is never asked for: parent_domain_matches_subdomains has transport_maps, where "
            f"{safe(key[1:])} stands for its subdomains too",
            "error",
        )
        return
    if key == "*":
        yield from _everything(entry)
        return
    kind = entry.before.class_of(split(entry.whole)[1] or "")
    if kind == "virtual-alias":
        yield _key("is never asked for: a virtual alias domain delivers nothing itself", "error")
    elif "@" not in key and "." not in key and kind == "default":
        yield _key(f"{safe(key)} is taken for a domain; a user needs one: {safe(key)}@…")
    elif "@" not in key and kind in {"local", "virtual-mailbox"} and not entry.keeps_class:
        what = "accounts and aliases" if kind == "local" else "virtual mailboxes"
        yield _key(f"{safe(key)} is a {kind} domain: its {what} get none of this mail", "advice")


def _everything(entry: MapEntry) -> Iterator[EntryWarning]:
    """`*` takes the domains hosted here as well."""
    if entry.keeps_class:
        return
    from mailtui.postfix.domains import hosted_domains

    maps = entry.before.maps("transport_maps")
    for domain in hosted_domains(entry.instance):
        if entry.before.class_of(domain) not in {"local", "virtual-mailbox"} or domain.startswith("["):
            continue
        keys = entry.before.router.transport_keys(f"x@{domain}")
        if not any(maps.get(name, full=full) for name, full in keys if name != "*"):
            name = safe(domain)
            yield _key(f"takes the mail of {name} too, which is delivered here; an entry {name} → : keeps it")
            return


# What it goes to


def _value_of(entry: MapEntry) -> Iterator[EntryWarning]:
    match entry.kind.values:
        case "address":
            yield from _rewriting(entry)
        case "copy":
            yield from _arrives(entry, "the copy bounces", "error")
            if fold(entry.target) == fold(entry.whole) and entry.kind.parameter == "recipient_bcc_maps":
                yield _value("goes to itself: there is no second copy", "advice")
        case "transport":
            from mailtui.postfix.transportchecks import check_transport

            yield from check_transport(entry.instance, entry.after, entry.carried)
        case "any" if entry.value.lower().split()[0] in _REFUSING or entry.value[:1] in "45":
            yield _value("what it says does not matter: the recipient is accepted because the key is there")


def _rewriting(entry: MapEntry) -> Iterator[EntryWarning]:
    keeps_name = items(entry.value)[0].startswith("@")
    if entry.key.startswith("@") and entry.kind.parameter != "smtp_generic_maps":
        yield from _wildcard(entry, keeps_name)
    if entry.kind.parameter == "smtp_generic_maps":
        return
    result, circle = entry.rewritten()
    if circle:
        yield _value(f"{circle}: the message goes on as {safe(quote(result))}", "error")
    elif fold(result) == fold(entry.whole):
        if entry.taken_without is None:
            yield _value("rewrites the address to itself: nothing changes", "advice")
    elif not entry.kind.parameter.startswith("sender"):
        yield from _arrives(entry, "mail to it bounces", "warning")
    else:
        yield from _arrives(entry, "answers to it bounce", "warning")


def _wildcard(entry: MapEntry, keeps_name: bool) -> Iterator[EntryWarning]:
    domain = entry.key[1:]
    if not keeps_name:
        what = "sender" if entry.kind.parameter.startswith("sender") else "address"
        yield _value(f"every {what} at {safe(domain)} becomes this one; @domain keeps the names", "advice")
    if not entry.kind.parameter.startswith("sender") and entry.before.class_of(domain) != "default":
        yield _key(f"every name at {safe(domain)} is accepted from now on, known or not")


def _arrives(entry: MapEntry, what: str, severity: Severity) -> Iterator[EntryWarning]:
    """Mail that goes to a name that nobody has."""
    if not entry.target:
        return
    found = entry.after.resolve(quote(entry.target))
    reason = found.why or (
        found.final[0].delivery if found.final and all(end.how == "error" for end in found.final) else ""
    )
    if reason and found.domain_class != "default":
        yield _value(f"{what}: {safe(reason)}", severity)
