"""Edits of flat files: rows of a KeyTable or SigningTable, and lines of a list of hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Conflict, Edit, Merged
from mailtui.edits.shapes import AddEdit, RemoveEdit, SwitchEdit, SwitchSeen
from mailtui.formats.dataset import DataSet
from mailtui.formats.dkimtables import KINDS
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target
from mailtui.text.safe import decode, encode


def folded(target: Target, key: str) -> str:
    """The key of a row as its program compares it."""
    return decode(KINDS[target.format].fold(encode(key)))


@dataclass(frozen=True, slots=True)
class RowEdit(Edit):
    """What the edits of one row share. Of several rows with one key (as a SigningTable may have), the value
    tells which one is meant."""

    name: str

    @property
    def key(self) -> str:
        return folded(self.target, self.name)

    def values(self, document: DataSet) -> list[str]:
        """The values of the rows with this key that are in force."""
        return [decode(row.value) for row in document.every(encode(self.name))]

    def require(self, document: DataSet, was: str, ours: str | None) -> None:
        """Raises Conflict where no row has the value that the edit's author saw."""
        now = self.values(document)
        if was not in now:
            raise Conflict(self, was, now[0] if now else None, ours)


@dataclass(frozen=True, slots=True)
class SetKeyRow(RowEdit):
    """The row `name` gets another value. `was` None: there was none, and it is new; `before`: the key of the
    row above which it goes, for in a SigningTable the first match counts."""

    kind: ClassVar[str] = "set-key-row"

    value: str
    was: str | None = None
    before: str | None = None

    @property
    def marker(self) -> str:
        return "+" if self.was is None else "~"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.name} {self.value}"

    def splices(self, document: DataSet) -> Sequence[Splice]:
        now = self.values(document)
        if self.value in now and self.was not in now:
            return []
        if self.was is None:
            if now and document.unique:
                raise Conflict(self, None, now[0], self.value)
            before = encode(self.before) if self.before is not None else None
            return document.add(encode(self.name), encode(self.value), before)
        self.require(document, self.was, self.value)
        return document.set(encode(self.name), encode(self.value), encode(self.was))

    def inverse(self) -> Edit:
        if self.was is None:
            return RemoveKeyRow(self.target, self.name, self.value, self.before)
        return SetKeyRow(self.target, self.name, self.was, self.value)

    def merge(self, later: Edit) -> Merged:
        match later:
            case SetKeyRow(value=value, was=was) if was == self.value:
                if value == self.was:
                    return "nothing"
                return SetKeyRow(self.target, self.name, value, self.was, self.before)
            case RemoveKeyRow(was=was) if was == self.value:
                return "nothing" if self.was is None else RemoveKeyRow(self.target, self.name, self.was)
        return None


@dataclass(frozen=True, slots=True)
class RemoveKeyRow(RowEdit):
    """The row with this key and value goes. `before`: the key of the row above which it stood, for undo."""

    kind: ClassVar[str] = "remove-key-row"

    was: str
    before: str | None = None

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {self.target.name}: {self.name} (was {self.was})"

    def splices(self, document: DataSet) -> Sequence[Splice]:
        if not self.values(document):
            return []
        self.require(document, self.was, None)
        return document.remove(encode(self.name), encode(self.was))

    def inverse(self) -> Edit:
        return SetKeyRow(self.target, self.name, self.was, None, self.before)

    def merge(self, later: Edit) -> Merged:
        if isinstance(later, SetKeyRow) and later.was is None and later.value == self.was:
            return "nothing"
        return None


@dataclass(frozen=True, slots=True)
class SwitchKeyRow(SwitchSeen[str], RowEdit):
    """The row with this key and the value `was` is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-key-row"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.name} {self.was} {'on' if self.on else 'off'}"

    def splices(self, document: DataSet) -> Sequence[Splice]:
        live = self.values(document)
        there = self.was in live
        if live and not there and document.unique:
            raise Conflict(self, None if self.on else self.was, live[0], self.was if self.on else None)
        return [] if self.on is there else document.switch(encode(self.name), encode(self.was), on=self.on)


@dataclass(frozen=True, slots=True)
class LineEdit(Edit):
    """What the edits of one line of a list of hosts share."""

    item: str

    @property
    def key(self) -> str:
        return folded(self.target, self.item)


@dataclass(frozen=True, slots=True)
class AddLine(AddEdit, LineEdit):
    """One host, domain or network more."""

    kind: ClassVar[str] = "add-line"

    def describe(self) -> str:
        return f"+ {self.item} in {self.target.name}"

    def splices(self, document: DataSet) -> Sequence[Splice]:
        return [] if document.every(encode(self.item)) else document.add(encode(self.item))

    def inverse(self) -> Edit:
        return RemoveLine(self.target, self.item)


@dataclass(frozen=True, slots=True)
class RemoveLine(RemoveEdit, LineEdit):
    """One host, domain or network less."""

    kind: ClassVar[str] = "remove-line"

    def describe(self) -> str:
        return f"- {self.item} out of {self.target.name}"

    def splices(self, document: DataSet) -> Sequence[Splice]:
        return document.remove(encode(self.item)) if document.every(encode(self.item)) else []

    def inverse(self) -> Edit:
        return AddLine(self.target, self.item)


@dataclass(frozen=True, slots=True)
class SwitchLine(SwitchEdit, LineEdit):
    """A line is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-line"

    on: bool

    def describe(self) -> str:
        return f"{self.marker} {self.item} in {self.target.name} {'on' if self.on else 'off'}"

    def splices(self, document: DataSet) -> Sequence[Splice]:
        key = encode(self.item)
        if self.on is bool(document.every(key)):
            return []
        return document.switch(key, None, on=self.on)
