"""Changes to a list of items that spans one or several lines, so that its layout stays.

An item is replaced in its place; one that goes takes its comma with it, and its line if it stood there
alone; a new one is set like its neighbours: on the same line, or on a line of its own where the list has
one item a line. Comments between the lines stay where they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mailtui.formats.matching import changes
from mailtui.formats.splice import Splice

_GAP = re.compile(rb"[ \t]*,?[ \t]*")


class Row(NamedTuple):
    """A physical line of the list: its bytes in the file (newline included) and how far its indentation,
    or on the first line key and separator, reach."""

    start: int
    end: int
    text_start: int


class Item(NamedTuple):
    """An item as it stands in the file, and the number of its row."""

    start: int
    end: int
    row: int


class ItemList:
    """The items of a list over the bytes of its file."""

    def __init__(self, raw: bytes, rows: Sequence[Row], items: Sequence[Item], newline: bytes) -> None:
        self.raw, self.rows, self.items, self.newline = raw, rows, items, newline
        per_row = Counter(item.row for item in items)
        later = [row for row in per_row if row]
        self._one_a_line = bool(later) and all(per_row[row] == 1 for row in later)
        gaps = self._gaps()
        self._comma = any(b"," in gap for gap in gaps) or len(items) < 2
        self._gap = next((gap for gap in gaps if _GAP.fullmatch(gap)), b", " if self._comma else b" ")

    def _gaps(self) -> list[bytes]:
        pairs = zip(self.items, self.items[1:], strict=False)
        return [self.raw[left.end : right.start] for left, right in pairs]

    def _separator(self, row: int) -> bytes:
        """What stands between a new item and its neighbour in row `row`."""
        if not self._one_a_line:
            return self._gap
        near = self.rows[row or min(item.row for item in self.items if item.row)]
        indent = self.raw[near.start : near.text_start]
        return (b"," if self._comma else b"") + self.newline + indent

    def _ends_with_comma(self, at: int, end: int) -> int:
        """The offset of the comma that follows the item ending at `at`, -1 where there is none."""
        return self.raw.find(b",", at, end)

    def splices(self, new: Sequence[bytes]) -> list[Splice]:
        """The changes that make the list `new` (which is not empty)."""
        old = [self.raw[item.start : item.end] for item in self.items]
        result: list[Splice] = []
        gone: set[int] = set()
        for tag, a, b, c, d in changes(old, new):
            if tag == "equal":
                continue
            both = min(b - a, d - c)
            for item, text in zip(self.items[a : a + both], new[c : c + both], strict=True):
                result.append(Splice(item.start, item.end, text))
            gone.update(range(a + both, b))
            if d - c > both:
                result.append(self._insert(a + both, new[c + both : d]))
        return [*result, *self._deletions(gone)]

    def _insert(self, before: int, new: Sequence[bytes]) -> Splice:
        if before < len(self.items):
            item = self.items[before]
            separator = self._separator(item.row)
            return Splice(item.start, item.start, b"".join(text + separator for text in new))
        last = self.items[-1]
        separator = self._separator(last.row)
        return Splice(last.end, last.end, b"".join(separator + text for text in new))

    def _deletions(self, gone: set[int]) -> list[Splice]:
        if not gone:
            return []
        result: list[Splice] = []
        kept = [index for index in range(len(self.items)) if index not in gone]
        of_row: dict[int, list[int]] = {}
        for index, item in enumerate(self.items):
            of_row.setdefault(item.row, []).append(index)
        for number, row in enumerate(self.rows):
            members = of_row.get(number, [])
            if members and all(index in gone for index in members):
                result.append(self._empty(number, row, members, kept))
            else:
                result += self._thin(members, gone)
        last = kept[-1]
        tail_row = self.rows[self.items[last].row]
        if last + 1 < len(self.items) and self.items[last + 1].row != self.items[last].row:
            result += self._without_comma(last, tail_row)
        return result

    def _thin(self, members: list[int], gone: set[int]) -> list[Splice]:
        """Items taken out of a row that keeps others."""
        result: list[Splice] = []
        last_kept = max((index for index in members if index not in gone), default=-1)
        at = 0
        while at < len(members):
            first = members[at]
            if first not in gone:
                at += 1
                continue
            while at < len(members) and members[at] in gone:
                at += 1
            if first < last_kept:
                result.append(Splice(self.items[first].start, self.items[members[at]].start, b""))
            else:
                result.append(Splice(self.items[last_kept].end, self.items[members[-1]].end, b""))
        return result

    def _empty(self, number: int, row: Row, members: list[int], kept: list[int]) -> Splice:
        """A row that loses all its items: it goes, or takes up the next one if it is the key's."""
        if number:
            return Splice(row.start, row.end, b"")
        first = self.items[members[0]].start
        following = self.items[kept[0]]
        below = self.rows[following.row]
        if (
            all(self.rows[n].end == self.rows[n + 1].start for n in range(following.row))
            and following.row == 1
        ):
            return Splice(first, below.text_start, b"")
        end = row.end - len(self._line_end(row))
        return Splice(first, end, b"")

    def _line_end(self, row: Row) -> bytes:
        line = self.raw[row.start : row.end]
        return b"\r\n" if line.endswith(b"\r\n") else b"\n" if line.endswith(b"\n") else b""

    def _without_comma(self, last: int, row: Row) -> list[Splice]:
        """The comma behind the item that is now the last, unless the list had one behind its last item."""
        final = self.items[-1]
        if self._ends_with_comma(final.end, self.rows[-1].end) >= 0:
            return []
        end = self._ends_with_comma(self.items[last].end, row.end)
        return [Splice(end, end + 1, b"")] if end >= 0 else []
