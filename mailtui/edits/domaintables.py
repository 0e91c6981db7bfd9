"""The tables that a new domain needs: the one there is, else a new one with the parameter that names it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass

from mailtui.edits.entries import AddDisabledEntry, SetEntry
from mailtui.edits.folders import MakeFolder, folder
from mailtui.edits.items import AddItem
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.addresses import items
from mailtui.postfix.domains import DomainClass, class_list, domain_class
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.lookups import INDEXED, Lookup
from mailtui.text.safe import encode, safe

MAILBOX_BASE = "/var/mail/vhosts"
"""The base proposed where there is none; a folder of the mailboxes' owner."""
BASE_MODE = 0o700
MAIL_UID = 5000
"""As VIRTUAL_README has it."""
MAIL_ACCOUNT = "vmail"
"""The account to which many sites give virtual mailboxes: its ids are proposed where it exists."""


@dataclass(frozen=True, slots=True)
class Made:
    """A table to write in, and what makes it one. `target` None: `problem` says why there is none."""

    target: Target | None
    edits: tuple[Edit, ...] = ()
    says: tuple[str, ...] = ()
    problem: str = ""


def table_of(instance: Instance, parameter: str, name: str) -> Made:
    """The first table of a map list that can be edited; else a new file `name` beside main.cf."""
    lookups = instance.lookups(parameter)
    for lookup in lookups:
        if lookup.target is not None and lookup.target.format == "table":
            return Made(lookup.target)
    wanted = instance.parameters.effective("default_database_type")
    kind = wanted if wanted in INDEXED else "hash"
    path = free_path(instance, name, kind)
    target = Target("table", path, kind)
    return Made(target, (_naming(instance, parameter, target.spec, lookups),), (f"{path} is made",))


def free_path(instance: Instance, name: str, kind: str) -> str:
    """A path beside main.cf where nothing lies yet: an old file's entries would go live."""
    number = 1
    while True:
        path = os.path.join(instance.config_dir, name if number == 1 else f"{name}{number}")
        if not any(instance.files.stamp(each) for each in (path, path + INDEXED[kind])):
            return path
        number += 1


def _naming(instance: Instance, parameter: str, spec: str, others: Sequence[Lookup]) -> Edit:
    """The edit that makes a parameter name a table, after those that it names."""
    if instance.parameters.definition(parameter) is not None:
        return AddItem(instance.main, parameter, spec)
    return SetParameter(instance.main, parameter, ", ".join([*(each.written for each in others), spec]))


def first_addresses(instance: Instance, domain: str, postmaster: str | None, abuse: str | None) -> Made:
    """The entries `postmaster` and `abuse`, where they are not there: the addresses that every domain must
    have (RFC 5321 4.5.1, RFC 2142). "" for the proposed destination, None for no entry."""
    wanted = {"postmaster": postmaster, "abuse": abuse}
    if all(to is None for to in wanted.values()):
        return Made(None)
    table = table_of(instance, "virtual_alias_maps", "virtual")
    if table.target is None:
        return table
    edits, says = list(table.edits), list(table.says)
    for name, to in wanted.items():
        if to is None or _stands(instance, table.target, f"{name}@{domain}"):
            continue
        chosen = to or role_address(instance, name)
        if not chosen:
            says.append(f"nobody here reads {name}'s mail yet: set {name}@{safe(domain)} yourself")
            continue
        edits.append(SetEntry(table.target, f"{name}@{domain}", items(chosen)))
    if len(edits) == len(table.edits):  # nothing to write in it: no new table either
        return Made(table.target, says=tuple(says[len(table.says) :]))
    return Made(table.target, tuple(edits), tuple(says))


def _stands(instance: Instance, target: Target, key: str) -> bool:
    try:
        return entries(instance.files, target).find(encode(key)) is not None
    except FileNotFoundError:
        return False


def role_address(instance: Instance, name: str) -> str:
    """Who reads the mail of postmaster or abuse on this host; empty where nobody is seen to."""
    domain = _home(instance)
    if not domain:
        return ""
    for role in dict.fromkeys((name, "postmaster")):
        key = encode(role)
        known = any(lookup.get(key, instance.files).found for lookup in instance.lookups("alias_maps"))
        if known or LocalUsers().find(role) is not None:
            return f"{role}@{domain}"
    return f"root@{domain}"


def _home(instance: Instance) -> str:
    """A domain of this host's own accounts: myorigin, else the first in mydestination that has a dot."""
    if domain_class(instance, instance.origin) == "local":
        return instance.origin
    names = [item.text for item in class_list(instance, "mydestination").literals()]
    return next((name for name in names if "." in name.strip(".") and not name.startswith("[")), "")


