"""What an edit is: a frozen value that names what it touches and can say itself, act, and be undone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from mailtui.formats.splice import Splice
from mailtui.formats.target import Target

Value = str | tuple[str, ...]
"""A right-hand side: its text, or its items where it is a list (so that the list's layout is kept)."""


class Conflict(Exception):
    """The entry an edit changes is no longer what its author saw.

    `was` is what he saw, `theirs` what stands there now, `ours` what the edit would write; None means
    that the entry is absent.
    """

    def __init__(self, edit: Edit, was: Value | None, theirs: Value | None, ours: Value | None) -> None:
        super().__init__(f"{edit.describe()}: someone else changed it meanwhile")
        self.edit, self.was, self.theirs, self.ours = edit, was, theirs, ours


@dataclass(frozen=True, slots=True)
class Edit(ABC):
    """One change in words. Subclasses are frozen dataclasses of plain values, and so is their JSON."""

    kind: ClassVar[str]
    """The name in a saved draft."""
    alone: ClassVar[bool] = False
    """Whether the edits of one key can be taken back each by itself, as those of one list."""

    target: Target

    @property
    @abstractmethod
    def key(self) -> str:
        """What is touched in the target, folded as Postfix folds it: edits of one key belong together."""

    @property
    def keys(self) -> frozenset[str]:
        """Every key that is touched: more than one where an entry gets another name."""
        return frozenset({self.key})

    @property
    def rests_on(self) -> frozenset[str]:
        """Keys of what this is a part of, as an item is of its list: edits of the whole and of the part are
        made one after the other."""
        return frozenset()

    @property
    @abstractmethod
    def marker(self) -> str:
        """`+` new, `~` changed, `-` deleted, `#` switched off; `!` for what stays."""

    @abstractmethod
    def describe(self) -> str:
        """The edit in one line for a human."""

    @abstractmethod
    def splices(self, document: Any) -> Sequence[Splice]:
        """What changes in the document (of this target's format); nothing where it already says so.

        Raises Conflict where the entry is neither what the author saw nor what the edit would write,
        and Refused where the format cannot hold the new value.
        """

    @abstractmethod
    def inverse(self) -> Edit:
        """The edit that takes this one back."""

    def merge(self, later: Edit) -> Merged:  # noqa: ARG002
        """This edit and a later one of the same key as one edit; "nothing" where they cancel; None where
        they stay two."""
        return None


Merged: TypeAlias = Edit | Literal["nothing"] | None
"""What two edits of one key are together."""


def show(value: Value | None) -> str:
    """A right-hand side in one line."""
    if value is None:
        return "(absent)"
    return value if isinstance(value, str) else ", ".join(value)
