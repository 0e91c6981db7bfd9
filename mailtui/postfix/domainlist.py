"""One list of all domains, with what is staged laid over it. A row is made when it is asked for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mailtui.postfix.domainchecks import domain_warnings, list_notes, missing_own_names
from mailtui.postfix.domainkeys import bare_keys, line_at
from mailtui.postfix.domains import DomainClass
from mailtui.postfix.files import entries
from mailtui.postfix.hosted import Address, Hosted, Place, unlisted_words
from mailtui.postfix.instance import Instance
from mailtui.text.query import Query
from mailtui.text.safe import encode

Marker = Literal[" ", "+", "~", "-"]


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain in one class. In the class `default` stand names that no class takes although something
    here speaks of them; such a row is there for its warnings.

    `aliases`: those of virtual_alias_maps in it, and for a local domain all of alias_maps too. `mailboxes`:
    those of virtual_mailbox_maps. `catch_all`: where mail for other names goes. `counts`: whether no earlier
    class takes the domain. `listed`: whether it is a domain, and not a table whose domains nobody can list.
    """

    domain: str
    domain_class: DomainClass
    parameter: str
    source: str
    file: str | None
    line: int | None
    aliases: int
    mailboxes: int
    catch_all: str
    warnings: tuple[str, ...]
    editable: bool
    why_not: str
    marker: Marker
    counts: bool = True
    listed: bool = True

    @property
    def is_domain(self) -> bool:
        """Whether it is a domain by its own name: no table, and no `.example.org`."""
        named = self.listed or self.domain_class == "default"
        return bool(self.domain) and named and not self.domain.startswith(".")

    @property
    def in_dns(self) -> bool:
        """Whether DNS is to know it: not `localhost` nor `localhost.$mydomain`, and no address literal."""
        return self.is_domain and "." in self.domain and not self.domain.startswith(("[", "localhost."))

    def as_json(self) -> dict[str, Any]:
        """In interface names; what does not apply is absent."""
        place = {"file": self.file, "line": self.line, "catch_all": self.catch_all or None}
        return {
            "domain": self.domain,
            "class": self.domain_class,
            "source": self.source,
            "parameter": self.parameter,
            "aliases": self.aliases,
            "mailboxes": self.mailboxes,
            **{name: value for name, value in place.items() if value is not None},
            "counts": self.counts,
            "warnings": list(self.warnings),
        }


Key = tuple[str, DomainClass]
_Line = tuple[str, Place, bool]
"""Name, place, and whether the draft takes it out."""


