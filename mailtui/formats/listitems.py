"""The items of a list on its lines, the habits of the list, and changes in one place of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mailtui.formats.lists import SEPARATORS, Item, each
from mailtui.formats.rows import Rows
from mailtui.formats.values import SPACE, Parts, split

_GAP = re.compile(rb"[ \t]*,[ \t]*|[ \t]+")

DEFAULT_INDENT = b"    "
"""Blanks before a continuation line where the list shows no habit of its own."""


class ItemRows(Rows):
    """The lines of one `name = item, item …`. Items are numbered from 0; each change may renumber them."""

    commas: bool | None = None
    """Whether commas stand between the items, for one who knows better than the gaps say: a rule and its
    argument have none between them."""
    lined: bool | None = None
    """Whether a new item gets a line of its own, for the same one."""
    gap: bytes | None = None
    """What stands between the items of a list on one line, for the same one."""

    @property
    def equals(self) -> int:
        """The offset in the text behind the `=`."""
        parts = split(self.text)
        assert isinstance(parts, Parts)  # the name and its = are never touched here
        return parts.equals

    def items(self) -> list[Item]:
        nul = self.text.find(b"\0")
        return list(each(self.text[: nul if nul >= 0 else None], SEPARATORS, self.equals))

    def texts(self) -> list[bytes]:
        return [item.text for item in self.items()]

    # -- habits of the list

    def between(self, items: Sequence[Item]) -> list[bytes]:
        """What stands between each item and the next."""
        text = self.text
        return [text[left.end : right.start] for left, right in pairwise(items)]

    def _ends_in_comma(self, items: Sequence[Item]) -> bool:
        return b"," in self.text[items[-1].end :]

    def _commas(self, items: Sequence[Item]) -> bool:
        if self.commas is not None:
            return self.commas
        if len(items) < 2:
            return True
        return self._ends_in_comma(items) or any(b"," in gap for gap in self.between(items))

    def _spread(self, items: Sequence[Item]) -> bool:
        """Whether the list is written over several lines, so that a new item gets one of its own."""
        if self.lined is not None:
            return self.lined
        rows = {self.locate(item.start)[0] for item in items}
        return len(rows) > 1 or (len(items) == 1 and rows != {self.locate(self.equals - 1)[0]})

    def _gap(self, items: Sequence[Item]) -> bytes:
        """What stands between the items of a list on one line, mostly."""
        if self.gap is not None:
            return self.gap
        comma = self._commas(items)
        gaps = Counter(self.between(items))
        return max(usual(gaps, comma), key=gaps.__getitem__, default=default_gap(comma))

    def _lead(self, column: int, body: bytes) -> bytes | None:
        """Blanks and commas before `column`, if nothing else stands there."""
        return body[:column] if not body[:column].strip(SEPARATORS + b"\v\f") else None

    def _indent(self, items: Sequence[Item], near: int) -> bytes:
        """What stands before an item on a line of its own; the item `near` is asked first."""
        for item in [items[near], *items[near + 1 :], *reversed(items[:near])]:
            row, column = self.locate(item.start)
            lead = self._lead(column, self.rows[row].body)
            if lead:
                return lead
        return DEFAULT_INDENT

    # -- changes

    def insert(self, at: int, *groups: bytes) -> None:
        """Put each of `groups` (an item, or a rule and its argument) before item `at`, or last."""
        items = self.items()
        if at >= len(items):
            self.extend(groups)
        else:
            self._put_before(items, at, groups)

    def extend(self, groups: Sequence[bytes]) -> None:
        """Put these behind the last item, each as `insert` puts one; the list is looked at once."""
        if groups and not self.items():
            self._fill(groups[0])
            groups = groups[1:]
        items = self.items()
        if not groups:
            return
        if not self._spread(items):
            self._append(items, self._gap(items).join(groups))
            return
        *others, last = groups
        lead = self._indent(items, len(items) - 1)
        row = self.behind(items[-1].end)[0]
        between = b"," if self._commas(items) and b"," not in lead else b""
        self._append(items, last)
        if others:
            self.insert_after(row, *(lead + group + between for group in others))

    def _fill(self, group: bytes) -> None:
        equals = self.equals
        row, column = self.behind(equals)
        body = self.rows[row].body
        blank = b"" if _tight(self.text, equals) else b" "
        self.write(row, body[:column] + blank + group + body[column:])

    def _append(self, items: Sequence[Item], group: bytes) -> None:
        comma = self._commas(items)
        row, column = self.behind(items[-1].end)
        body = self.rows[row].body
        if not self._spread(items):
            self.write(row, body[:column] + self._gap(items) + group + body[column:])
            return
        lead = self._indent(items, len(items) - 1)
        closing = self._ends_in_comma(items)
        if comma and not closing and b"," not in lead:
            self.write(row, body[:column] + b"," + body[column:])
        self.insert_after(row, lead + group + (b"," if closing else b""))

    def _put_before(self, items: Sequence[Item], at: int, groups: Sequence[bytes]) -> None:
        comma = b"," if self._commas(items) else b""
        row, column = self.locate(items[at].start)
        body = self.rows[row].body
        head_row = self.locate(self.equals - 1)[0]
        spread = self._spread(items)
        if spread and row != head_row:
            lead = self._lead(column, body)
            if lead is not None:
                above = self.behind(items[at - 1].end)[0] if at else head_row
                between = b"" if b"," in lead else comma
                self.insert_after(above, *(lead + group + between for group in groups))
                return
        if spread and row == head_row and at == 0 and self._alone(items, row):
            lead = self._indent(items, 1) if len(items) > 1 else DEFAULT_INDENT
            between = b"" if b"," in lead else comma
            first, *others = [group + between for group in groups]
            self.write(row, body[:column] + first)
            self.insert_after(row, *(lead + text for text in (*others, body[column:])))
            return
        gap = comma + b" " if spread else self._gap(items)
        self.write(row, body[:column] + b"".join(group + gap for group in groups) + body[column:])

    def _alone(self, items: Sequence[Item], row: int) -> bool:
        """Whether the first item is the only one on its line."""
        return len(items) == 1 or self.locate(items[1].start)[0] != row

    def remove(self, first: int, last: int) -> None:
        """Take out the items `first` to `last`, both included, each with one separator beside it."""
        items = self.items()
        closing = self._ends_in_comma(items)
        cuts: dict[int, tuple[int, int]] = {}
        for item in items[first : last + 1]:
            for index, low, high in self.spans(item.start, item.end):
                cuts[index] = (cuts[index][0] if index in cuts else low, high)
        left = items[first - 1] if first else None
        right = items[last + 1] if last + 1 < len(items) else None
        head, head_column = self.behind(self.equals)
        empty: set[int] = set()
        for index, (low, high) in cuts.items():
            if not self._cut(index, low, high, self._beside(index, left, right)):
                empty.add(index)
        if head in empty:
            self.rows[head].body = self.rows[head].body[:head_column]
        self.rows = [row for index, row in enumerate(self.rows) if index == head or index not in empty]
        self.changed()
        if head in empty:
            self._pull_up(head)
        if last == len(items) - 1 and first and not closing:
            self._drop_comma_behind(first - 1)

    def _cut(self, index: int, low: int, high: int, beside: tuple[int | None, int | None]) -> bool:
        """Cut columns of a row, and the separators towards its items that stay (see `_beside`); False,
        and nothing is cut, if there are none on it."""
        row = self.rows[index]
        low = low or _indentation(row.body)  # where an item in braces goes on from the line above
        left_end, right_start = beside
        if right_start is not None:
            row.body = row.body[:low] + row.body[right_start:]
        elif left_end is not None:
            row.body = row.body[:left_end] + row.body[high:]
        return right_start is not None or left_end is not None

    def _pull_up(self, head: int) -> None:
        """Puts the next item in the place of the first one, which is gone from the line of the name."""
        items = self.items()
        row, column = self.locate(items[0].start) if items else (head, 0)
        below = self.rows[row]
        lead = below.body[:column]
        if row == head + 1 and not lead.strip(b" \t"):
            self.rows[head].end = below.end
            self.write(head, self.rows[head].body.rstrip(b" \t") + b" " + below.body[column:])
            self.drop(row)

    def _beside(self, index: int, left: Item | None, right: Item | None) -> tuple[int | None, int | None]:
        """Where on a row the item before a cut ends and the one after it begins, None if not on that row."""
        ends = [s[2] for s in self.spans(left.start, left.end) if s[0] == index] if left else []
        starts = [s[1] for s in self.spans(right.start, right.end) if s[0] == index] if right else []
        return (ends[-1] if ends else None), (starts[0] if starts else None)

    def _drop_comma_behind(self, at: int) -> None:
        row, column = self.behind(self.items()[at].end)
        body = self.rows[row].body
        comma = body.find(b",", column)
        if comma >= 0:
            self.write(row, (body[:comma] + body[comma + 1 :]).rstrip(b" \t"))

    def replace(self, at: int, text: bytes) -> None:
        """Write `text` in the place of item `at`."""
        item = self.items()[at]
        (index, low, high), *rest = self.spans(item.start, item.end)
        tail = b""
        for row, start, end in reversed(rest):
            body = self.rows[row].body
            left = body[: start or _indentation(body)] + body[end:]
            if left.strip(SEPARATORS):
                self.write(row, left)
            else:
                tail = left.strip() + tail
                self.drop(row)
        row_body = self.rows[index].body
        self.write(index, row_body[:low] + text + row_body[high:] + tail)


def usual(gaps: Iterable[bytes], comma: bool) -> list[bytes]:
    """Those of `gaps` that may stand between the items of a line, in a list with commas or in one without."""
    return [gap for gap in gaps if (b"," in gap) == comma and _GAP.fullmatch(gap)]


def default_gap(comma: bool) -> bytes:
    """What stands between two items of a line where the list has no usual gap."""
    return b", " if comma else b" "


def _indentation(body: bytes) -> int:
    return len(body) - len(body.lstrip(SPACE))


def _tight(text: bytes, equals: int) -> bool:
    """Whether the line is written `name=`, so that its value follows without a blank."""
    return equals >= 2 and text[equals - 2 : equals - 1] not in (b" ", b"\t")
