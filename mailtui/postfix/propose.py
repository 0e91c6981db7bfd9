"""In which table a new alias belongs, and what the names are that one may be about to type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.postfix.addresses import split
from mailtui.postfix.aliastables import AliasTable, AliasTables, Role
from mailtui.postfix.domains import DomainClass, domain_class, hosted_domains
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUsers
from mailtui.text.safe import decode, encode

NAME_HITS = 400
"""Places looked at in one table for names that begin with some letters."""

_MAPS: dict[Role, str] = {"virtual": "virtual_alias_maps", "local": "alias_maps"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """The table for a new alias, and why. `table` None: no table can take it, `reason` says what to do."""

    table: AliasTable | None
    address: str
    """The key as that table wants it: in alias_maps without the domain."""
    reason: str
    doubtful: bool = False
    """Whether the reason is a warning."""


def proposed_table(
    instance: Instance, tables: AliasTables, address: str, kind: DomainClass | None = None
) -> Proposal:
    """The table that suits an address by the class of its domain (`kind`, where it is known). Raises
    ParameterError."""
    local, domain = split(address.strip())
    if domain is None:
        return _in_role(tables, "local", local, "a bare name is an alias of local(8), in every local domain")
    match kind or domain_class(instance, domain):
        case "local" if local:
            found = _in_role(
                tables, "local", local, f"{domain} is local: the alias takes {local} in every local domain"
            )
            if found.table is not None:
                return found
            return _in_role(
                tables, "virtual", address, f"{domain} is local, and alias_maps has no table to edit"
            )
        case "local":
            return _in_role(tables, "virtual", address, "only virtual_alias_maps knows catch-alls")
        case "virtual-alias":
            return _in_role(tables, "virtual", address, f"{domain} is a virtual alias domain")
        case "virtual-mailbox":
            return _in_role(
                tables, "virtual", address, f"{domain} has virtual mailboxes; its aliases are virtual too"
            )
        case "relay":
            return _in_role(tables, "virtual", address, f"{domain} is relayed; its aliases are virtual")
    reason = f"{domain} is not hosted here: only mail that leaves through this server meets the alias"
    return _in_role(tables, "virtual", address, reason, doubtful=True)


def _in_role(
    tables: Iterable[AliasTable], role: Role, key: str, reason: str, *, doubtful: bool = False
) -> Proposal:
    table = next((table for table in tables if table.role == role and table.editable), None)
    if table is None:
        broken = [table.note for table in tables if table.role == role and table.is_error]
        why = broken[0] if broken else f"{_MAPS[role]} names no table that can be edited; add one to it"
        return Proposal(None, key, f"{reason}, but {why}", doubtful=True)
    return Proposal(table, key, reason, doubtful)


_NAME = re.compile(rb"[^\s,:;\"'|/()<>\\]+")
_BEFORE = frozenset(b' \t\r\n,:;<"\\')


def known_addresses(
    instance: Instance, tables: AliasTables, prefix: str, limit: int = 20, users: LocalUsers | None = None
) -> list[str]:
    """At most `limit` names that begin with `prefix`: addresses in the alias tables, users of this machine,
    and, after an `@`, the domains that are hosted here. Looks at no more than a part of a large table."""
    if not prefix:
        return []
    found: dict[str, str] = {}
    for table in tables:
        for name in _in_text(instance, table, prefix):
            found.setdefault(name.casefold(), name)
    local, at, domain = prefix.partition("@")
    names: Iterator[str]
    if at:
        names = (f"{local}@{each}" for each in hosted_domains(instance) if each.startswith(domain.casefold()))
    else:
        names = iter((users or LocalUsers()).names(prefix, limit))
    for name in islice(names, limit):
        found.setdefault(name.casefold(), name)
    return sorted(found.values(), key=str.casefold)[:limit]


def _in_text(instance: Instance, table: AliasTable, prefix: str) -> Iterator[str]:
    """Names in the text of a table, the values included."""
    if table.target is None or not table.editable:
        return
    try:
        document: Table | Aliases = entries(instance.files, table.target)
    except OSError:  # the table's note says why; there is just nothing to propose
        return
    needle, text = document.fold(encode(prefix)), document.folded
    at = text.find(needle)
    for _ in range(NAME_HITS):
        if at < 0:
            return
        if (at == 0 or text[at - 1] in _BEFORE) and (name := _NAME.match(document.raw, at)):
            index = document.index_at(at)
            if index < len(document) and document.entry(index).start <= at:
                yield decode(name[0])
        at = text.find(needle, at + 1)
