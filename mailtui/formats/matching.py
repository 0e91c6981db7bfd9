"""Which items of one list stay in another: what `difflib` finds, without its quadratic cost."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple


class Change(NamedTuple):
    """The items `low` to before `high` of the old list stay, or those of the new one take their place."""

    tag: Literal["replace", "delete", "insert", "equal"]
    low: int
    high: int
    new_low: int
    new_high: int


class _Run(NamedTuple):
    """Items that follow one another in both lists, as many as there are."""

    old: int
    new: int
    size: int


def changes(old: Sequence[bytes], new: Sequence[bytes]) -> list[Change]:
    """The opcodes of `difflib.SequenceMatcher(None, old, new, autojunk=False)`.

    Where no item that both have stands twice in one of them this costs n log n; else it is difflib's work.
    """
    runs = _runs(old, new)
    if runs is None:
        return [
            Change(*code) for code in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        ]
    return list(_between(_longest_first(runs), len(old), len(new)))


def _runs(old: Sequence[bytes], new: Sequence[bytes]) -> list[_Run] | None:
    """The runs that both lists have, by their place in the old one; None where an item of them is there
    twice."""
    where = {item: at for at, item in enumerate(new)}
    pairs = [(at, where[item]) for at, item in enumerate(old) if item in where]
    if len({there for _, there in pairs}) < len(pairs):
        return None
    if len(where) < len(new):
        counts = Counter(new)
        if any(counts[old[at]] > 1 for at, _ in pairs):
            return None
    result: list[_Run] = []
    for at, there in pairs:
        if result:
            run = result[-1]
            if (at, there) == (run.old + run.size, run.new + run.size):
                result[-1] = _Run(run.old, run.new, run.size + 1)
                continue
        result.append(_Run(at, there, 1))
    return result


def _longest_first(runs: Sequence[_Run]) -> list[_Run]:
    """The runs that stay: each, the longest first, that does not cross one taken before it. difflib takes
    the longest, of several the first, and goes on on either side of it, which comes to the same."""
    taken: list[_Run] = []
    for run in sorted(runs, key=lambda run: -run.size):
        at = bisect_left(taken, run)
        if (at == 0 or taken[at - 1].new < run.new) and (at == len(taken) or run.new < taken[at].new):
            taken.insert(at, run)
    return taken


def _between(runs: Sequence[_Run], old: int, new: int) -> Iterator[Change]:
    """The runs that stay in lists of so many items, and what lies between them."""
    low = new_low = 0
    for run in (*runs, _Run(old, new, 0)):
        if low < run.old and new_low < run.new:
            yield Change("replace", low, run.old, new_low, run.new)
        elif low < run.old:
            yield Change("delete", low, run.old, new_low, run.new)
        elif new_low < run.new:
            yield Change("insert", low, run.old, new_low, run.new)
        low, new_low = run.old + run.size, run.new + run.size
        if run.size:
            yield Change("equal", run.old, low, run.new, new_low)
