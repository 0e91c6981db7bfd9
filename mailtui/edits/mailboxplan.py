"""What a new mailbox, a changed one and one less come to, as edits with their reasons (virtual(8)).

Mail that lies on the disk is never touched: where it lies, and how much, is said.
"""

from __future__ import annotations

import os
from threading import Event, Timer

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import EntryDocument, RemoveEntry, SetEntry, SwitchEntry, current
from mailtui.edits.mailboxfolders import Unusable, folders, writable_words
from mailtui.edits.mailboxids import owner_edits, ownerless_edits
from mailtui.edits.mailboxrename import rename_edits, rename_words
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.addresses import fold
from mailtui.postfix.aliastables import AliasTables
from mailtui.postfix.delivery import below
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import limit_words, routed_words, taken_words
from mailtui.postfix.mailboxhabit import path_words, shaped
from mailtui.postfix.mailboxids import GIDS, UIDS, Ids, extension_words, ids_of, minimum_uid, too_low
from mailtui.postfix.mailboxpropose import propose, table_for_new
from mailtui.postfix.mailboxtables import MAPS, BoxTable, box_tables, read_entries
from mailtui.postfix.mailsize import Cancelled, Format, Size, count
from mailtui.postfix.propose import proposed_table
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

COUNTING = 2.0
"""Seconds for which a mailbox is counted before its size is left open."""


def plan_new(
    instance: Instance,
    address: str,
    *,
    format: Format = "",  # noqa: A002
    path: str | None = None,
    uid: int | None = None,
    gid: int | None = None,
    create: bool = False,
    identity: bool = False,
) -> Plan:
    """A new mailbox. Without `format` the path's final slash decides, else the domain's habit. `create`: its
    folder too. `identity`: an alias of the address to itself too, so that no catch-all takes its mail.

    Raises ParameterError, InstanceError, and OSError for a table that cannot be read.
    """
    address = address.strip()
    if path is not None and not format:
        format = "maildir" if path.endswith("/") else "mbox"  # noqa: A001
    offer = propose(instance, address, format)
    standing = _standing(instance, address)
    if offer.problem or standing is not None:
        return Plan(refused=offer.problem or _stands(standing))
    value = shaped(path if path is not None else offer.path, format or offer.format)
    uid = uid if uid is not None else offer.uid
    gid = gid if gid is not None else offer.gid
    resolver = Resolver(instance)
    why = path_words(offer.base, path if path is not None and path.startswith("/") else value)
    why = why or _owner_words(resolver, uid, gid)
    if why:
        return Plan(refused=why)
    target = table_for_new(instance)
    assert isinstance(target, Target)
    edits: list[Edit] = [SetEntry(target, address, value)]
    if not instance.lookups(MAPS):
        edits.append(SetParameter(instance.main, MAPS, target.spec, instance.parameters.get(MAPS)))
    now = ids_of(resolver, resolver.normal(address))
    edits += owner_edits(instance, address, uid, gid, (now.uid, now.gid))
    full, shape = below(offer.base, value), "maildir" if value.endswith("/") else "mbox"
    says = [
        f"mail will lie in {safe(full)}, {_explained(shape)}",
        *_extended(instance, resolver, address, edits),
    ]
    try:
        made, told = folders(instance, offer.base, full, (uid, gid)) if create else ([], [])
    except Unusable as error:
        return Plan(refused=str(error))
    alias, more = _identity(instance, resolver, address, wanted=identity)
    says += [*told, *more, *_shared(instance, address, value)]
    if not create:
        says += writable_words(instance, offer.base, full, uid, gid)
    return Plan((*edits, *made, *alias), (*says, *_ways(instance, resolver, address)))


def _explained(shape: str) -> str:
    if shape == "maildir":
        return "a maildir: the slash at the end makes it one, each message is a file in it"
    return "an mbox: without a slash at the end all messages are in one file"


def _standing(instance: Instance, address: str) -> tuple[BoxTable, EntryDocument, int] | None:
    """The entry that counts for an address."""
    from mailtui.text.safe import encode

    for table in box_tables(instance):
        if table.document is not None:
            index = table.document.find(encode(address))
            if index is not None:
                return table, table.document, index
    return None


def _stands(standing: tuple[BoxTable, EntryDocument, int] | None) -> str:
    assert standing is not None
    table, document, index = standing
    entry = document.entry(index)
    return (
        f"{safe(entry.key)} has a mailbox already: {safe(entry.value)} in {safe(table.spec)}, "
        f"line {entry.line}; change that one"
    )


