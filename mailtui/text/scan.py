"""Searching a large file for what a `Query` matches, in slices, so that whoever waits can do something else.

    for hit in scan(query, table): …       # indices of records, in order; None now and then
    for hit in blocks(query, table): …     # the same; many hits together come as an array

A word that is rare is looked for in the bytes of the whole file; a common one, and what no word of the file
tells (`!word`, `a | b`), is answered line by line, many lines at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Protocol, TypeAlias

from mailtui.text.folded import Folded
from mailtui.text.masks import Page, matching
from mailtui.text.query import Query, Term

SLICE = 0.008
"""Seconds of work after which `scan` gives the caller a turn."""
_WINDOW = 4 << 20
"""Bytes that one search reads at most."""
_SAMPLE = 1 << 17
"""Bytes in which words are counted to see which one is rare."""
_STEPS = 64
"""Records between two looks at the clock."""
_COMMON = 0.02
"""Part of the lines from which on looking at each line is faster than going from hit to hit."""

Hits: TypeAlias = "Iterator[int | array[int] | None]"
"""Indices of records in order, one by one or many at once; and None now and then, to give a turn."""


class Records(Protocol):
    """A file as a list of texts that can be searched: the entries of a table, the lines of a log."""

    @property
    def raw(self) -> bytes: ...

    @property
    def folded(self) -> Folded:
        """`raw` with ASCII letters in lower case; offsets are the same."""

    @property
    def unplain(self) -> Sequence[int]:
        """Records, sorted, whose text may hold what the file does not: they are tried one by one."""

    def __len__(self) -> int: ...

    def fields(self, index: int) -> bytes:
        """The text of a record. Its words stand in the record's lines as they are, unless it is `unplain`."""

    def locate(self, offset: int, after: int = 0) -> tuple[int, bool]:
        """The record that holds the byte at `offset`, or the next one, and whether every word there is surely
        in its text. `len(self)` where none follows. Greater offsets never give smaller records; `after` is
        what a smaller offset gave."""

    def pages(self) -> Iterator[Page]:
        """All records, some thousand lines at a time; at first fewer, as the first hits are waited for."""


def scan(query: Query, records: Records) -> Iterator[int | None]:
    """The records that match, in order; and None after each 8 ms of work, so that a caller can do something
    else, or stop. An empty query gives every record."""
    for hit in blocks(query, records):
        if isinstance(hit, array):
            yield from hit
        else:
            yield hit


def blocks(query: Query, records: Records) -> Hits:
    """As `scan`; many hits that were found together come as one array."""
    if query.drivers:
        driver = min(query.drivers, key=lambda term: _commonness(term, records))
        if _commonness(driver, records)[0] < _COMMON:
            return _driven(query, records, driver)
    return _paged(query, records)


def _commonness(term: Term, records: Records) -> tuple[float, int]:
    """How often the needle of a term stands in a part of the file, for each line; then how short it is."""
    start = max(0, len(records.raw) // 2 - _SAMPLE // 2)
    blob = records.raw if term.exact_case else records.folded
    lines = records.raw.count(b"\n", start, start + _SAMPLE) + 1
    return blob.count(term.needle, start, start + _SAMPLE) / lines, -len(term.needle)


def _paged(query: Query, records: Records) -> Hits:
    due = perf_counter() + SLICE
    for page in records.pages():
        hits = matching(query, page, records.fields)
        if hits:
            yield hits
        if perf_counter() > due:
            yield None
            due = perf_counter() + SLICE


def _offsets(raw: bytes, blob: Folded, needle: bytes) -> Iterator[int | None]:
    """Offsets of the needle, one a line at most; None after each window without one."""
    at = 0
    while at < len(blob):
        end = at + _WINDOW
        found = blob.find(needle, at, end + len(needle) - 1)
        if found < 0:
            at = end
            yield None
            continue
        yield found
        newline = raw.find(b"\n", found)
        if newline < 0:
            return
        at = newline + 1


def _driven(query: Query, records: Records, driver: Term) -> Iterator[int | None]:
    needle = driver.needle
    blob = records.raw if driver.exact_case else records.folded
    matches, fields, locate, size = query.matches, records.fields, records.locate, len(records)
    is_needle = query.is_needle
    unplain = iter([*records.unplain, size])
    pending = next(unplain)
    last, steps, due = -1, 0, perf_counter() + SLICE
    for offset in _offsets(records.raw, blob, needle):
        steps += 1
        if (offset is None or steps % _STEPS == 0) and perf_counter() > due:
            yield None
            due = perf_counter() + SLICE
        if offset is None:
            continue
        index, sure = locate(offset, max(last, 0))
        if index <= last:
            continue
        while pending < index:
            if matches(fields(pending)):
                yield pending
            pending = next(unplain)
        if index == size:
            break
        last = index
        if index == pending:
            pending = next(unplain)
        if (sure and is_needle) or matches(fields(index)):
            yield index
    while pending < size:
        if matches(fields(pending)):
            yield pending
        pending = next(unplain)
