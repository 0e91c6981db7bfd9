"""Edits of files that set keywords: opendkim.conf, opendmarc.conf, clamav-milter.conf, policyd-spf.conf,
smtpd.conf and /etc/default/*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from mailtui.edits.model import Edit
from mailtui.edits.shapes import AddEdit, RemoveEdit, SetValue, SwitchValue, UnsetValue, ValueEdit
from mailtui.formats.defaults import Defaults
from mailtui.formats.keywordgrammar import GRAMMARS, Kind
from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target
from mailtui.text.safe import decode, encode

Keywords = KeywordDocument | Defaults
"""What these edits work on."""


def folded(target: Target, name: str) -> str:
    """A keyword as the program of this file compares it."""
    grammar = GRAMMARS.get(cast("Kind", target.format))
    return grammar.fold(name) if grammar is not None else name


@dataclass(frozen=True, slots=True)
class KeywordEdit(ValueEdit[str]):
    """What the edits of one keyword share."""

    name: str

    @property
    def key(self) -> str:
        return folded(self.target, self.name)

    def now(self, document: Keywords, like: str | None = None) -> str | None:  # noqa: ARG002
        value = document.value(self.name)
        return None if value is None else decode(value)

    def write(self, document: Keywords, value: str | None) -> Sequence[Splice]:
        return document.unset(self.name) if value is None else document.set(self.name, encode(value))

    def setting(self, value: str, was: str | None) -> Edit:
        return SetKeyword(self.target, self.name, value, was)

    def unsetting(self, was: str) -> Edit:
        return UnsetKeyword(self.target, self.name, was)


@dataclass(frozen=True, slots=True)
class SetKeyword(SetValue[str], KeywordEdit):
    """The keyword gets a value. `was` None: it was not set, and the program's default was in force."""

    kind: ClassVar[str] = "set-keyword"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.name} {self.value}"


@dataclass(frozen=True, slots=True)
class UnsetKeyword(UnsetValue[str], KeywordEdit):
    """Every line that sets the keyword goes, so that the program's default is in force."""

    kind: ClassVar[str] = "unset-keyword"

    def describe(self) -> str:
        return f"- {self.target.name}: {self.name} (was {self.was}): the default"


@dataclass(frozen=True, slots=True)
class SwitchKeyword(SwitchValue[str], KeywordEdit):
    """The keyword, which has the value `was`, is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-keyword"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.name} {self.was} {'on' if self.on else 'off'}"

    def switch(self, document: Keywords) -> Sequence[Splice]:
        return document.switch(self.name, self.on, encode(self.was) if self.on else None)


@dataclass(frozen=True, slots=True)
class RepeatedEdit(Edit):
    """What the edits of one value of a keyword that may stand more than once share."""

    name: str
    item: str

    @property
    def key(self) -> str:
        return f"{folded(self.target, self.name)} {self.item}"

    @property
    def rests_on(self) -> frozenset[str]:
        return frozenset({folded(self.target, self.name)})

    def there(self, document: Keywords) -> bool:
        """Whether a line in force gives the keyword this value."""
        lines = document.every(self.name) if isinstance(document, KeywordDocument) else []
        return encode(self.item) in (line.value for line in lines)


@dataclass(frozen=True, slots=True)
class AddKeyword(AddEdit, RepeatedEdit):
    """One more line of a keyword that may stand more than once, as LocalNet of clamav-milter."""

    kind: ClassVar[str] = "add-keyword"

    def describe(self) -> str:
        return f"+ {self.target.name}: {self.name} {self.item}, beside the others"

    def splices(self, document: KeywordDocument) -> Sequence[Splice]:
        return document.add(self.name, encode(self.item))

    def inverse(self) -> Edit:
        return RemoveKeyword(self.target, self.name, self.item)


@dataclass(frozen=True, slots=True)
class RemoveKeyword(RemoveEdit, RepeatedEdit):
    """One line of a keyword that may stand more than once goes."""

    kind: ClassVar[str] = "remove-keyword"

    def describe(self) -> str:
        return f"- {self.target.name}: {self.name} {self.item}"

    def splices(self, document: KeywordDocument) -> Sequence[Splice]:
        return document.remove(self.name, encode(self.item)) if self.there(document) else []

    def inverse(self) -> Edit:
        return AddKeyword(self.target, self.name, self.item)
