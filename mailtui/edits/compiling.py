"""A table compiled from the text that it has: somebody saved that and did not compile it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from mailtui.edits.model import Edit
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target
from mailtui.postfix.lookups import parse_map


@dataclass(frozen=True, slots=True)
class _OfCopy(Edit):
    """An edit of a table's compiled copy: not a byte of the text changes."""

    @property
    def key(self) -> str:
        return f" compiled {self.target.type}"  # no entry's name begins with a blank

    def splices(self, document: Any) -> Sequence[Splice]:  # noqa: ARG002  # the text stays
        return []


@dataclass(frozen=True, slots=True)
class CompileTable(_OfCopy):
    """The table of `target` is compiled from its text, where its compiled copy is missing or older. What it
    answered before is not kept."""

    kind: ClassVar[str] = "compile-table"

    @property
    def due(self) -> bool:
        """Whether the compiled copy on the disk is missing, or older than the text."""
        state = parse_map(self.target.spec).compiled()
        return state is not None and (state.older or not state.exists)

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return f"~ compile {self.target.spec} from its text"

    def inverse(self) -> Edit:
        return KeepCompiled(self.target)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        if later == self:
            return self
        return "nothing" if isinstance(later, KeepCompiled) else None


@dataclass(frozen=True, slots=True)
class KeepCompiled(_OfCopy):
    """What is left of taking a CompileTable back: nothing is done, because nobody has the old copy."""

    kind: ClassVar[str] = "keep-compiled"

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return f"~ {self.target.spec} stays compiled: what it held before is not kept"

    def inverse(self) -> Edit:
        return CompileTable(self.target)


@dataclass(frozen=True, slots=True)
class MigrateTable(CompileTable):
    """The table of `target` is compiled in its type, because what names it leaves the type `was`. The old
    compiled copy stays where it is.

    It is compiled always, and so is the old type where this is taken back: Postfix answers what the copy
    holds, whichever is newer, and a copy that lies in the place may be of another text."""

    kind: ClassVar[str] = "migrate-table"

    was: str

    @property
    def key(self) -> str:
        return " migrated"

    @property
    def due(self) -> bool:
        return True

    @property
    def old(self) -> Target:
        """The table in the type that it leaves."""
        return replace(self.target, type=self.was)

    def describe(self) -> str:
        return f"~ compile {self.target.spec} in the place of {self.was}"

    def inverse(self) -> Edit:
        return MigrateTable(self.old, self.target.type)

    def merge(self, later: Edit) -> Edit | Literal["nothing"] | None:
        if not isinstance(later, MigrateTable):
            return None
        return "nothing" if later.target.type == self.was else MigrateTable(later.target, self.was)
