"""Many entries of a lookup table at once: one walk through the file instead of one search for each key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import NamedTuple, Self, TypeAlias

from mailtui.formats import addresses
from mailtui.formats.entries import fold
from mailtui.formats.entry_off import OffEdits
from mailtui.formats.entry_search import Memory
from mailtui.formats.layout import separator
from mailtui.formats.lines import FIRST
from mailtui.formats.recipientlists import recipients, retyped
from mailtui.formats.splice import Splice

FEW = 32
"""Keys up to which each is searched for."""
_FIRST_FIRST = bytes((FIRST, FIRST))
_PRINTABLE = re.compile(rb"[!-~](?:[ -~]*[!-~])?")

Near: TypeAlias = "Sequence[tuple[bytes, bytes]]"


class Standing(NamedTuple):
    """An entry that is there: its number, its value, and where that begins in the file; -1 where it is not
    written on one line."""

    number: int
    value: bytes
    start: int


class BulkEdits(OffEdits):
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

    def remembering(self, keys: Iterable[bytes]) -> Self:
        """The same document, which knows where these keys are: for whoever asks for each of them by itself.
        What it learns goes with it."""
        result = copy(self)
        found: dict[bytes, list[int]] = {fold(key): [] for key in keys}
        for index, key in self._keys():
            if key in found:
                found[key].append(index)
        result.memory = Memory(found)
        return result

    def _place(self, key: bytes) -> int | None:
        memory, folded = self.memory, fold(key)
        if memory is None or folded not in memory.hits:
            return self._above(key)
        if not memory.above:
            keys = list(memory.hits)
            memory.above = dict(zip(keys, self._above_each(keys), strict=True))
        return memory.above[folded]

    def standing(self, keys: Iterable[bytes]) -> dict[bytes, Standing]:
        """By folded key what counts now, of those keys that are in the file."""
        return {key: self._standing(index) for key, index in self.find_many(keys).items()}

    def _standing(self, index: int) -> Standing:
        plain = self._plain(index)
        if plain is not None:
            return Standing(index, *plain)
        numbers, logical, parts = record = self.record(index)
        alone = len(numbers) == 1 and logical.text == logical.whole
        return Standing(index, record.value, logical.start(parts.start) if alone else -1)

    def in_force(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Folded key, key and value of every entry that counts, in the order of the file."""
        seen: set[bytes] = set()
        odd, kinds, starts, raw = self._odd_lines, self.lines.kinds, self.lines.starts, self.raw
        for index, first in enumerate(self._heads):
            if kinds[first] != FIRST:
                continue
            found = None
            if first not in odd and kinds[first : first + 2] == _FIRST_FIRST:
                found = self._PLAIN_LINE.fullmatch(raw, starts[first], starts[first + 1])
            if found:  # the short way for nearly all
                key, value = found[1], found[2].rstrip(self._TRIMMED)
            else:
                key, value = self.key_at(index), self.value_at(index)
            folded = key.lower() if key.isascii() else fold(key)
            if folded not in seen:
                seen.add(folded)
                yield folded, key, value

    def key_at(self, index: int) -> bytes:
        """The key of an entry, as `entry(index).key`."""
        first = self._heads[index]
        start = self.lines.starts[first] + (self.lines.kinds[first] != FIRST)
        found = None if first in self._odd_lines else self._PLAIN_KEY.match(self.raw, start)
        return found[0] if found else self.record(index).parts.key

    def value_at(self, index: int) -> bytes:
        """The right-hand side of an entry, as `entry(index).value`."""
        plain = self._plain(index)
        return self.record(index).value if plain is None else plain[0]

    def _plain(self, index: int) -> tuple[bytes, int] | None:
        """The value of a plainly written entry of one line, and where it begins."""
        found = self._plain_line(index)
        return None if found is None else (found[2].rstrip(self._TRIMMED), found.start(2))

    def set_many(
        self,
        values: Mapping[bytes, bytes | None],
        *,
        lists: bool,
        found: Mapping[bytes, Standing] | None = None,
    ) -> list[Splice]:
        """Give each key its value, or take its entries out (None). Those that are there keep their layout,
        new ones stand with their domain as `set` puts them. `lists`: the values are lists of recipients.
        `found`: what `standing` told of these keys.

        Raises Refused for one that the format cannot hold.
        """
        found = self.standing(values) if found is None else found
        splices: list[Splice] = []
        new: list[tuple[bytes, bytes]] = []
        gone: set[bytes] = set()
        for key, value in values.items():
            folded = fold(key)
            now = found.get(folded)
            if value is None:
                gone.add(folded)
            elif now is None:
                new.append((key, value))
            else:
                splices += self._revalued(now, value, lists=lists)
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

    def _revalued(self, now: Standing, value: bytes, *, lists: bool) -> list[Splice]:
        """Another value of an entry: by its place where that is plain, else as `set` does it."""
        index, old, start = now
        short = start >= 0 and (lists or self._KEYS_AS_WRITTEN or addresses.is_simple(value))
        text = retyped(old, value, lists=lists) if short else None
        if text is None:
            return self.set_at(index, recipients(value) if lists else value)
        return [Splice(start, start + len(old), text)] if text != old else []

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
