"""Addresses that do not arrive where they seem to: domains in two classes, catch-alls in front of mailboxes,
aliases in a circle (VIRTUAL_README, ADDRESS_CLASS_README, virtual(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.doctor.aliascircles import circles
from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding
from mailtui.edits.domainplaces import take_out
from mailtui.edits.entries import SetEntry
from mailtui.edits.plan import Plan
from mailtui.postfix.domainchecks import its, place_words
from mailtui.postfix.domainkeys import index_at, tally
from mailtui.postfix.domains import CLASS_PARAMETERS, SCAN_LIMIT, DomainClass
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.hosted import Address, Hosted, Text
from mailtui.text.safe import decode, encode, safe

MOST = 200
"""Mailboxes to which one fix gives an alias of their own."""
_SHOWN = 3
_PARAMETER: dict[DomainClass, str] = {
    "local": "mydestination", "virtual-alias": "virtual_alias_domains",
    "virtual-mailbox": "virtual_mailbox_domains",
}  # fmt: skip


def findings(case: Case) -> Iterator[Finding]:
    """Of tables whose text can be read, all below SCAN_LIMIT: doctor must be quick."""
    try:
        if _size(case) > SCAN_LIMIT:
            return
        hosted = Hosted(case.instance)
    except InstanceError:
        return  # case.unread has it
    yield from _twice(case, hosted)
    yield from _catch_alls(case, hosted)
    yield from circles(case, hosted)


def _size(case: Case) -> int:
    """Bytes of the largest text among the tables of addresses and of domains."""
    largest = 0
    for name in ("virtual_alias_maps", "virtual_mailbox_maps", *(name for _, name in CLASS_PARAMETERS)):
        for table in case.instance.lookups(name):
            if table.has_file and os.path.isfile(table.path):
                largest = max(largest, os.path.getsize(table.path))
    return largest


# One domain, two classes


def _twice(case: Case, hosted: Hosted) -> Iterator[Finding]:
    kinds = tuple(_PARAMETER)
    for name in hosted.classes["local"].found | hosted.classes["virtual-alias"].found:
        found = [kind for kind in kinds if name in hosted.classes[kind].found]
        if len(found) > 1:
            yield _double(case, hosted, name, found)


def _double(case: Case, hosted: Hosted, name: str, found: list[DomainClass]) -> Finding:
    first = hosted.classes[found[0]].found[name]
    second = hosted.classes[found[1]].found[name]
    local = found[0] == "local"
    plan = case.tried(take_out(case.instance, hosted, name, "local")) if local else None
    fix, words = fixed(plan, _otherwise(name, found))
    if plan is not None:
        words = f"{words} (where it is to stay local: out of {_PARAMETER[found[1]]})"
    what = (
        "all its mail goes to accounts and aliases of this machine, and is refused where there is none"
        if local else "only its aliases are asked, and other names are refused"
    )  # fmt: skip
    boxes = hosted.mailboxes(name)
    lost = f"; nothing comes to {its(boxes, 'mailbox')} in virtual_mailbox_maps" if boxes else ""
    return Finding(
        "domain-twice", "error", f"{safe(name)} is in {' and in '.join(_PARAMETER[kind] for kind in found)}",
        first.file or case.instance.main.path, first.line,
        f"a domain has one class, and {_PARAMETER[found[0]]} comes first ({place_words(first)}, also"
        f" {place_words(second)}): {what}{lost}", fix, words, about=About("domains", name),
    )  # fmt: skip


def _otherwise(name: str, found: list[DomainClass]) -> str:
    return (
        "mailtui cannot know which class is meant: take"
        f" {safe(name)} out of {' or '.join(_PARAMETER[kind] for kind in found)} (2 Domains)"
    )


# Catch-alls


def _catch_alls(case: Case, hosted: Hosted) -> Iterator[Finding]:
    for text in hosted.alias_texts:
        for domain, offset in tally(text.document).catch_alls.items():
            index = index_at(text.document, offset)
            if index is None or not hosted.mailboxes(domain):
                continue
            to = [decode(each) for each in text.document.items(index)]
            if [each.lower() for each in to] == [f"@{domain}"]:
                continue  # every address is its own
            lost = [box for box in hosted.mailboxes_in(domain) if _is_lost(hosted, box)]
            if lost:
                yield _takes(case, text, (domain, index), to, lost)


def _is_lost(hosted: Hosted, box: Address) -> bool:
    if box.address.startswith("@"):
        return False
    return not any(text.document.find(encode(box.address)) is not None for text in hosted.alias_texts)


def _takes(case: Case, text: Text, which: tuple[str, int], to: list[str], lost: list[Address]) -> Finding:
    domain, index = which
    target = text.lookup.target
    plan = None
    if target is not None and len(lost) <= MOST:
        edits = (SetEntry(target, box.address, (box.address,), None) for box in lost)
        plan = case.tried(Plan(tuple(edits)))
    names = ", ".join(safe(box.address) for box in lost[:_SHOWN])
    names += f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    fix, words = fixed(plan, f"mailtui gives no more than {MOST} at once an alias of their own: import them")
    if plan is not None:
        words = f"an alias of its own, to itself, for {names}"
    return Finding(
        "catch-all-takes", "warning",
        f"@{safe(domain)} takes the mail of {len(lost)} mailbox{'' if len(lost) == 1 else 'es'}",
        text.lookup.path, text.document.entry(index).line,
        f"aliases come before mailboxes: {names} stand in virtual_mailbox_maps, and no alias names them, so"
        f" @{safe(domain)} sends their mail to {safe(', '.join(to), 80)}",
        fix, words, about=About("aliases", f"@{domain}"),
    )  # fmt: skip
