"""What can be done against a sender or a client that a log line names: refuse it from now on.

    for offer in offers(instance, record, who="laure"):
        offer.title                       # Block the sender spam@example.net
        offer.plan.edits, offer.plan.says
    offer.because("sends us dictionaries")      # the same, with a reason in the remark above the entry

The entry goes into the table that smtpd asks about strangers (see `accessrules`); who made it, when and why
stands in a comment line above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from mailtui.edits.accessrules import Place, places
from mailtui.edits.blocked import checked, our_client, our_sender
from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import SetEntry, SwitchEntry
from mailtui.edits.model import Edit
from mailtui.edits.notes import SetNote
from mailtui.edits.plan import Plan
from mailtui.edits.standing import document, remark, standing_note, value
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.maillog.record import Record
from mailtui.postfix.accessplaces import Check
from mailtui.postfix.addresses import quote, recipient, split
from mailtui.postfix.domains import normal
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import decode, encode, safe

REJECT = "REJECT"
NULL_SENDER = "the null sender <> is that of bounces: whoever refuses it loses them"
_REFUSING = ("REJECT", "DEFER", "HANGUP", "4", "5")
"""How values begin that refuse already."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be refused: the check, the key it is asked by, and whose words and name go with it."""

    check: Check
    key: str
    record: Record
    who: str = ""
    day: str = ""
    reason: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An edit that is offered: its words, what it comes to, and the same with a reason. `advice`: a text to
    be sent to somebody, where no edit helps."""

    title: str
    plan: Plan
    because: Callable[[str], Plan]
    advice: str = ""


def offers(
    instance: Instance,
    record: Record,
    *,
    who: str = "",
    today: date | None = None,
    network: bool = False,
    told: str = "",
) -> list[Offer]:
    """What can be done against whom a line names: its sender, the sender's domain, its client; with `network`
    the client's network too. `told`: words for the client behind REJECT. A plan may be a refusal.

    Raises InstanceError where the configuration cannot be read that far.
    """
    day = (date.today() if today is None else today).isoformat()  # noqa: DTZ011  # the admin's own day
    found: list[Offer] = []
    for title, check, key in _subjects(record, network=network):
        wanted = Wanted(check, key, record, who, day, told=told)
        if not key:
            found.append(_refusal(title, NULL_SENDER))
            continue
        found += _offers(instance, title, wanted)
    return found


def _refusal(title: str, why: str) -> Offer:
    plan = Plan(refused=why)
    return Offer(title, plan, lambda _reason: plan)


def _subjects(record: Record, *, network: bool) -> Iterator[tuple[str, Check, str]]:
    """What a line names: the words of the offer, the check, and the key (empty: it cannot be)."""
    if record.sender is not None:
        sender = recipient(record.sender)
        local, domain = split(sender)
        yield f"Block the sender {safe(record.sender or '<>')}", "check_sender_access", quote(sender)
        if local and domain and not domain.startswith("["):
            name = normal(domain)
            yield f"Block every sender of {safe(name)}", "check_sender_access", name
    address = record.client_address
    if address and address != "unknown":
        name = f" ({safe(record.client_name)})" if record.client_name not in {None, "unknown"} else ""
        yield f"Block the client {safe(address)}{name}", "check_client_access", address
        key = network_key(address) if network else ""
        if key:
            yield f"Block the network {safe(_network_words(key))}", "check_client_access", key


def network_key(address: str) -> str:
    """The key of access(5) for the network around an address: /24, of IPv6 /64. Empty where its addresses are
    not all written with these first parts: zeros among the first four may be left out as `::`."""
    import ipaddress

    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if known.version == 4:
        return address.rpartition(".")[0]
    parts = [f"{int(part, 16):x}" for part in known.exploded.split(":")[:4]]
    zeros = [part == "0" for part in parts]
    if zeros[3] or any(one and other for one, other in pairwise(zeros)):
        return ""
    return ":".join(parts)


def _network_words(key: str) -> str:
    return f"{key}::/64" if ":" in key else f"{key}.0/24"


def _offers(instance: Instance, title: str, wanted: Wanted) -> list[Offer]:
    """An offer for each table that the check asks; the first of them under the plain title."""
    found: list[Offer] = []
    candidates = places(instance, wanted.check)
    standing = [place for place in candidates if _has(instance, place, wanted.key)]
    for place in sorted(candidates, key=lambda place: place not in standing[:1]):
        name = f"{title} in {place.title}" if found else title

        def because(reason: str, place: Place = place) -> Plan:
            return _plan(instance, place, replace(wanted, reason=reason))

        found.append(Offer(name, because(""), because))
    return found


def _has(instance: Instance, place: Place, key: str) -> bool:
    """Whether a table has the key. One that cannot be read is no reason to fail: its plan says so."""
    try:
        return value(instance, place.target, key) is not None
    except OSError:
        return False


def _plan(instance: Instance, place: Place, wanted: Wanted) -> Plan:
    if place.refused:
        return Plan(refused=place.refused)
    try:
        table = document(instance, place.target)
    except OSError as error:
        return Plan(refused=problem_words(error, place.target.path))
    words = " ".join(part for part in (REJECT, wanted.told.strip()) if part)
    made = _entry(table, place.target, wanted, words)
    if made.refused:
        return made
    edits = (*place.edits, *made.edits, _note(table, place.target, wanted))
    candidate = Candidate(instance.files, edits)
    for stopped in candidate.stopped:
        return Plan(refused=f"{safe(stopped.edit.describe())}: {safe(str(stopped.reason))}")
    after = instance.over(candidate)
    says = [*place.says, *made.says, *_warnings(instance, wanted)]
    says += checked(after, wanted.check, place.target.spec, wanted.key, wanted.record, words)
    says.append(_back(place.target, wanted.key))
    return Plan(edits, tuple(dict.fromkeys(says)))


def _entry(table: Table, target: Target, wanted: Wanted, words: str) -> Plan:
    """The entry as it is to be: changed where there is one, switched on again where it is commented out."""
    key = encode(wanted.key)
    index = table.find(key)
    if index is not None:
        entry = table.entry(index)
        was, where = decode(entry.value), f"{safe(target.path)}:{entry.line}"
        if was == words or (was.upper().startswith(_REFUSING) and words == REJECT):
            return Plan(refused=f"{safe(wanted.key)} is refused already: {where} says {safe(was)}")
        return Plan(
            (SetEntry(target, wanted.key, words, was),),
            (f"{where} says {safe(was)} of it now: that is changed",),
        )
    off = table.find_disabled(key)
    if off is None:
        return Plan((SetEntry(target, wanted.key, words),))
    entry = table.entry(off)
    was = decode(entry.value)
    edits: tuple[Edit, ...] = (SwitchEntry(target, wanted.key, was, on=True),)
    if was != words:
        edits += (SetEntry(target, wanted.key, words, was),)
    return Plan(edits, (f"{safe(target.path)}:{entry.line} has it commented out: it is put into force",))


def _note(table: Table, target: Target, wanted: Wanted) -> SetNote:
    """The remark above the entry; one of the same kind that stands there already is replaced."""
    to = wanted.record.recipient
    seen = f"blocked after mail to {safe(to, 80)}" if to else "blocked"
    text = remark(wanted.day, wanted.who, wanted.reason, seen)
    return SetNote(target, wanted.key, text, standing_note(table, wanted.key))


def _warnings(instance: Instance, wanted: Wanted) -> Iterator[str]:
    if wanted.check == "check_client_access":
        yield from our_client(instance, wanted.record)
        return
    yield from our_sender(instance, wanted.key)
    if "@" not in wanted.key:
        parents = split_list(instance.parameters.effective("parent_domain_matches_subdomains"))
        reach = "and of its subdomains" if "smtpd_access_maps" in parents else "but not of its subdomains"
        yield f"every sender of {safe(wanted.key)} is refused, {reach}"


def _back(target: Target, key: str) -> str:
    return f"to take it back: switch {safe(key)} in {safe(target.name)} off, or remove it"
