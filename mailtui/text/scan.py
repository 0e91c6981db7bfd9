"""Searching a large file for what a `Query` matches, in slices, so that whoever waits can do something else.

    for hit in scan(query, table): …              # numbers of records, in order; None now and then
    for hit in runs(query, table): …              # the same as `Marked`, many records each: much faster
    for hit in runs(query, lines, backwards=True): …   # from the last page to the first
    starts_of(query, block)                       # where the lines of a block begin that match

To stop, stop asking. What was found out about a word is remembered: one letter more asks only for the lines
that had the word so far, one letter less for none.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, compress, count
from time import perf_counter
from typing import Protocol, TypeAlias

from mailtui.text.chosen import Marked
from mailtui.text.masks import BLANK_ENDS, FEW, Page, Word
from mailtui.text.query import Query, Term
from mailtui.text.safe import decode

SLICE = 0.008
"""Seconds of work after which `runs` gives the caller a turn."""
REMEMBERED = 10 << 20
"""Bytes of memory for masks of words, at most."""
_PAGE = 2048
"""Lines that a page of `TextLines` has."""

Hits: TypeAlias = "Iterator[int | Marked | None]"
"""Numbers of records in order, one by one or many at once; and None now and then, to give a turn."""


class Records(Protocol):
    """A file as a list of texts that can be searched: the entries of a table, the lines of a log."""

    @property
    def pages(self) -> Sequence[Page]:
        """All records, some thousand lines at a time; at first fewer, as the first hits are waited for."""

    @property
    def masks(self) -> Masks:
        """What is known of words."""

    def fields(self, index: int) -> bytes:
        """The text of a record. Its words stand in the record's lines as they are, unless it is doubtful."""


class Masks:
    """Where words stand in the pages of a file: made when asked for, kept for the next query."""

    def __init__(self) -> None:
        self._kept: dict[Word, _Known] = {}

    def make_ready(self, words: Iterable[Word]) -> None:
        """These words are asked for next; of others, what was asked for longest ago is forgotten."""
        wanted = dict.fromkeys(words)
        for word in wanted:
            known = self._kept.pop(word, None) or _Known()
            known.wider = [kept for other, kept in self._wider(word) if other not in wanted]
            self._kept[word] = known
        for word in [word for word in self._kept if word not in wanted]:
            if sum(known.size for known in self._kept.values()) <= REMEMBERED:
                return
            del self._kept[word]

    def _wider(self, word: Word) -> list[tuple[Word, _Known]]:
        """The words that stand wherever this one does, the longest first."""
        found = [item for item in self._kept.items() if item[0] != word and word.within(item[0])]
        return sorted(found, key=lambda item: len(item[0].text), reverse=True)

    def of(self, word: Word, page: Page) -> int:
        """The mask of a word that was made ready."""
        known = self._kept[word]
        place = page.lines.start
        mask = known.pages.get(place)
        if mask is None:
            before = next((wider.pages[place] for wider in known.wider if place in wider.pages), None)
            mask = page.holding(word, before, many=known.many)
            known.many = mask.bit_count() * FEW > len(page.lines)
            if known.size < REMEMBERED:
                known.pages[place] = mask
                known.size += mask.bit_length() >> 3
        return mask


class _Known:
    """A word's masks by the first line of their page."""

    __slots__ = ("many", "pages", "size", "wider")

    def __init__(self) -> None:
        self.pages: dict[int, int] = {}
        self.size = 0
        self.many = False
        """Whether the page looked at last had the word in many lines."""
        self.wider: list[_Known] = []


def scan(query: Query, records: Records) -> Iterator[int | None]:
    """The records that match, in order; and None after each 8 ms of work, so that a caller can do something
    else, or stop. An empty query gives every record."""
    for hit in runs(query, records):
        if isinstance(hit, Marked):
            yield from hit
        else:
            yield hit


def runs(query: Query, records: Records, *, backwards: bool = False) -> Iterator[Marked | None]:
    """As `scan`; the hits of a page together. `backwards`: the last page first."""
    due = perf_counter() + SLICE
    pages, masks = records.pages, records.masks
    verbatim = bool(pages) and pages[0].verbatim
    masks.make_ready(word for group in query.groups for term in group for word in _words(term, verbatim))
    for page in reversed(pages) if backwards else pages:
        marks = _matching(query, page, masks, records.fields)
        if marks:
            yield Marked(page.first, marks)
        if perf_counter() > due:
            yield None
            due = perf_counter() + SLICE


def starts_of(query: Query, raw: bytes) -> array[int]:
    """Where the lines begin that match, in whole lines (a block of a log)."""
    lines = TextLines(raw)
    return array("Q", (lines.starts[number] for number in scan(query, lines) if number is not None))


class TextLines:
    """Lines as records, each as it is without its newline and the blanks behind it. See `Records`."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.masks = raw, Masks()
        self.starts = array("Q", accumulate(map(len, io.BytesIO(raw)), initial=0))
        size = len(self.starts) - 1
        tops = ((top, min(top + _PAGE, size)) for top in range(0, size, _PAGE))
        self.pages = [
            Page(raw, self.starts, range(top, end), b"\1" * (end - top), top, verbatim=True)
            for top, end in tops
        ]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def fields(self, index: int) -> bytes:
        """The text of a line."""
        return self.raw[self.starts[index] : self.starts[index + 1]].rstrip(BLANK_ENDS + b"\n")


def _words(term: Term, verbatim: bool) -> list[Word]:
    """What must stand in the lines of a record that has the term; where that is enough, one word is all."""
    if verbatim and term.text.isascii() and decode(term.text).isprintable() and not term.text.endswith(b" "):
        parts = [term.text]
    else:
        parts = term.parts
    words = [Word(part, "", term.exact_case) for part in parts]
    if parts == [term.text] and term.anchor in {"^", "$"}:
        anchored = Word(term.text, "^" if term.anchor == "^" else "$", term.exact_case)
        return [anchored] if term.anchor == "^" else [anchored, *words]
    return words


def _bounds(term: Term, page: Page, masks: Masks) -> tuple[int, int]:
    """Where a record surely satisfies a term, and where it may."""
    words = _words(term, page.verbatim)
    may = page.ones if term.text.isascii() else page.foreign
    sure = 0
    if words and words[0].text == term.text and term.anchor != "^$":
        sure = may = masks.of(words[0], page)
        if term.anchor == "$":
            may |= masks.of(words[1], page)
            if may != sure:
                may = sure | may & page.trailing
    else:
        for word in words:
            may &= masks.of(word, page)
    return (page.ones ^ may, page.ones ^ sure) if term.negated else (sure, may)


def _matching(query: Query, page: Page, masks: Masks, fields: Callable[[int], bytes]) -> bytes:
    """Which records of a page match, one byte each; nothing where none does."""
    sure = may = page.heads
    for group in query.groups:
        any_sure = any_may = 0
        for term in group:
            low, high = _bounds(term, page, masks)
            any_sure |= low
            any_may |= high
        sure, may = sure & any_sure, may & any_may
        if not may and not page.doubtful:
            return b""
    if sure == may and not page.doubtful:
        return page.of_records(sure)
    marks, doubts = bytearray(page.of_records(sure)), bytearray(page.of_records(sure ^ may))
    for index in page.doubtful:
        marks[index - page.first], doubts[index - page.first] = 0, 1
    for at in compress(count(), doubts):
        marks[at] = query.matches(fields(page.first + at))
    return bytes(marks) if 1 in marks else b""
