"""What a whole lookup table amounts to: the compiled entries, and what the program warns of."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property

from mailtui.formats.entries import Parts, fold
from mailtui.formats.entry_search import EntrySearch
from mailtui.formats.lines import FIRST
from mailtui.formats.logical import Logical
from mailtui.formats.splice import Problem
from mailtui.text.safe import decode

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EntryReport(EntrySearch):
    """A lookup table as its program compiles it."""

    @staticmethod
    @abstractmethod
    def _stored(value: bytes) -> bytes:
        """The value as the program stores it in the compiled table."""

    @staticmethod
    @abstractmethod
    def _remark(parts: Parts) -> str | None:
        """What the program warns of although it stores the entry."""

    def _keys(self) -> Iterator[tuple[int, bytes]]:
        """Index and folded key of every entry in the file, in order."""
        odd = self._odd_lines
        starts, kinds, match, raw = self.lines.starts, self.lines.kinds, self._PLAIN_KEY.match, self.raw
        for index, number in enumerate(self._heads):
            if kinds[number] != FIRST:
                continue
            found = None if number in odd else match(raw, starts[number])
            yield index, found[0].lower() if found else fold(self.record(index).parts.key)

    @cached_property
    def _duplicates(self) -> array[int]:
        suspects = self._suspects()
        seen: set[bytes] = set()
        found = array("L")
        for index, key in self._keys() if suspects else ():
            if key not in suspects:
                continue
            if key in seen:
                found.append(index)
            seen.add(key)
        return found

    def _suspects(self) -> set[bytes]:
        """Keys of which there may be several, and a few others: a set of a million keys would take more
        memory than the file; here it is two bytes a key, or a little more. What it learns serves `hits`."""
        places = bytearray(max(64, len(self) * 2))
        size = len(places) * 8
        found: set[bytes] = set()
        for _, key in self._keys():
            place = hash(key) % size
            bit = 1 << (place & 7)
            if places[place >> 3] & bit:
                found.add(key)
            places[place >> 3] |= bit
        self._places = places
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
        if self.raw.startswith(_BYTE_ORDER_MARK):
            found.append(Problem(1, "byte order mark: it is read as the beginning of the first key"))
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
