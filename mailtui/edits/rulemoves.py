"""Edits that leave a rule of a restriction list as it is: moved, switched off and on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mailtui.edits import rulerows
from mailtui.edits.model import Edit, Merged
from mailtui.edits.ruleedit import RuleEdit, place
from mailtui.edits.rulewrite import RuleList
from mailtui.formats.splice import Splice
from mailtui.postfix.rulelists import WrittenList


@dataclass(frozen=True, slots=True)
class MoveRule(RuleEdit):
    """A rule goes before the rule `before` (None: last); it stood before `was_before`. The comments that tell
    of it go along. `to_number`: which of those alike it is then."""

    kind: ClassVar[str] = "move-rule"

    before: str | None
    before_number: int
    was_before: str | None
    was_before_number: int
    to_number: int

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        where = "last" if self.before is None else f"before {self.before}"
        return f"~ {self.rule} in {self.key}: {where}"

    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        rule = found.find(self.rule, self.number)
        at = place(found, self.before, self.before_number)
        if rule is None or at is None:
            there = found.find(self.rule, self.to_number)
            if rule is None and there is not None and at == there.rule.last + 1:
                return []
            raise self._conflict(found, self.rule if rule is None else self.before, self.rule)
        first, last = rule.rule.first, rule.rule.last
        if first <= at <= last + 1:
            return []
        size = last - first + 1
        target = at if at < first else at - size
        rest = [*found.items[:first], *found.items[last + 1 :]]
        moved = found.items[first : last + 1]
        comments, gone = rule.comments, rule.comment_rows

        def act(rows: Any) -> None:
            group = rows.groups(first, last)
            rows.remove(first, last)
            rulerows.drop_comments(rows, gone)
            rulerows.insert(rows, target, group, comments)

        return where.edit(act, [*rest[:target], *moved, *rest[target:]], lines=bool(comments))

    def inverse(self) -> Edit:
        return replace(
            self, number=self.to_number, to_number=self.number, before=self.was_before,
            before_number=self.was_before_number, was_before=self.before,
            was_before_number=self.before_number,
        )  # fmt: skip

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, MoveRule) or not self._same_list(later):
            return None
        if (self.rule, self.to_number) != (later.rule, later.number):
            return None
        if (later.before, later.before_number) == (self.was_before, self.was_before_number):
            return "nothing"
        return replace(
            self, before=later.before, before_number=later.before_number, to_number=later.to_number
        )


@dataclass(frozen=True, slots=True)
class SwitchRule(RuleEdit):
    """A rule is commented out within its list (`on` false) or in again. `to_number`: which of those alike it
    is then, on and off counted apart."""

    kind: ClassVar[str] = "switch-rule"

    on: bool
    to_number: int

    @property
    def marker(self) -> str:
        return "~" if self.on else "#"

    def describe(self) -> str:
        return f"{self.marker} {self.rule} in {self.key} {'on again' if self.on else 'off'}"

    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        rule = found.find(self.rule, self.number, enabled=not self.on)
        if rule is None:
            if found.find(self.rule, self.to_number, enabled=self.on) is not None:
                return []
            raise self._conflict(found, self.rule, self.rule if self.on else None)
        return where.enable(rule) if self.on else where.disable(rule)

    def inverse(self) -> Edit:
        return replace(self, on=not self.on, number=self.to_number, to_number=self.number)

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, SwitchRule) or not self._same_list(later) or later.on is self.on:
            return None
        return "nothing" if (later.rule, later.number) == (self.rule, self.to_number) else None
