"""Edits of what postgrey reads: its options in /etc/default/postgrey, and its whitelists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Conflict, Edit, Merged
from mailtui.edits.shapes import AddEdit, RemoveEdit, SwitchEdit
from mailtui.formats.defaults import Defaults
from mailtui.formats.splice import Splice
from mailtui.formats.whitelist import Whitelist
from mailtui.text.safe import decode, encode


@dataclass(frozen=True, slots=True)
class SetDefault(Edit):
    """`name` is `value`; None: it is not set. `was`: what its author saw."""

    kind: ClassVar[str] = "set-default"

    name: str
    value: str | None
    was: str | None = None

    @property
    def key(self) -> str:
        return self.name

    @property
    def marker(self) -> str:
        return "-" if self.value is None else "+" if self.was is None else "~"

    def describe(self) -> str:
        text = f"{self.marker} {self.target.name}: {self.name}"
        return text if self.value is None else f"{text} = {self.value}"

    def splices(self, document: Defaults) -> Sequence[Splice]:
        name = encode(self.name)
        standing = document.get(name)
        now = None if standing is None else decode(standing.value)
        if now == self.value:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, self.value)
        return document.unset(name) if self.value is None else document.set(name, encode(self.value))

    def inverse(self) -> Edit:
        return SetDefault(self.target, self.name, self.was, self.value)

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, SetDefault) or later.was != self.value:
            return None
        if later.value == self.was:
            return "nothing"
        return SetDefault(self.target, self.name, later.value, self.was)


@dataclass(frozen=True, slots=True)
class WhiteEdit(Edit):
    """What the edits of one entry of a whitelist share."""

    item: str

    @property
    def key(self) -> str:
        return self.item.lower()


@dataclass(frozen=True, slots=True)
class AddWhite(AddEdit, WhiteEdit):
    """A client or recipient that is not greylisted. `comment`: what stands behind it."""

    kind: ClassVar[str] = "add-white"

    comment: str = ""

    def describe(self) -> str:
        return f"+ {self.item} in {self.target.name}: not greylisted"

    def splices(self, document: Whitelist) -> Sequence[Splice]:
        return document.add(encode(self.item), encode(self.comment))

    def inverse(self) -> Edit:
        return RemoveWhite(self.target, self.item, self.comment)


@dataclass(frozen=True, slots=True)
class RemoveWhite(RemoveEdit, WhiteEdit):
    """A client or recipient that is greylisted again. `comment`: what stood behind it."""

    kind: ClassVar[str] = "remove-white"

    comment: str = ""

    def describe(self) -> str:
        return f"- {self.item} out of {self.target.name}: greylisted again"

    def splices(self, document: Whitelist) -> Sequence[Splice]:
        if document.find(encode(self.item)) is None:
            return []
        return document.remove(encode(self.item))

    def inverse(self) -> Edit:
        return AddWhite(self.target, self.item, self.comment)


@dataclass(frozen=True, slots=True)
class SwitchWhite(SwitchEdit, WhiteEdit):
    """An entry is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-white"

    on: bool

    def describe(self) -> str:
        told = "on again: not greylisted" if self.on else "off: greylisted again"
        return f"{self.marker} {self.item} in {self.target.name} {told}"

    def splices(self, document: Whitelist) -> Sequence[Splice]:
        item = encode(self.item)
        standing = document.find(item) is not None
        if standing == self.on:
            return []
        if document.find_off(item) is None and self.on:
            raise Conflict(self, self.item, None, self.item)
        return document.switch(item, self.on)


@dataclass(frozen=True, slots=True)
class SetWhite(WhiteEdit):
    """An entry becomes another, `to`, in its place; the comment behind it stays."""

    kind: ClassVar[str] = "set-white"

    to: str

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.key, self.to.lower()})

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return f"~ {self.to} in {self.target.name} (was {self.item})"

    def splices(self, document: Whitelist) -> Sequence[Splice]:
        item, to = encode(self.item), encode(self.to)
        if document.find(item) is None:
            if document.find(to) is not None:
                return []
            raise Conflict(self, self.item, None, self.to)
        return document.change(item, to)

    def inverse(self) -> Edit:
        return SetWhite(self.target, self.to, self.item)

    def merge(self, later: Edit) -> Merged:
        if isinstance(later, SetWhite) and later.key == self.to.lower():
            return "nothing" if later.to == self.item else SetWhite(self.target, self.item, later.to)
        if isinstance(later, RemoveWhite) and later.key == self.to.lower():
            return RemoveWhite(self.target, self.item)
        return None
