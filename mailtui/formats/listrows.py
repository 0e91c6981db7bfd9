"""Items of a list put in, taken out and replaced while the layout of its lines is kept."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from itertools import pairwise

from mailtui.formats.lines import Lines
from mailtui.formats.lists import SEPARATORS, Item, each
from mailtui.formats.rows import Rows
from mailtui.formats.values import SPACE, Parts, split

_GAP = re.compile(rb"[ \t]*,[ \t]*|[ \t]+")

DEFAULT_INDENT = b"    "
"""Blanks before a continuation line where the list shows no habit of its own."""


class ListRows(Rows):
    """The lines of one `name = item, item …`. Items are numbered from 0; each change may renumber them."""

    commas: bool | None = None
    """Whether commas stand between the items, for one who knows better than the gaps say: a rule and its
    argument have none between them."""
    lined: bool | None = None
    """Whether a new item gets a line of its own, for the same one."""

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

    def _between(self, items: Sequence[Item]) -> list[bytes]:
        text = self.text
        return [text[left.end : right.start] for left, right in pairwise(items)]

    def _ends_in_comma(self, items: Sequence[Item]) -> bool:
        return b"," in self.text[items[-1].end :]

    def _commas(self, items: Sequence[Item]) -> bool:
        if self.commas is not None:
            return self.commas
        if len(items) < 2:
            return True
        return self._ends_in_comma(items) or any(b"," in gap for gap in self._between(items))

    def _spread(self, items: Sequence[Item]) -> bool:
        """Whether the list is written over several lines, so that a new item gets one of its own."""
        if self.lined is not None:
            return self.lined
        rows = {self.locate(item.start)[0] for item in items}
        return len(rows) > 1 or (len(items) == 1 and rows != {self.locate(self.equals - 1)[0]})

    def _gap(self, items: Sequence[Item]) -> bytes:
        """What stands between the items of a list on one line, mostly."""
        comma = self._commas(items)
        gaps = [gap for gap in self._between(items) if _GAP.fullmatch(gap) and (b"," in gap) == comma]
        return max(gaps, key=gaps.count, default=b", " if comma else b" ")

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

    def insert(self, at: int, group: bytes) -> None:
        """Put `group` (an item, or a rule and its argument) before item `at`, or last."""
        items = self.items()
        if not items:
            self._fill(group)
        elif at >= len(items):
            self._append(items, group)
        else:
            self._put_before(items, at, group)

    def extend(self, groups: Sequence[bytes]) -> None:
        """Put these behind the last item, each as `insert` puts one; the list is looked at once."""
        if not self.items():
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

    def _put_before(self, items: Sequence[Item], at: int, group: bytes) -> None:
        comma = b"," if self._commas(items) else b""
        row, column = self.locate(items[at].start)
        body = self.rows[row].body
        alone = sum(self.locate(item.start)[0] == row for item in items) == 1
        head_row = self.locate(self.equals - 1)[0]
        if self._spread(items) and row != head_row:
            lead = self._lead(column, body)
            if lead is not None:
                above = self.behind(items[at - 1].end)[0] if at else head_row
                self.insert_after(above, lead + group + (b"" if b"," in lead else comma))
                return
        if self._spread(items) and row == head_row and at == 0 and alone:
            lead = self._indent(items, 1) if len(items) > 1 else DEFAULT_INDENT
            leading_comma = b"," in lead
            self.write(row, body[:column] + group + (b"" if leading_comma else comma))
            self.insert_after(row, lead + body[column:])
            return
        gap = comma + b" " if self._spread(items) else self._gap(items)
        self.write(row, body[:column] + group + gap + body[column:])

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
        beside = {index: self._beside(index, left, right) for index in cuts}
        for index in sorted(cuts, reverse=True):
            self._cut(index, *cuts[index], beside[index])
        if last == len(items) - 1 and first and not closing:
            self._drop_comma_behind(first - 1)

    def _cut(self, index: int, low: int, high: int, beside: tuple[int | None, int | None]) -> None:
        """Cut columns of a row, and the separators towards its items that stay: see `_beside`."""
        body = self.rows[index].body
        low = low or _indentation(body)  # where an item in braces goes on from the line above
        head_row, head_column = self.behind(self.equals)
        left_end, right_start = beside
        if right_start is not None:
            self.write(index, body[:low] + body[right_start:])
        elif left_end is not None:
            self.write(index, body[:left_end] + body[high:])
        elif index == head_row:
            self.write(index, body[:head_column])
            self._pull_up(index)
        else:
            self.drop(index)

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

    def rewrite(self, wanted: Sequence[bytes]) -> None:
        """Make the list these items with as few changes of items as possible."""
        old = self.texts()
        matcher = difflib.SequenceMatcher(None, old, list(wanted), autojunk=False)
        for tag, a, b, c, d in reversed(matcher.get_opcodes()):
            if tag == "equal":
                continue
            shared = min(b - a, d - c)
            if b - a > shared:
                self.remove(a + shared, b - 1)
            new = wanted[c + shared : d]
            if new and b == len(old):
                self.extend(new)
            else:
                for text in reversed(new):
                    self.insert(a + shared, text)
            for offset in range(shared):
                self.replace(a + offset, wanted[c + offset])

    def groups(self, first: int, last: int) -> list[bytes]:
        """The items `first` to `last` as they are written, those of one line together."""
        result: list[bytes] = []
        items = self.items()
        text = self.text
        row, start = -1, first
        for at in range(first, last + 1):
            here = self.locate(items[at].start)[0]
            if row not in (-1, here):
                result.append(text[items[start].start : items[at - 1].end])
                start = at
            row = here
        result.append(text[items[start].start : items[last].end])
        return result

    def isolate(self, first: int, last: int) -> list[int]:
        """Break lines so that the items `first` to `last` share none with another; the rows they have."""
        if last + 1 < len(self.items()):
            self._break_before(last + 1)
        self._break_before(first)
        items = self.items()
        return sorted({s[0] for item in items[first : last + 1] for s in self.spans(item.start, item.end)})

    def _break_before(self, at: int) -> None:
        items = self.items()
        row, column = self.locate(items[at].start)
        body = self.rows[row].body
        if row != self.locate(self.equals - 1)[0] and self._lead(column, body) is not None:
            return
        indent = self._indent(items, at).replace(b",", b" ") or DEFAULT_INDENT
        self.write(row, body[:column].rstrip(b" \t"))
        self.insert_after(row, indent + body[column:])


def _indentation(body: bytes) -> int:
    return len(body) - len(body.lstrip(SPACE))


def _tight(text: bytes, equals: int) -> bool:
    """Whether the line is written `name=`, so that its value follows without a blank."""
    return equals >= 2 and text[equals - 2 : equals - 1] not in (b" ", b"\t")


def list_rows(lines: Lines, first: int) -> ListRows:
    """The lines of the definition that begins at line `first`."""
    return ListRows(lines, first, lines.logical(first)[-1])
