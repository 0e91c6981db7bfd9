"""A filter with words about fields (`from:`, `since:`): what the log's and the queue's have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Generic, Self

from mailtui.text.query import Query, Term, Word, understood


@dataclass(frozen=True)
class FieldQuery(Generic[Word]):
    """A parsed filter: every group must match, a group by any of its words."""

    groups: tuple[tuple[Word, ...], ...]
    problem: str = ""
    """What was not understood, and is left out of the filter until it is; in words."""

    @classmethod
    def parse(cls, text: str, now: datetime | None = None) -> Self:
        """The query of a typed text; every text is one. `now` is what `since:2h` counts from."""
        moment = now or datetime.now().astimezone()
        problems: list[str] = []
        return cls(understood(text, lambda word: cls.word(word, moment), problems), "; ".join(problems))

    @classmethod
    @abstractmethod
    def word(cls, text: str, now: datetime) -> Word | None:
        """What one word asks; None where it says nothing. Raises ValueError in words."""

    @abstractmethod
    def terms(self) -> Iterator[Term]:
        """The words that can stand in what matches, negated where what has them does not match."""

    @property
    def empty(self) -> bool:
        """Whether everything matches, because nothing is asked."""
        return not self.groups

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the words of the query stand in a text: ranges of characters, joined where they touch."""
        return self._marked.spans(text) if self._marked.groups else []

    @cached_property
    def _marked(self) -> Query:
        return Query(tuple((term,) for term in self.terms() if term.text and not term.negated))
