"""Finding and searching in a lookup table, by its text folded to lower case; made at the first search."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from itertools import groupby
from typing import ClassVar

from mailtui.formats.entries import NO_PROSE, Entries, fold
from mailtui.formats.lines import COMMENT, CONTINUATION, FIRST
from mailtui.text.folded import Folded, find, folded
from mailtui.text.masks import Page
from mailtui.text.scan import Masks

_FIRST_FIRST = bytes((FIRST, FIRST))
_COMMENT = bytes((COMMENT,))
_IS_FIRST = bytes(kind == FIRST for kind in range(256))
_FIRST_PAGE, _PAGE = 256, 2048
"""Lines of the first page of a search, and of a later one at most."""


@dataclass(slots=True)
class Memory:
    """What a table was asked for many keys at once. `hits`: the entries in the file of these folded keys, all
    of them; `above`: below which entry a new one of the key belongs, once that is asked; `near`: keys and
    separators at an entry."""

    hits: dict[bytes, list[int]]
    above: dict[bytes, int | None] = field(default_factory=dict)
    near: dict[int | None, list[tuple[bytes, bytes]]] = field(default_factory=dict)


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
    memory: Memory | None = None
    """What was found out for many keys at once."""

    @staticmethod
    def fold(key: bytes) -> bytes:
        """The key as the program folds it when it builds the table and when it looks up."""
        return fold(key)

    def fields(self, index: int) -> bytes:
        """Key and value of the entry `index` as one text, for searching."""
        found = self._plain_line(index)
        if found:  # the short way for nearly all
            return found[1] + b" " + found[2].rstrip(self._TRIMMED)
        record = self.record(index)
        return record.parts.key + b" " + record.value

    def _plain_line(self, index: int) -> re.Match[bytes] | None:
        """Key and value of an entry that is plainly written on one line, at their places in the file."""
        first, kinds, starts, raw = self._heads[index], self.lines.kinds, self.lines.starts, self.raw
        if kinds[first] == FIRST:
            plain = kinds[first : first + 2] == _FIRST_FIRST and first not in self._odd_lines
            return self._PLAIN_LINE.fullmatch(raw, starts[first], starts[first + 1]) if plain else None
        if kinds[first + 1 : first + 2] == _COMMENT and not NO_PROSE.match(raw, starts[first + 1]):
            return None  # it may go on there
        found = self._PLAIN_LINE.fullmatch(raw, starts[first] + 1, starts[first + 1])
        return None if found is None or found[2][:1].isspace() else found

    @cached_property
    def _odd_lines(self) -> frozenset[int]:
        return frozenset(self._odd)

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

    @cached_property
    def folded(self) -> Folded:
        """The file with ASCII letters in lower case; every offset as in `raw`."""
        return folded(self.raw)

    @cached_property
    def _doubtful(self) -> list[int]:
        """The entries whose text is not surely what their lines say, or not in one piece."""
        indices = map(self.index_of_line, [*self._odd, *self._off])
        return sorted({*self._straddled(), *(index for index in indices if index is not None)})

    def get_ready(self) -> None:
        """Make what the first search would have to make: a tenth of a second for a million lines."""
        self.pages  # noqa: B018  # it is kept

    @cached_property
    def masks(self) -> Masks:
        """What was found out about words so far."""
        return Masks()

    @cached_property
    def pages(self) -> Sequence[Page]:
        """All entries as lines that can be searched many at once."""
        lines, firsts, continuations = self.lines, self.lines.firsts, self._continuations()
        pages: list[Page] = []
        top, size = 0, _FIRST_PAGE
        while top < len(lines):
            following = bisect_left(firsts, min(top + size, len(lines)))
            bottom = firsts[following] if following < len(firsts) else len(lines)
            pages.append(self._page(range(top, bottom), *continuations))
            top, size = bottom, min(size * 2, _PAGE)
        return pages

    def _page(self, span: range, lines_joining: array[int], heads_joined: array[int]) -> Page:
        lines, heads, doubtful = self.lines, self._heads, self._doubtful
        index, last = bisect_left(heads, span.start), bisect_left(heads, span.stop)
        marks = bytearray(len(span))
        if heads is lines.firsts:
            marks[:] = lines.kinds[span.start : span.stop].translate(_IS_FIRST)
        else:
            for number in heads[index:last]:
                marks[number - span.start] = 1
        low, high = bisect_left(doubtful, index), bisect_left(doubtful, last)
        return Page(
            self.raw, lines.starts, span, bytes(marks), index,
            joins=_counted(span, lines_joining, heads_joined), doubtful=doubtful[low:high],
            capitals=self.folded is not self.raw,
        )  # fmt: skip

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
        found: dict[bytes, int] = {}
        for number in self._off:
            index = bisect_left(self._heads, number)
            plain = self._PLAIN_KEY.match(self.raw, self.lines.starts[number] + 1)
            found[plain[0].lower() if plain else fold(self.record(index).parts.key)] = index
        return found

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
        if self.memory is not None and key in self.memory.hits:
            yield from self.memory.hits[key]
            return
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


def _counted(span: range, lines: array[int], heads: array[int]) -> Iterator[tuple[int, int]]:
    """Those of some lines that are in a page, each with its head; counted from 0 in the page."""
    low, high = bisect_left(lines, span.start), bisect_left(lines, span.stop)
    top = span.start
    return ((line - top, head - top) for line, head in zip(lines[low:high], heads[low:high], strict=True))
