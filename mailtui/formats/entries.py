"""What the two kinds of lookup tables share: entries, one a logical line, found by key.

Nothing is decoded before it is asked for. A table keeps its bytes, the index of its lines and the numbers
of the lines at which entries begin; the text folded to lower case is made at the first search.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import groupby
from typing import ClassVar, Self

from mailtui.formats import addresses, disabled
from mailtui.formats.lines import COMMENT, CONTINUATION, FIRST, Lines
from mailtui.formats.logical import Logical
from mailtui.formats.splice import Problem, Splice, apply_splices
from mailtui.text.safe import decode

_FIRST_FIRST = bytes((FIRST, FIRST))
_CONTINUATION = bytes((CONTINUATION,))
_NEAR = 16
_NO_PROSE = re.compile(rb"#[^\s#]")
_NOT_ASCII = re.compile(rb"[\x80-\xff][^\n]*+")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in the file. `line` counts from 1; `start` and `end` are the bytes of its lines,
    the last newline and comments between them included. `value` is the joined text, blanks trimmed."""

    key: bytes
    value: bytes
    line: int
    start: int
    end: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """Where key and value stand in the text of a logical line; `key` as the program stores it, unfolded."""

    key: bytes
    key_start: int
    key_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Record:
    """An entry read: its physical lines (comments between them left out), their text, and its parts."""

    numbers: Sequence[int]
    logical: Logical
    parts: Parts

    @property
    def value(self) -> bytes:
        return self.logical.text[self.parts.start : self.parts.end]


def fold(key: bytes) -> bytes:
    """The key as Postfix looks it up: lower case, by Unicode's rules where it is UTF-8 (casefold)."""
    if key.isascii():
        return key.lower()
    try:
        return key.decode().casefold().encode()
    except UnicodeDecodeError:
        return key.lower()


