"""Edits of one item of a list: a domain of mydestination, a network, a map; the others stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Edit, Merged
from mailtui.edits.shapes import AddEdit, RemoveEdit
from mailtui.formats.listfile import ListFile
from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Missing, Splice
from mailtui.text.safe import encode

ListDocument = MainCf | ListFile


@dataclass(frozen=True, slots=True)
class ItemEdit(Edit):
    """What the edits of one item share. `name`: the parameter; empty for a file that is itself a list.

    `before` is the item below it, None for the last; where that one is gone the item goes to the end.
    """

    name: str
    item: str
    before: str | None = None

    @property
    def key(self) -> str:
        return f"{self.name} {self.item.lower()}"

    @property
    def rests_on(self) -> frozenset[str]:
        return frozenset({self.name}) if self.name else frozenset()

    def _says(self, sign: str, word: str) -> str:
        return f"{sign} {self.item} {word} {self.name or self.target.name}"

    def places(self, document: ListDocument) -> list[int]:
        """The numbers of the items with this text, case folded. Raises Missing where the list is not set."""
        if isinstance(document, MainCf) and document.get(self.name) is None:
            raise Missing(self.name)
        wanted = encode(self.item).lower()
        return [n for n, text in enumerate(_texts(document, self.name)) if text.lower() == wanted]


def _texts(document: ListDocument, name: str) -> list[bytes]:
    tokens = document.tokens(name) if isinstance(document, MainCf) else document.tokens
    return [token.text for token in tokens]


@dataclass(frozen=True, slots=True)
class AddItem(AddEdit, ItemEdit):
    """One item more."""

    kind: ClassVar[str] = "add-item"

    def describe(self) -> str:
        return self._says("+", "in")

    def splices(self, document: ListDocument) -> Sequence[Splice]:
        if self.places(document):
            return []
        before = None if self.before is None else encode(self.before)
        if isinstance(document, ListFile):
            return document.add(encode(self.item), before)
        texts = _texts(document, self.name)
        at = texts.index(before) if before in texts else len(texts)
        return document.insert_tokens(self.name, at, [encode(self.item)])

    def inverse(self) -> Edit:
        return RemoveItem(self.target, self.name, self.item, self.before)


@dataclass(frozen=True, slots=True)
class RemoveItem(RemoveEdit, ItemEdit):
    """Every item with this text is taken out."""

    kind: ClassVar[str] = "remove-item"

    def describe(self) -> str:
        return self._says("-", "out of")

    def splices(self, document: ListDocument) -> Sequence[Splice]:
        places = self.places(document)
        if not places:
            return []
        if isinstance(document, ListFile):
            return document.remove(encode(self.item))
        if len(places) == 1:
            return document.remove_tokens(self.name, places[0], places[0])
        gone = set(places)
        kept = [text for n, text in enumerate(_texts(document, self.name)) if n not in gone]
        return document.set(self.name, kept)

    def inverse(self) -> Edit:
        return AddItem(self.target, self.name, self.item, self.before)

    def merge(self, later: Edit) -> Merged:
        return "nothing" if isinstance(later, AddItem) and later.before == self.before else None
