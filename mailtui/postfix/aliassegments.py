"""The rows of one alias table: its entries, and the staged new ones between them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.files import Reader, entries
from mailtui.postfix.staged import AddedRow
from mailtui.text.chosen import Marked


@dataclass(slots=True)
class Segment:
    """One table's rows. `merged`: the places within the segment that staged new rows take, ascending."""

    table: AliasTable
    document: Table | Aliases | None
    start: int = 0
    added: list[AddedRow] = field(default_factory=list)
    merged: array[int] = field(default_factory=lambda: array("L"))
    duplicates: array[int] = field(default_factory=lambda: array("L"))

    def __len__(self) -> int:
        return 1 if self.document is None else len(self.document) + len(self.added)

    def lay(self, added: list[AddedRow]) -> None:
        """Take staged new rows in."""
        self.added = sorted(added, key=lambda one: one.before)
        self.merged = array("L", (one.before + at for at, one in enumerate(self.added)))

    def place(self, row: int) -> tuple[int, AddedRow | None]:
        """What stands at a place: the index of an entry, or a staged new row."""
        at = bisect_left(self.merged, row)
        if at < len(self.merged) and self.merged[at] == row:
            return -1, self.added[at]
        return row - at, None

    def row_of(self, index: int) -> int:
        """The place of an entry, in the whole list."""
        return self.start + index + bisect_right(self.added, index, key=lambda one: one.before)

    def rows_of(self, entries: Marked) -> Marked:
        """The places of several entries, in the whole list."""
        low = bisect_right(self.added, entries.first, key=lambda one: one.before)
        high = bisect_left(self.added, entries.first + len(entries.marks), key=lambda one: one.before)
        marks = entries.marks
        if low < high:
            spaced = bytearray(marks)
            for one in reversed(self.added[low:high]):
                spaced.insert(one.before - entries.first, 0)
            marks = bytes(spaced)
        return Marked(self.start + entries.first + low, marks)

    def is_duplicate(self, index: int) -> bool:
        at = bisect_left(self.duplicates, index)
        return at < len(self.duplicates) and self.duplicates[at] == index


def document_of(table: AliasTable, reader: Reader) -> Table | Aliases | None:
    """The text of a table; an empty one where the first alias will make the file."""
    if table.target is None:
        return None
    try:
        return entries(reader, table.target)
    except FileNotFoundError:
        if not table.editable:
            return None
        return Aliases.parse(b"") if table.target.format == "aliases" else Table.parse(b"")
    except OSError:  # the table's note says why
        return None
