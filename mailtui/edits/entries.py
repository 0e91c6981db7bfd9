"""Edits of a table's entries: aliases, virtual aliases, access and every other postmap table."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Conflict, Edit, Merged, Value, show
from mailtui.edits.shapes import SetValue, SwitchSeen, UnsetValue, ValueEdit
from mailtui.formats.aliases import Aliases
from mailtui.formats.recipientlists import recipients
from mailtui.formats.splice import Splice
from mailtui.formats.table import Table
from mailtui.text.safe import decode, encode

EntryDocument = Table | Aliases
SECRET_FILE = re.compile(r"passw|secret|credential", re.IGNORECASE)
"""How a table is called that holds passwords: no value of it is shown."""
MASK = "•••••"


def _bytes(value: Value) -> bytes | list[bytes]:
    return encode(value) if isinstance(value, str) else [encode(item) for item in value]


def current(document: EntryDocument, name: str, like: Value | None, *, enabled: bool = True) -> Value | None:
    """What stands at `name` now, in the shape of `like` (items where that is a tuple); None if absent."""
    index = document.find(encode(name)) if enabled else document.find_disabled(encode(name))
    if index is None:
        return None
    value = document.value_at(index)
    return tuple(map(decode, recipients(value))) if isinstance(like, tuple) else decode(value)


@dataclass(frozen=True, slots=True)
class EntryEdit(Edit):
    """What the edits of one entry share: its name, and what its author saw there."""

    name: str

    @property
    def key(self) -> str:
        return decode(Table.fold(encode(self.name)))

    def _shown(self, value: Value) -> str:
        """A value as it may be read by everybody."""
        return MASK if SECRET_FILE.search(os.path.basename(self.target.path)) else show(value)

    def _says(self, sign: str, rest: str) -> str:
        what = "alias" if self.target.format == "aliases" else self.target.name
        return f"{sign} {what} {self.name}{rest}"


class _OfValue(EntryEdit, ValueEdit[Value]):
    __slots__ = ()

    def now(self, document: EntryDocument, like: Value | None) -> Value | None:
        return current(document, self.name, like)

    def write(self, document: EntryDocument, value: Value | None) -> Sequence[Splice]:
        name = encode(self.name)
        return document.remove(name) if value is None else document.set(name, _bytes(value))

    def setting(self, value: Value, was: Value | None) -> Edit:
        return SetEntry(self.target, self.name, value, was)

    def unsetting(self, was: Value) -> Edit:
        return RemoveEntry(self.target, self.name, was)


@dataclass(frozen=True, slots=True)
class SetEntry(SetValue[Value], _OfValue):
    """The entry `name` has the value `value`; it is made where `was` is None."""

    kind: ClassVar[str] = "set-entry"

    def describe(self) -> str:
        return self._says(self.marker, f" → {self._shown(self.value)}")


@dataclass(frozen=True, slots=True)
class RemoveEntry(UnsetValue[Value], _OfValue):
    """The entry `name`, which had the value `was`, is taken out."""

    kind: ClassVar[str] = "remove-entry"

    def describe(self) -> str:
        return self._says("-", f" (was {self._shown(self.was)})")


@dataclass(frozen=True, slots=True)
class SwitchEntry(SwitchSeen[Value], EntryEdit):
    """The entry `name` with the value `was` is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-entry"

    def describe(self) -> str:
        return self._says(self.marker, " on again" if self.on else " off")

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        now = current(document, self.name, self.was, enabled=not self.on)
        if now is None:
            standing = current(document, self.name, self.was, enabled=self.on)
            if standing == self.was:
                return []
            raise Conflict(self, self.was, standing, self.was if self.on else None)
        if now != self.was:
            raise Conflict(self, self.was, now, self.was if self.on else None)
        return document.enable(encode(self.name)) if self.on else document.disable(encode(self.name))

    def merge(self, later: Edit) -> Merged:
        gone = RemoveDisabledEntry if self.on else RemoveEntry
        if isinstance(later, gone) and later.was == self.was:
            return later
        return SwitchSeen.merge(self, later)


