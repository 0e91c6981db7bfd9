"""Staged changes as a list shows them over the entries of a table. Whoever keeps a draft fills this in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from mailtui.formats.target import Target

OFF = "\0"
"""Before the key of a commented-out entry, where another may be in force; no key has it."""


class StagedRow(NamedTuple):
    """What an entry becomes. `was` are the items that stand in the file, where it changes them."""

    marker: str
    """`+` new, `~` changed, `-` to be deleted, `#` switched off; `~` also for switched on again."""
    address: str
    items: tuple[str, ...]
    enabled: bool = True
    was: tuple[str, ...] | None = None


class AddedRow(NamedTuple):
    """An entry that is not in the file yet; it is shown before the entry with the index `before` (the length
    of the table puts it last)."""

    before: int
    row: StagedRow


@dataclass(slots=True)
class Overlay:
    """Staged changes of all tables. Keys are (target, folded key as Table.fold gives it, decoded)."""

    staged: dict[tuple[Target, str], StagedRow] = field(default_factory=dict)
    """Rows changed, removed or switched; the key is the one that stands in the file, behind `OFF` if what is
    commented out is meant and nothing else."""
    added: dict[Target, list[AddedRow]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.staged or any(self.added.values()))
