"""Many entries of one table as one edit: what an import or a bulk edit comes to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, Self

from mailtui.edits.entries import MASK, SECRET_FILE, EntryDocument
from mailtui.edits.model import Conflict, Edit
from mailtui.formats.recipientlists import recipient_texts
from mailtui.formats.splice import Splice
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.text.safe import decode, encode

NAMED = 3
"""Entries that are named in the words of such an edit."""


class Change(NamedTuple):
    """One entry: its value before and after, "" where it is absent (no entry has an empty value)."""

    name: str
    was: str
    value: str


@dataclass(frozen=True, slots=True)
class SetEntries(Edit):
    """The entries `names` have the `values`, where they had those of `were`; "" stands for no entry.

    `lists`: the values are lists of recipients; blanks and commas between them do not count. `source`: where
    they come from, for its words. Each name stands there once, letter case set aside.
    """

    kind: ClassVar[str] = "set-entries"

    names: tuple[str, ...]
    values: tuple[str, ...]
    were: tuple[str, ...]
    lists: bool
    source: str = ""

    @classmethod
    def of(cls, target: Target, changes: Iterable[Change], *, lists: bool, source: str = "") -> Self:
        """One edit of all these changes."""
        rows = list(changes)
        names, were, values = zip(*rows, strict=True) if rows else ((), (), ())
        return cls(target, names, values, were, lists, source)

    @classmethod
    def sorted(
        cls, target: Target, changes: Iterable[Change], *, lists: bool, source: str = ""
    ) -> Iterator[Self]:
        """Up to three edits: the entries that are new, that change, and that go."""
        kinds: dict[str, list[Change]] = {"+": [], "~": [], "-": []}
        for change in changes:
            kinds["+" if not change.was else "~" if change.value else "-"].append(change)
        for rows in kinds.values():
            if rows:
                yield cls.of(target, rows, lists=lists, source=source)

    def changes(self) -> Iterator[Change]:
        """Each entry."""
        return map(Change, self.names, self.were, self.values)

    @property
    def key(self) -> str:
        return f"{self.marker} {len(self.names)} {self.source} {self.names[0] if self.names else ''}"

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(map(folded, self.names))

    @property
    def marker(self) -> str:
        if not any(self.were):
            return "+"
        return "~" if any(self.values) else "-"

    def describe(self) -> str:
        count = len(self.names)
        if count <= NAMED:
            what = ", ".join(self._named(change) for change in self.changes())
        else:
            what = f"{count:,} entries: {', '.join(self.names[:NAMED])}, …"
        source = f" ({self.source})" if self.source else ""
        table = "alias" if self.target.format == "aliases" else self.target.name
        return f"{self.marker} {table} {what}{source}"

    def _named(self, change: Change) -> str:
        if not change.value:
            return change.name
        is_secret = SECRET_FILE.search(os.path.basename(self.target.path))
        return f"{change.name} → {MASK if is_secret else change.value}"

    def splices(self, document: EntryDocument) -> Sequence[Splice]:
        found = document.standing(map(encode, self.names))
        wanted: dict[bytes, bytes | None] = {}
        wrong: list[tuple[Change, str]] = []
        for name, was, value in zip(self.names, self.were, self.values, strict=True):
            raw = encode(name)
            standing = found.get(document.fold(raw))
            now = "" if standing is None else decode(standing.value)
            if now != was or now == value:  # the short way for nearly all
                if self.alike(now, value):
                    continue
                if not self.alike(now, was):
                    wrong.append((Change(name, was, value), now))
            wanted[raw] = encode(value) if value else None
        if wrong:
            raise self._conflict(wrong)
        return document.set_many(wanted, lists=self.lists, found=found)

    def alike(self, one: str, other: str) -> bool:
        """Whether two values are the same to whoever reads the table."""
        if one == other:
            return True
        if not (self.lists and one and other):
            return False
        return recipient_texts(one) == recipient_texts(other)

    def _conflict(self, wrong: Sequence[tuple[Change, str]]) -> Conflict:
        (change, now), *others = wrong
        more = f" (and {len(others)} more)" if others else ""

        def words(value: str) -> str:
            return f"{change.name} → {value}{more}" if value else f"{change.name} absent{more}"

        return Conflict(self, words(change.was), words(now), words(change.value))

    def rebased(self, document: EntryDocument) -> Self:
        """The same values over what stands in the document now."""
        found = document.find_many(map(encode, self.names))
        indices = (found.get(document.fold(encode(name))) for name in self.names)
        were = tuple("" if index is None else decode(document.value_at(index)) for index in indices)
        return replace(self, were=were)

    def masked(self) -> Self:
        """Without its values, where they are secret."""
        values, were = (tuple(MASK if value else "" for value in each) for each in (self.values, self.were))
        return replace(self, values=values, were=were)

    def inverse(self) -> Edit:
        return replace(self, values=self.were, were=self.values)


def standing(document: EntryDocument, names: Sequence[str]) -> Mapping[str, str]:
    """What stands there now, by folded name."""
    return {decode(key): decode(now.value) for key, now in document.standing(map(encode, names)).items()}


def folded(name: str) -> str:
    """A name as tables compare it."""
    return name.lower() if name.isascii() else decode(Table.fold(encode(name)))
