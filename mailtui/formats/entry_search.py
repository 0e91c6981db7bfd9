"""Finding and searching in a lookup table, by its text folded to lower case; made at the first search."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import groupby
from typing import ClassVar

from mailtui.formats.entries import Entries, fold
from mailtui.formats.lines import CONTINUATION, FIRST

_FIRST_FIRST = bytes((FIRST, FIRST))
_NEAR = 16


class EntrySearch(Entries):
    """A lookup table in which keys are found as the program looks them up, and words in any part of it.

    It is a `mailtui.text.query.Records`.
    """

    _PLAIN_LINE: ClassVar[re.Pattern[bytes]]
    """Matches a plainly written line: key, and value with the blanks behind it."""

    _KEYS_AS_WRITTEN: ClassVar[bool]
    """Whether keys are stored as they stand in the file."""

    @staticmethod
    def fold(key: bytes) -> bytes:
        """The key as the program folds it when it builds the table and when it looks up."""
        return fold(key)

    def fields(self, index: int) -> bytes:
        """Key and value of the entry `index` as one text, for searching."""
        first = self._heads[index]
        if first not in self._odd_lines and self.lines.kinds[first : first + 2] == _FIRST_FIRST:
            line = self.raw[self.lines.starts[first] : self.lines.starts[first + 1]]
            if found := self._PLAIN_LINE.fullmatch(line):  # the short way for nearly all
                return found[1] + b" " + found[2].rstrip(self._TRIMMED)
        record = self.record(index)
        return record.parts.key + b" " + record.value

    @cached_property
    def _odd_lines(self) -> frozenset[int]:
        return frozenset(self._odd)

    @cached_property
    def unplain(self) -> Sequence[int]:
        """The entries whose text is not in the file as it is, or not in one piece."""
        unplain = set() if self._KEYS_AS_WRITTEN else self._not_as_written()
        return sorted(unplain | self._straddled())

    def _straddled(self) -> set[int]:
        """Entries between whose lines another one is commented out."""
        found: set[int] = set()
        kinds = self.lines.kinds
        first = continuation = -1
        for number in self._off:
            if first < number:
                first = kinds.find(FIRST, number) % (len(kinds) + 1)
            if continuation < number:
                continuation = kinds.find(CONTINUATION, number) % (len(kinds) + 1)
            if continuation < first:
                indices = map(self.index_of_line, self._first_of(self.lines.starts[number]))
                found.update(index for index in indices if index is not None)
        return found

    def _not_as_written(self) -> set[int]:
        hidden = (n for n in self._off if not self._PLAIN_KEY.match(self.raw, self.lines.starts[n] + 1))
        indices = map(self.index_of_line, [*self._odd, *hidden])
        return {index for index in indices if index is not None}

    def locate(self, offset: int, after: int = 0) -> tuple[int, bool]:
        """The entry that holds the byte at `offset`, or the next one, and whether each word on that line is
        surely a word of its `fields`; `after` is what a smaller offset gave."""
        starts, heads = self.lines.starts, self._heads
        if not heads:
            return 0, False
        low = heads[after]
        if offset < starts[low]:
            return after, False
        high = min(low + _NEAR, len(starts))  # mostly the next hit is near
        number = bisect_right(starts, offset, low, high if starts[high - 1] > offset else len(starts)) - 1
        high = min(after + _NEAR, len(heads))
        index = bisect_left(heads, number, after, high if heads[high - 1] >= number else len(heads))
        if index < len(heads) and heads[index] == number:
            return index, number not in self._odd_lines
        if index and offset < self.entry(index - 1).end:
            return index - 1, False
        return index, False

    @cached_property
    def folded(self) -> bytes:
        """The file with ASCII letters in lower case; every offset as in `raw`."""
        return self.raw.lower()

    @cached_property
    def _odd_keys(self) -> dict[bytes, list[int]]:
        """Folded keys of the entries that are not plainly written, with their indices."""
        found: dict[bytes, list[int]] = {}
        for number in self._odd:
            index = self.index_of_line(number)
            if index is not None:
                found.setdefault(fold(self.record(index).parts.key), []).append(index)
        return found

    @cached_property
    def _off_keys(self) -> dict[bytes, int]:
        """Folded keys of the commented-out entries; of several the last."""
        return {
            fold(self.record(index).parts.key): index
            for index in (bisect_left(self._heads, number) for number in self._off)
        }

    def _plain_hits(self, key: bytes) -> Iterator[int]:
        if self.folded.startswith(key):
            yield from self._plain_entry(0, key)
        needle = b"\n" + key
        at = self.folded.find(needle)
        while at >= 0:
            yield from self._plain_entry(at + 1, key)
            at = self.folded.find(needle, at + 1)

    def _plain_entry(self, start: int, key: bytes) -> Iterator[int]:
        """The entry that begins at `start` with exactly this key, if there is one."""
        found = self._PLAIN_KEY.match(self.folded, start)
        if found and found[0] == key:
            index = self.index_of_line(self.lines.at(start))
            if index is not None and self.is_enabled(index):
                yield index

    def hits(self, key: bytes) -> Iterator[int]:
        """The entries in the file with this key, in order; the first of them counts."""
        key = fold(key)
        plain = self._plain_hits(key) if key and key.isascii() else iter(())
        for index, _ in groupby(merge(plain, self._odd_keys.get(key, ()))):
            if fold(self.record(index).parts.key) == key:
                yield index

    def find(self, key: bytes) -> int | None:
        """The entry that counts for `key`: the first, letter case set aside."""
        return next(self.hits(key), None)

    def find_disabled(self, key: bytes) -> int | None:
        """The last commented-out entry of `key`."""
        return self._off_keys.get(fold(key))
