"""A list made another one by changes in many places, at a cost that grows with its length alone.

The changes are made from the last to the first, each in a window of its own: the rows from the item before
it, which stays, to the one behind it, which stays, too. Only the habits of the list are asked of all of it,
and they are kept up to date from one change to the next.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mailtui.formats.listitems import ItemRows, default_gap, usual
from mailtui.formats.lists import SEPARATORS, Item
from mailtui.formats.matching import Change, changes
from mailtui.formats.rows import Row

_UNUSUAL = re.compile(rb"[\0\v\f{]")
_NAME = b"x="
"""What stands before the first item of a window, so that it reads as the lines of a list."""


def rewrite(rows: ItemRows, wanted: Sequence[bytes]) -> None:
    """Make the list of `rows` these items with as few changes of items as possible."""
    todo = [change for change in changes(rows.texts(), wanted) if change.tag != "equal"]
    if any(_UNUSUAL.search(text) or not text.strip(SEPARATORS) for text in (rows.text, *wanted)):
        for change in reversed(todo):  # an item may run over several lines, or hide others
            _act(rows, change, wanted)
            for at, text in _replaced(change, wanted).items():
                rows.replace(at, text)
        return
    replaced: dict[int, bytes] = {}
    for change in todo:
        replaced |= _replaced(change, wanted)
    _replace(rows, replaced)
    todo = [change for change in todo if change.high - change.low != change.new_high - change.new_low]
    if todo and todo[-1].high == len(rows.items()):
        _act(rows, todo.pop(), wanted)
    first = todo.pop(0) if todo and not _start(todo[0]) else None
    if todo:
        _Backwards(rows).go(todo, wanted)
    if first is not None:
        _act(rows, first, wanted)


def _start(change: Change) -> int:
    """The first item that goes, or before which others come: what can be replaced is replaced."""
    return change.low + min(change.high - change.low, change.new_high - change.new_low)


def _replaced(change: Change, wanted: Sequence[bytes]) -> dict[int, bytes]:
    """What takes the place of an item, by the place of it."""
    return {at: wanted[change.new_low + at - change.low] for at in range(change.low, _start(change))}


def _act(rows: ItemRows, change: Change, wanted: Sequence[bytes], at: int | None = None) -> None:
    """Take out the items that go, and put in those that come. `at`: where it begins in these rows."""
    start = _start(change)
    gone = change.high - start
    new = wanted[change.new_low + start - change.low : change.new_high]
    at = start if at is None else at
    if gone:
        rows.remove(at, at + gone - 1)
    if new:
        rows.insert(at, *new)


def _replace(rows: ItemRows, texts: dict[int, bytes]) -> None:
    """Write each text in the place of the item, none of which runs over several lines."""
    items = rows.items()
    parts: dict[int, list[bytes]] = {}
    ends: dict[int, int] = {}
    for at in sorted(texts):
        (row, low, high), *_ = rows.spans(items[at].start, items[at].end)
        parts.setdefault(row, []).extend((rows.rows[row].body[ends.get(row, 0) : low], texts[at]))
        ends[row] = high
    for row, pieces in parts.items():
        rows.rows[row].body = b"".join(pieces) + rows.rows[row].body[ends[row] :]
    rows.changed()


class _Habits:
    """The habits of a list that is changed from its end on."""

    def __init__(self, rows: ItemRows, items: Sequence[Item]) -> None:
        self._rows = rows
        self._gaps = rows.between(items)
        self._first: dict[bytes, int] = {}
        for at, gap in enumerate(self._gaps):
            self._first.setdefault(gap, at)
        self._behind: list[bytes] = []
        """The gaps behind the last change made, from the last on."""
        self._place = len(self._gaps)
        self._counts = Counter(self._gaps)
        self._closing = b"," in rows.text[items[-1].end :]
        self._commas = sum(b"," in gap for gap in self._gaps)
        self._spread = len({rows.locate(item.start)[0] for item in items}) > 1
        """Which no change alters: the items beside it stay on their lines."""

    def give(self, window: ItemRows, at: int) -> None:
        """Tell a window, in which the gap before item `at` is the first, what it cannot see."""
        window.commas = self._rows.commas
        if window.commas is None:
            window.commas = self._closing or self._commas > 0
        window.lined = self._rows.lined
        if window.lined is None:
            window.lined = self._spread
        if not window.lined:
            window.gap = self._rows.gap if self._rows.gap is not None else self._gap(window.commas, at)

    def _gap(self, comma: bool, at: int) -> bytes:
        """What stands between the items mostly; of those that do as often the first."""
        known = [gap for gap in usual(self._counts, comma) if self._counts[gap]]
        most = max((self._counts[gap] for gap in known), default=0)
        best = {gap for gap in known if self._counts[gap] == most}
        if len(best) < 2:
            return next(iter(best), default_gap(comma))
        ahead = [gap for gap in best if self._first.get(gap, at) < at]
        if ahead:
            return min(ahead, key=self._first.__getitem__)
        later = (*self._gaps[at : self._place], *reversed(self._behind))
        return next(gap for gap in later if gap in best)

    def change(self, after: Sequence[bytes], at: int, high: int) -> None:
        """The gaps between the items before `at` and at `high` are now these."""
        before = self._gaps[at - 1 : high]
        self._behind += reversed(self._gaps[high : self._place])
        self._behind += reversed(after)
        self._place = at - 1
        self._counts.subtract(before)
        self._counts.update(after)
        self._commas += sum(b"," in gap for gap in after) - sum(b"," in gap for gap in before)


class _Backwards:
    """Changes amid a list, from the last to the first; none is before its first item or behind its last."""

    def __init__(self, rows: ItemRows) -> None:
        self._all = rows
        self._rows = rows.rows
        self._items = rows.items()
        self._habits = _Habits(rows, self._items)
        self._done: list[Row] = []
        """The rows below the one at work, the last one first."""
        self._index = len(self._rows) - 1
        """The row at work."""
        self._column = len(self._rows[-1].body)
        """Where the part of it ends that is as it was."""
        self._parts: list[bytes] = []
        """What stands behind that, the last part first."""

    def go(self, todo: Sequence[Change], wanted: Sequence[bytes]) -> None:
        """Make the changes, which are in order."""
        for change in reversed(todo):
            self._one(change, wanted)
        self._finish(0)
        self._end_row(self._rows[0])
        self._all.rows = self._done[::-1]
        self._all.changed()

    def _end_row(self, row: Row) -> None:
        """The row at work is done: it is this one, with what stands behind."""
        parts = (row.body[: self._column], *reversed(self._parts))
        self._done.append(replace(row, body=b"".join(parts)))

    def _finish(self, index: int) -> None:
        """Go up to that row: those below it are done."""
        if index == self._index:
            return
        self._end_row(self._rows[self._index])
        self._done += self._rows[self._index - 1 : index : -1]
        self._index, self._column, self._parts = index, len(self._rows[index].body), []

    def _one(self, change: Change, wanted: Sequence[bytes]) -> None:
        at = _start(change)
        left, right = self._items[at - 1], self._items[change.high]
        window = self._window(left, right)
        if change.high == at:
            self._habits.give(window, at)
        _act(window, change, wanted, 1)
        self._habits.change(window.between(window.items()), at, change.high)
        self._close(window, left)

    def _window(self, left: Item, right: Item) -> ItemRows:
        """The rows from an item to another; those below it are done."""
        top, start = self._all.locate(left.start)
        bottom, end = self._all.behind(right.end)
        self._finish(bottom)
        self._parts.append(self._rows[bottom].body[end : self._column])
        self._column = end
        window = ItemRows(self._all.lines, 0, -1)
        window.rows = self._rows[top : bottom + 1]
        window.rows[-1] = replace(window.rows[-1], body=window.rows[-1].body[:end])
        window.rows[0] = replace(window.rows[0], body=_NAME + window.rows[0].body[start:])
        window.changed()
        return window

    def _close(self, window: ItemRows, left: Item) -> None:
        """All behind the item `left` is as the window has it."""
        first, *others = window.rows
        if others:
            self._column = len(others[-1].body)
            self._end_row(others.pop())
            self._done += reversed(others)
            self._parts = []
        self._index, self._column = self._all.behind(left.end)
        self._parts.append(first.body[len(_NAME + left.text) :])
