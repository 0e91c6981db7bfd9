"""What stays when a domain goes, or changes its class: it is told, and never deleted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailtui.postfix.domainchecks import its, missing_own_names
from mailtui.postfix.domainkeys import bare_keys, entries_in, tally
from mailtui.postfix.domains import DomainClass
from mailtui.postfix.files import entries
from mailtui.postfix.hosted import Address, Hosted, Text
from mailtui.postfix.instance import Instance
from mailtui.text.safe import encode, safe

LOOKED_AT = 1000
"""Mailboxes whose folders are looked for."""
_NAMED = 3
"""Domains of many that are named."""


def left_behind(hosted: Hosted, domain: str, was: DomainClass, then: DomainClass) -> list[str]:
    """What stays of a domain, and what becomes of it. `then`: the class that it has afterwards."""
    return [
        *_fate(domain, was, then),
        *_aliases(hosted, domain, was, then),
        *_mailboxes(hosted, domain, was, then),
        *_routes(hosted, domain),
        *_own(hosted, domain, then),
    ]


def left_behind_all(hosted: Hosted, fates: Mapping[str, tuple[DomainClass, DomainClass]]) -> list[str]:
    """The same of many domains together, in few sentences. `fates`: the class that each had and has then."""
    said: list[str] = []
    groups: dict[tuple[DomainClass, DomainClass], list[str]] = {}
    for name, fate in fates.items():
        groups.setdefault(fate, []).append(name)
    for (was, then), names in groups.items():
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        said += _fate(", ".join(names[:_NAMED]) + more, was, then)
        kept = _count(hosted.alias_texts, names)
        lost = _count(hosted.mailbox_texts, names) if then != "virtual-mailbox" else 0
        said += [f"their {kept:,} aliases stay"] if kept else []
        said += [f"their {lost:,} mailboxes stay and get no mail any more"] if lost else []
        for parameter in ("transport_maps", "relay_recipient_maps"):
            kept = _count(_listed(hosted.instance, parameter), names, bare=True)
            said += [f"their {kept:,} entries in {parameter} stay"] if kept else []
        own = _own_names(hosted.instance)
        said += [text for name in names if name in own for text in _own(hosted, name, then)]
    return said


def _count(texts: Iterable[Text], names: Sequence[str], *, bare: bool = False) -> int:
    """The entries with an address in one of the domains, and, if `bare`, with a domain itself."""
    count = 0
    for text in texts:
        known = tally(text.document)
        count += sum(known.addresses.get(name, 0) + (name in known.catch_alls) for name in names)
        count += sum(map(bare_keys(text.document).__contains__, names)) if bare else 0
    return count


def _listed(instance: Instance, parameter: str) -> Iterator[Text]:
    """The tables of a parameter that can be read."""
    for lookup in instance.lookups(parameter):
        if lookup.target is None:
            continue
        try:
            yield Text(lookup, entries(instance.files, lookup.target))
        except OSError:  # there is nothing of a domain in what is not there
            continue


def _fate(domain: str, was: DomainClass, then: DomainClass) -> Iterator[str]:
    if was == then:
        return
    name = safe(domain)
    match then:
        case "default":
            yield f"mail for {name} from outside is then refused (Relay access denied)"
        case "local":
            yield f"every account and alias of this machine then has an address in {name}"
        case "virtual-alias":
            yield f"mail for {name} is then taken for its aliases only"
        case "virtual-mailbox":
            yield f"mail for {name} then needs a mailbox in virtual_mailbox_maps for each address"
        case "relay":
            yield f"mail for {name} is then passed on to another server"
    if was == "local":
        yield f"accounts and aliases(5) of this machine have no address in {name} any more; their mail stays"


def _aliases(hosted: Hosted, domain: str, was: DomainClass, then: DomainClass) -> Iterator[str]:
    found = hosted.aliases_in(domain, LOOKED_AT)
    if not found:
        return
    count = hosted.aliases(domain, "default")
    every = "its catch-all" if any(each.address.startswith("@") for each in found) else ""
    what = " and ".join(part for part in (its(count, "alias") if count else "", every) if part)
    one = count + bool(every) == 1
    effect = "s" if one else ""
    if then == "default":
        effect += f", for mail sent through this server only: {'it takes' if one else 'they take'} no other"
    elif then != was:
        effect += f" and {'goes' if one else 'go'} on taking its mail"
    yield f"{what} in {_tables(found)} stay{effect}"


def _mailboxes(hosted: Hosted, domain: str, was: DomainClass, then: DomainClass) -> Iterator[str]:
    found = hosted.mailboxes_in(domain, LOOKED_AT)
    if not found or then == "virtual-mailbox":
        return
    count = max(len(found), hosted.mailboxes(domain))
    verbs = "stays and gets" if count == 1 else "stay and get"
    boxes = its(count, "mailbox")
    yield f"{boxes} in {_tables(found)} {verbs} no mail any more"
    if was != "virtual-mailbox":
        return
    effective = hosted.instance.parameters.effective
    if effective("virtual_transport").partition(":")[0] != "virtual":
        yield f"the mail that {safe(effective('virtual_transport'))} keeps is not touched"
        return
    base = effective("virtual_mailbox_base")
    paths = [os.path.normpath(f"{base}/{each.value}") for each in found]
    there = [path for path in paths if os.path.lexists(path)]
    if there:
        below = os.path.commonpath(there)
        boxes = "one mailbox" if len(there) == 1 else f"{len(there)} mailboxes"
        yield f"the mail of {boxes} stays in {safe(below)}: nothing is deleted"


def _tables(found: list[Address]) -> str:
    return " and ".join(dict.fromkeys(safe(each.lookup.written) for each in found))


def _routes(hosted: Hosted, domain: str) -> Iterator[str]:
    """Entries of other tables that name the domain."""
    instance = hosted.instance
    for parameter in ("transport_maps", "relay_recipient_maps"):
        for lookup, document in _listed(instance, parameter):
            there = len(entries_in(document, domain, LOOKED_AT)) + (document.find(encode(domain)) is not None)
            if there:
                stay = f"{'entry' if there == 1 else 'entries'} in {safe(lookup.written)} ({parameter})"
                yield f"its {stay} {'stays' if there == 1 else 'stay'}"


def _own_names(instance: Instance) -> frozenset[str]:
    return frozenset({instance.parameters.effective("myhostname").casefold(), "localhost"})


def _own(hosted: Hosted, domain: str, then: DomainClass) -> Iterator[str]:
    """What becomes of a name of this host."""
    if then != "default":
        return
    if domain in _own_names(hosted.instance):
        already = {name for name, _ in missing_own_names(hosted.instance)}
        if domain not in already:
            name = safe(domain)
            yield f"{name} is a name of this host: mail for root@{name} is no longer delivered here"
