"""Who leaves: all addresses that are theirs, the names they log in by, and how their items are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mailtui.edits.entries import EntryDocument
from mailtui.edits.leavingplaces import Wish
from mailtui.formats.target import Target
from mailtui.postfix.addresses import fold, recipient, split, split_extension
from mailtui.postfix.endneedles import Needle, places
from mailtui.postfix.endsearch import Search
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.lookups import Lookup, parse_maps
from mailtui.postfix.resolution import Final, Resolution
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import decode, encode

HERE = frozenset({"mailbox", "maildir", "mbox"})
"""How mail ends in somebody's mailbox."""
RAW = ("|", "/", ":include:")
ALIASES = ("virtual_alias_maps", "alias_maps")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that counts in the text of a table."""

    lookup: Lookup
    target: Target
    document: EntryDocument
    index: int

    @property
    def key(self) -> str:
        return decode(self.document.entry(self.index).key)

    @property
    def value(self) -> str:
        return decode(self.document.entry(self.index).value)

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(decode(item) for item in self.document.items(self.index))

    @property
    def line(self) -> int:
        return self.document.line_of(self.index)


@dataclass
class Hunt:
    """One search for the places of somebody, in one state of the files."""

    instance: Instance
    wish: Wish
    users: LocalUsers = field(default_factory=LocalUsers)
    gone: frozenset[str] = frozenset()
    """Places of addresses that stop existing by what was chosen: whoever names one names nobody."""
    notes: list[str] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    """`own`, where it was found out in an earlier state."""

    @cached_property
    def resolver(self) -> Resolver:
        return Resolver(self.instance, self.users)

    @cached_property
    def search(self) -> Search:
        return Search(self.resolver)

    @cached_property
    def address(self) -> str:
        """The address that was given, complete."""
        return self.resolver.normal(self.wish.address)

    @cached_property
    def own(self) -> frozenset[str]:
        """The places (see `Search.place`) of all their addresses."""
        if self.known:
            return self.known
        found = {
            self.search.place(each) for each in (self.address, *map(self.resolver.normal, self.wish.also))
        }
        while more := self._more(frozenset(found)) - found:
            found |= more
        return frozenset(found)

    def _more(self, own: frozenset[str]) -> set[str]:
        """What is theirs because one of their addresses is: the mailbox of the same name to which one leads
        alone, and addresses of the same name that lead to them alone."""
        names = {split(place)[0] for place in own}
        more: set[str] = set()
        for place in own:
            for probe in self.probes(place):
                ends = self.resolver.resolve(probe).final
                end = self.search.place(ends[0].address) if len(ends) == 1 and ends[0].how in HERE else ""
                if end and split(end)[0] in names:
                    more.add(end)
        for found in self.entries(ALIASES, own):
            place = self.key_place(found)
            if split(place)[0] in names and not place.startswith("@") and self.alone(found, own):
                more.add(place)
        return more

    def alone(self, found: Found, own: frozenset[str]) -> bool:
        """Whether an alias leads nowhere but to these places."""
        items = found.items
        return bool(items) and all(self.search.place(item) in own for item in items)

    def probes(self, place: str) -> list[str]:
        """The addresses that a place has: of a local name one in each local domain."""
        if split(place)[1] is not None:
            return [place]
        origin = fold(self.resolver.rules.myorigin)
        domains = [*([origin] if self.resolver.router.is_local(origin) else []), *self.search.local_domains]
        return [f"{place}@{domain}" for domain in dict.fromkeys(domains)]

    def theirs(self, item: str) -> bool:
        """Whether an item of a list is one of theirs, or of those that stop existing."""
        text = recipient(item)
        return not text.startswith((*RAW, "@")) and self.search.place(item) in (self.own | self.gone)

    def is_own(self, key: str) -> bool:
        """Whether a key of a table of addresses is one of theirs; with an extension it is, too."""
        return not key.startswith((*RAW, "@")) and self.search.place(key) in self.own

    def key_place(self, found: Found) -> str:
        """The place of the mail that an alias takes."""
        if found.lookup.parameter == "alias_maps" and found.target.format == "aliases":
            return split_extension(fold(found.key), self.resolver.rules)[0]
        return found.key if found.key.startswith("@") else self.search.place(found.key)

    # Tables

    def lookups(self, parameter: str) -> list[Lookup]:
        """The tables that a parameter names, in main.cf or for one service."""
        instance = self.instance
        found = {each.spec: each for each in instance.lookups(parameter)}
        for service in instance.parameters.overrides(parameter):
            try:
                value = instance.parameters.service(*service.split("/", 1)).expanded(parameter)
            except ParameterError:
                continue  # the doctor tells of a value that cannot be expanded
            for each in parse_maps(value, parameter, instance.config_dir, instance.alias_paths):
                found.setdefault(each.spec, each)
        return list(found.values())

    def entries(self, parameters: Sequence[str], wanted: Iterable[str]) -> Iterator[Found]:
        """The entries in which a word stands that may be one of the wanted places; and, of aliases, those
        that name a list file."""
        needles = [needle for place in sorted(wanted) for needle in self.search.needles(place)]
        for parameter in parameters:
            for lookup in self.lookups(parameter):
                is_local = parameter == "alias_maps"
                more = [Needle(b":include:", b"/", ends=False)] if is_local else []
                yield from self.holding(lookup, [*needles, *more])

    def holding(self, lookup: Lookup, needles: Sequence[Needle]) -> Iterator[Found]:
        """The entries of one table that count and hold one of these words."""
        target = lookup.target
        if target is None:
            return
        try:
            document = entries(self.instance.files, target)
        except OSError:
            return  # the table's own finding says why
        for index in sorted({document.index_at(at) for at in places(document.raw, needles)}):
            if index >= len(document) or not document.is_enabled(index):
                continue
            if document.find(document.entry(index).key) == index:
                yield Found(lookup, target, document, index)

    def words(self) -> list[Needle]:
        """What is looked for where a key may be a bare name, an address or a login."""
        names = {split(place)[0] for place in self.own} | {fold(login) for login in self.logins}
        marks = b"@" + encode(self.resolver.rules.delimiters)
        return [Needle(encode(name), marks) for name in sorted(names)]

    # Logins

    @cached_property
    def logins(self) -> frozenset[str]:
        """The names by which they log in, as far as that can be told: their addresses, a local name, and
        whoever alone may send as them."""
        found = {probe for place in self.own for probe in self.probes(place)} | {self.address}
        found |= {place for place in self.own if "@" not in place}
        for lookup in self.lookups("smtpd_sender_login_maps"):
            for each in sorted(found) if lookup.target is not None else ():
                logins = self._logins_of(lookup, each)
                if len(logins) == 1:
                    found.add(logins[0])
        return frozenset(found)

    def _logins_of(self, lookup: Lookup, address: str) -> list[str]:
        if lookup.target is None:
            return []
        try:
            document = entries(self.instance.files, lookup.target)
        except OSError:
            return []
        index = document.find(encode(address))
        return [] if index is None else [decode(item) for item in document.items(index)]

    def login_of(self, address: str) -> str:
        """The login that alone may send as an address; empty where none is known."""
        for lookup in self.lookups("smtpd_sender_login_maps"):
            logins = self._logins_of(lookup, self.resolver.normal(address)) or self._logins_of(
                lookup, address
            )
            if len(logins) == 1:
                return logins[0]
        return ""


def ends_at(found: Resolution, search: Search, own: frozenset[str]) -> list[Final]:
    """The ends of somebody's mail that are mailboxes (or another server's) of these places."""
    return [end for end in found.final if end.how != "error" and search.place(end.address) in own]