class Entries(ABC):
    """Reading: the entries of a table in the order of the file, those commented out included.

    Lines that the program drops (with a warning, see `problems`) are no entries.
    """

    _PLAIN_RUN: ClassVar[re.Pattern[bytes]]
    """Matches whole lines that are blank, comments, continuations, or entries written so plainly that the
    key stands as it is at the start of the line and a value follows it there."""

    _PLAIN_KEY: ClassVar[re.Pattern[bytes]]
    """Matches the key of a plainly written entry."""

    _PLAIN_LINE: ClassVar[re.Pattern[bytes]]
    """Matches a plainly written line: key, and value with the blanks behind it."""

    _TRIMMED: ClassVar[bytes]
    """The blanks that the program trims from a value."""

    _KEYS_AS_WRITTEN: ClassVar[bool]
    """Whether keys are stored as they stand in the file."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.lines = Lines(raw)
        self._odd = self._find_odd()
        self._off = self._find_off()
        dropped = {number for number in self._odd if self.record_at(number) is None}
        self._heads = self.lines.firsts
        if dropped:
            self._heads = array("L", (number for number in self._heads if number not in dropped))
        if self._off:
            self._heads = array("L", sorted([*self._heads, *self._off]))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The document of `raw`, whatever it holds."""
        return cls(raw)

    def spliced(self, splices: Iterable[Splice]) -> Self:
        """The document after the change."""
        return type(self)(apply_splices(self.raw, splices))

    # What a kind of table defines

    @staticmethod
    @abstractmethod
    def split(text: bytes) -> Parts | str:
        """Key and value of a logical line, or the warning with which the program drops it ("" where it says none)."""

    @staticmethod
    @abstractmethod
    def _stored(value: bytes) -> bytes:
        """The value as the program stores it in the compiled table."""

    @staticmethod
    @abstractmethod
    def _remark(parts: Parts) -> str | None:
        """What the program warns of although it stores the entry."""

    @staticmethod
    def fold(key: bytes) -> bytes:
        """The key as the program folds it when it builds the table and when it looks up."""
        return fold(key)

    # Building the index

    def _find_odd(self) -> array[int]:
        """First lines of logical lines that are not plainly written: only `split` can tell what they are."""
        raw, lines = self.raw, self.lines
        odd: set[int] = set()
        at = 0
        while at < len(raw):
            if run := self._PLAIN_RUN.match(raw, at):
                at = run.end()
                if at == len(raw):
                    break
            number = lines.at(at)
            if lines.kinds[number] == FIRST:
                odd.add(number)
            at = lines.starts[number + 1]
        at = raw.find(0)
        while at >= 0:
            odd.update(self._first_of(at))
            at = raw.find(0, at + 1)
        if not raw.isascii():
            for found in _NOT_ASCII.finditer(raw):
                try:
                    found[0].decode()
                except UnicodeDecodeError:
                    odd.update(self._first_of(found.start()))
        return array("L", sorted(odd))

    def _first_of(self, offset: int) -> Iterator[int]:
        """The first line of the logical line that holds the byte at `offset`, if there is one."""
        before = bisect_right(self.lines.firsts, self.lines.at(offset))
        if before:
            yield self.lines.firsts[before - 1]

    def _find_off(self) -> array[int]:
        """The lines at which commented-out entries begin."""
        raw, starts, kinds = self.raw, self.lines.starts, self.lines.kinds
        found = array("L")
        at = kinds.find(COMMENT)
        while at >= 0:
            start = starts[at]
            if _NO_PROSE.match(raw, start) and disabled.extent(self.lines, at, self._shape):
                found.append(at)
            at = kinds.find(COMMENT, at + 1)
        return found

    @classmethod
    def _shape(cls, text: bytes) -> tuple[bytes, bytes, bytes] | None:
        parts = cls.split(text)
        if isinstance(parts, str) or parts.key_start or b"\0" in text:
            return None
        try:
            text.decode()
        except UnicodeDecodeError:
            return None
        return text[: parts.key_end], text[parts.key_end : parts.start], text[parts.start : parts.end]

    # Reading

    def __len__(self) -> int:
        return len(self._heads)

    def _numbers(self, first: int) -> list[int]:
        if self.lines.kinds[first] == FIRST:
            return self.lines.logical(first)
        return disabled.extent(self.lines, first, self._shape)

    def record_at(self, first: int) -> Record | None:
        """The entry that begins at line `first` (counted from 0); None where the program drops it."""
        numbers = self._numbers(first)
        logical = Logical(self.lines, numbers, 0 if self.lines.kinds[first] == FIRST else 1)
        parts = self.split(logical.text) if logical.is_utf8 else ""
        return None if isinstance(parts, str) else Record(numbers, logical, parts)

    def record(self, index: int) -> Record:
        """The entry `index` with the places of its parts. Raises IndexError."""
        record = self.record_at(self._heads[index])
        if record is None:
            raise AssertionError(f"line {self._heads[index] + 1} is no entry")
        return record

    def entry(self, index: int) -> Entry:
        """The entry `index`, decoded now. Raises IndexError."""
        first = self._heads[index]
        record = self.record(index)
        starts = self.lines.starts
        enabled = self.lines.kinds[first] == FIRST
        end = starts[record.numbers[-1] + 1]
        return Entry(record.parts.key, record.value, first + 1, starts[first], end, enabled)

    def items(self, index: int) -> list[bytes]:
        """The value as a list of addresses, each as it is written; commas and blanks separate them."""
        return addresses.items(self.record(index).value)

    def fields(self, index: int) -> bytes:
        """Key and value of the entry `index` as one text, for searching."""
        first = self._heads[index]
        if first not in self._odd_lines and self.lines.kinds[first : first + 2] == _FIRST_FIRST:
            line = self.raw[self.lines.starts[first] : self.lines.starts[first + 1]]
            if found := self._PLAIN_LINE.fullmatch(line):  # the short way for nearly all
                return found[1] + b" " + found[2].rstrip(self._TRIMMED)
        record = self.record(index)
        return record.parts.key + b" " + record.value

    def is_enabled(self, index: int) -> bool:
        """Whether the entry is in the file as an entry, not commented out."""
        return self.lines.kinds[self._heads[index]] == FIRST

    def index_at(self, offset: int) -> int:
        """The entry that holds the byte at `offset`, else the next one; `len(self)` where none follows."""
        number = self.lines.at(offset)
        if self.lines.kinds[number : number + 1] == _CONTINUATION:
            for first in self._first_of(offset):
                index = self.index_of_line(first)
                if index is not None:
                    return index
        index = bisect_right(self._heads, number) - 1
        if index >= 0 and self.entry(index).end > offset:
            return index
        return index + 1

    def index_of_line(self, number: int) -> int | None:
        """The entry that begins at line `number` (counted from 0), if one does."""
        index = bisect_left(self._heads, number)
        return index if index < len(self._heads) and self._heads[index] == number else None

    # Searching (mailtui.text.query.Records)

    @cached_property
    def _odd_lines(self) -> frozenset[int]:
        return frozenset(self._odd)

    @cached_property
    def unplain(self) -> Sequence[int]:
        """The entries whose text is not in the file as it is, or not in one piece."""
        unplain = set() if self._KEYS_AS_WRITTEN else self._not_as_written()
        for number in self._off:  # an entry commented out between the lines of another one
            for first in self._first_of(self.lines.starts[number]):
                index = self.index_of_line(first)
                if index is not None and self.lines.logical(first)[-1] > number:
                    unplain.add(index)
        return sorted(unplain)

    def _not_as_written(self) -> set[int]:
        hidden = (n for n in self._off if not self._PLAIN_KEY.match(self.raw, self.lines.starts[n] + 1))
        indices = map(self.index_of_line, [*self._odd, *hidden])
        return {index for index in indices if index is not None}

    def locate(self, offset: int, after: int = 0) -> tuple[int, bool]:
        """The entry that holds the byte at `offset`, or the next one, and whether each word on that line is
        surely a word of its `fields`; `after` is what a smaller offset gave."""
        starts, heads = self.lines.starts, self._heads
        low = heads[after]
        high = min(low + _NEAR, len(starts))  # mostly the next hit is near
        number = bisect_right(starts, offset, low, high if starts[high - 1] > offset else len(starts)) - 1
        high = min(after + _NEAR, len(heads))
        index = bisect_left(heads, number, after, high if heads[high - 1] >= number else len(heads))
        if index < len(heads) and heads[index] == number:
            return index, number not in self._odd_lines
        if index and offset < self.entry(index - 1).end:
            return index - 1, False
        return index, False

    # Finding

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

    # The whole table

    def _keys(self) -> Iterator[tuple[int, bytes]]:
        """Index and folded key of every entry in the file, in order."""
        odd = self._odd_lines
        starts, kinds, match, folded = self.lines.starts, self.lines.kinds, self._PLAIN_KEY.match, self.folded
        for index, number in enumerate(self._heads):
            if kinds[number] != FIRST:
                continue
            found = None if number in odd else match(folded, starts[number])
            yield index, found[0] if found else fold(self.record(index).parts.key)

    @cached_property
    def _duplicates(self) -> array[int]:
        seen: set[bytes] = set()
        found = array("L")
        for index, key in self._keys():
            if key in seen:
                found.append(index)
            seen.add(key)
        return found

    def duplicates(self) -> Sequence[int]:
        """The entries that do not count, as their key stands above them already; sorted."""
        return self._duplicates

    def compiled(self) -> Iterator[tuple[bytes, bytes]]:
        """Folded key and stored value of every entry that counts: what the compiled table holds."""
        skip = set(self.duplicates())
        for index, key in self._keys():
            if index not in skip:
                yield key, self._stored(self.record(index).value)

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Lines that the program drops or warns of, in its own words, in the order of the file."""
        found = list(self._orphans())
        for number in self._odd:
            logical = Logical(self.lines, self.lines.logical(number))
            said = self._warning(logical)
            if said:
                found.append(Problem(number + 1, said))
        found += self._remarks()
        for index in self.duplicates():
            key = decode(fold(self.record(index).parts.key))
            found.append(Problem(self._heads[index] + 1, f'duplicate entry: "{key}"'))
        return tuple(sorted(found, key=lambda problem: problem.line))

    def _warning(self, logical: Logical) -> str | None:
        if not logical.is_utf8:
            return f'non-UTF-8 input "{decode(logical.text)}" -- ignoring this line'
        parts = self.split(logical.text)
        return parts if isinstance(parts, str) else self._remark(parts)

    @abstractmethod
    def _remarks(self) -> Iterator[Problem]:
        """Remarks on plainly written entries."""

    def _orphans(self) -> Iterator[Problem]:
        numbers = self.lines.orphans()
        if numbers:
            text = Logical(self.lines, numbers).text
            more = "..." if len(text) > 30 else ""
            line = f'logical line must not start with whitespace: "{decode(text[:30])}{more}"'
            yield Problem(numbers[0] + 1, line)
