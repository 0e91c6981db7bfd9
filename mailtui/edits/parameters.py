"""Edits of main.cf: a parameter set, or given back to its default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from mailtui.edits.model import Conflict, Edit, Value, show
from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Splice
from mailtui.text.safe import decode, encode


def current(document: MainCf, name: str, like: Value | None) -> Value | None:
    """What `name` is set to now (its definition that counts), in the shape of `like`; None if unset."""
    found = document.get(name)
    if found is None:
        return None
    if isinstance(like, tuple):
        return tuple(decode(token.text) for token in document.tokens(name))
    return decode(found.value)


@dataclass(frozen=True, slots=True)
class ParameterEdit(Edit):
    """What the edits of one parameter share."""

    name: str

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SetParameter(ParameterEdit):
    """`name = value`. `was` None: it was not set, and the default was in force."""

    kind: ClassVar[str] = "set-parameter"

    value: Value
    was: Value | None = None

    @property
    def marker(self) -> str:
        return "+" if self.was is None else "~"

    def describe(self) -> str:
        return f"{self.marker} {self.name} = {show(self.value)}"

    def splices(self, document: MainCf) -> Sequence[Splice]:
        now = current(document, self.name, self.value)
        if now == self.value:
            return []
        seen = now if self.was is None else current(document, self.name, self.was)
        if (self.was is None) is not (now is None) or (self.was is not None and seen != self.was):
            raise Conflict(self, self.was, now, self.value)
        if isinstance(self.value, str):
            return document.set(self.name, encode(self.value))
        return document.set(self.name, [encode(item) for item in self.value])

    def inverse(self) -> Edit:
        if self.was is None:
            return ResetParameter(self.target, self.name, self.value)
        return SetParameter(self.target, self.name, self.was, self.value)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        match later:
            case SetParameter(value=value):
                return (
                    "nothing" if value == self.was else SetParameter(self.target, self.name, value, self.was)
                )
            case ResetParameter():
                return "nothing" if self.was is None else ResetParameter(self.target, self.name, self.was)
        return None


@dataclass(frozen=True, slots=True)
class ResetParameter(ParameterEdit):
    """Every definition of `name` is taken out, so that Postfix's default is in force."""

    kind: ClassVar[str] = "reset-parameter"

    was: Value

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {self.name} (was {show(self.was)}): the default"

    def splices(self, document: MainCf) -> Sequence[Splice]:
        now = current(document, self.name, self.was)
        if now is None:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, None)
        return document.unset(self.name)

    def inverse(self) -> Edit:
        return SetParameter(self.target, self.name, self.was, None)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        if isinstance(later, SetParameter):
            same = later.value == self.was
            return "nothing" if same else SetParameter(self.target, self.name, later.value, self.was)
        return None


@dataclass(frozen=True, slots=True)
class RenameParameter(ParameterEdit):
    """Every definition of `name`, a name of the admin's own, is called `to`; its lines stay as they are."""

    kind: ClassVar[str] = "rename-parameter"

    to: str

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.name, self.to})

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return f"~ {self.name} is called {self.to}"

    def splices(self, document: MainCf) -> Sequence[Splice]:
        if document.get(self.name) is None and document.get(self.to) is not None:
            return []
        return document.rename(self.name, self.to)

    def inverse(self) -> Edit:
        return RenameParameter(self.target, self.to, self.name)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:  # noqa: ARG002
        return None
