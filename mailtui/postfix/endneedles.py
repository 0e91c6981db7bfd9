"""Where words that may name an address stand in the text of a large table.

The text is looked through piece by piece, for all words at once, so that following many aliases backwards
reads a table once for each step and not once for each alias.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

WORD = rb"a-z0-9.!#$&'*+/=?^_`{}~@\-"
"""What an address without quotes is made of, in lower case, as the inside of a character class."""
PIECE = 1 << 18
"""Bytes looked through at a time, and then on to the end of the line."""
FEW = 24
"""Needles up to which each is looked for by itself; of more, first those are chosen that are words there."""
_WORDS = re.compile(rb"[" + WORD + rb"]+")


@dataclass(frozen=True)
class Needle:
    """A word to look for in folded text. It ends where it stands, or goes on with one of `then`; `begins`
    false: it may be the end of a longer word; `ends` false: it must go on."""

    word: bytes
    then: bytes = b""
    begins: bool = True
    ends: bool = True

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """The word first, so that it is found as fast as a plain text, then what must hold around it."""
        word = re.escape(self.word)
        before = rb"(?<![" + WORD + rb"]" + word + rb")" if self.begins else b""
        ways = [rb"(?![" + WORD + rb"])"] if self.ends else []
        ways += [rb"[" + re.escape(self.then) + rb"]"] if self.then else []
        return re.compile(word + before + rb"(?:" + rb"|".join(ways) + rb")")

    @cached_property
    def is_word(self) -> bool:
        """Whether it is what `_WORDS` finds, or the part of it before one of `then`."""
        plain = self.begins and _WORDS.fullmatch(self.word)
        return bool(plain) and not any(mark in self.word for mark in _bytes(self.then))


def _bytes(text: bytes) -> Iterator[bytes]:
    return (bytes((code,)) for code in text)


def _parts(marks: bytes) -> bytes:
    """A table for `translate` that leaves words, folded; all else and the marks become blanks."""
    kept = {code for code in range(256) if _WORDS.fullmatch(bytes((code,)).lower())} - set(marks)
    return bytes(ord(chr(code).lower()) if code in kept else 0x20 for code in range(256))


def places(raw: bytes, needles: Iterable[Needle]) -> Iterator[int]:
    """The offsets at which the needles stand, letter case set aside; not sorted, and more than once where
    several stand at one place."""
    wanted = list(dict.fromkeys(needles))
    words = {each.word: each for each in wanted if each.is_word} if len(wanted) > FEW else {}
    others = [each for each in wanted if words.get(each.word) is not each]
    marks = b"".join(dict.fromkeys(mark for each in words.values() for mark in _bytes(each.then)))
    tables = dict.fromkeys((_parts(b""), _parts(marks))) if words else {}
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at + PIECE) + 1 or len(raw)
        piece = raw[at:end].lower()
        here = [each for each in others if each.word in piece]
        found = {word for table in tables for word in words.keys() & piece.translate(table).split()}
        here += [words[word] for word in found]
        for needle in here:
            yield from (at + hit.start() for hit in needle.pattern.finditer(piece))
        at = end
