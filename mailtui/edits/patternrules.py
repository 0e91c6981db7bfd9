"""Edits of one rule of a regexp: or pcre: table, or of an if … endif with all that is in it.

A rule is named by what stands before its result (`!/x/i`, `if /x/`) and by which of those alike it is.
Rules are tried in order, so edits of one table depend on each other and stay in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from mailtui.edits.model import Conflict, Edit, Merged
from mailtui.formats import patternedit
from mailtui.formats.patterns import Patterns
from mailtui.formats.splice import Splice
from mailtui.text.safe import decode, encode


@dataclass(frozen=True, slots=True)
class PatternEdit(Edit):
    """What the edits of one rule share: what it is called."""

    rule: str
    number: int

    alone: ClassVar[bool] = True

    @property
    def key(self) -> str:
        return "rules"

    def _at(self, document: Patterns, *, enabled: bool = True) -> int | None:
        return document.find(encode(self.rule), self.number, enabled=enabled)

    def _before(self, document: Patterns, before: str | None, number: int, ours: str) -> int | None:
        """The row before which something goes, None for the end. Raises Conflict where it is gone."""
        if before is None:
            return None
        at = document.find(encode(before), number)
        if at is None:
            raise Conflict(self, before, None, ours)
        return at

    def _same(self, other: PatternEdit) -> bool:
        return (self.target, self.rule, self.number) == (other.target, other.rule, other.number)


def text_of(document: Patterns, at: int) -> str:
    """The text of a row, with all that is in it where it is an if."""
    return decode(patternedit.text_of(document, at))


@dataclass(frozen=True, slots=True)
class AddPattern(PatternEdit):
    """A rule more, before the rule `before` (None: at the end). `text`: its line, or those of a whole if."""

    kind: ClassVar[str] = "add-pattern"

    text: str
    before: str | None = None
    before_number: int = 0

    @property
    def marker(self) -> str:
        return "+"

    def describe(self) -> str:
        where = "at the end" if self.before is None else f"before {self.before}"
        return f"+ {_one_line(self.text)} in {self.target.name}, {where}"

    def splices(self, document: Patterns) -> Sequence[Splice]:
        if self._stands(document):
            return []
        at = self._before(document, self.before, self.before_number, self.text)
        return patternedit.add(document, encode(self.text), at)

    def _stands(self, document: Patterns) -> bool:
        """Whether the rule is there already, at its place."""
        at = self._at(document)
        if at is None or text_of(document, at) != self.text:
            return False
        rest = document.spliced(patternedit.remove(document, at))
        return called(rest, at) == (self.before, self.before_number)

    def inverse(self) -> Edit:
        return RemovePattern(self.target, self.rule, self.number, self.text, self.before, self.before_number)

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, PatternEdit) or not self._same(later):
            return None
        match later:
            case RemovePattern():
                return "nothing"
            case SetPattern() if "\n" not in self.text:
                return replace(self, rule=later.to_rule, number=later.to_number, text=later.to)
            case MovePattern():
                return replace(
                    self, number=later.to_number, before=later.before, before_number=later.before_number
                )
        return None


@dataclass(frozen=True, slots=True)
class RemovePattern(PatternEdit):
    """A rule, or a whole if, that reads `was`, is taken out; it stood before the rule `before`."""

    kind: ClassVar[str] = "remove-pattern"

    was: str
    before: str | None = None
    before_number: int = 0

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {_one_line(self.was)} out of {self.target.name}"

    def splices(self, document: Patterns) -> Sequence[Splice]:
        at = self._at(document)
        if at is None:
            return []
        if text_of(document, at) != self.was:
            raise Conflict(self, self.was, text_of(document, at), None)
        return patternedit.remove(document, at)

    def inverse(self) -> Edit:
        return AddPattern(self.target, self.rule, self.number, self.was, self.before, self.before_number)

    def merge(self, later: Edit) -> Merged:
        same = isinstance(later, AddPattern) and self.inverse() == later
        return "nothing" if same else None


@dataclass(frozen=True, slots=True)
class SetPattern(PatternEdit):
    """The line of a rule, or of an `if`, that reads `was` reads `to`; it is then called `to_rule`, and is the
    one with `to_number` of those alike."""

    kind: ClassVar[str] = "set-pattern"

    to: str
    was: str
    to_rule: str
    to_number: int

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return f"~ {self.target.name}: {_one_line(self.was)} → {_one_line(self.to)}"

    def splices(self, document: Patterns) -> Sequence[Splice]:
        at = self._at(document)
        if at is not None and line_of(document, at) == self.was:
            # who made the edit judged the rule: taking it back may write one that was wrong
            return patternedit.change(document, at, encode(self.to), judged=False)
        done = document.find(encode(self.to_rule), self.to_number)
        if done is not None and line_of(document, done) == self.to:
            return []
        raise Conflict(self, self.was, None if at is None else line_of(document, at), self.to)

    def inverse(self) -> Edit:
        return SetPattern(
            self.target, self.to_rule, self.to_number, self.was, self.to, self.rule, self.number
        )

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, SetPattern) or later.target != self.target or later.was != self.to:
            return None
        if (later.rule, later.number) != (self.to_rule, self.to_number):
            return None
        if later.to == self.was:
            return "nothing"
        return replace(self, to=later.to, to_rule=later.to_rule, to_number=later.to_number)


@dataclass(frozen=True, slots=True)
class MovePattern(PatternEdit):
    """A rule, or a whole if, that stood before `was_before` goes before the rule `before` (None: the end).
    `to_number`: which of those alike it is then."""

    kind: ClassVar[str] = "move-pattern"

    before: str | None
    before_number: int
    was_before: str | None
    was_before_number: int
    to_number: int

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        where = "to the end" if self.before is None else f"before {self.before}"
        return f"~ {self.target.name}: {self.rule} {where}"

    def splices(self, document: Patterns) -> Sequence[Splice]:
        at = self._at(document)
        if at is None:
            raise Conflict(self, self.rule, None, self.rule)
        place = self._before(document, self.before, self.before_number, self.rule)
        return patternedit.move(document, at, place)

    def inverse(self) -> Edit:
        return MovePattern(
            self.target, self.rule, self.to_number, self.was_before, self.was_before_number,
            self.before, self.before_number, self.number,
        )  # fmt: skip

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, MovePattern) or later.target != self.target or later.rule != self.rule:
            return None
        if later.number != self.to_number:
            return None
        if later == self.inverse():
            return "nothing"
        return None


@dataclass(frozen=True, slots=True)
class SwitchPattern(PatternEdit):
    """A rule, or a whole if, that reads `was` is commented out (`on` false) or in again. `to_number`: which
    of those alike, and in the same state, it is then."""

    kind: ClassVar[str] = "switch-pattern"

    was: str
    on: bool
    to_number: int

    @property
    def marker(self) -> str:
        return "~" if self.on else "#"

    def describe(self) -> str:
        return f"{self.marker} {self.target.name}: {self.rule} {'on again' if self.on else 'off'}"

    def splices(self, document: Patterns) -> Sequence[Splice]:
        at = self._at(document, enabled=not self.on)
        if at is not None and document.rows[at].text == encode(self.was):
            return patternedit.switch(document, at, on=self.on)
        done = document.find(encode(self.rule), self.to_number, enabled=self.on)
        if done is not None and document.rows[done].text == encode(self.was):
            return []
        raise Conflict(self, self.was, None if at is None else decode(document.rows[at].text), self.was)

    def inverse(self) -> Edit:
        return SwitchPattern(self.target, self.rule, self.to_number, self.was, not self.on, self.number)

    def merge(self, later: Edit) -> Merged:
        return "nothing" if later == self.inverse() else None


def _one_line(text: str) -> str:
    first, *more = text.split("\n")
    return f"{first} … ({len(more)} line{'' if len(more) == 1 else 's'} more)" if more else first


def line_of(document: Patterns, at: int) -> str:
    """The lines of a row itself, without what is in an if."""
    row = document.rows[at]
    return decode(document.raw[row.start : row.end]).removesuffix("\n").removesuffix("\r")


def called(document: Patterns, at: int | None) -> tuple[str | None, int]:
    """How a row in force is named, of one that is off the next in force."""
    rows = document.rows
    place = at if at is None else next((n for n in range(at, len(rows)) if rows[n].enabled), None)
    return (None, 0) if place is None else (decode(rows[place].name), rows[place].number)
