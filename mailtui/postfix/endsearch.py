"""Looking through the texts of the tables for the entries that lead to an address; `ends.py` follows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailtui.postfix.addresses import complete, fold, quote, recipient, split, strip_extension
from mailtui.postfix.domains import class_list
from mailtui.postfix.endneedles import Needle, places
from mailtui.postfix.ends import SEARCHED
from mailtui.postfix.files import entries
from mailtui.postfix.forwarding import listed
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.resolution import Resolution, Step
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import decode, encode

_PROBE = "no-such-name"
_RAW = ("|", "/", ":include:")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that names an address. `local`: it is an alias of local(8)."""

    lookup: Lookup
    key: str
    line: int
    local: bool
    probe: str
    """An address that this entry takes."""


class _Places(NamedTuple):
    """Places that are looked for together; `catch_alls`: those that stand for a whole domain."""

    all: frozenset[str]
    catch_alls: tuple[str, ...]


class Search:
    """One search through the tables of an instance; what was resolved for it is kept."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._rules = resolver.rules
        self._resolutions: dict[str, Resolution] = {}
        self.local_domains = self._find_local_domains()
        """The domains of mydestination that are named there, folded."""
        self._tables = [
            (lookup, name == "alias_maps")
            for name in SEARCHED
            for lookup in resolver.instance.lookups(name)
            if lookup.target is not None
        ]

    def _find_local_domains(self) -> list[str]:
        literals = class_list(self._resolver.instance, "mydestination").literals()
        names = [item.text for item in literals]
        return list(dict.fromkeys(fold(name) for name in names if self._resolver.router.is_local(name)))

    def place(self, address: str) -> str:
        """What all spellings of one place share: local names without domain, all without extension."""
        text = recipient(address.strip())
        if text.startswith(_RAW):
            return text
        full = fold(strip_extension(complete(text, self._rules), self._rules)[0])
        local, domain = split(full)
        if domain is not None and self._resolver.router.is_local(domain):
            return local
        return full

    def needles(self, place: str) -> list[Needle]:
        """What stands in an entry that names the place, folded."""
        if place.startswith(_RAW):
            return [Needle(encode(place.lower()), begins=True)]
        if place.startswith("@"):
            return [Needle(encode(place), begins=False)]
        local, domain = split(place)
        marks = encode(self._rules.delimiters)
        if domain is None:
            domains = [
                *self.local_domains,
                *([fold(self._rules.myorigin)] if self._origin_is_local() else []),
            ]
            whole = [Needle(encode(f"@{each}")) for each in dict.fromkeys(domains)]
            return [Needle(encode(quote(local)), b"@" + marks), *whole]
        is_origin = domain == fold(self._rules.myorigin)
        names = [Needle(encode(quote(place))), Needle(encode(f"@{domain}"))]
        if is_origin or marks:
            names.append(Needle(encode(quote(local)), marks, ends=is_origin))
        return names

    def _origin_is_local(self) -> bool:
        return self._resolver.router.is_local(self._rules.myorigin)

    def naming(self, names: Sequence[str]) -> Iterator[Found]:
        """The entries, in force by their text, one of whose items is one of the places."""
        wanted = _Places(frozenset(names), tuple(place for place in names if place.startswith("@")))
        needles = [needle for place in names for needle in self.needles(place)]
        for lookup, is_local in self._tables:
            yield from self._in_table(lookup, is_local, needles, wanted)

    def _in_table(
        self, lookup: Lookup, is_local: bool, needles: Sequence[Needle], wanted: _Places
    ) -> Iterator[Found]:
        target = lookup.target
        if target is None:
            return
        try:
            document = entries(self._resolver.instance.files, target)
        except OSError:  # Maps tells of it while the way forwards is followed
            return
        more = [Needle(b":include:", b"/", ends=False)] if is_local else []
        indices = dict.fromkeys(document.index_at(at) for at in places(document.raw, [*needles, *more]))
        for index in sorted(indices):
            if index >= len(document) or not document.is_enabled(index):
                continue
            entry = document.entry(index)
            key = decode(entry.key)
            probe = self._probe(key, is_local=is_local)
            if probe and any(self._means(decode(item), wanted) for item in document.items(index)):
                yield Found(lookup, key, entry.line, is_local, probe)

    def _probe(self, key: str, *, is_local: bool) -> str:
        """An address that the key takes; empty for a key that only makes a domain known."""
        if is_local:
            here = (
                self._rules.myorigin
                if self._origin_is_local() or not self.local_domains
                else self.local_domains[0]
            )
            return f"{key}@{here}"
        if key.startswith("@"):
            return f"{_PROBE}{key}"
        if "@" not in key and self._resolver.class_of(key) != "default":
            return ""
        return complete(recipient(key), self._rules)

    def _means(self, item: str, wanted: _Places) -> bool:
        """Whether an item is one of the places, or leads to one by a list or by another domain."""
        text = recipient(item)
        if text in wanted.all:
            return True
        if text.startswith("@"):
            return any(self._moved(place, text) == place for place in wanted.all if place[:1] != "@")
        if text.lower().startswith(":include:"):
            return self._includes(text[len(":include:") :], wanted)
        place = self.place(item)
        return place in wanted.all or (bool(wanted.catch_alls) and place.endswith(wanted.catch_alls))

    def _moved(self, place: str, domain: str) -> str:
        """The place with another domain (`@domain`), as a catch-all that keeps names makes it."""
        local, own = split(place)
        return self.place(f"{local if own is not None else place}{domain}")

    def _includes(self, path: str, wanted: _Places) -> bool:
        try:
            raw = self._resolver.instance.files.raw(path)
        except OSError:  # resolve says so of whatever leads there
            return False
        return any(self.place(one.item) in wanted.all for one in listed(raw))

    def source(self, found: Found) -> str:
        """The place that leads here by this entry."""
        return found.key if found.key.startswith("@") else self.place(found.probe)

    def confirmed(self, found: Found, wanted: str) -> tuple[Step, ...]:
        """The hops from the alias to the place, empty where mail does not come there after all."""
        probe = found.probe
        if found.key.startswith("@"):
            probe = self._catch_all_probe(found.key, wanted)
        if probe not in self._resolutions:
            self._resolutions[probe] = self._resolver.resolve(quote(probe))
        way = self._way(self._resolutions[probe], wanted)
        return way if any(step.key.casefold() == found.key.casefold() for step in way) else ()

    def _catch_all_probe(self, key: str, wanted: str) -> str:
        """A name that the catch-all takes: one nobody has, or the wanted one where names are kept."""
        resolution = self._resolver.resolve(f"{_PROBE}{key}")
        if self._way(resolution, wanted):
            return f"{_PROBE}{key}"
        return f"{split(wanted)[0] or wanted}{key}"

    def _way(self, resolution: Resolution, wanted: str) -> tuple[Step, ...]:
        """The shortest way through the steps from the address to the place."""
        ways: list[tuple[Step, ...]] = [
            (step,) for step in resolution.steps if step.source == resolution.address
        ]
        seen = {resolution.address}
        while ways:
            longer: list[tuple[Step, ...]] = []
            for way in ways:
                to = way[-1].to
                if self.place(to) == wanted:
                    return way
                if to in seen:
                    continue
                seen.add(to)
                longer += [(*way, step) for step in resolution.steps if step.source == to]
            ways = longer
        return ()
