"""Edits of one rule of a restriction list: put in, changed, taken out; with those of `rulemoves`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mailtui.edits import rulerows
from mailtui.edits.model import Edit, Merged
from mailtui.edits.ruleedit import (
    RuleEdit,
    comment_texts,
    items_of,
    one_rule,
    place,
    rule_above,
    told,
)
from mailtui.edits.rulemoves import MoveRule, SwitchRule
from mailtui.edits.rulewrite import RuleList
from mailtui.formats.splice import Refused, Splice, between
from mailtui.postfix.rulelists import WrittenList
from mailtui.text.safe import encode

__all__ = [
    "AddOffRule", "InsertRule", "MoveRule", "RemoveRule", "RuleEdit", "SetRule", "SwitchRule", "items_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class InsertRule(RuleEdit):
    """A rule more, before the rule `before` (None: last). `comments`: the lines that stand above it."""

    kind: ClassVar[str] = "insert-rule"

    before: str | None = None
    before_number: int = 0
    comments: tuple[str, ...] = ()

    @property
    def marker(self) -> str:
        return "+"

    def describe(self) -> str:
        where = "last" if self.before is None else f"before {self.before}"
        return f"+ {self.rule} in {self.key}, {where}"

    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        rule = one_rule(self.rule)
        at = place(found, self.before, self.before_number)
        if at is None:
            raise self._conflict(found, self.before, rule)
        above = rule_above(found, at)
        if above is not None and above.text == rule and above.number == self.number:
            return []
        group = items_of(rule)
        wanted = [*found.items[:at], *group, *found.items[at:]]
        text = [encode(" ".join(group))]
        return where.edit(
            lambda rows: rulerows.insert(rows, at, text, self.comments), wanted, lines=bool(self.comments)
        )

    def inverse(self) -> Edit:
        return RemoveRule(
            self.target, self.name, self.service, self.rule, self.number, self.default,
            self.before, self.before_number, self.comments, takes=True, on=True,
        )  # fmt: skip

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, RuleEdit) or not self._same_rule(later):
            return None
        match later:
            case RemoveRule(on=True):
                return "nothing"
            case SetRule():
                return replace(
                    self, rule=later.to, number=later.to_number,
                    comments=self.comments if later.comments is None else later.comments,
                )  # fmt: skip
            case MoveRule():
                return replace(
                    self, number=later.to_number, before=later.before, before_number=later.before_number
                )
        return None


@dataclass(frozen=True, slots=True)
class RemoveRule(RuleEdit):
    """A rule is taken out; commented out (`on` false) with its `#`. `before`: the rule below it, None for the
    last. `comments`: the lines above that tell of it; they go too if `takes`."""

    kind: ClassVar[str] = "remove-rule"

    before: str | None
    before_number: int
    comments: tuple[str, ...]
    takes: bool
    on: bool

    @property
    def marker(self) -> str:
        return "-"

    def describe(self) -> str:
        return f"- {self.rule} out of {self.key}{'' if self.on else ', where it is off'}"

    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        rule = found.find(self.rule, self.number, enabled=self.on)
        if rule is None:
            return []
        gone = rule.comment_rows if self.takes and told(rule, self.comments) else ()
        if not self.on:
            starts = where.document.lines.starts
            return [*(Splice(starts[row], starts[row + 1], b"") for row in gone), *where.strike(rule)]
        first, last = rule.rule.first, rule.rule.last

        def act(rows: Any) -> None:
            rows.remove(first, last)
            rulerows.drop_comments(rows, gone)

        return where.edit(act, [*found.items[:first], *found.items[last + 1 :]])

    def inverse(self) -> Edit:
        if not self.on:
            return AddOffRule(
                self.target, self.name, self.service, self.rule, self.number, self.default,
                self.before, self.before_number,
            )  # fmt: skip
        return InsertRule(
            self.target, self.name, self.service, self.rule, self.number, self.default,
            self.before, self.before_number, self.comments,
        )  # fmt: skip

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, InsertRule) or not self._same_rule(later) or not self.on:
            return None
        same = (later.before, later.before_number, later.comments) == (
            self.before, self.before_number, self.comments,
        )  # fmt: skip
        return "nothing" if same else None


@dataclass(frozen=True, slots=True)
class AddOffRule(RuleEdit):
    """A rule that is commented out from the first: before the rule `before`, None for the last."""

    kind: ClassVar[str] = "add-off-rule"

    before: str | None
    before_number: int

    @property
    def marker(self) -> str:
        return "+"

    def describe(self) -> str:
        return f"+ {self.rule} in {self.key}, off"

    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        if found.find(self.rule, self.number, enabled=False) is not None:
            return []
        at = place(found, self.before, self.before_number)
        if at is None:
            raise self._conflict(found, self.before, self.rule)
        group = items_of(one_rule(self.rule))
        wanted = [*found.items[:at], *group, *found.items[at:]]
        text = [encode(" ".join(group))]
        inserted = where.over(where.edit(lambda rows: rulerows.insert(rows, at, text, ()), wanted))
        now = inserted.written()
        rule = next((r for r in now.live if r.rule.first == at), None) if now is not None else None
        if rule is None:
            raise Refused(f"{self.rule} cannot stand there", "add it in force, then switch it off")
        after = inserted.over(inserted.disable(rule))
        return between(where.document.raw, after.document.raw)

    def inverse(self) -> Edit:
        return RemoveRule(
            self.target, self.name, self.service, self.rule, self.number, self.default,
            self.before, self.before_number, (), takes=False, on=False,
        )  # fmt: skip

    def merge(self, later: Edit) -> Merged:
        gone = isinstance(later, RemoveRule) and self._same_rule(later) and not later.on
        return "nothing" if gone else None


@dataclass(frozen=True, slots=True)
class SetRule(RuleEdit):
    """A rule becomes the rule `to` in its place: another argument, warn only or not. `comments`: the lines to
    stand above it in the place of `was_comments`; None leaves them as they are."""

    kind: ClassVar[str] = "set-rule"

    to: str
    to_number: int
    comments: tuple[str, ...] | None = None
    was_comments: tuple[str, ...] | None = None

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        if self.to == self.rule:
            return f"~ comment on {self.rule} in {self.key}"
        return f"~ {self.to} in {self.key} (was {self.rule})"

    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        to = one_rule(self.to)
        rule = found.find(self.rule, self.number)
        if rule is None:
            if found.find(to, self.to_number) is not None:
                return []
            raise self._conflict(found, self.rule, to)
        first, last = rule.rule.first, rule.rule.last
        new = items_of(to)
        tokens = [encode(item) for item in new]
        wanted = [*found.items[:first], *new, *found.items[last + 1 :]]
        texts = None if self.comments is None else comment_texts(self.comments)
        again = texts is not None and texts != comment_texts(rule.comments)

        def act(rows: Any) -> None:
            if to != self.rule:
                rulerows.exchange(rows, first, last, tokens)
            if again:
                rulerows.drop_comments(rows, rule.comment_rows)
                rulerows.comment(rows, first, len(tokens), self.comments or ())

        return where.edit(act, wanted, lines=again)

    def inverse(self) -> Edit:
        return replace(
            self, rule=self.to, number=self.to_number, to=self.rule, to_number=self.number,
            comments=self.was_comments, was_comments=self.comments,
        )  # fmt: skip

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, RuleEdit) or not self._same_list(later):
            return None
        if (self.to, self.to_number) != (later.rule, later.number):
            return None
        match later:
            case SetRule():
                comments = self.comments if later.comments is None else later.comments
                was = later.was_comments if self.was_comments is None else self.was_comments
                same = comments is None or comments == was
                if same and (later.to, later.to_number) == (self.rule, self.number):
                    return "nothing"
                return replace(
                    self, to=later.to, to_number=later.to_number, comments=comments, was_comments=was
                )
            case RemoveRule(on=True) if self.comments is None:
                return replace(later, rule=self.rule, number=self.number)
        return None
