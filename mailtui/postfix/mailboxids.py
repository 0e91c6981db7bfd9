"""As whom virtual(8) writes: virtual_uid_maps and virtual_gid_maps, asked by the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mailtui.postfix.addresses import split
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapsearch import Maps
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import decode

UIDS, GIDS = "virtual_uid_maps", "virtual_gid_maps"


@dataclass(frozen=True, slots=True)
class Ids:
    """Owner and group of a mailbox; None where no map says (or a far one was not asked). `problem`: why
    Postfix would defer its mail, empty if it would not."""

    uid: int | None = None
    gid: int | None = None
    problem: str = ""


def ids_of(resolver: Resolver, address: str, *, far: bool = True) -> Ids:
    """What the maps say for an address (internal form). Without `far` no directory or database is asked.

    virtual(8): a uid below virtual_minimum_uid and a gid of 0 or less are not used.
    """
    uids, gids = resolver.maps(UIDS), resolver.maps(GIDS)
    if not far and not (uids.is_near and gids.is_near):
        return Ids()
    uid, why = _number(uids, address, resolver)
    gid, why_gid = _number(gids, address, resolver)
    why = why or too_low(resolver, uid, None) or why_gid or too_low(resolver, None, gid)
    return Ids(uid, gid, why)


def _number(maps: Maps, address: str, resolver: Resolver) -> tuple[int | None, str]:
    hit = _found(maps, address, resolver)
    if hit is None:
        if maps.problems:
            return None, next(iter(maps.problems))
        return None, f"{maps.parameter} has no number for it: Postfix keeps its mail in the queue"
    digits = hit.strip()
    sign = digits[:1] if digits[:1] in {"-", "+"} else ""
    end = len(sign)
    while end < len(digits) and digits[end] in "0123456789":
        end += 1
    return (int(digits[:end]) if end > len(sign) else 0), ""  # as atol(3)


def _found(maps: Maps, address: str, resolver: Resolver) -> str | None:
    local, domain = split(address)
    if not local and domain is not None:  # a catch-all: any name in the domain
        address = f"no-such-name@{domain}"
    hit = maps.find(address, resolver.rules, resolver.router.is_here)
    return None if hit is None else hit.value


def extension_words(resolver: Resolver, address: str, own: Ids) -> str:
    """Why mail for name+extension has another owner than mail for the name; empty where it has the same.

    virtual(8) asks every map for the whole address before it leaves the extension out, and static: has an
    answer for anything.
    """
    local, domain = split(address)
    if not resolver.rules.delimiters or not local or domain is None:
        return ""
    plus = f"{local}{resolver.rules.delimiters[0]}"
    other = ids_of(resolver, f"{plus}x@{domain}", far=False)
    if (other.uid, other.gid) == (own.uid, own.gid):
        return ""
    return (
        f"mail for {plus}…@{domain} is written as {_shown(other.uid)}:{_shown(other.gid)}, and not as "
        f"{_shown(own.uid)}:{_shown(own.gid)}: {UIDS} and {GIDS} are asked for the whole address first"
    )


def _shown(number: int | None) -> str:
    return "?" if number is None else str(number)


def minimum_uid(resolver: Resolver) -> int:
    """virtual_minimum_uid."""
    text = resolver.instance.parameters.effective("virtual_minimum_uid")
    return int(text) if text.isdigit() else 100


def too_low(resolver: Resolver, uid: int | None, gid: int | None) -> str:
    """Why virtual(8) would not write with these numbers; empty where it would."""
    least = minimum_uid(resolver)
    if uid is not None and uid < least:
        return (
            f"uid {uid} is below virtual_minimum_uid ({least}), which keeps mail out of the files of root "
            "and of services: Postfix defers its mail"
        )
    if gid is not None and gid <= 0:
        return f"gid {gid} is the group of root, which virtual(8) never writes as: Postfix defers its mail"
    return ""


def known_numbers(instance: Instance, parameter: str) -> list[int]:
    """The numbers that the text tables of a parameter give, commonest first."""
    counted: Counter[int] = Counter()
    for lookup in instance.lookups(parameter):
        if lookup.target is None:
            continue
        try:
            document = entries(instance.files, lookup.target)
        except OSError:  # whoever asks for the owner of an address tells of it
            continue
        values = (decode(document.entry(at).value) for at in range(len(document)) if document.is_enabled(at))
        counted.update(int(value) for value in values if value.isdigit())
    return [number for number, _ in counted.most_common()]