@dataclass(frozen=True, slots=True)
class RenameEntry(EntryEdit):
    """The entry `name` with the value `was` gets the name `to`; value, place and comments stay."""

    kind: ClassVar[str] = "rename-entry"

    to: str
    was: Value

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.key, decode(Table.fold(encode(self.to)))})

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return self._says("~", f" is called {self.to}")

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        now = current(document, self.name, self.was)
        other = current(document, self.to, self.was)
        if now is None and other == self.was:
            return []
        if now != self.was or (
            other is not None and Table.fold(encode(self.to)) != Table.fold(encode(self.name))
        ):
            raise Conflict(self, self.was, other if now == self.was else now, self.was)
        return document.rename(encode(self.name), encode(self.to))

    def inverse(self) -> Edit:
        return RenameEntry(self.target, self.to, self.name, self.was)


@dataclass(frozen=True, slots=True)
class RemoveDisabledEntry(EntryEdit):
    """The commented-out entry `name` with the value `was` is taken out of the file; of several the last.

    What is in force does not change."""

    kind: ClassVar[str] = "remove-disabled-entry"

    was: Value

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return self._says("-", f" (commented out; was {self._shown(self.was)})")

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        now = current(document, self.name, self.was, enabled=False)
        if now is None:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, None)
        return document.remove_disabled(encode(self.name))

    def inverse(self) -> Edit:
        return AddDisabledEntry(self.target, self.name, self.was)

    def merge(self, later: Edit) -> Merged:
        cancels = isinstance(later, AddDisabledEntry) and later.value == self.was
        return "nothing" if cancels else None


@dataclass(frozen=True, slots=True)
class AddDisabledEntry(EntryEdit):
    """An entry `name` with the value `value` is added, commented out."""

    kind: ClassVar[str] = "add-disabled-entry"

    value: Value

    @property
    def marker(self) -> str:
        return "+"

    def describe(self) -> str:
        return self._says("+", f" → {self._shown(self.value)} (commented out)")

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        if current(document, self.name, self.value, enabled=False) == self.value:
            return []
        return document.add_disabled(encode(self.name), _bytes(self.value))

    def inverse(self) -> Edit:
        return RemoveDisabledEntry(self.target, self.name, self.value)

    def merge(self, later: Edit) -> Merged:
        if isinstance(later, SetDisabledEntry) and later.was == self.value:
            return AddDisabledEntry(self.target, self.name, later.value)
        cancels = isinstance(later, RemoveDisabledEntry) and later.was == self.value
        return "nothing" if cancels else None


@dataclass(frozen=True, slots=True)
class SetDisabledEntry(EntryEdit):
    """The commented-out entry `name` (of several the last) with the value `was` has the value `value`, and
    stays commented out.

    What is in force does not change."""

    kind: ClassVar[str] = "set-disabled-entry"

    value: Value
    was: Value

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return self._says("~", f" → {self._shown(self.value)} (commented out)")

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        if current(document, self.name, self.value, enabled=False) == self.value:
            return []
        now = current(document, self.name, self.was, enabled=False)
        if now != self.was:
            raise Conflict(self, self.was, now, self.value)
        return document.set_disabled(encode(self.name), _bytes(self.value))

    def inverse(self) -> Edit:
        return SetDisabledEntry(self.target, self.name, self.was, self.value)

    def merge(self, later: Edit) -> Merged:
        if isinstance(later, SetDisabledEntry) and later.was == self.value:
            back = later.value == self.was
            return "nothing" if back else SetDisabledEntry(self.target, self.name, later.value, self.was)
        gone = isinstance(later, RemoveDisabledEntry) and later.was == self.value
        return RemoveDisabledEntry(self.target, self.name, self.was) if gone else None