class DomainList:
    """The domains by class, each class in the order of its list; those that a draft removes where they were.

    Belongs to one state of the files: make another after a change.
    """

    def __init__(self, before: Hosted, after: Hosted) -> None:
        self._before, self._after = before, after
        self._lines: list[_Line] = []
        for kind in after.classes:
            now = _of_class(after, kind)
            self._lines += _merged(now if before is after else _of_class(before, kind), now)
        own = [name for name, _ in missing_own_names(after.instance)]
        for name in dict.fromkeys([*own, *after.unhosted]):
            self._lines.append((name, _UNHOSTED, False))
        self._places: dict[Key, int] | None = None
        self._known: set[Key] | None = None

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def notes(self) -> list[str]:
        """What holds for a whole class, or for all domains."""
        return list_notes(self._after)

    def aliases_in(self, domain: str, limit: int = 1000) -> list[Address]:
        """The aliases of virtual_alias_maps in a domain, with what is staged."""
        return self._after.aliases_in(domain, limit)

    def mailboxes_in(self, domain: str, limit: int = 1000) -> list[Address]:
        """The mailboxes of virtual_mailbox_maps in a domain, with what is staged."""
        return self._after.mailboxes_in(domain, limit)

    def key(self, index: int) -> Key:
        name, place, _ = self._lines[index]
        return name, place.domain_class

    def find(self, key: Hashable) -> int | None:
        """The row of a (domain, class)."""
        if self._places is None:
            self._places = {}
            for at in range(len(self)):
                self._places.setdefault(self.key(at), at)
        return self._places.get(key) if isinstance(key, tuple) else None

    def rows(self) -> Iterator[DomainRow]:
        """All of them."""
        return (self.row(index) for index in range(len(self)))

    def search(self, query: Query) -> Iterator[int | None]:
        """The rows whose domain, class or place match, and None now and then."""
        for at, (name, place, _) in enumerate(self._lines):
            if query.matches(encode(f"{name} {place.domain_class} {place.source}")):
                yield at
            elif not at % 64:
                yield None

    def row(self, index: int) -> DomainRow:
        """A row, made now. Raises IndexError."""
        name, place, gone = self._lines[index]
        hosted = self._before if gone else self._after
        if place.unlisted or place.problem:
            return self._unlisted(name, place, gone=gone)
        kind = place.domain_class
        classes = hosted.classes_of(name)
        why_not = "" if place is not _UNHOSTED else "no list has it"
        return DomainRow(
            name, kind, place.parameter, place.source, place.file, _line(hosted.instance, name, place),
            hosted.aliases(name, kind), hosted.mailboxes(name), hosted.catch_all(name),
            domain_warnings(hosted, name, kind), not why_not, why_not, self._marker(name, place, gone=gone),
            counts=classes[:1] == [kind],
        )  # fmt: skip

    def _unlisted(self, name: str, place: Place, *, gone: bool) -> DomainRow:
        words = unlisted_words(place)
        return DomainRow(
            name, place.domain_class, place.parameter, place.source, place.file, place.line, 0, 0, "",
            (words,) if words else (), False, place.unlisted or place.problem,
            self._marker(name, place, gone=gone), listed=False,
        )  # fmt: skip

    def _marker(self, name: str, place: Place, *, gone: bool) -> Marker:
        if gone:
            return "-"
        before, after = self._before, self._after
        if before is after or place is _UNHOSTED:
            return " "
        kind = place.domain_class
        if place.unlisted or place.problem:
            known = (each for each, _ in before.classes[kind].unlisted)
            return " " if name in known else "+"
        was = before.classes[kind].found.get(name)
        if was is None:
            return "+"
        return "~" if self._seen(before, name, was) != self._seen(after, name, place) else " "

    @staticmethod
    def _seen(hosted: Hosted, name: str, place: Place) -> tuple[object, ...]:
        kind = place.domain_class
        return place.source, hosted.aliases(name, kind), hosted.mailboxes(name), hosted.catch_all(name)


_UNHOSTED = Place("default", "", "", None, None)


def domain_list(before: Instance, after: Instance) -> DomainList:
    """What is on the disk and what a draft makes of it, in one list (the same instance twice without a
    draft). Raises ParameterError."""
    was = Hosted(before)
    return DomainList(was, was if after is before else Hosted(after))


def _of_class(hosted: Hosted, kind: DomainClass) -> list[tuple[str, Place]]:
    found = hosted.classes[kind]
    return [*found.found.items(), *found.unlisted]


def _merged(old: list[tuple[str, Place]], new: list[tuple[str, Place]]) -> Iterator[_Line]:
    """What there will be, in order, and what goes above the next line that stays."""
    stays = {name for name, _ in new}
    if all(name in stays for name, _ in old):
        yield from ((name, place, False) for name, place in new)
        return
    above: dict[str, list[_Line]] = {}
    waiting: list[_Line] = []
    for name, place in old:
        if name not in stays:
            waiting.append((name, place, True))
        elif waiting:
            above[name], waiting = waiting, []
    for name, place in new:
        yield from above.get(name, ())
        yield name, place, False
    yield from waiting


def _line(instance: Instance, name: str, place: Place) -> int | None:
    """The line at which a domain stands."""
    if place.table is None or place.table.target is None:
        return place.line
    try:
        document = entries(instance.files, place.table.target)
    except OSError:  # gone since the list was read: the next one says so
        return None
    offset = bare_keys(document).get(name)
    return None if offset is None else line_at(document, offset)
