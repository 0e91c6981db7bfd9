"""The shapes that edits have whatever document they change: a value set, unset or switched, a thing put in
or taken out. What a shape needs to know of its document the edits of that document say.

The classes here have no slots, so that a shape can stand beside the fields of a document's edits.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from mailtui.edits.model import Conflict, Edit, Merged, Value
from mailtui.formats.splice import Splice

V = TypeVar("V", bound=Value)
Seen = TypeVar("Seen")


class ValueEdit(Edit, Generic[V]):
    """An edit of what one name is set to. None stands for: it is not set."""

    __slots__ = ()

    @abstractmethod
    def now(self, document: Any, like: V | None) -> V | None:
        """What the name is set to, in the shape of `like` (text or items)."""

    @abstractmethod
    def write(self, document: Any, value: V | None) -> Sequence[Splice]:
        """What changes where the name is set to `value`; None: where it is taken out."""

    @abstractmethod
    def setting(self, value: V, was: V | None) -> Edit:
        """The edit that sets the name, which was set to `was`."""

    @abstractmethod
    def unsetting(self, was: V) -> Edit:
        """The edit that takes the name out."""

    def due(self, document: Any, was: V | None, value: V | None) -> bool:
        """Whether the document is still to be led from `was` to `value`. Raises Conflict where it has
        neither."""
        now = self.now(document, was if value is None else value)
        if now == value:
            return False
        seen = now if was is None or value is None else self.now(document, was)
        if seen != was:
            raise Conflict(self, was, now, value)
        return True

    def folded(self, later: Edit, was: V | None) -> Merged:
        """An edit that began at `was`, and a later one of the same value, as one."""
        if not isinstance(later, ValueEdit) or type(later).setting is not type(self).setting:
            return None  # it is not of this document's kind
        if isinstance(later, SetValue):
            return "nothing" if later.value == was else self.setting(later.value, was)
        if isinstance(later, UnsetValue):
            return "nothing" if was is None else self.unsetting(was)
        return None


@dataclass(frozen=True)
class SetValue(ValueEdit[V]):
    """A name is set to `value`. `was` None: it was not set."""

    __slots__ = ()

    value: V
    was: V | None = None

    @property
    def marker(self) -> str:
        return "+" if self.was is None else "~"

    def splices(self, document: Any) -> Sequence[Splice]:
        return self.write(document, self.value) if self.due(document, self.was, self.value) else []

    def inverse(self) -> Edit:
        return self.unsetting(self.value) if self.was is None else self.setting(self.was, self.value)

    def merge(self, later: Edit) -> Merged:
        return self.folded(later, self.was)


@dataclass(frozen=True)
class UnsetValue(ValueEdit[V]):
    """A name, which was set to `was`, is not set any more."""

    __slots__ = ()

    was: V

    @property
    def marker(self) -> str:
        return "-"

    def splices(self, document: Any) -> Sequence[Splice]:
        return self.write(document, None) if self.due(document, self.was, None) else []

    def inverse(self) -> Edit:
        return self.setting(self.was, None)

    def merge(self, later: Edit) -> Merged:
        return self.folded(later, self.was) if isinstance(later, SetValue) else None


class SwitchEdit(Edit):
    """Something is commented out (`on` false) or in again."""

    __slots__ = ()

    on: bool

    @property
    def marker(self) -> str:
        return "~" if self.on else "#"

    def inverse(self) -> Edit:
        other: dict[str, Any] = {"on": not self.on}  # `on` is a field of those that have this shape
        return replace(self, **other)

    def merge(self, later: Edit) -> Merged:
        back = isinstance(later, SwitchEdit) and type(later) is type(self) and later.on is not self.on
        return "nothing" if back else None


@dataclass(frozen=True)
class SwitchSeen(SwitchEdit, Generic[Seen]):
    """What reads `was` is commented out or in again."""

    __slots__ = ()

    was: Seen
    on: bool

    def merge(self, later: Edit) -> Merged:
        same = isinstance(later, SwitchSeen) and later.was == self.was
        return SwitchEdit.merge(self, later) if same else None


@dataclass(frozen=True)
class SwitchValue(SwitchSeen[V], ValueEdit[V]):
    """A name, which is or was set to `was`, is commented out or in again."""

    __slots__ = ()

    @abstractmethod
    def switch(self, document: Any) -> Sequence[Splice]:
        """What changes where the name is commented out or in."""

    def splices(self, document: Any) -> Sequence[Splice]:
        was, value = (None, self.was) if self.on else (self.was, None)
        return self.switch(document) if self.due(document, was, value) else []


class _Pair(Edit):
    """An edit that its inverse, where it comes later, cancels."""

    __slots__ = ()

    exact: ClassVar[bool] = False
    """Whether only the very inverse does; else any of its kind for the same key."""

    def merge(self, later: Edit) -> Merged:
        back = self.inverse()
        return "nothing" if (later == back if self.exact else type(later) is type(back)) else None


class AddEdit(_Pair):
    """Something is put in."""

    __slots__ = ()

    @property
    def marker(self) -> str:
        return "+"


class RemoveEdit(_Pair):
    """Something is taken out."""

    __slots__ = ()

    @property
    def marker(self) -> str:
        return "-"
