"""Edits of main.cf: a parameter set, or given back to its default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Edit, Value, show
from mailtui.edits.shapes import SetValue, UnsetValue, ValueEdit
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


def written(value: Value) -> str:
    """A value in one line as a file writes it: no comma parts a restriction from its argument."""
    if isinstance(value, str):
        return value
    from mailtui.postfix.restrictionnames import ARGUMENTS
    from mailtui.postfix.smtpd.chain import parse_rules

    if not any(ARGUMENTS.get(item.lower()) for item in value):
        return show(value)
    return ", ".join(rule.written for rule in parse_rules(value, ()))


@dataclass(frozen=True, slots=True)
class ParameterEdit(Edit):
    """What the edits of one parameter share."""

    name: str

    @property
    def key(self) -> str:
        return self.name


class _OfValue(ParameterEdit, ValueEdit[Value]):
    __slots__ = ()

    def now(self, document: MainCf, like: Value | None) -> Value | None:
        return current(document, self.name, like)

    def write(self, document: MainCf, value: Value | None) -> Sequence[Splice]:
        if value is None:
            return document.unset(self.name)
        text = encode(value) if isinstance(value, str) else [encode(item) for item in value]
        return document.set(self.name, text)

    def setting(self, value: Value, was: Value | None) -> Edit:
        return SetParameter(self.target, self.name, value, was)

    def unsetting(self, was: Value) -> Edit:
        return ResetParameter(self.target, self.name, was)


@dataclass(frozen=True, slots=True)
class SetParameter(SetValue[Value], _OfValue):
    """`name = value`. `was` None: it was not set, and the default was in force."""

    kind: ClassVar[str] = "set-parameter"

    def describe(self) -> str:
        return f"{self.marker} {self.name} = {written(self.value)}"


@dataclass(frozen=True, slots=True)
class ResetParameter(UnsetValue[Value], _OfValue):
    """Every definition of `name` is taken out, so that Postfix's default is in force."""

    kind: ClassVar[str] = "reset-parameter"

    def describe(self) -> str:
        return f"- {self.name} (was {written(self.was)}): the default"


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
