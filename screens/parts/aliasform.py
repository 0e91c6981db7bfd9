"""What is typed into the alias editor, and the edits that it asks for. Free of Textual.

form = Form.of(row, tables); form.destinations[1] = "laure"; form.edits()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailtui.edits.entries import RemoveEntry, RenameEntry, SetEntry
from mailtui.edits.model import Edit, Value
from mailtui.formats import addresses
from mailtui.postfix.aliases import AliasRow, AliasTable
from mailtui.postfix.aliasrows import item_kind
from mailtui.postfix.mapkinds import MapKind
from mailtui.text.safe import decode, encode

if TYPE_CHECKING:
    from mailtui.postfix.propose import Proposal


@dataclass(slots=True)
class Form:
    """An alias being typed. `was_address` is empty for a new one; `staged_new`: it is not in the file yet.

    `destinations` always ends in an empty one, the place for the next; in a table that is none of aliases
    (`kind`) it is the one value.
    """

    tables: Sequence[AliasTable]
    table: AliasTable | None = None
    address: str = ""
    destinations: list[str] = field(default_factory=lambda: [""])
    was_address: str = ""
    was: tuple[str, ...] = ()
    staged_new: bool = False
    by_hand: bool = False
    """Whether the table was chosen; else it follows the address."""
    proposal: Proposal | None = None
    """What suits the address of a new alias, once that is known."""
    insisted: tuple[str, tuple[str, ...]] | None = None
    """What was to be staged although it cannot work, and was asked about."""

    def __post_init__(self) -> None:
        if self.kind is not None and self.table is None:
            self.table = next((table for table in self.tables if table.editable), None)

    @property
    def kind(self) -> MapKind | None:
        """What the tables are for, where they hold no aliases."""
        return self.tables[0].kind if self.tables else None

    @classmethod
    def of(cls, row: AliasRow, tables: Sequence[AliasTable]) -> Form:
        """The form of a row that is in a table, or staged for it."""
        destinations = [*row.destinations] if row.table.kind is not None else [*row.destinations, ""]
        return cls(
            tables, row.table, row.address, destinations, row.address, row.destinations,
            staged_new=row.line is None, by_hand=True,
        )  # fmt: skip

    @property
    def is_new(self) -> bool:
        """Whether it is neither in a table nor staged."""
        return not self.was_address

    @property
    def items(self) -> tuple[str, ...]:
        """The destinations that are filled in."""
        return tuple(item.strip() for item in self.destinations if item.strip())

    @property
    def touched(self) -> bool:
        """Whether anything was typed that is not there already."""
        return (self.address.strip(), self.items) != (self.was_address, self.was)

    @property
    def key(self) -> str:
        """The address as its table wants it: in alias_maps without a local domain."""
        proposal = self.proposal
        if self.is_new and not self.by_hand and proposal is not None and proposal.table is self.table:
            return proposal.address
        return self.address.strip()

    # Changing it

    def take(self, proposal: Proposal) -> None:
        """The table that suits the address; one chosen by hand stays."""
        self.proposal = proposal
        if not self.by_hand:
            self.table = proposal.table

    def choose(self, step: int) -> bool:
        """Another table for a new alias; False where there is no choice."""
        tables = [table for table in self.tables if table.editable]
        if not self.is_new or not tables or (len(tables) == 1 and self.table in tables):
            return False
        place = tables.index(self.table) + step if self.table in tables else 0
        self.table, self.by_hand = tables[place % len(tables)], True
        return True

    def put(self, place: int, text: str) -> None:
        """Set a destination; the last one is always empty."""
        self.destinations[place] = text
        if self.kind is None and self.destinations[-1].strip():
            self.destinations.append("")

    def tidy(self, place: int) -> int:
        """Called when a destination is left: an empty one goes, one that is a list becomes several. Returns
        how many destinations there are more (or less, as a negative number)."""
        if self.kind is not None or place >= len(self.destinations) - 1:
            return 0
        text = self.destinations[place].strip()
        parts = [text] if text else []
        if "," in text and item_kind(text) == "plain":
            parts = [decode(item) for item in addresses.items(encode(text))]
        self.destinations[place : place + 1] = parts
        return len(parts) - 1

    # What it asks for

    def missing(self) -> str:
        """What is missing before it can be staged."""
        if not self.address.strip():
            return "Type an address first"
        if not self.items and self.kind is not None:
            return f"Type what stands behind “{self.kind.value_label}”"
        if not self.items:
            more = "; to remove it close this with Esc and press d" if not self.is_new else ""
            return f"An alias needs a destination{more}"
        if self.table is None or self.table.target is None:
            return self.proposal.reason if self.proposal is not None else "No table can take this address"
        return ""

    def edits(self) -> list[Edit]:
        """What the form changes: the name, the destinations, or both."""
        if self.table is None or self.table.target is None or not self.touched:
            return []
        target, address = self.table.target, self.key
        items, was = self._value(self.items), self._value(self.was)
        if self.is_new:
            return [SetEntry(target, address, items, None)]
        renamed = address != self.was_address
        if renamed and self.staged_new:
            return [RemoveEntry(target, self.was_address, was), SetEntry(target, address, items, None)]
        edits: list[Edit] = []
        if renamed:
            edits.append(RenameEntry(target, self.was_address, address, was))
        if items != was:
            edits.append(SetEntry(target, address, items, was))
        return edits

    def _value(self, items: tuple[str, ...]) -> Value:
        """Items as an edit names them."""
        return items if self.kind is None else "".join(items)
