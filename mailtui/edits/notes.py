"""The remark above an entry of a table, as an edit of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.entries import EntryDocument
from mailtui.edits.model import Edit, Merged
from mailtui.formats.entry_notes import set_note
from mailtui.formats.splice import Splice
from mailtui.formats.table import Table
from mailtui.text.safe import decode, encode


@dataclass(frozen=True, slots=True)
class SetNote(Edit):
    """The comment line directly above the entry `name` reads `note`; None for no such line. `was`: what it
    read; None where there was none, or where it stays beside the new one.

    It says why, not what: where someone changed the line meanwhile, his stays and this one comes below it.
    """

    kind: ClassVar[str] = "set-note"

    name: str
    note: str | None
    was: str | None = None

    @property
    def key(self) -> str:
        return decode(Table.fold(encode(self.name)))

    @property
    def marker(self) -> str:
        return "-" if self.note is None else "+" if self.was is None else "~"

    def describe(self) -> str:
        text = self.was if self.note is None else self.note
        return f"{self.marker} remark above {self.name} in {self.target.name}: {text}"

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        note = None if self.note is None else encode(self.note)
        return set_note(document, encode(self.name), note, None if self.was is None else encode(self.was))

    def inverse(self) -> Edit:
        return SetNote(self.target, self.name, self.was, self.note)

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, SetNote) or later.was != self.note:
            return None
        if later.note == self.was:
            return "nothing"
        return SetNote(self.target, self.name, later.note, self.was)
