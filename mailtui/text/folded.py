"""A large file in lower case, without a second copy of it in memory.

    text = folded(raw)         # raw itself where it has no capital letter
    text.find(b"jean", start)  # offsets are those of `raw`

Only ASCII letters are folded, so that every offset stays. What has capitals is folded piece by piece when it
is searched, which takes about as long as the search itself; a copy would take as much memory as the file.
"""

from __future__ import annotations

from typing import TypeAlias

PIECE = 1 << 18
"""Bytes folded at once."""
_OVERLAP = 256
"""Bytes by which a piece reaches into the next, so that a word on the border is found."""
_SEARCHED = 1 << 21
"""Bytes searched without giving a turn to other threads."""


def has_capitals(raw: bytes) -> bool:
    """Whether folding would change anything; looked at piece by piece."""
    pieces = (raw[at : at + PIECE] for at in range(0, len(raw), PIECE))
    return any(piece != piece.lower() for piece in pieces)


class FoldedText:
    """What `raw.lower()` would be, as far as searching goes. May be asked from several threads."""

    __slots__ = ("_last", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._last = (-1, b"")

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, at: int) -> int:
        return self.raw[at : at + 1].lower()[0]

    def __contains__(self, word: bytes) -> bool:
        return self.find(word) >= 0

    def _piece(self, number: int) -> bytes:
        have, piece = self._last  # one assignment: another thread sees a whole pair
        if have != number:
            at = number * PIECE
            piece = self.raw[at : at + PIECE + _OVERLAP].lower()
            self._last = (number, piece)
        return piece

    def startswith(self, word: bytes) -> bool:
        """As of bytes."""
        return self.raw[: len(word)].lower() == word

    def find(self, word: bytes, start: int = 0, end: int | None = None) -> int:
        """The first offset of a word from `start` on that ends before `end`, -1 where there is none."""
        end = len(self.raw) if end is None else min(end, len(self.raw))
        if len(word) > _OVERLAP:
            return self.raw.lower().find(word, start, end)
        while start + len(word) <= end:
            number = start // PIECE
            base = number * PIECE
            found = self._piece(number).find(word, start - base, end - base)
            if found >= 0:
                return base + found
            start = base + PIECE
        return -1

    def count(self, word: bytes, start: int, end: int) -> int:
        """How often a word stands between two offsets."""
        return self.raw[start:end].lower().count(word)


Folded: TypeAlias = bytes | FoldedText


def find(text: Folded, word: bytes, start: int = 0) -> int:
    """As `text.find`, in pieces: one search through a large file would hold up every other thread."""
    while start < len(text):
        found = text.find(word, start, start + _SEARCHED + len(word) - 1)
        if found >= 0:
            return found
        start += _SEARCHED
    return -1


def folded(raw: bytes) -> Folded:
    """The text in lower case: itself where it has no capitals."""
    return FoldedText(raw) if has_capitals(raw) else raw
