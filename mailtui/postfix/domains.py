"""The class of a recipient domain, and which item of which list decides it (ADDRESS_CLASS_README)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import literal, own_addresses
from mailtui.postfix.lookups import split_list
from mailtui.postfix.matchlists import Kind, Match, MatchList
from mailtui.postfix.values import Values
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

_BARE_KEY = re.compile(rb"""^([^\s#@":.]+\.[^\s@":]*[^\s@":.])[ \t]+\S""", re.MULTILINE)


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
    """Lists that could not be searched, and why."""
    deferred: bool = False
    """Whether such a list comes before the one that decides: Postfix then defers mail for the domain
    (451), and `domain_class` is what holds once the list is repaired or found not to hold the domain."""


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
    deferred = False
    for kind, parameter in CLASS_PARAMETERS:
        found = class_list(instance, parameter).match(name, instance.files)
        if found.problem:
            problems.append(f"{parameter}: {found.problem}")
            deferred = deferred or not listings
        if not found.matched and kind == "local":
            found = _own_literal(instance, name)
            parameter = "inet_interfaces"
        if found.matched:
            listings.append(Listing(kind, parameter, found.item, found.file, found.line))
    first = listings[0] if listings else None
    return DomainView(
        name,
        first.domain_class if first else "default",
        first,
        tuple(listings[1:]),
        tuple(problems),
        deferred,
    )


class _ClassLists:
    """The class lists of one state of main.cf and of the `/file` lists that it names."""

    def __init__(self, values: Values, alias_paths: frozenset[str]) -> None:
        self.values, self._alias_paths = values, alias_paths
        self._lists: dict[str, MatchList] = {}
        self._bare: dict[str, tuple[bytes, Sequence[str]]] = {}

    def get(self, instance: Instance, parameter: str) -> MatchList:
        found = self._lists.get(parameter)
        if found is None or any(
            instance.files.stamp(path) != stamp for path, stamp in found.files_read.items()
        ):
            found = self._lists[parameter] = self._read(instance, parameter)
        return found

    def bare_keys(self, instance: Instance, path: str) -> Sequence[str]:
        """The keys of a text table that can be domains, read anew only where the text is another."""
        try:
            raw = instance.files.raw(path)
        except OSError:  # explain_domain tells of it; here there is just nothing to propose
            return ()
        known, keys = self._bare.get(path, (b"", ()))
        if known is not raw:
            keys = [decode(key) for key in _BARE_KEY.findall(raw)] if len(raw) <= SCAN_LIMIT else ()
            self._bare[path] = raw, keys
        return keys

    def _read(self, instance: Instance, parameter: str) -> MatchList:
        kind: Kind = "exact"
        if parameter == "relay_domains":
            parents = split_list(self.values.expanded("parent_domain_matches_subdomains"))
            kind = "parent" if parameter in parents else "domain"
        return MatchList(
            instance.parameters, parameter, instance.files, kind, instance.config_dir, self._alias_paths
        )


_held: WeakKeyDictionary[Instance, _ClassLists] = WeakKeyDictionary()


def _class_lists(instance: Instance) -> _ClassLists:
    values = instance.parameters.values
    lists = _held.get(instance)
    if lists is None or lists.values is not values:
        lists = _held[instance] = _ClassLists(values, instance.alias_paths)
    return lists


def class_list(instance: Instance, parameter: str) -> MatchList:
    """A list of domains as Postfix matches it. Raises ParameterError."""
    return _class_lists(instance).get(instance, parameter)


def hosted_domains(instance: Instance) -> list[str]:
    """The domains that the class lists name one by one, in order: for completing what is typed.

    Tables that are not texts, and texts above SCAN_LIMIT, are left out. Raises ParameterError.
    """
    lists = _class_lists(instance)
    found: set[str] = set()
    for _, parameter in CLASS_PARAMETERS:
        domains = lists.get(instance, parameter)
        found.update(item.text for item in domains.literals() if not item.text.startswith((".", "[")))
        for table in domains.tables():
            if table.editable:
                found.update(lists.bare_keys(instance, table.path))
    return sorted({normal(domain) for domain in found})


def _own_literal(instance: Instance, name: str) -> Match:
    address = literal(name)
    if address is None or address not in own_addresses(instance.parameters, instance.files):
        return Match(False)
    return Match(True, name)
