"""Every domain that an instance takes mail for, whatever list, file or table it stands in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.postfix.domainkeys import bare_keys, entries_in, index_at, tally
from mailtui.postfix.domains import CLASS_PARAMETERS, DomainClass, class_list, domain_class
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import PATTERNS, Lookup
from mailtui.postfix.matchlists import Item, MatchList
from mailtui.text.safe import decode, encode, safe

PROBE = b"no-such-domain.invalid"
"""A domain that nobody has (RFC 2606): a table that holds it makes every domain a hosted one."""
UNHOSTED_LIMIT = 100
"""Domains that no list names and whose class only a lookup can tell: so many are looked up."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a class lists domains: an item of main.cf or of a `/file`, or a table for all that are in it."""

    domain_class: DomainClass
    parameter: str
    source: str
    """`mydestination` for an item of the parameter itself, the path of a `/file`, the table as written."""
    file: str | None
    line: int | None
    """None in a table, where each domain has its own."""
    table: Lookup | None = None
    problem: str = ""
    """Why Postfix cannot search it: mail for whatever is not found before it is deferred."""
    unlisted: str = ""
    """Why the domains in it cannot be listed."""
    open: bool = False
    """Whether it holds every domain there is."""


class Text(NamedTuple):
    """A table of addresses that can be read."""

    lookup: Lookup
    document: Table | Aliases


class Address(NamedTuple):
    """An entry of such a table: address, value, and where it stands (`line` from 1)."""

    address: str
    value: str
    lookup: Lookup
    line: int


@dataclass(slots=True)
class ClassDomains:
    """The domains of one class by name, folded, in the order of the list; the first place of each counts."""

    domain_class: DomainClass
    parameter: str
    kind: str
    found: dict[str, Place] = field(default_factory=dict)
    again: dict[str, list[Place]] = field(default_factory=dict)
    """Further places in the same class, which change nothing."""
    unlisted: list[tuple[str, Place]] = field(default_factory=list)
    """Items whose domains cannot be listed, as written."""

    def add(self, name: str, place: Place) -> None:
        if self.found.setdefault(name, place) is not place:
            self.again.setdefault(name, []).append(place)

    def holds(self, name: str) -> bool:
        """Whether the listed names take a domain, parents included where the list has them so."""
        if name in self.found:
            return True
        if self.kind == "exact":
            return False
        parents = (name[at:] for at in range(len(name)) if name[at] == ".")
        return any(
            each[1:] in self.found if self.kind == "parent" else each in self.found for each in parents
        )


