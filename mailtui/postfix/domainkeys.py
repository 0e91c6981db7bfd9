"""The domains in a table's keys, all in one pass: a hundred thousand must be listed within a second."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from mailtui.formats.aliases import Aliases
from mailtui.formats.entries import Entry
from mailtui.formats.table import Table
from mailtui.text.safe import decode, encode

_LINES = 1 << 14
"""Lines that one step reads: a few milliseconds, so that other threads get their turn."""

_ADDRESS = re.compile(rb"""^(?:[^\s#"\\@][^\s"\\@]*)?(@[^\s"\\@]+)[ \t]""", re.MULTILINE)
_CATCH_ALL = re.compile(rb"""^(@[^\s"\\@]+)[ \t]""", re.MULTILINE)
_BARE = re.compile(rb"""^([^\s#"\\@][^\s"\\@]*)[ \t]""", re.MULTILINE)

Document = Table | Aliases


class Tally(NamedTuple):
    """The addresses among a table's keys: how many in each domain (its catch-all left out), and the offset of
    the catch-all of each domain that has one. Domains are folded. An entry that stands twice counts twice."""

    addresses: Mapping[str, int]
    catch_alls: Mapping[str, int]


_tallies: WeakKeyDictionary[Document, Tally] = WeakKeyDictionary()
_names: WeakKeyDictionary[Document, Mapping[str, int]] = WeakKeyDictionary()


def tally(document: Document) -> Tally:
    """The addresses in the keys in force; worked out once for each state of a text."""
    found = _tallies.get(document)
    if found is None:
        found = _tallies[document] = _tally(document)
    return found


def bare_keys(document: Document) -> Mapping[str, int]:
    """The keys in force that hold no `@`, folded, in the order of the file, each with the offset of the
    entry that counts."""
    found = _names.get(document)
    if found is None:
        found = _names[document] = _first(document, _BARE, lambda key: b"@" not in key)
    return found


def index_at(document: Document, offset: int) -> int | None:
    """The number of the entry that begins at an offset."""
    return document.index_of_line(document.lines.at(offset))


def line_at(document: Document, offset: int) -> int:
    """The line, from 1, of an offset."""
    return document.lines.at(offset) + 1


def _tally(document: Document) -> Tally:
    counts: Counter[bytes] = Counter()
    for found in _runs(document, _ADDRESS):
        counts.update(map(bytes.lower, found) if isinstance(found, list) else (found[0],))
    domains: Counter[str] = Counter()
    for key, number in counts.items():
        _, at, domain = decode(key).rpartition("@")
        if at and domain:
            domains[domain] += number
    catch_alls = {
        name.removeprefix("@"): offset
        for name, offset in _first(document, _CATCH_ALL, lambda key: key[:1] == b"@").items()
    }
    domains.subtract(_every(document))
    return Tally({name: number for name, number in domains.items() if number > 0}, catch_alls)


def _every(document: Document) -> Counter[str]:
    """How often each catch-all stands in the text."""
    counts: Counter[str] = Counter()
    for found in _runs(document, _CATCH_ALL):
        keys = map(bytes.lower, found) if isinstance(found, list) else (found[0],)
        counts.update(decode(key[1:]) for key in keys if key[:1] == b"@" and key.count(b"@") == 1)
    return counts


def _runs(document: Document, plain: re.Pattern[bytes]) -> Iterator[list[bytes] | tuple[bytes, int]]:
    """What the pattern finds in plainly written lines, many together; and, of each other entry, the whole
    folded key and the offset."""
    if isinstance(document, Aliases):
        yield from _one_by_one(document)
        return
    for top, bottom in _plain(document):
        if bottom > top:
            yield plain.findall(document.raw, document.lines.starts[top], document.lines.starts[bottom])
    yield from _odd(document)


def _first(document: Document, plain: re.Pattern[bytes], wanted: Callable[[bytes], bool]) -> dict[str, int]:
    """The keys of which the pattern captures all, each with the offset of its first entry."""
    places: list[tuple[bytes, int]] = []
    if isinstance(document, Aliases):
        places += [one for one in _one_by_one(document) if wanted(one[0])]
    else:
        for top, bottom in _plain(document):
            starts = document.lines.starts
            for found in plain.finditer(document.raw, starts[top], starts[bottom]):
                places.append((found[1].lower(), found.start()))
        others = [one for one in _odd(document) if wanted(one[0])]
        if others:
            places = sorted([*places, *others], key=lambda one: one[1])
    result: dict[str, int] = {}
    for key, offset in places:
        result.setdefault(decode(key), offset)
    return result


def _plain(document: Table) -> Iterator[tuple[int, int]]:
    """Ranges of lines between the odd ones, none too long."""
    lines, odd, _, _ = document.index
    top = 0
    for number in (*odd, len(lines)):
        while top < number:
            bottom = min(top + _LINES, number)
            yield top, bottom
            top = bottom
        top = number + 1


def _odd(document: Table) -> Iterator[tuple[bytes, int]]:
    """Key and offset of the entries that are not plainly written."""
    lines, odd, _, _ = document.index
    for number in odd:
        record = document.record_at(number)
        if record is not None:
            yield document.fold(record.parts.key), lines.starts[number]


def _one_by_one(document: Document) -> Iterator[tuple[bytes, int]]:
    for index in range(len(document)):
        if document.is_enabled(index):
            entry = document.entry(index)
            yield document.fold(entry.key), entry.start


class _Where(NamedTuple):
    """Where the addresses of each domain stand: the hashes of their folded domains, and the offsets of their
    entries beside them; first those that are plainly written. Two arrays: a table may have millions."""

    domains: array[int]
    offsets: array[int]


_places: WeakKeyDictionary[Document, _Where] = WeakKeyDictionary()


def _where(document: Document) -> _Where:
    """Worked out once for each state of a text, line by line, so that other threads get their turn."""
    found = _places.get(document)
    if found is not None:
        return found
    domains, offsets = array("q"), array("q")
    if not isinstance(document, Aliases):
        starts = document.lines.starts
        for top, bottom in _plain(document):
            for one in _ADDRESS.finditer(document.raw, starts[top], starts[bottom]):
                domains.append(hash(one[1].lower()))
                offsets.append(one.start())
    for key, offset in _one_by_one(document) if isinstance(document, Aliases) else _odd(document):
        domains.append(hash(b"@" + key.rpartition(b"@")[2]))
        offsets.append(offset)
    found = _places[document] = _Where(domains, offsets)
    return found


def _offsets(where: _Where, wanted: int) -> Iterator[int]:
    """The offsets of the entries whose domain has this hash."""
    at = 0
    while True:
        try:
            at = where.domains.index(wanted, at) + 1
        except ValueError:
            return
        yield where.offsets[at - 1]


def entries_in(document: Document, domain: str, limit: int) -> list[Entry]:
    """The entries in force whose key is an address in a domain (folded), its catch-all included; at most
    `limit`, in the order of the file."""
    known = tally(document)
    if domain not in known.addresses and domain not in known.catch_alls:
        return []
    ending = b"@" + encode(domain)
    found: list[Entry] = []
    for offset in sorted(_offsets(_where(document), hash(ending))):
        index = index_at(document, offset)
        if index is None or not document.is_enabled(index):
            continue
        entry = document.entry(index)
        if document.fold(entry.key).endswith(ending):
            found.append(entry)
        if len(found) == limit:
            break
    return found
