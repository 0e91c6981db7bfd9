"""What is left of taking an edit back that nobody can take back: nothing is done, and it is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mailtui.edits.model import Edit, Merged
from mailtui.formats.splice import Splice


@dataclass(frozen=True, slots=True)
class NotUndone(Edit):
    """An edit of this file stays as it was made. `text`: which, why, and what to do by hand; no secret."""

    kind: ClassVar[str] = "not-undone"

    text: str

    @property
    def key(self) -> str:
        return f" not undone {self.text}"  # no entry's name begins with a blank

    @property
    def marker(self) -> str:
        return "!"

    def describe(self) -> str:
        return f"! {self.text}"

    def splices(self, document: Any) -> Sequence[Splice]:  # noqa: ARG002  # the text stays
        return []

    def inverse(self) -> Edit:
        return self

    def merge(self, later: Edit) -> Merged:
        return self if later == self else None


def not_undone(edits: Iterable[Edit]) -> tuple[str, ...]:
    """What these edits leave as it is, each in words."""
    return tuple(edit.text for edit in edits if isinstance(edit, NotUndone))
