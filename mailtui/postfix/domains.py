"""The class of a recipient domain, and which item of which list decides it (ADDRESS_CLASS_README)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import literal, own_addresses
from mailtui.postfix.lookups import Lookup, split_list
from mailtui.postfix.matchlists import Kind, Match, MatchList
from mailtui.text.safe import decode

DomainClass = Literal["local", "virtual-alias", "virtual-mailbox", "relay", "default"]

CLASS_PARAMETERS: tuple[tuple[DomainClass, str], ...] = (
    ("local", "mydestination"),
    ("virtual-alias", "virtual_alias_domains"),
    ("virtual-mailbox", "virtual_mailbox_domains"),
    ("relay", "relay_domains"),
)
"""The classes in the order in which Postfix tries them, each with the list that makes a domain one."""

SCAN_LIMIT = 8 << 20
"""Bytes above which a table is not searched for bare domains; completion must not wait for it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One place where a domain is listed. No file and line: by a default, or in a table without a text."""

    domain_class: DomainClass
    parameter: str
    item: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class DomainView:
    """The class of a domain and why."""

    domain: str
    domain_class: DomainClass
    by: Listing | None
    """What decided; None for the class `default`."""
    also: tuple[Listing, ...] = ()
    """Further classes that list it, to no effect: the earlier class wins."""
    problems: tuple[str, ...] = ()
    """Lists that could not be searched; Postfix defers such mail until that is repaired."""


def normal(domain: str) -> str:
    """A domain as Postfix compares it: one final dot taken off, case folded."""
    return domain.removesuffix(".").casefold()


def domain_class(instance: Instance, domain: str) -> DomainClass:
    """The class by which Postfix delivers mail for a domain. Raises ParameterError for a broken value."""
    return explain_domain(instance, domain).domain_class


def explain_domain(instance: Instance, domain: str) -> DomainView:
    """The class of a domain, what decided, and where else it is listed.

    Raises ParameterError where a list's value cannot be expanded.
    """
    name = normal(domain)
    listings: list[Listing] = []
    problems: list[str] = []
    for kind, parameter in CLASS_PARAMETERS:
        found = class_list(instance, parameter).match(name, instance.files)
        if found.problem:
            problems.append(f"{parameter}: {found.problem}")
        if not found.matched and kind == "local":
            found = _own_literal(instance, name)
            parameter = "inet_interfaces"
        if found.matched:
            listings.append(Listing(kind, parameter, found.item, found.file, found.line))
    if not listings:
        return DomainView(name, "default", None, problems=tuple(problems))
    first, *rest = listings
    return DomainView(name, first.domain_class, first, tuple(rest), tuple(problems))


def class_list(instance: Instance, parameter: str) -> MatchList:
    """A list of domains as Postfix matches it. Raises ParameterError."""
    kind: Kind = "exact"
    if parameter == "relay_domains":
        parents = set(split_list(instance.parameters.expanded("parent_domain_matches_subdomains")))
        kind = "parent" if parameter in parents else "domain"
    return MatchList.of(
        instance.parameters, parameter, instance.files, kind, instance.config_dir, instance.alias_paths
    )


def hosted_domains(instance: Instance) -> list[str]:
    """The domains that the class lists name one by one, in order: for completing what is typed.

    Tables that are not texts, and texts above SCAN_LIMIT, are left out. Raises ParameterError.
    """
    found: set[str] = set()
    for _, parameter in CLASS_PARAMETERS:
        domains = class_list(instance, parameter)
        found.update(item.text for item in domains.literals() if not item.text.startswith((".", "[")))
        for table in domains.tables():
            found.update(_bare_keys(table, instance))
    return sorted({normal(domain) for domain in found})


def _own_literal(instance: Instance, name: str) -> Match:
    address = literal(name)
    if address is None or address not in own_addresses(instance.parameters, instance.files):
        return Match(False)
    return Match(True, name)


def _bare_keys(table: Lookup, instance: Instance) -> Iterator[str]:
    """The keys of a text table that can be domains."""
    target = table.target
    if target is None:
        return
    try:
        if len(instance.files.raw(target.path)) > SCAN_LIMIT:
            return
        document = entries(instance.files, target)
    except OSError:  # explain_domain tells of it; here there is just nothing to propose
        return
    for index in range(len(document)):
        entry = document.entry(index)
        if entry.enabled and b"@" not in entry.key and b"." in entry.key:
            yield decode(entry.key)
