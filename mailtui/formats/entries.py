"""The entries of a lookup table, one a logical line: where they are, and what they say when asked.

Nothing is decoded before it is asked for. A table keeps its bytes, the index of its lines and the numbers
of the lines at which entries begin.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple, Self

from mailtui.formats import addresses, disabled
from mailtui.formats.lines import COMMENT, CONTINUATION, FIRST, Lines, kind_of, shifted
from mailtui.formats.logical import Logical
from mailtui.formats.splice import Splice, apply_splices, ordered

_CONTINUATION = bytes((CONTINUATION,))
NO_PROSE = re.compile(rb"#[^\s#]")
"""How a line begins that may begin an entry that is commented out, and continues none."""
_NOT_ASCII = re.compile(rb"[\x80-\xff][^\n]*+")


class Entry(NamedTuple):
    """An entry as it stands in the file. `line` counts from 1; `start` and `end` are the bytes of its lines,
    the last newline and comments between them included. `value` is the joined text, blanks trimmed."""

    key: bytes
    value: bytes
    line: int
    start: int
    end: int
    enabled: bool


class Parts(NamedTuple):
    """Where key and value stand in the text of a logical line; `key` as the program stores it, unfolded."""

    key: bytes
    key_start: int
    key_end: int
    start: int
    end: int


class Record(NamedTuple):
    """An entry read: its physical lines (comments between them left out), their text, and its parts."""

    numbers: Sequence[int]
    logical: Logical
    parts: Parts

    @property
    def value(self) -> bytes:
        return self.logical.text[self.parts.start : self.parts.end]


class Index(NamedTuple):
    """Lines, and line numbers: of lines not plainly written, of entries commented out, of all entries."""

    lines: Lines
    odd: array[int]
    off: array[int]
    heads: array[int]


def fold(key: bytes) -> bytes:
    """The key as Postfix looks it up: lower case, by Unicode's rules where it is UTF-8 (casefold)."""
    if key.isascii():
        return key.lower()
    try:
        return key.decode().casefold().encode()
    except UnicodeDecodeError:
        return key.lower()


def _merged(numbers: array[int], few: array[int]) -> array[int]:
    """Two sorted arrays as one."""
    result, done = array(numbers.typecode), 0
    for number in few:
        place = bisect_left(numbers, number, done)
        result.extend(numbers[done:place])
        result.append(number)
        done = place
    result.extend(numbers[done:])
    return result


class Entries(ABC):
    """Reading: the entries of a table in the order of the file, those commented out included.

    Lines that the program drops with a warning are no entries.
    """

    _PLAIN_RUN: ClassVar[re.Pattern[bytes]]
    """Matches whole lines that are blank, comments, continuations, or entries written so plainly that the
    key stands as it is at the start of the line and a value follows it there."""

    _PLAIN_KEY: ClassVar[re.Pattern[bytes]]
    """Matches the key of a plainly written entry."""

    _TRIMMED: ClassVar[bytes]
    """The blanks that the program trims from a value."""

    def __init__(self, raw: bytes, index: Index | None = None) -> None:
        self.raw = raw
        if index is not None:
            self.lines, self._odd, self._off, self._heads = index
            return
        self.lines = Lines(raw)
        self._odd = self._find_odd()
        self._off = self._find_off()
        dropped = {number for number in self._odd if self.record_at(number) is None}
        self._heads = self.lines.firsts
        if dropped:
            self._heads = array("L", (number for number in self._heads if number not in dropped))
        if self._off:
            self._heads = _merged(self._heads, self._off)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The document of `raw`, whatever it holds."""
        return cls(raw)

    def spliced(self, splices: Iterable[Splice]) -> Self:
        """The document after the change; only the lines around it are read again."""
        changes = ordered(splices)
        raw = apply_splices(self.raw, changes)
        if not changes:
            return self
        # The window begins at an entry's line above the change and ends before one below it, neither of them
        # touched. What is outside reads as before: no entry, commented out or not, reaches over such a line.
        firsts, lines = self.lines.firsts, self.lines
        before = bisect_left(firsts, lines.at(changes[0].start)) - 1
        behind = bisect_right(firsts, lines.at(changes[-1].end))
        top = firsts[before] if before >= 0 else 0
        bottom = firsts[behind] if behind < len(firsts) else len(lines)
        if bottom - top > len(lines) // 2:
            return type(self)(raw)
        window = type(self)(raw[lines.starts[top] : lines.starts[bottom] + len(raw) - len(self.raw)])
        return type(self)(raw, self._with_window(raw, top, bottom, window.index))

    @property
    def index(self) -> Index:
        """Where the entries are."""
        return Index(self.lines, self._odd, self._off, self._heads)

    def _with_window(self, raw: bytes, top: int, bottom: int, window: Index) -> Index:
        """The index of `raw`, which has the lines of `window` from `top` to before `bottom`."""
        lines = self.lines.replaced(raw, top, bottom, window.lines)
        moved = len(lines) - len(self.lines)

        def replaced(old: array[int], new: array[int]) -> array[int]:
            low, high = bisect_left(old, top), bisect_left(old, bottom)
            return old[:low] + shifted(new, top) + shifted(old[high:], moved)

        same = self._heads is self.lines.firsts and window.heads is window.lines.firsts
        heads = lines.firsts if same else replaced(self._heads, window.heads)
        return Index(lines, replaced(self._odd, window.odd), replaced(self._off, window.off), heads)

    # What a kind of table defines

    @staticmethod
    @abstractmethod
    def split(text: bytes) -> Parts | str:
        """Key and value of a logical line, or the warning with which the program drops it ("" if silent)."""

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
            if NO_PROSE.match(raw, start) and disabled.extent(self.lines, at, self._shape):
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

    @classmethod
    def alone(cls, raw: bytes) -> tuple[bytes, bytes] | None:
        """Key and value of some lines that are one entry and nothing in force besides."""
        first, *others = raw.removesuffix(b"\n").split(b"\n")
        if kind_of(first) != FIRST:
            return None
        kinds = [kind_of(line) for line in others]
        if FIRST in kinds:
            return None
        more = (line for line, kind in zip(others, kinds, strict=True) if kind == CONTINUATION)
        whole = b"".join((first, *more))
        text = whole.partition(b"\0")[0]
        try:
            if not (text and text.isascii()):
                whole.decode()
        except UnicodeDecodeError:
            return None
        parts = cls.split(text)
        return None if isinstance(parts, str) else (parts.key, text[parts.start : parts.end])

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

    def line_of(self, index: int) -> int:
        """The line at which the entry `index` begins, from 1."""
        return self._heads[index] + 1

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