def _owner_words(resolver: Resolver, uid: int | None, gid: int | None) -> str:
    if uid is None or gid is None:
        missing = UIDS if uid is None else GIDS
        return f"{missing} gives this address no number: say as which uid and gid its mail is written"
    why = too_low(resolver, uid, gid)
    if why and uid < minimum_uid(resolver):
        return f"{why}; take the uid of a user for mail alone"
    return why


def _extended(instance: Instance, resolver: Resolver, address: str, edits: list[Edit]) -> list[str]:
    """Whether mail for name+extension gets another owner by these edits."""
    after = Resolver(instance.over(Candidate(instance.files, edits)))
    full = resolver.normal(address)
    words = extension_words(after, full, ids_of(after, full, far=False))
    return [safe(words)] if words else []


def _identity(
    instance: Instance, resolver: Resolver, address: str, *, wanted: bool
) -> tuple[list[Edit], list[str]]:
    """The alias of the address to itself, where an alias would take its mail; or a word about that."""
    taken = taken_words(resolver, resolver.normal(address))
    if not taken or address.startswith("@"):
        return [], [taken] if taken else []
    if not wanted:
        return [], [taken]
    proposal = proposed_table(instance, AliasTables.of(instance), address)
    if proposal.table is None or proposal.table.target is None:
        return [], [taken, f"no alias can be added: {proposal.reason}"]
    target = proposal.table.target
    try:
        own = current(entries(instance.files, target), address, ())
    except FileNotFoundError:
        own = None
    if isinstance(own, tuple):
        return [SetEntry(target, address, (address, *own), own)], [
            f"{safe(address)} keeps a copy of its mail now"
        ]
    return [SetEntry(target, address, (address,))], [
        f"an alias of {safe(address)} to itself keeps its mail here"
    ]


def _shared(instance: Instance, address: str, value: str) -> list[str]:
    """The other addresses whose mail lies at the same place, or around it."""
    own, found, around = value.rstrip("/"), [], []
    for table in box_tables(instance):
        for entry in read_entries(table, set()):
            other = entry.value.rstrip("/")
            if not entry.counts or entry.folded == address.casefold():
                continue
            if other == own:
                found.append(entry.key)
            elif entry.value.endswith("/") and own.startswith(f"{other}/") and not value.endswith("/"):
                around.append(entry.key)
    said = [f"{safe(', '.join(found[:3]))} has the same path: both see each other's mail"] if found else []
    return [*said, *(f"it would be an mbox inside the maildir of {safe(name)}" for name in around[:1])]


def _ways(instance: Instance, resolver: Resolver, address: str) -> list[str]:
    """What else keeps mail from it, or takes it elsewhere."""
    effective = instance.parameters.effective
    elsewhere, nowhere = routed_words(resolver, resolver.normal(address))
    names = ("message_size_limit", "virtual_mailbox_limit", "mailbox_size_limit")
    said = [f"its mail is {elsewhere}; the path does not count"] if elsewhere else []
    limits = [
        words
        for words in limit_words({name: effective(name) for name in names})
        if words.startswith("virtual_")
    ]
    return [*said, *([nowhere] if nowhere else []), *limits]


# One less, and a changed one


def plan_remove(instance: Instance, address: str) -> Plan:
    """The entry goes, with the address's own entries in the tables of owners; its mail stays. Raises as
    `plan_new`."""
    found = _editable(instance, address.strip())
    if isinstance(found, Plan):
        return found
    target, name, value = found
    edits: list[Edit] = [RemoveEntry(target, name, value), *ownerless_edits(instance, name)]
    base = instance.parameters.effective("virtual_mailbox_base")
    return Plan(tuple(edits), (mail_words(below(base, value), base), *_then(instance, name, edits)))


def _editable(instance: Instance, address: str) -> tuple[Target, str, str] | Plan:
    """The table, key and value of the entry that counts."""
    standing = _standing(instance, address)
    if standing is None:
        return Plan(refused=f"{safe(address)} stands in no table of {MAPS} that can be edited here")
    table, document, index = standing
    entry = document.entry(index)
    if table.lookup.target is None:
        return Plan(refused=f"{safe(table.spec)} cannot be edited here: {table.note}")
    from mailtui.text.safe import decode

    return table.lookup.target, decode(entry.key), decode(entry.value)


