"""Many entries of a lookup table at once: one walk through the file instead of one search for each key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from mailtui.formats import addresses
from mailtui.formats.entries import fold
from mailtui.formats.entry_edits import EntryEdits
from mailtui.formats.layout import separator
from mailtui.formats.lines import FIRST
from mailtui.formats.splice import Splice

FEW = 32
"""Keys up to which each is searched for."""
_FIRST_FIRST = bytes((FIRST, FIRST))
_PRINTABLE = re.compile(rb"[!-~](?:[ -~]*[!-~])?")
_PLAIN_LIST = re.compile(rb"[^\"\\()<>\[\]|:;!%\x00-\x1f\x7f]*")
_BETWEEN = re.compile(rb"[ ,]+")

Near: TypeAlias = "Sequence[tuple[bytes, bytes]]"


def recipients(value: bytes) -> list[bytes]:
    """The recipients of a right-hand side as they are written; quickly where they are plain."""
    if _PLAIN_LIST.fullmatch(value):
        return [item for item in _BETWEEN.split(value) if item]
    return addresses.items(value)


class BulkEdits(EntryEdits):
    """A lookup table of which many entries are read or changed at once."""

    def find_many(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        """By folded key the entry that counts, of those keys that are in the file."""
        wanted = {key.lower() if key.isascii() else fold(key) for key in keys}
        if len(wanted) <= FEW:
            found = ((key, self.find(key)) for key in wanted)
            return {key: index for key, index in found if index is not None}
        places: dict[bytes, int] = {}
        for index, key in self._keys():
            if key in wanted:
                places.setdefault(key, index)
        return places

    def key_at(self, index: int) -> bytes:
        """The key of an entry in force, as `entry(index).key`."""
        first = self._heads[index]
        found = (
            None if first in self._odd_lines else self._PLAIN_KEY.match(self.raw, self.lines.starts[first])
        )
        return found[0] if found else self.record(index).parts.key

    def value_at(self, index: int) -> bytes:
        """The right-hand side of an entry, as `entry(index).value`."""
        plain = self._plain(index)
        return self.record(index).value if plain is None else plain[1]

    def _plain(self, index: int) -> tuple[int, bytes] | None:
        """Where the value of a plainly written entry of one line begins, and the value."""
        first = self._heads[index]
        if first in self._odd_lines or self.lines.kinds[first : first + 2] != _FIRST_FIRST:
            return None
        start = self.lines.starts[first]
        found = self._PLAIN_LINE.fullmatch(self.raw[start : self.lines.starts[first + 1]])
        return None if found is None else (start + found.start(2), found[2].rstrip(self._TRIMMED))

    def set_many(self, values: Mapping[bytes, bytes | None], *, lists: bool) -> list[Splice]:
        """Give each key its value, or take its entries out (None). Those that are there keep their layout,
        new ones stand with their domain as `set` puts them. `lists`: the values are lists of recipients.

        Raises Refused for one that the format cannot hold.
        """
        found = self.find_many(values)
        splices: list[Splice] = []
        new: list[tuple[bytes, bytes]] = []
        gone: set[bytes] = set()
        for key, value in values.items():
            folded = fold(key)
            index = found.get(folded)
            if value is None:
                gone.add(folded)
            elif index is None:
                new.append((key, value))
            else:
                splices += self._revalued(index, value, lists=lists)
        if gone:
            rows = (self._rows_of(index) for index, key in self._keys() if key in gone)
            if new:  # one may come between two that go: each goes by itself
                splices += (splice for numbers in rows for splice in self._cut(numbers))
            else:
                splices += self._cut(number for numbers in rows for number in numbers)
        return [*splices, *self._inserted(new)]

    def _rows_of(self, index: int) -> Sequence[int]:
        """The lines of an entry, comments between them left out."""
        first = self._heads[index]
        alone = self.lines.kinds[first : first + 2] == _FIRST_FIRST
        return (first,) if alone else self.record(index).numbers

    def _revalued(self, index: int, value: bytes, *, lists: bool) -> list[Splice]:
        """Another value of an entry: by its place where that is plain, else as `set` does it."""
        plain = self._plain(index)
        if plain is None or not _PRINTABLE.fullmatch(value) or not _PRINTABLE.fullmatch(plain[1]):
            return self.set_at(index, recipients(value) if lists else value)
        start, old = plain
        if lists:
            between = _between(old)
            items = _BETWEEN.split(value)
            if not between or not _PLAIN_LIST.fullmatch(value) or not all(items):
                return self.set_at(index, recipients(value))
            value = between.join(items)
        return [Splice(start, start + len(old), value)] if value != old else []

    def _inserted(self, new: Sequence[tuple[bytes, bytes]]) -> list[Splice]:
        """New entries, each below those of its domain, in the order given. Raises Refused."""
        if not new:
            return []
        places: dict[int, list[bytes]] = {}
        near: dict[int | None, tuple[int, Near, dict[int, bytes]]] = {}
        for (key, value), above in zip(new, self._above_each([key for key, _ in new]), strict=True):
            if above not in near:
                at = len(self.raw) if above is None else self.entry(above).end
                near[above] = at, self._neighbours(above), {}
            at, others, gaps = near[above]
            places.setdefault(at, []).append(self._laid(key, value, others, gaps))
        opening = self.lines.newline if self.lines.ends_open else b""
        return [
            Splice(at, at, (opening if at == len(self.raw) else b"") + b"".join(lines))
            for at, lines in places.items()
        ]

    def _laid(self, key: bytes, value: bytes, others: Near, gaps: dict[int, bytes]) -> bytes:
        """The line of a new entry. `gaps`: what stands between keys of a length and their values here."""
        if not (key.isascii() and _PRINTABLE.fullmatch(value)) or key.startswith(b"#"):
            return self._line(key, self._checked_value(value), others)
        gap = gaps.get(len(key))
        if gap is None:
            gap = gaps[len(key)] = separator(key, others, self._SEPARATOR)
        line = key + gap + value + self.lines.newline
        plain = self._PLAIN_LINE.fullmatch(line)
        if plain is None or plain[1] != key or plain[2].rstrip(self._TRIMMED) != value:
            return self._line(key, self._checked_value(value), others)
        return line

    def places_of(self, keys: Sequence[bytes]) -> Sequence[int]:
        """For each key the entry before which a new one stands; `len(self)` for the end of the file."""
        return [len(self) if above is None else above + 1 for above in self._above_each(keys)]

    def _above_each(self, keys: Sequence[bytes]) -> Sequence[int | None]:
        """For each key the entry below which a new one belongs; None: at the end of the file."""
        return [self._above(key) for key in keys]


def _between(value: bytes) -> bytes:
    """What stands between any two recipients of a plain list, always the same; empty where it is not."""
    if not _PLAIN_LIST.fullmatch(value):
        return b""
    items = _BETWEEN.split(value)
    return next((text for text in (b", ", b",", b" ") if text.join(items) == value), b"")