def local_roles(instance: Instance, roles: Sequence[str]) -> Made:
    """The aliases of local(8) for these roles (postmaster, abuse), where alias_maps lacks them."""
    lookups = instance.lookups("alias_maps")
    target = next((each.target for each in lookups if each.target is not None), None)
    edits: list[Edit] = []
    for name in roles:
        known = any(lookup.get(encode(name), instance.files).found for lookup in lookups)
        if known or LocalUsers().find(name) is not None:
            continue
        if target is None:
            return Made(None, says=(f"alias_maps has no table to edit: {name} has nobody to read its mail",))
        edits.append(SetEntry(target, name, ("root" if name == "postmaster" else "postmaster",)))
    return Made(target, tuple(edits))


def mailbox_ground(instance: Instance, domain: str) -> Made:
    """What virtual(8) needs before a domain can have mailboxes: the map, the base, owner and group."""
    effective, main = instance.parameters.effective, instance.main
    edits: list[Edit] = []
    says: list[str] = []
    fresh = not instance.lookups("virtual_mailbox_maps")
    if fresh:
        table = table_of(instance, "virtual_mailbox_maps", "vmailbox")
        edits, says = list(table.edits), list(table.says)
        if table.target is not None:  # a table without a text defers all mail
            edits.append(AddDisabledEntry(table.target, f"someone@{domain}", f"{domain}/someone/"))
    transport = effective("virtual_transport").partition(":")[0]
    if transport != "virtual":
        says.append(
            f"mail for its mailboxes goes to {safe(effective('virtual_transport'))} (virtual_transport)"
        )
        return Made(None, tuple(edits), tuple(says))
    uid, gid = _ids()
    if fresh and not effective("virtual_mailbox_base"):
        edits.append(_setting(instance, "virtual_mailbox_base", MAILBOX_BASE))
        if not os.path.lexists(MAILBOX_BASE):
            edits.insert(0, MakeFolder(folder(MAILBOX_BASE), uid, gid, BASE_MODE))
    for name, number in (("virtual_uid_maps", uid), ("virtual_gid_maps", gid)):
        if not effective(name):
            edits.append(_setting(instance, name, f"static:{number}"))
            says.append(f"{name} was empty, with which no mailbox gets mail: static:{number} is proposed")
    return Made(Target("main.cf", main.path), tuple(edits), tuple(says))


def _setting(instance: Instance, name: str, value: str) -> Edit:
    was = instance.parameters.get(name)
    return SetParameter(instance.main, name, value, was)


def _ids() -> tuple[int, int]:
    try:
        account = pwd.getpwnam(MAIL_ACCOUNT)
    except KeyError:
        return MAIL_UID, MAIL_UID
    return account.pw_uid, account.pw_gid


def catch_all_entry(instance: Instance, domain: str, to: str, kind: DomainClass) -> Made:
    """The entry that takes the mail of every name without one of its own."""
    table = table_of(instance, "virtual_alias_maps", "virtual")
    if table.target is None:
        return table
    says = list(table.says)
    if kind in {"local", "virtual-mailbox"}:
        whose = "accounts and aliases of this machine" if kind == "local" else "mailboxes"
        says.append(
            f"the catch-all takes the mail of its {whose} too: each keeps its own only by an entry for "
            "itself "
            f"(name@{safe(domain)} name@{safe(domain)})"
        )
    was = _value(instance, table.target, f"@{domain}")
    wanted = items(to)
    if was == wanted:
        return Made(table.target)
    return Made(table.target, (*table.edits, SetEntry(table.target, f"@{domain}", wanted, was)), tuple(says))


def _value(instance: Instance, target: Target, key: str) -> tuple[str, ...] | None:
    from mailtui.edits.entries import current

    try:
        found = current(entries(instance.files, target), key, ())
    except FileNotFoundError:
        return None
    return found if isinstance(found, tuple) else None


def next_hop_entry(instance: Instance, domain: str, host: str) -> Made:
    """The entry of transport_maps that says where a relay domain's mail goes."""
    table = table_of(instance, "transport_maps", "transport")
    if table.target is None:
        return table
    transport = instance.parameters.effective("relay_transport").partition(":")[0]
    value = host
    if ":" not in host or host.startswith("["):
        way = transport if transport in {"relay", "smtp"} else "smtp"
        value = f"{way}:{host}" if host.startswith("[") else f"{way}:[{host}]"
    try:
        found = entries(instance.files, table.target)
        index = found.find(encode(domain))
    except FileNotFoundError:
        index = None
    if index is not None:
        return Made(table.target, says=(f"{table.target.spec} has an entry for {safe(domain)}, which stays",))
    return Made(table.target, (*table.edits, SetEntry(table.target, domain, value)), table.says)
