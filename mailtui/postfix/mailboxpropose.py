"""What a new mailbox would be: in which table, at which path, whose."""

from __future__ import annotations

import os
from dataclasses import dataclass

from mailtui.formats.target import Target
from mailtui.postfix.addresses import split
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import domain_words
from mailtui.postfix.mailboxhabit import habit
from mailtui.postfix.mailboxids import GIDS, UIDS, ids_of, known_numbers
from mailtui.postfix.mailboxtables import MAPS, box_tables, read_entries
from mailtui.postfix.mailsize import Format
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a new mailbox would be. `problem`: why there can be none for this address; the rest is empty then.

    `why`: whose habit the path follows. uid and gid None: no map says, they must be given. `owned`: whether
    they come from what is set already.
    """

    path: str = ""
    format: Format = "maildir"
    uid: int | None = None
    gid: int | None = None
    table: str = ""
    base: str = ""
    why: str = ""
    owned: bool = False
    problem: str = ""


def propose(instance: Instance, address: str, format: Format = "") -> Proposal:  # noqa: A002
    """Path and owner for a new mailbox. Raises ParameterError and InstanceError."""
    resolver = Resolver(instance)
    why = _address_words(resolver, address)
    base = instance.parameters.effective("virtual_mailbox_base")
    if not why and not base.startswith("/"):
        why = "virtual_mailbox_base is not set: it says below which folder mailboxes lie; set it first"
    if why:
        return Proposal(problem=why)
    table = table_for_new(instance)
    if isinstance(table, str):
        return Proposal(problem=table)
    found = [entry for each in box_tables(instance) for entry in read_entries(each, set())]
    layout = habit(found, split(address)[1] or "")
    shape = format or layout.format
    ids = ids_of(resolver, resolver.normal(address))
    uid = ids.uid if ids.uid is not None else next(iter(known_numbers(instance, UIDS)), None)
    gid = ids.gid if ids.gid is not None else next(iter(known_numbers(instance, GIDS)), None)
    path = layout.path(address, shape) if not address.startswith("@") else ""
    owned = ids.uid is not None and ids.gid is not None
    return Proposal(path, shape, uid, gid, table.spec, base, layout.of, owned)


def _address_words(resolver: Resolver, address: str) -> str:
    _, domain = split(address)
    if domain is None or not domain or any(blank in address for blank in " \t\r\n\0"):
        return f"{safe(address)!r} is no address: write user@domain".replace("'", '"')
    return domain_words(resolver, address)


def table_for_new(instance: Instance) -> Target | str:
    """The table that takes new entries, or why there is none. Raises ParameterError."""
    tables = box_tables(instance)
    for table in tables:
        if table.editable and table.lookup.target is not None:
            return table.lookup.target
    if tables:
        return f"{MAPS} names no table that could be edited: {tables[0].spec} is {tables[0].note}"
    kind = instance.parameters.effective("default_database_type")
    return Target("table", os.path.join(instance.config_dir, "vmailbox"), kind)
