"""What a changed mailbox and one less come to, as edits with their reasons (virtual(8)); see `mailboxnew`.

Mail that lies on the disk is never touched: where it lies, and how much, is said.
"""

from __future__ import annotations

import os
from threading import Event, Timer

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import EntryDocument, RemoveEntry, SetEntry, SwitchEntry
from mailtui.edits.mailboxfolders import writable_words
from mailtui.edits.mailboxids import owner_edits, ownerless_edits
from mailtui.edits.mailboxrename import rename_edits, rename_words
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.addresses import fold
from mailtui.postfix.delivery import below
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxhabit import path_words, shaped
from mailtui.postfix.mailboxids import GIDS, UIDS, Ids, extension_words, ids_of, minimum_uid, too_low
from mailtui.postfix.mailboxpropose import propose
from mailtui.postfix.mailboxtables import MAPS, BoxTable, box_tables, read_entries
from mailtui.postfix.mailsize import Cancelled, Format, Size, count
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

COUNTING = 2.0
"""Seconds for which a mailbox is counted before its size is left open."""


def standing_entry(instance: Instance, address: str) -> tuple[BoxTable, EntryDocument, int] | None:
    """The entry that counts for an address."""
    from mailtui.text.safe import encode

    for table in box_tables(instance):
        if table.document is not None:
            index = table.document.find(encode(address))
            if index is not None:
                return table, table.document, index
    return None


def stands_words(standing: tuple[BoxTable, EntryDocument, int] | None) -> str:
    """What is said of an address that has a mailbox."""
    assert standing is not None
    table, document, index = standing
    entry = document.entry(index)
    return (
        f"{safe(entry.key)} has a mailbox already: {safe(entry.value)} in {safe(table.spec)}, "
        f"line {entry.line}; change that one"
    )


def owner_words(resolver: Resolver, uid: int | None, gid: int | None) -> str:
    """Why mail cannot be written as this user and group; empty where it can."""
    if uid is None or gid is None:
        missing = UIDS if uid is None else GIDS
        return f"{missing} gives this address no number: say as which uid and gid its mail is written"
    why = too_low(resolver, uid, gid)
    if why and uid < minimum_uid(resolver):
        return f"{why}; take the uid of a user for mail alone"
    return why


def extended_words(instance: Instance, resolver: Resolver, address: str, edits: list[Edit]) -> list[str]:
    """Whether mail for name+extension gets another owner by these edits."""
    after = Resolver(instance.over(Candidate(instance.files, edits)))
    full = resolver.normal(address)
    words = extension_words(after, full, ids_of(after, full, far=False))
    return [safe(words)] if words else []


def shared_words(instance: Instance, address: str, value: str) -> list[str]:
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
    standing = standing_entry(instance, address)
    if standing is None:
        why = f"{safe(address)} stands in no table of {MAPS} that can be edited here"
        return Plan(refused=f"{why}; mailtui mailbox list shows where")
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
        why = owner_words(resolver, wanted.uid, wanted.gid)
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
    says += extended_words(instance, resolver, new, edits) if edits else []
    if value != was:
        says += [f"new mail will lie in {safe(below(base, value))}", mail_words(below(base, was), base)]
        says += shared_words(instance, name, value)
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
    standing = standing_entry(instance, new)
    return stands_words(standing) if standing is not None else propose(instance, new).problem


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
