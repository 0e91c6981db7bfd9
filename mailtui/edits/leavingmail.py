"""Mail to the addresses of somebody who leaves: a new alias that hands it on, or an entry by which it is
refused."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import SetEntry, current
from mailtui.edits.leavingplaces import Choice, Place, Way
from mailtui.edits.leavingwho import Hunt, ends_at
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.addresses import fold, split
from mailtui.postfix.aliastables import AliasTables
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.propose import proposed_table
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

RELOCATED = "relocated_maps"
CLOSED = "(no forwarding address)"
"""What relocated(5) has the sender told: 5.1.6 User has moved to (no forwarding address)."""
PROBED = 20
"""Addresses of one local name that are tried, one a local domain."""


def mail_places(hunt: Hunt, places: Sequence[Place]) -> Iterator[Place]:
    """The addresses whose mail would, by all that was chosen so far, still reach them, or would not reach the
    successor."""
    edits = [edit for place in places for edit in place.edits]
    after = hunt.instance.over(Candidate(hunt.instance.files, edits))
    resolver = Resolver(after, hunt.users)
    for own in sorted(hunt.own):
        probes = hunt.probes(own)[:PROBED]
        if not probes or _is_elsewhere(hunt, own):
            continue
        chosen = {place.choice for place in places if place.kind == "alias" and _is_of(hunt, place, own)}
        if "keep" in chosen:
            continue
        to = hunt.wish.to("address", probes[0], "", None)
        found = [resolver.resolve(probe) for probe in probes]
        stays = any(ends_at(each, hunt.search, hunt.own) for each in found)
        wanted = set(resolver.resolve(to).final) if to else set()
        short = to and any(not each.final or set(each.final) - wanted for each in found)
        if short or stays:
            forward = bool(to) and "remove" not in chosen
            if forward or stays:
                yield _address(hunt, after, probes[0], own, to, forward=forward, stays=stays)


def _is_elsewhere(hunt: Hunt, own: str) -> bool:
    domain = split(own)[1]
    return domain is not None and hunt.resolver.class_of(domain) == "default"


def _is_of(hunt: Hunt, place: Place, own: str) -> bool:
    """Whether an alias is that of one of their addresses."""
    return own in {fold(place.key), hunt.search.place(place.key)}


def _address(
    hunt: Hunt, after: Instance, probe: str, own: str, to: str, *, forward: bool, stays: bool
) -> Place:
    user = hunt.users.find(own) if "@" not in own else None
    ways: dict[Choice, Way] = {}
    what = "mail for it is delivered here as yet" if stays else "mail for it would be refused"
    if user is not None:
        what = f"{safe(user.name)} is a user of this machine, and stays one: that is for deluser"
    if to:
        proposal = proposed_table(after, AliasTables.of(after), probe)
        table = proposal.table
        if table is None or table.target is None:
            what = f"{what}; no alias can hand it on: {proposal.reason}"
        else:
            edit = _set(after, table.target, proposal.address, (to,))
            ways["forward"] = Way(
                (edit,), f"a new alias in {safe(table.name)}: mail for it goes to {safe(to)}"
            )
    if stays:
        refusal = _refusal(after, probe, own)
        name = os.path.basename(refusal[0].target.path)
        ways["remove"] = Way(refusal, f"refused by an entry in {name}: 5.1.6 User has moved to {CLOSED}")
    ways["keep"] = Way((), "it is delivered as it was" if stays else "it is refused")
    default: Choice = "forward" if forward and "forward" in ways else "" if forward else "remove"
    return hunt.wish.settled(Place("address", probe, what, ways=ways, default=default, own=True))


def _set(after: Instance, target: Target, key: str, items: tuple[str, ...]) -> SetEntry:
    try:
        was = current(entries(after.files, target), key, ())
    except FileNotFoundError:
        was = None
    return SetEntry(target, key, items, was)


def _refusal(after: Instance, probe: str, own: str) -> tuple[Edit, ...]:
    """The entry by which Postfix refuses an address, in relocated_maps: where that names no text, in a new
    one."""
    key = own if "@" not in own else probe
    lookups = after.lookups(RELOCATED)
    target = next((each.target for each in lookups if each.target is not None), None)
    if target is not None:
        try:
            was = current(entries(after.files, target), key, "")
        except FileNotFoundError:
            was = None
        return (SetEntry(target, key, CLOSED, was),)
    kind = after.parameters.effective("default_database_type")
    made = Target("table", os.path.join(after.config_dir, "relocated"), kind)
    standing = after.parameters.get(RELOCATED)
    value = f"{standing}, {made.spec}" if standing else made.spec
    return (SetEntry(made, key, CLOSED, None), SetParameter(after.main, RELOCATED, value, standing))
