"""Where words stand in some thousand lines: one byte a line, made and joined without a loop over the lines.

A mask is an integer whose bytes, the first line lowest, are 1 where a line has something. Masks of whole
pages are joined by `&`, `|` and `^`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache, reduce
from itertools import accumulate, compress, count, repeat
from operator import add, or_
from typing import Literal, NamedTuple

BLANK_ENDS = b" \t\r\v\f"
FEW = 8
"""One line of so many: fewer are looked at one by one, from more on all together."""

_MARK, _DONE = b"\1", b"\2"
_OTHER = b"\2"
_HANDFUL = 32
_FOREIGN = bytes(1 if byte > 0x7F else byte for byte in range(256))
_ALL = bytes(range(256))


class Word(NamedTuple):
    """A word to look for: printable ASCII, in lower case unless `exact_case`; at the start or end of lines,
    or anywhere in them."""

    text: bytes
    anchor: Literal["", "^", "$"] = ""
    exact_case: bool = False

    def within(self, other: Word) -> bool:
        """Whether every line that has this word has the other too."""
        if self.exact_case is not other.exact_case or len(other.text) > len(self.text):
            return False
        if not other.anchor:
            return other.text in self.text
        starts = other.anchor == "^" and self.text.startswith(other.text)
        return self.anchor == other.anchor and (starts or self.text.endswith(other.text))


class Page:
    """Whole records of a file, as the lines from `top` to before `bottom`: a head, and lines that join it.
    Other lines belong to none."""

    def __init__(
        self,
        raw: bytes,
        starts: array[int],
        lines: range,
        heads: bytes,
        first: int,
        *,
        joins: Iterable[tuple[int, int]] = (),
        doubtful: Iterable[int] = (),
        capitals: bool = True,
        verbatim: bool = False,
    ) -> None:
        """`raw` is the file and `starts` where each of its lines begins and, last, its length; `lines` the
        numbers of those meant. `heads`: for each 1 where a record begins, else 0. `first`: the number of the
        first record. `joins`: lines that continue a record, each with the head of that, counted from 0 in
        the page. `doubtful`: records, sorted, whose text is not surely that of their lines without newlines
        and outer blanks. `capitals`: whether there may be capital letters. `verbatim`: whether every record
        is its line as it is, newline and blanks behind it apart."""
        self.raw, self.starts, self.lines, self.first = raw, starts, lines, first
        self.capitals, self.verbatim = capitals, verbatim
        self.doubtful = array("Q", doubtful)
        pairs = list(joins)
        self._joined = array("I", (line for line, _ in pairs)), array("I", (head for _, head in pairs))
        self.ones = _ones(len(lines))
        self.heads = int.from_bytes(heads, "little")
        self._trailing: int | None = None
        self._foreign: int | None = None

    # The text

    def text(self, *, folds: bool) -> tuple[bytes, int]:
        """The lines, each ended by a newline, with one before them; in lower case where `folds` and there are
        capitals. And the offset in the file at which that begins: -1 at its very start."""
        low, high = self.starts[self.lines.start], self.starts[self.lines.stop]
        text = self.raw[low - 1 : high] if low else b"\n" + self.raw[:high]
        if not text.endswith(b"\n") or len(text) == 1:
            text += b"\n"
        return text.lower() if folds and self.capitals else text, low - 1

    # Masks

    def joined(self, marks: bytearray, *, last: bool = False) -> int:
        """The mask of what was found in lines: a head has what any of its lines has, or the `last` one."""
        for line, head in zip(*self._joined, strict=True) if 1 in marks else ():
            if last or marks[line]:
                marks[head] = marks[line]
        return int.from_bytes(marks, "little")

    @property
    def trailing(self) -> int:
        """Heads of records with blanks at their end."""
        if self._trailing is None:
            text, _ = self.text(folds=False)
            blanks = (bytes((blank,)) for blank in BLANK_ENDS if blank in text)
            self._trailing = reduce(or_, (self.holding(Word(blank, "$", True)) for blank in blanks), 0)
        return self._trailing

    @property
    def foreign(self) -> int:
        """Heads of records with bytes outside ASCII."""
        if self._foreign is None:
            text, _ = self.text(folds=False)
            found = not text.isascii()
            kept = _kept(text.replace(_MARK, b"").translate(_FOREIGN), _MARK) if found else b""
            self._foreign = self.joined(bytearray(kept)) if found else 0
        return self._foreign

    def holding(self, word: Word, known: int | None = None, *, many: bool = False) -> int:
        """Heads of records with the word: at their start, at the end of their last line, or in any line.
        `known`: a mask without which no record has it. `many`: whether most lines may have it."""
        if known is not None:
            if not known:
                return 0
            if known.bit_count() * FEW < len(self.lines):
                return self.joined(self._among(word, known), last=word.anchor == "$")
        marks = self._replaced(word) if many else None
        return self.joined(marks or self._found(word), last=word.anchor == "$")

    def _among(self, word: Word, known: int) -> bytearray:
        """Look at some lines."""
        top, text, base = self.lines.start, self.raw, 0
        if self.capitals or not text.endswith(b"\n"):
            text, base = self.text(folds=not word.exact_case)
        places = _places(known.to_bytes(len(self.lines), "little"))
        starts = map(self.starts.__getitem__, map(top.__add__, places))
        ends = map(self.starts.__getitem__, map((top + 1).__add__, places))
        wanted = _anchored(word)[word.anchor == "^" :]
        found: list[bool]
        if word.anchor:
            test = bytes.startswith if word.anchor == "^" else bytes.endswith
            lines = (text[start - base : end - base] for start, end in zip(starts, ends, strict=True))
            found = [test(line if line[-1:] == b"\n" else line + b"\n", wanted) for line in lines]
        else:
            found = [
                wanted in text[start - base : end - base] for start, end in zip(starts, ends, strict=True)
            ]
        marks = bytearray(len(self.lines))
        for at in compress(places, found):
            marks[at] = 1
        return marks

    def _found(self, word: Word) -> bytearray:
        """Go from hit to hit."""
        text, base = self.text(folds=not word.exact_case)
        wanted, marks = _anchored(word), bytearray(len(self.lines))
        *parts, _ = text.split(wanted)
        lasts = map(add, accumulate(map(len, parts)), count(base + len(wanted) - 1, len(wanted)))
        low, high = self.lines.start, self.lines.stop
        for line in map(bisect_right, repeat(self.starts), lasts, repeat(low), repeat(high)):
            marks[line - low - 1] = 1
        return marks

    def _replaced(self, word: Word) -> bytearray | None:
        """Look at all lines: nothing is kept of the text but newlines and a byte for each hit. None where
        that byte is in it."""
        text, _ = self.text(folds=not word.exact_case)
        if len(word.text) == 1 and not word.anchor:
            return _kept(text, word.text)
        if _MARK in text:
            return None
        hit = _MARK if not word.anchor else b"\n" + _MARK if word.anchor == "^" else _MARK + b"\n"
        return _kept(text.replace(_anchored(word), hit), _MARK)

    def of_records(self, mask: int) -> bytes:
        """A mask of heads alone, one byte a record."""
        others = (self.ones ^ self.heads) * _OTHER[0]
        marks = (mask | others).to_bytes(len(self.lines), "little")
        return marks.translate(None, _OTHER) if others else marks


@lru_cache(maxsize=32)
def _ones(size: int) -> int:
    """A mask of all lines; most pages share it."""
    return int.from_bytes(_MARK * size, "little")


def _places(marks: bytes) -> list[int]:
    """Where 1 stands."""
    places: list[int] = []
    at = marks.find(1)
    while at >= 0 and len(places) < _HANDFUL:
        places.append(at)
        at = marks.find(1, at + 1)
    return places if at < 0 else list(compress(count(), marks))


def _anchored(word: Word) -> bytes:
    return b"\n" * (word.anchor == "^") + word.text + b"\n" * (word.anchor == "$")


@lru_cache(maxsize=32)
def _but(mark: bytes) -> bytes:
    return bytes(byte for byte in _ALL if byte not in mark + b"\n")


_BITS = bytes(byte == _DONE[0] for byte in range(256))


def _kept(text: bytes, mark: bytes) -> bytearray:
    """For each line whether it holds the mark; the text begins and ends with a newline."""
    hits = text.translate(None, _but(mark)).replace(mark + b"\n", _DONE)
    return bytearray(hits.translate(_BITS, mark)[1:])
