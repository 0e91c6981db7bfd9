"""A text file whose last line has no newline: what is appended to it would be glued to that line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mailtui.edits.model import Edit
from mailtui.formats.splice import Splice


@dataclass(frozen=True, slots=True)
class _OfLastLine(Edit):
    """An edit of a file's very end."""

    @property
    def key(self) -> str:
        return " last line"  # no entry's name begins with a blank

    @property
    def marker(self) -> str:
        return "~"


@dataclass(frozen=True, slots=True)
class EndLine(_OfLastLine):
    """The last line gets its newline. Nothing that Postfix reads changes."""

    kind: ClassVar[str] = "end-line"

    def describe(self) -> str:
        return f"~ a newline at the end of {self.target.name}"

    def splices(self, document: Any) -> Sequence[Splice]:
        raw: bytes = document.raw
        return [] if not raw or raw.endswith(b"\n") else [Splice(len(raw), len(raw), b"\n")]

    def inverse(self) -> Edit:
        return CutLine(self.target)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        return "nothing" if isinstance(later, CutLine) else self if later == self else None


@dataclass(frozen=True, slots=True)
class CutLine(_OfLastLine):
    """The newline at the very end goes: takes back EndLine."""

    kind: ClassVar[str] = "cut-line"

    def describe(self) -> str:
        return f"~ no newline at the end of {self.target.name}"

    def splices(self, document: Any) -> Sequence[Splice]:
        raw: bytes = document.raw
        return [Splice(len(raw) - 1, len(raw), b"")] if raw.endswith(b"\n") else []

    def inverse(self) -> Edit:
        return EndLine(self.target)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        return "nothing" if isinstance(later, EndLine) else self if later == self else None
