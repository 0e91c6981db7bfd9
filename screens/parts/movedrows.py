"""Which rows of the terminal only moved, so that it can be told to move them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

_FEWEST = 4
"""Rows that must have moved for it to be worth telling the terminal."""


class Moved(NamedTuple):
    """The rows from `first` to `last` move up by so many; down where that is negative."""

    first: int
    last: int
    by: int


def moved_rows(new: Mapping[int, str], old: Mapping[int, str]) -> Moved | None:
    """The largest block of rows that show, by their texts, what other rows showed before; None where there is
    none worth a move. `new` and `old` are the texts of the rows that are painted, and of no others: no other
    row may move. A text that stands more than once says nothing."""
    if len(new) <= _FEWEST:
        return None
    was = {text: y for y, text in old.items()}
    votes = Counter(was[text] - y for y, text in new.items() if text in was and not text.isspace())
    (by, count), *_ = votes.most_common(1) or [(0, 0)]
    if not by or count < _FEWEST or count < 2 * votes[0]:
        return None
    first, *_, last = sorted(y for y, text in new.items() if was.get(text) == y + by)
    moved = Moved(min(first, first + by), max(last, last + by), by)
    return moved if all(y in new for y in range(moved.first, moved.last + 1)) else None