def mail_words(path: str, base: str) -> str:
    """Where a mailbox's mail lies and how much, for somebody who is about to leave it there."""
    if not os.path.exists(path.rstrip("/")):
        return f"no mail lies in {safe(path)}: nothing is there"
    size = measured(path, base)
    much = "more than could be counted just now" if size is None else size.problem or size.words
    return f"its mail stays where it lies: {safe(path)} ({much})"


def measured(path: str, base: str, limit: float = COUNTING) -> Size | None:
    """What lies in a mailbox, None where counting takes longer than `limit` seconds."""
    stop = Event()
    timer = Timer(limit, stop.set)
    timer.daemon = True
    timer.start()
    try:
        return count(path, "maildir" if path.endswith("/") else "mbox", base, stop)
    except Cancelled:
        return None
    finally:
        timer.cancel()


def _then(instance: Instance, address: str, edits: list[Edit]) -> list[str]:
    """What becomes of mail for the address afterwards."""
    from mailtui.postfix.resolve import fate

    try:
        then = fate(instance.over(Candidate(instance.files, edits)), address)
    except InstanceError as error:
        return [str(error)]
    except OSError as error:
        return [problem_words(error, str(error.filename or ""))]
    return [f"mail to {safe(address)} is then {then}"]


def plan_change(
    instance: Instance,
    address: str,
    *,
    to: str | None = None,
    path: str | None = None,
    format: Format = "",  # noqa: A002
    uid: int | None = None,
    gid: int | None = None,
) -> Plan:
    """Another address (`to`), path, format or owner; what is not given stays. Mail that lies at the old path
    stays there. Raises as `plan_new`."""
    found = _editable(instance, address.strip())
    if isinstance(found, Plan):
        return found
    target, name, was = found
    base = instance.parameters.effective("virtual_mailbox_base")
    value = shaped(path, format) if path is not None and format else path if path is not None else was
    if path is None and format:
        value = shaped(was, format)
    resolver = Resolver(instance)
    now = ids_of(resolver, resolver.normal(name))
    wanted = Ids(uid if uid is not None else now.uid, gid if gid is not None else now.gid)
    new = name if to is None else to.strip()
    why = path_words(base, value) if value != was else ""
    if not why and (wanted.uid, wanted.gid) != (now.uid, now.gid):
        why = _owner_words(resolver, wanted.uid, wanted.gid)
    why = why or _name_words(instance, name, new)
    if why:
        return Plan(refused=why)
    edits: list[Edit] = [SetEntry(target, name, value, was)] if value != was else []
    if new == name:
        edits += owner_edits(instance, name, wanted.uid, wanted.gid, (now.uid, now.gid))
    else:
        with_path = instance.over(Candidate(instance.files, edits)) if edits else instance
        edits += rename_edits(with_path, target, name, new, value, (wanted.uid, wanted.gid))
    says = []
    if new != name:
        says += rename_words(instance, name, new, below(base, value), edits)
        says += _then(instance, name, edits) if fold(new) != fold(name) else []
    says += _extended(instance, resolver, new, edits) if edits else []
    if value != was:
        says += [f"new mail will lie in {safe(below(base, value))}", mail_words(below(base, was), base)]
        says += _shared(instance, name, value)
    if edits:
        says += writable_words(instance, base, below(base, value), wanted.uid, wanted.gid)
    return Plan(tuple(edits), tuple(says))


def _name_words(instance: Instance, name: str, new: str) -> str:
    """Why a mailbox cannot be called so."""
    if fold(new) == fold(name):
        return ""
    if not new:
        return "there is no address"
    if new.startswith("@") is not name.startswith("@"):
        return "a catch-all and an address are two things: make a new mailbox instead"
    standing = _standing(instance, new)
    return _stands(standing) if standing is not None else propose(instance, new).problem


def plan_switch(instance: Instance, address: str, table: str, value: str, *, on: bool) -> Plan:
    """The entry with this value of this table (as the parameter names it) commented out, or in again. Raises
    as `plan_new`."""
    for each in box_tables(instance):
        if each.spec == table and each.lookup.target is not None:
            base = instance.parameters.effective("virtual_mailbox_base")
            edits: list[Edit] = [SwitchEntry(each.lookup.target, address, value, on)]
            told = [] if on else [mail_words(below(base, value), base), *_then(instance, address, edits)]
            return Plan(tuple(edits), tuple(told))
    return Plan(refused=f"{safe(table)} cannot be edited here")
