"""Finding and searching in a lookup table, by its text folded to lower case; made at the first search."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import groupby
from typing import ClassVar

from mailtui.formats.entries import Entries, fold
from mailtui.formats.lines import CONTINUATION, FIRST
from mailtui.text.folded import Folded, find, folded
from mailtui.text.masks import Page

_FIRST_FIRST = bytes((FIRST, FIRST))
_NEAR = 16
_IS_FIRST = bytes(kind == FIRST for kind in range(256))
_FIRST_PAGE, _PAGE = 256, 4096
"""Lines of the first page of a search, and of a later one at most."""


class EntrySearch(Entries):
    """A lookup table in which keys are found as the program looks them up, and words in any part of it.

    It is a `mailtui.text.scan.Records`.
    """

    _PLAIN_LINE: ClassVar[re.Pattern[bytes]]
    """Matches a plainly written line: key, and value with the blanks behind it."""

    _KEYS_AS_WRITTEN: ClassVar[bool]
    """Whether keys are stored as they stand in the file."""

    _places: bytearray | None = None
    """A bit for each hash that a key in the file has, once they were all read; see `duplicates`."""

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
    def folded(self) -> Folded:
        """The file with ASCII letters in lower case; every offset as in `raw`."""
        return folded(self.raw)

    @cached_property
    def _doubtful(self) -> list[int]:
        """The entries whose text is not surely what their lines say."""
        indices = map(self.index_of_line, [*self._odd, *self._off])
        return sorted({*self.unplain, *(index for index in indices if index is not None)})

    def get_ready(self) -> None:
        """Make what the first search would have to make: a tenth of a second for a million lines."""
        next(self.pages(), None)

    def pages(self) -> Iterator[Page]:
        """All entries as lines that can be searched many at once."""
        lines, heads, raw, starts = self.lines, self._heads, self.raw, self.lines.starts
        capitals = self.folded is not raw
        top = index = 0
        size = _FIRST_PAGE
        while top < len(lines):
            following = bisect_left(lines.firsts, min(top + size, len(lines)))
            bottom = lines.firsts[following] if following < len(lines.firsts) else len(lines)
            last = bisect_left(heads, bottom, index)
            kinds = lines.kinds[top:bottom]
            marks = bytearray(kinds.translate(_IS_FIRST)) if heads is lines.firsts else bytearray(len(kinds))
            if heads is not lines.firsts:
                for number in heads[index:last]:
                    marks[number - top] = 1
            low, high = bisect_left(self._doubtful, index), bisect_left(self._doubtful, last)
            doubtful = self._doubtful[low:high] if self._KEYS_AS_WRITTEN else range(index, last)
            joins = self._joined(top, bottom)
            yield Page(index, raw[starts[top] : starts[bottom]], bytes(marks), joins, doubtful, capitals)
            top, index, size = bottom, last, min(size * 2, _PAGE)

    def _joined(self, top: int, bottom: int) -> list[tuple[int, int]]:
        """The continuation lines among some lines, each with that of its entry; counted from `top`."""
        lines, heads = self._continuations
        low, high = bisect_left(lines, top), bisect_left(lines, bottom)
        return [(line - top, head - top) for line, head in zip(lines[low:high], heads[low:high], strict=True)]

    @cached_property
    def _continuations(self) -> tuple[array[int], array[int]]:
        """All continuation lines, and for each the line at which its entry begins."""
        kinds, lines, heads = self.lines.kinds, array("L"), array("L")
        at = kinds.find(CONTINUATION)
        while at >= 0:
            head = kinds.rfind(FIRST, 0, at)
            if head >= 0 and self.index_of_line(head) is not None:
                lines.append(at)
                heads.append(head)
            at = kinds.find(CONTINUATION, at + 1)
        return lines, heads

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
        at = find(self.folded, needle)
        while at >= 0:
            yield from self._plain_entry(at + 1, key)
            at = find(self.folded, needle, at + 1)

    def _plain_entry(self, start: int, key: bytes) -> Iterator[int]:
        """The entry that begins at `start` with exactly this key, if there is one."""
        found = self._PLAIN_KEY.match(self.raw, start)
        if found and found[0].lower() == key:
            index = self.index_of_line(self.lines.at(start))
            if index is not None and self.is_enabled(index):
                yield index

    def _may_hold(self, key: bytes) -> bool:
        """Whether a folded key may be in the file. To say no at once saves reading all of it, and most keys
        that are looked up on the way of an address are in no table."""
        if self._places is None:
            return True
        place = hash(key) % (len(self._places) * 8)
        return bool(self._places[place >> 3] >> (place & 7) & 1)

    def hits(self, key: bytes) -> Iterator[int]:
        """The entries in the file with this key, in order; the first of them counts."""
        key = fold(key)
        if not self._may_hold(key):
            return
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
