"""Items of a list put in, taken out and replaced while the layout of its lines is kept."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.formats.lines import Lines
from mailtui.formats.listitems import DEFAULT_INDENT, ItemRows
from mailtui.formats.listrewrite import rewrite


class ListRows(ItemRows):
    """The lines of one `name = item, item …`, with the changes that concern more than one place of it."""

    def rewrite(self, wanted: Sequence[bytes]) -> None:
        """Make the list these items with as few changes of items as possible."""
        rewrite(self, wanted)

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


def list_rows(lines: Lines, first: int) -> ListRows:
    """The lines of the definition that begins at line `first`."""
    return ListRows(lines, first, lines.logical(first)[-1])