class Hosted:
    """The domains of one state of an instance. Make another after a change. Raises ParameterError."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.alias_texts = _texts(instance, "virtual_alias_maps")
        self.mailbox_texts = _texts(instance, "virtual_mailbox_maps")
        self.alias_maps = instance.lookups("virtual_alias_maps")
        self.mailbox_maps = instance.lookups("virtual_mailbox_maps")
        self._address_specs = {lookup.spec for lookup in (*self.alias_maps, *self.mailbox_maps)}
        self.classes: Mapping[DomainClass, ClassDomains] = {
            kind: self._read(kind, parameter) for kind, parameter in CLASS_PARAMETERS
        }

    # The lists

    def _read(self, kind: DomainClass, parameter: str) -> ClassDomains:
        listed = class_list(self.instance, parameter)
        result = ClassDomains(kind, parameter, listed.kind)
        barred: list[Callable[[str], bool]] = []
        by_default = self.instance.parameters.definition(parameter) is None
        for item in listed.items:
            if item.negated and not item.problem:
                barred.append(self._bar(listed, item))
                continue
            for name, place in self._in_item(listed, item, kind, by_default=by_default):
                if place.problem or place.unlisted:
                    result.unlisted.append((name, place))
                elif not any(bar(name) for bar in barred):
                    result.add(name, place)
        return result

    def _in_item(
        self, listed: MatchList, item: Item, kind: DomainClass, *, by_default: bool
    ) -> Iterator[tuple[str, Place]]:
        parameter, main = listed.parameter, self.instance.parameters.file
        if item.problem:
            yield item.text, Place(kind, parameter, item.text, item.file, item.line, problem=item.problem)
        elif not item.is_table:
            source = parameter if item.file in {None, main} else str(item.file)
            yield item.text.casefold(), Place(kind, parameter, source, item.file, item.line)
        else:
            yield from self._in_table(listed.table(item), item, kind, parameter, by_default=by_default)

    def _in_table(
        self, table: Lookup, item: Item, kind: DomainClass, parameter: str, *, by_default: bool
    ) -> Iterator[tuple[str, Place]]:
        if table.target is None:
            answer = table.get(PROBE, self.instance.files) if _may_be_asked(table) else None
            found = answer is not None and answer.found
            problem = answer.problem if answer is not None else table.error
            if found or problem or not by_default:  # what is there by default is a table of addresses
                yield item.text, Place(
                    kind, parameter, item.text, item.file, item.line, table, problem, table.how, open=found
                )  # fmt: skip
            return
        try:
            document = entries(self.instance.files, table.target)
        except OSError as error:
            compiled = table.compiled()
            words = problem_words(error, table.path, parameter)
            stands = compiled is not None and compiled.exists
            unlisted = f"{words}; what was compiled of it still counts" if stands else words
            problem = "" if stands else words
            yield item.text, Place(kind, parameter, item.text, item.file, item.line, table, problem, unlisted)
            return
        place = Place(kind, parameter, item.text, table.path, None, table)
        addresses = table.spec in self._address_specs
        for name in bare_keys(document):
            if not addresses or "." in name:  # a name without one is a user's there
                yield name, place

    def _bar(self, listed: MatchList, item: Item) -> Callable[[str], bool]:
        """Whether a negated item takes a name out that stands below it."""
        if not item.is_table:
            one = ClassDomains("default", listed.parameter, listed.kind, {item.text.casefold(): _NOWHERE})
            return one.holds
        table, files = listed.table(item), self.instance.files
        return lambda name: table.get(encode(name), files).found

    # What is in a domain

    def aliases(self, domain: str, kind: DomainClass) -> int:
        """The aliases in a domain, its catch-all left out; in a local one also those of alias_maps, which
        hold in every local domain."""
        count = sum(tally(text.document).addresses.get(domain, 0) for text in self.alias_texts)
        return count + (self.local_aliases if kind == "local" else 0)

    @cached_property
    def local_aliases(self) -> int:
        """The aliases of local(8)."""
        count = 0
        for text in _texts(self.instance, "alias_maps"):
            index = text.document.index
            count += len(index.heads) - len(index.off)
        return count

    def mailboxes(self, domain: str) -> int:
        """The mailboxes of virtual_mailbox_maps in a domain."""
        return sum(tally(text.document).addresses.get(domain, 0) for text in self.mailbox_texts)

    def catch_all(self, domain: str) -> str:
        """Where mail for a name that nobody has goes: the value of `@domain`; empty without one."""
        for text in (*self.alias_texts, *self.mailbox_texts):
            offset = tally(text.document).catch_alls.get(domain)
            if offset is not None:
                index = index_at(text.document, offset)
                if index is not None:
                    return ", ".join(decode(each) for each in text.document.items(index))
        return ""

    def aliases_in(self, domain: str, limit: int = 1000) -> list[Address]:
        """The aliases of virtual_alias_maps in a domain, its catch-all included."""
        return _in_domain(self.alias_texts, domain, limit)

    def mailboxes_in(self, domain: str, limit: int = 1000) -> list[Address]:
        """The mailboxes of virtual_mailbox_maps in a domain."""
        return _in_domain(self.mailbox_texts, domain, limit)

    # What is in none

    def classes_of(self, domain: str) -> list[DomainClass]:
        """The classes whose lists name exactly this domain, the one that counts first."""
        return [kind for kind, each in self.classes.items() if domain in each.found]

    @cached_property
    def unhosted(self) -> Sequence[str]:
        """The domains of aliases and mailboxes that no class takes."""
        mentioned: dict[str, None] = {}
        for text in (*self.alias_texts, *self.mailbox_texts):
            mentioned.update(dict.fromkeys(tally(text.document).addresses))
            mentioned.update(dict.fromkeys(tally(text.document).catch_alls))
        lost = [name for name in mentioned if not any(each.holds(name) for each in self.classes.values())]
        if any(each.unlisted for each in self.classes.values()):
            lost = lost[:UNHOSTED_LIMIT]
            lost = [name for name in lost if domain_class(self.instance, name) == "default"]
        return [name for name in lost if not name.startswith("[")]


_NOWHERE = Place("default", "", "", None, None)


def _texts(instance: Instance, parameter: str) -> tuple[Text, ...]:
    """The tables of a map list whose text can be read, each text once."""
    found: dict[str, Text] = {}
    for lookup in instance.lookups(parameter):
        if lookup.target is None:
            continue
        try:
            document = entries(instance.files, lookup.target)
        except OSError:  # the list of the aliases, or of the mailboxes, says why
            continue
        found.setdefault(os.path.realpath(lookup.path), Text(lookup, document))
    return tuple(found.values())


def _in_domain(texts: Sequence[Text], domain: str, limit: int) -> list[Address]:
    found = (
        Address(decode(entry.key), decode(entry.value), text.lookup, entry.line)
        for text in texts
        for entry in entries_in(text.document, domain, limit)
    )
    return list(islice(found, limit))


def _may_be_asked(table: Lookup) -> bool:
    """Whether a lookup asks nobody but this machine."""
    return not table.error and (table.type in PATTERNS or table.type in {"static", "inline"})


def unlisted_words(place: Place) -> str:
    """What to say of an item whose domains cannot be listed."""
    if place.problem:
        return (
            f"{safe(place.problem)}: Postfix answers 451 for every domain that is not found before it "
            f"({place.parameter})"
        )
    if place.open:
        return (
            f"{safe(place.source)} holds every domain there is, so that anybody may send through this "
            "server to "
            f"anywhere: an open relay. Name the domains in {place.parameter}"
        )
    return ""
