"""Edits of files that set keywords: opendkim.conf, opendmarc.conf, clamav-milter.conf, policyd-spf.conf,
smtpd.conf and /etc/default/*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from mailtui.edits.model import Conflict, Edit
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
class KeywordEdit(Edit):
    """What the edits of one keyword share."""

    name: str

    @property
    def key(self) -> str:
        return folded(self.target, self.name)

    def now(self, document: Keywords) -> str | None:
        """What the keyword is set to; None where it is not."""
        value = document.value(self.name)
        return None if value is None else decode(value)


@dataclass(frozen=True, slots=True)
class SetKeyword(KeywordEdit):
    """The keyword gets a value. `was` None: it was not set, and the program's default was in force."""

    kind: ClassVar[str] = "set-keyword"

    value: str
    was: str | None = None

    @property
    def marker(self) -> str:
        return "+" if self.was is None else "~"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.name} {self.value}"

    def splices(self, document: Keywords) -> Sequence[Splice]:
        now = self.now(document)
        if now == self.value:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, self.value)
        return document.set(self.name, encode(self.value))

    def inverse(self) -> Edit:
        if self.was is None:
            return UnsetKeyword(self.target, self.name, self.value)
        return SetKeyword(self.target, self.name, self.was, self.value)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        match later:
            case SetKeyword(value=value):
                return "nothing" if value == self.was else SetKeyword(self.target, self.name, value, self.was)
            case UnsetKeyword():
                return "nothing" if self.was is None else UnsetKeyword(self.target, self.name, self.was)
        return None


@dataclass(frozen=True, slots=True)
class UnsetKeyword(KeywordEdit):
    """Every line that sets the keyword goes, so that the program's default is in force."""

    kind: ClassVar[str] = "unset-keyword"

    was: str

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {self.target.name}: {self.name} (was {self.was}): the default"

    def splices(self, document: Keywords) -> Sequence[Splice]:
        now = self.now(document)
        if now is None:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, None)
        return document.unset(self.name)

    def inverse(self) -> Edit:
        return SetKeyword(self.target, self.name, self.was, None)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        if isinstance(later, SetKeyword):
            same = later.value == self.was
            return "nothing" if same else SetKeyword(self.target, self.name, later.value, self.was)
        return None


@dataclass(frozen=True, slots=True)
class SwitchKeyword(KeywordEdit):
    """The keyword, which has the value `was`, is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-keyword"

    was: str
    on: bool

    @property
    def marker(self) -> str:
        return "~" if self.on else "#"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.name} {self.was} {'on' if self.on else 'off'}"

    def splices(self, document: Keywords) -> Sequence[Splice]:
        now = self.now(document)
        if self.on:
            if now == self.was:
                return []
            if now is not None:
                raise Conflict(self, None, now, self.was)
            return document.switch(self.name, True, encode(self.was))
        if now is None:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, None)
        return document.switch(self.name, False)

    def inverse(self) -> Edit:
        return SwitchKeyword(self.target, self.name, self.was, not self.on)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        if isinstance(later, SwitchKeyword) and (later.was, later.on) == (self.was, not self.on):
            return "nothing"
        return None


@dataclass(frozen=True, slots=True)
class RepeatedEdit(KeywordEdit):
    """What the edits of one value of a keyword that may stand more than once share."""

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
class AddKeyword(RepeatedEdit):
    """One more line of a keyword that may stand more than once, as LocalNet of clamav-milter."""

    kind: ClassVar[str] = "add-keyword"

    @property
    def marker(self) -> str:
        return "+"

    def describe(self) -> str:
        return f"+ {self.target.name}: {self.name} {self.item}, beside the others"

    def splices(self, document: KeywordDocument) -> Sequence[Splice]:
        return document.add(self.name, encode(self.item))

    def inverse(self) -> Edit:
        return RemoveKeyword(self.target, self.name, self.item)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        return "nothing" if isinstance(later, RemoveKeyword) else None


@dataclass(frozen=True, slots=True)
class RemoveKeyword(RepeatedEdit):
    """One line of a keyword that may stand more than once goes."""

    kind: ClassVar[str] = "remove-keyword"

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {self.target.name}: {self.name} {self.item}"

    def splices(self, document: KeywordDocument) -> Sequence[Splice]:
        return document.remove(self.name, encode(self.item)) if self.there(document) else []

    def inverse(self) -> Edit:
        return AddKeyword(self.target, self.name, self.item)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        return "nothing" if isinstance(later, AddKeyword) else None
