"""The filter of every list: fzf's extended search grammar, with exact words instead of scattered letters.

Words are separated by blanks and must all match; `a | b` matches either. `'word` is the word, `^word`
begins the text, `word$` ends it, `^word$` is the whole of it, `!` before any of these excludes. `\\ ` is a
blank within a word. A word in lower case matches any letter case; one with a capital matches only itself.

Letter case is set aside letter for letter: a letter outside ASCII never equals one within it, so that every
text keeps its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Self, TypeVar

from mailtui.text.safe import decode, encode

_BLANKS = re.compile(r" +")
_SURE = re.compile(rb"[!$%&*+\-./0-9;=?@A-Z^_`a-z{|}~]+")
"""Bytes that stand in a file as they stand in the text of a record; no blanks, no quotes, no separators."""

Anchor = Literal["", "^", "$", "^$"]
Word = TypeVar("Word")


def _lower(character: str) -> str:
    low = character.lower()
    return low if len(low) == 1 and low.isascii() is character.isascii() else character


def fold(text: str) -> str:
    """The text in lower case, character for character."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _fold_bytes(text: bytes) -> bytes:
    return text.lower() if text.isascii() else encode(fold(decode(text)))


class Term(NamedTuple):
    """One word of a query; `text` is folded unless `exact_case`."""

    text: bytes
    anchor: Anchor = ""
    negated: bool = False
    exact_case: bool = False

    def matches(self, text: bytes, folded: bytes) -> bool:
        """Whether a record's text, of which `folded` is the folded form, satisfies the term."""
        subject = text if self.exact_case else folded
        match self.anchor:
            case "":
                found = self.text in subject
            case "^":
                found = subject.startswith(self.text)
            case "$":
                found = subject.endswith(self.text)
            case _:
                found = subject == self.text
        return found is not self.negated

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the word stands in a text, in characters."""
        subject, word = text if self.exact_case else fold(text), decode(self.text)
        if self.anchor:
            if not self.negated and self.matches(encode(subject), encode(subject)):
                yield (len(text) - len(word), len(text)) if self.anchor == "$" else (0, len(word))
            return
        at = -1 if self.negated else subject.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = subject.find(word, at + len(word))

    @property
    def parts(self) -> list[bytes]:
        """What any file that has the word must hold as it is; nothing if there is no such part."""
        return _SURE.findall(self.text)


def _term(word: str) -> Term | None:
    exact_case = word != word.lower()
    negated = word.startswith("!")
    word = word[negated:]
    anchor = ""
    if word != "$" and word.endswith("$"):
        word, anchor = word[:-1], "$"
    if word.startswith("'"):
        word = word[1:]
    elif word.startswith("^"):
        word, anchor = word[1:], "^" + anchor
    if not word:
        return None
    kind: Anchor = "^$" if anchor == "^$" else "^" if anchor == "^" else "$" if anchor else ""
    return Term(encode(word if exact_case else fold(word)), kind, negated, exact_case)


def grouped(text: str, make: Callable[[str], Word | None]) -> tuple[tuple[Word, ...], ...]:
    """The words of a filter text as `make` has them (None: it says nothing), in groups of which each word
    may do."""
    groups: list[list[Word]] = []
    joins = after_bar = False
    for typed in _BLANKS.split(text.replace("\\ ", "\t")):
        word = typed.replace("\t", " ")
        if groups and not after_bar and word == "|":
            joins = after_bar = True
            continue
        after_bar = False
        made = make(word)
        if made is None:
            continue
        if joins:
            groups[-1].append(made)
        else:
            groups.append([made])
        joins = False
    return tuple(tuple(group) for group in groups)


def understood(
    text: str, make: Callable[[str], Word | None], problems: list[str]
) -> tuple[tuple[Word, ...], ...]:
    """As `grouped`; a word for which `make` raises ValueError is left out until it is understood, and why
    goes to `problems`."""

    def made(word: str) -> Word | None:
        try:
            return make(word)
        except ValueError as error:
            problems.append(str(error))
            return None

    return grouped(text, made)


@dataclass(frozen=True)
class Query:
    """A parsed filter: every group must match, a group by any of its terms."""

    groups: tuple[tuple[Term, ...], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The query of a typed text; every text is one."""
        return cls(grouped(text, _term))

    @property
    def empty(self) -> bool:
        """Whether everything matches, because nothing is asked."""
        return not self.groups

    @cached_property
    def _folds(self) -> bool:
        return any(not term.exact_case for group in self.groups for term in group)

    def matches(self, text: bytes) -> bool:
        """Whether a record's text satisfies the query."""
        folded = _fold_bytes(text) if self._folds else text
        for group in self.groups:  # loops, as this runs a million times
            for term in group:
                if term.matches(text, folded):
                    break
            else:
                return False
        return True

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the words of the query stand in a text: ranges of characters, joined where they touch."""
        found = sorted(span for group in self.groups for term in group for span in term.spans(text))
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined
