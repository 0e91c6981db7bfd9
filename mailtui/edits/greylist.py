"""Edits of what postgrey reads: its options in /etc/default/postgrey, and its whitelists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from mailtui.edits.model import Conflict, Edit
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

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
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
class AddWhite(WhiteEdit):
    """A client or recipient that is not greylisted."""

    kind: ClassVar[str] = "add-white"

    @property
    def marker(self) -> str:
        return "+"

    def describe(self) -> str:
        return f"+ {self.item} in {self.target.name}: not greylisted"

    def splices(self, document: Whitelist) -> Sequence[Splice]:
        return document.add(encode(self.item))

    def inverse(self) -> Edit:
        return RemoveWhite(self.target, self.item)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        return "nothing" if isinstance(later, RemoveWhite) else None


@dataclass(frozen=True, slots=True)
class RemoveWhite(WhiteEdit):
    """A client or recipient that is greylisted again."""

    kind: ClassVar[str] = "remove-white"

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {self.item} out of {self.target.name}: greylisted again"

    def splices(self, document: Whitelist) -> Sequence[Splice]:
        if document.find(encode(self.item)) is None:
            return []
        return document.remove(encode(self.item))

    def inverse(self) -> Edit:
        return AddWhite(self.target, self.item)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        return "nothing" if isinstance(later, AddWhite) else None
