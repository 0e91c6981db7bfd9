"""A short listing: rows that are all there, found by a key, searched by words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from mailtui.text.query import Query
from mailtui.text.safe import encode

View = TypeVar("View")


class FewRows(Generic[View]):
    """See the module's text. `key`: what names a row; `words`: what a filter finds it by."""

    def __init__(
        self, rows: Sequence[View], key: Callable[[View], Hashable], words: Callable[[View], str]
    ) -> None:
        self.rows = list(rows)
        self._key, self._words = key, words
        self._places = {key(row): place for place, row in enumerate(self.rows)}

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> View:
        return self.rows[index]

    def key(self, index: int) -> Hashable:
        return self._key(self.rows[index])

    def find(self, key: Hashable) -> int | None:
        return self._places.get(key)

    def search(self, query: Query) -> Iterator[int | None]:
        for place, row in enumerate(self.rows):
            yield place if query.matches(encode(self._words(row))) else None
