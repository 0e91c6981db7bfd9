"""What the edits of one rule of a restriction list share.

A list is a parameter of main.cf (a stage's, a class, any that is referred to as `$name`), or the `-o` of a
service in master.cf. A rule is named by its text as it is written there, blanks made alike, and by which of
those alike it is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mailtui.edits import rulerows
from mailtui.edits.model import Conflict, Edit, Value
from mailtui.edits.rulewrite import RuleList
from mailtui.formats.lists import items
from mailtui.formats.splice import Missing, Refused, Splice, between
from mailtui.postfix.rulelists import WrittenList, WrittenRule
from mailtui.postfix.smtpd.chain import parse_rules
from mailtui.text.safe import decode, encode


def items_of(text: str) -> list[str]:
    """The items of a rule's text."""
    return [decode(item) for item in items(encode(text))]


def one_rule(text: str) -> str:
    """A rule's text with its blanks made alike. Raises Refused where it is not one rule."""
    found = parse_rules(items_of(text), ())
    if len(found) != 1:
        raise Refused(f"“{text}” is not one rule", "add each by itself")
    return found[0].written


@dataclass(frozen=True, slots=True)
class RuleEdit(Edit):
    """What the edits of one rule share. `name`: the parameter; `service` (`submission/inet`) where the list
    is that of its `-o`, empty for main.cf. `number`: which of the rules alike, from 0.

    `default`: what the list is where it is not set: it is then written out first, and where in the end it
    says no more than the default, it is taken out again. None: it is set.
    """

    name: str
    service: str
    rule: str
    number: int
    default: str | None

    alone: ClassVar[bool] = True

    @property
    def key(self) -> str:
        # the edits of one list depend on each other: they stay in their order, and fold into the last alone
        return f"{self.service} -o {self.name}" if self.service else self.name

    @property
    def rests_on(self) -> frozenset[str]:
        return frozenset({self.service}) if self.service else frozenset()

    def splices(self, document: Any) -> Sequence[Splice]:
        where = RuleList(document, self.name, self.service)
        found = where.written()
        if found is not None and self.default is None:
            return self._splices(where, found)
        if self.default is None:
            raise Missing(self.key)
        before = where
        if found is None:
            where = where.over(where.set([rule.written for rule in parse_rules(items_of(self.default), ())]))
            found = where.written()
            assert found is not None  # it has just been written
        after = where.over(self._splices(where, found))
        left = after.written()
        if (
            left is not None
            and list(left.items) == items_of(self.default)
            and len(left.rules) == len(left.live)
        ):
            return [] if before.written() is None else before.unset()
        return between(before.document.raw, after.document.raw)

    @abstractmethod
    def _splices(self, where: RuleList, found: WrittenList) -> Sequence[Splice]:
        """What changes in the list as it is written."""

    def _conflict(self, found: WrittenList, was: Value | None, ours: Value | None) -> Conflict:
        """The list is another than its author saw."""
        return Conflict(self, was, tuple(rule.text for rule in found.live), ours)

    def _same_list(self, other: Edit) -> bool:
        return isinstance(other, RuleEdit) and (self.target, self.key) == (other.target, other.key)

    def _same_rule(self, other: RuleEdit) -> bool:
        return self._same_list(other) and (self.rule, self.number) == (other.rule, other.number)


def place(found: WrittenList, before: str | None, number: int) -> int | None:
    """The item before which a rule goes; None where the rule that stood there is gone."""
    if before is None:
        return len(found.items)
    below = found.find(before, number)
    return None if below is None else below.rule.first


def rule_above(found: WrittenList, at: int) -> WrittenRule | None:
    """The rule that ends where item `at` begins."""
    return next((rule for rule in found.live if rule.rule.last == at - 1), None)


def comment_texts(comments: Sequence[str]) -> list[str]:
    return [rulerows.words(text) for text in comments]


def told(rule: WrittenRule, comments: Sequence[str]) -> bool:
    """Whether the comments above a rule are still those that its author saw."""
    return comment_texts(rule.comments) == comment_texts(comments)
