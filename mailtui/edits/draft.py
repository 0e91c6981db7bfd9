"""The draft: what an admin has staged and not yet written. Nothing in it knows a line number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailtui.edits.model import Edit


class BadDraft(ValueError):
    """A file that is no draft, or one that this version cannot read. Its text says where and why."""


@dataclass(frozen=True, slots=True)
class Group:
    """Edits staged by one act (a bulk edit, a new domain): `u` takes them back together."""

    edits: tuple[Edit, ...]
    label: str = ""

    def describe(self) -> str:
        return self.label or "; ".join(edit.describe() for edit in self.edits)


def called(groups: Iterable[Group]) -> str:
    """What these acts are called together, for the history; empty where none of them has a name."""
    labels = [group.label for group in groups]
    names = list(dict.fromkeys(filter(None, labels)))
    others = labels.count("")
    if names and others:
        names.append(f"and {others} edit{'' if others == 1 else 's'} more")
    return "; ".join(names)


def _key(edit: Edit) -> tuple[str, str, str]:
    return (edit.target.format, edit.target.path, edit.key)


def merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits with those of one entry folded together, in the order in which each entry was first touched.

    An edit folds only into the last one of its entry, so that a sequence that must stay one does.
    """
    return tuple(edit for edit, _ in _folded(edits))


def _folded(edits: Iterable[Edit]) -> list[tuple[Edit, list[int]]]:
    """What `merged` gives, each with the numbers of the edits that it is made of."""
    result: list[Edit | None] = []
    made_of: list[list[int]] = []
    last: dict[tuple[str, str, str], int] = {}
    for number, edit in enumerate(edits):
        place = last.get(_key(edit))
        standing = result[place] if place is not None else None
        folded = standing.merge(edit) if standing is not None else None
        if place is None or folded is None:
            last[_key(edit)] = len(result)
            result.append(edit)
            made_of.append([number])
        elif folded == "nothing":
            result[place] = None
            del last[_key(edit)]
        else:
            result[place] = folded
            made_of[place].append(number)
    return [(edit, numbers) for edit, numbers in zip(result, made_of, strict=True) if edit is not None]


class Draft:
    """Staged edits in the order of staging, in groups. `edits` is what would be written now."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self._groups: list[Group] = list(groups)
        self._edits: tuple[Edit, ...] | None = None
        self.generation = 0
        """Counts up with every change, so that a view knows when to look again."""

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(self._groups)

    @property
    def edits(self) -> tuple[Edit, ...]:
        if self._edits is None:
            self._edits = merged(edit for group in self._groups for edit in group.edits)
        return self._edits

    def __len__(self) -> int:
        return len(self.edits)

    def _changed(self) -> None:
        self._edits = None
        self.generation += 1

    def stage(self, *edits: Edit, label: str = "") -> None:
        """Add edits as one group."""
        if edits:
            self._groups.append(Group(edits, label))
            self._changed()

    def unstage_last(self) -> Group | None:
        """Take the last group back and return it; None where nothing is staged."""
        if not self._groups:
            return None
        group = self._groups.pop()
        self._changed()
        return group

    def drop(self, edit: Edit) -> None:
        """Take back whatever was staged for the entry that `edit` (one of `edits`) touches; of edits that
        stand `alone` what this one is made of."""
        everything = [e for group in self._groups for e in group.edits]
        if edit.alone:
            found = next((numbers for made, numbers in _folded(everything) if made == edit), [])
            unwanted = frozenset(found)
        else:
            unwanted = frozenset(n for n, e in enumerate(everything) if _key(e) == _key(edit))
        self._without(unwanted)
        self._changed()

    def _without(self, unwanted: frozenset[int]) -> None:
        """Leave out the edits with these numbers, counted through all groups."""
        kept: list[Group] = []
        at = 0
        for group in self._groups:
            left = tuple(e for n, e in enumerate(group.edits, at) if n not in unwanted)
            at += len(group.edits)
            if left:
                kept.append(Group(left, group.label))
        self._groups = kept

    def clear(self) -> None:
        self._groups.clear()
        self._changed()

    def replace(self, groups: Iterable[Group]) -> None:
        """Hold these groups instead, as after reading a saved draft."""
        self._groups = list(groups)
        self._changed()
