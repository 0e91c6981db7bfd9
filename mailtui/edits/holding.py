"""What can be done against mail that goes round in a circle: the entry that closes it, or the mail on hold.

for offer in hold_offers(instance, finding):      # a Finding of maillog.loops
    offer.title, offer.plan
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from mailtui.edits.accessrules import Place, new_place
from mailtui.edits.blocking import Offer
from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import SetEntry, SwitchEntry
from mailtui.edits.model import Edit
from mailtui.edits.notes import SetNote
from mailtui.edits.plan import Plan
from mailtui.edits.standing import remark, value
from mailtui.formats.target import Target
from mailtui.maillog.loops import Finding
from mailtui.postfix.accessplaces import Check, access_tables
from mailtui.postfix.addresses import quote, recipient
from mailtui.postfix.endsearch import Search
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolution import Step
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import decode, encode, safe

_RECIPIENTS: Check = "check_recipient_access"


def entries_of(instance: Instance, finding: Finding) -> tuple[Step, ...]:
    """The entries of tables (and .forward files) by which a circle's addresses pass mail on to each other; of
    one alone, those that pass its mail on. None where another server does it. Raises InstanceError."""
    resolver = Resolver(instance)
    place = Search(resolver).place
    names = {place(address) for address in finding.addresses}
    found: dict[tuple[str, str, str], Step] = {}
    for address in finding.addresses:
        for step in resolver.resolve(address).steps:
            ends = {place(step.source)} if len(names) == 1 else {place(step.source), place(step.to)}
            if ends <= names:
                found.setdefault((step.source, step.to, step.table), step)
    return tuple(found.values())


def hold_offers(
    instance: Instance, finding: Finding, *, who: str = "", today: date | None = None
) -> list[Offer]:
    """The edits that end a circle: each of its entries without what it passes on, and mail for an address of
    it held as it comes in. Raises InstanceError."""
    day = (date.today() if today is None else today).isoformat()  # noqa: DTZ011  # the admin's own day
    found = [_entry_offer(instance, step) for step in entries_of(instance, finding)]
    if finding.kind != "forwarding":  # local(8) has bounced that already, and it did not come by smtpd(8)
        found += [_hold_offer(instance, address, who, day) for address in finding.addresses if "@" in address]
    return found


def _plain(title: str, plan: Plan) -> Offer:
    return Offer(title, plan, lambda _reason: plan)


# The entries


def _entry_offer(instance: Instance, step: Step) -> Offer:
    between = f"{safe(step.key or step.source)} → {safe(step.to)} ({safe(step.place)})"
    title = f"Take out of the circle: {between}"
    target = _target(instance, step)
    if target is None:
        return _plain(title, Plan(refused=f"{safe(step.place)} is no table that can be edited here: edit it"))
    try:
        document = entries(instance.files, target)
    except OSError as error:
        return _plain(title, Plan(refused=problem_words(error, target.path)))
    index = document.find(encode(step.key))
    if index is None:
        return _plain(title, Plan(refused=f"{safe(step.place)} has no entry {safe(step.key)} any more"))
    entry = document.entry(index)
    was = tuple(decode(item) for item in document.items(index))
    place = Search(Resolver(instance)).place
    kept = tuple(item for item in was if place(item) != place(step.to))
    if kept and len(kept) < len(was):
        edit: Edit = SetEntry(target, decode(entry.key), kept, was)
        says = f"{safe(step.key)} still goes to {safe(', '.join(kept))}"
    else:
        edit = SwitchEntry(target, decode(entry.key), decode(entry.value), on=False)
        says = f"{safe(step.key)} is switched off, not removed"
    return _plain(title, _finished(instance, (edit,), (says, *_then(instance, edit, step))))


def _target(instance: Instance, step: Step) -> Target | None:
    """The table of a step as a file to edit; None for patterns, .forward files and what lies elsewhere."""
    if not step.parameter:
        return None
    lookups = instance.lookups(step.parameter)
    return next((each.target for each in lookups if each.written == step.table and each.target), None)


def _then(instance: Instance, edit: Edit, step: Step) -> Iterator[str]:
    """What becomes of mail for the address then."""
    after = Resolver(instance.over(Candidate(instance.files, (edit,)))).resolve(step.source)
    if after.loops:
        yield f"! the circle {safe(after.loops[0])} is still there"
    elif after.why:
        yield f"mail for {safe(step.source)} is then {safe(after.why)}"
    elif after.final:
        ends = ", ".join(safe(end.delivery or end.address) for end in after.final[:3])
        yield f"mail for {safe(step.source)} then ends at {ends}"


# Mail on hold


def _hold_offer(instance: Instance, address: str, who: str, day: str) -> Offer:
    title = f"Hold mail to {safe(address)} as it comes in"
    place = _hold_place(instance)
    if place.refused:
        return _plain(title, Plan(refused=place.refused))
    key = quote(recipient(address))
    try:
        standing = value(instance, place.target, key)
    except OSError as error:
        return _plain(title, Plan(refused=problem_words(error, place.target.path)))
    if standing is not None and standing.upper().startswith("HOLD"):
        return _plain(title, Plan(refused=f"{safe(place.target.name)} holds mail to {safe(key)} already"))

    def plan(reason: str) -> Plan:
        note = remark(day, who, reason, "mail goes round in a circle")
        edits = (
            *place.edits,
            SetEntry(place.target, key, "HOLD", standing),
            SetNote(place.target, key, note),
        )
        changed = () if standing is None else (f"its entry says {safe(standing)} now: that is changed",)
        return _finished(instance, edits, (*place.says, *changed, *_held(place.target, key)))

    return Offer(title, plan(""), plan)


def _hold_place(instance: Instance) -> Place:
    """A table that is asked about everybody: the other server of a circle is often one of our own."""
    for table in access_tables(instance, _RECIPIENTS):
        if table.for_all:
            return Place(table.target, f"{safe(table.target.name)}, asked in {table.parameter}")
    return new_place(instance, _RECIPIENTS, first=True)


def _held(target: Target, key: str) -> Iterator[str]:
    yield (
        "a message to it, with all its recipients, then waits in the hold queue until it is released "
        "(postsuper -H) or deleted"
    )
    yield f"to take it back: switch {safe(key)} in {safe(target.name)} off, or remove it"


def _finished(instance: Instance, edits: Sequence[Edit], says: Sequence[str]) -> Plan:
    for stopped in Candidate(instance.files, edits).stopped:
        return Plan(refused=f"{safe(stopped.edit.describe())}: {safe(str(stopped.reason))}")
    return Plan(tuple(edits), tuple(says))
