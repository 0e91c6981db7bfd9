"""Definitions of main.cf that do not count, because a later one of the same name does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Conflict, Edit
from mailtui.edits.parameters import ParameterEdit
from mailtui.edits.shapes import AddEdit, RemoveEdit
from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Splice
from mailtui.text.safe import decode, encode


def lost(document: MainCf, name: str) -> tuple[str, ...]:
    """The values of the definitions that do not count, in the order of the file."""
    return tuple(decode(found.value) for found in document.all(name)[:-1])


@dataclass(frozen=True, slots=True)
class DropDuplicates(RemoveEdit, ParameterEdit):
    """Every definition of `name` but the last is taken out; they have the values `was`. Nothing changes in
    what Postfix does."""

    kind: ClassVar[str] = "drop-duplicates"
    exact: ClassVar[bool] = True

    was: tuple[str, ...]

    def describe(self) -> str:
        times = f"{len(self.was)} earlier definitions" if len(self.was) > 1 else "the earlier definition"
        return f"- {times} of {self.name}, which a later one overrides"

    def splices(self, document: MainCf) -> Sequence[Splice]:
        now = lost(document, self.name)
        if not now:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, None)
        starts = document.lines.starts
        rows = [row for layout in document.layouts(self.name)[:-1] for row in layout.members]
        return [Splice(starts[row], starts[row + 1], b"") for row in rows]

    def inverse(self) -> Edit:
        return AddDuplicates(self.target, self.name, self.was)


@dataclass(frozen=True, slots=True)
class AddDuplicates(AddEdit, ParameterEdit):
    """Definitions with these values stand before the one that counts, each on a line: takes back
    DropDuplicates."""

    kind: ClassVar[str] = "add-duplicates"
    exact: ClassVar[bool] = True

    values: tuple[str, ...]

    def describe(self) -> str:
        return f"+ {self.name} once more, overridden: {'; '.join(self.values)}"

    def splices(self, document: MainCf) -> Sequence[Splice]:
        now = lost(document, self.name)
        if now == self.values:
            return []
        if now or document.get(self.name) is None:
            raise Conflict(self, None, now or None, self.values)
        at = document.lines.starts[document.place(self.name)[0]]
        newline = document.lines.newline
        text = b"".join(encode(f"{self.name} = {value}") + newline for value in self.values)
        return [Splice(at, at, text)]

    def inverse(self) -> Edit:
        return DropDuplicates(self.target, self.name, self.values)
