"""The domains in a lookup table's keys, all in one pass: a hundred thousand must be listed within a second."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from mailtui.formats.aliases import Aliases
from mailtui.formats.lines import FIRST
from mailtui.formats.table import Table
from mailtui.text.safe import decode

_LINES = 1 << 14
"""Lines that one step reads: a few milliseconds, so that other threads get their turn."""

_ADDRESS = re.compile(rb"""^(?:[^\s#"\\@][^\s"\\@]*)?(@[^\s"\\@]+)[ \t]""", re.MULTILINE)
_CATCH_ALL = re.compile(rb"""^(@[^\s"\\@]+)[ \t]""", re.MULTILINE)
_BARE = re.compile(rb"""^([^\s#"\\@][^\s"\\@]*)[ \t]""", re.MULTILINE)


class Tally(NamedTuple):
    """The addresses among a table's keys: how many in each domain (its catch-all left out), and the domains
    that have a catch-all. Domains are folded. An entry that stands twice is counted twice."""

    addresses: Mapping[str, int]
    catch_alls: frozenset[str]


_NONE = Tally({}, frozenset())
_tallies: WeakKeyDictionary[Table | Aliases, Tally] = WeakKeyDictionary()
_names: WeakKeyDictionary[Table | Aliases, list[str]] = WeakKeyDictionary()


def tally(document: Table | Aliases) -> Tally:
    """The addresses in the keys in force; worked out once for each state of a text."""
    found = _tallies.get(document)
    if found is None:
        found = _tallies[document] = _tally(document)
    return found


def bare_keys(document: Table | Aliases) -> list[str]:
    """The keys in force that hold no `@`, folded, in the order of the file, each once."""
    found = _names.get(document)
    if found is None:
        keys = dict.fromkeys(decode(key) for key in _keys(document, _BARE) if b"@" not in key)
        found = _names[document] = list(keys)
    return found


def _tally(document: Table | Aliases) -> Tally:
    if not len(document):
        return _NONE
    counts: Counter[str] = Counter()
    for key, number in Counter(_keys(document, _ADDRESS)).items():
        _, at, domain = decode(key).rpartition("@")
        if at and domain:
            counts[domain] += number
    every = Counter(decode(key[1:]) for key in _keys(document, _CATCH_ALL) if key[:1] == b"@")
    counts.subtract(every)
    return Tally({name: number for name, number in counts.items() if number > 0}, frozenset(every))


def _keys(document: Table | Aliases, plain: re.Pattern[bytes]) -> Iterator[bytes]:
    """What the pattern finds in plainly written lines, and the whole keys of all others; both folded."""
    if isinstance(document, Aliases):
        for index in range(len(document)):
            if document.is_enabled(index):
                yield document.fold(document.entry(index).key)
        return
    lines, odd, _, _ = document.index
    top = 0
    for number in (*odd, len(lines)):
        while top < number:
            bottom = min(top + _LINES, number)
            found = plain.findall(document.raw, lines.starts[top], lines.starts[bottom])
            yield from map(bytes.lower, found)
            top = bottom
        top = number + 1
        record = document.record_at(number) if number < len(lines) and lines.kinds[number] == FIRST else None
        if record is not None:
            yield document.fold(record.parts.key)
