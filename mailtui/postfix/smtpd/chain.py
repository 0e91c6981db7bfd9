"""A restriction list as rules: each name with the argument that belongs to it.

smtpd_check.c splits a list at commas and blanks, `{ }` kept together, and a name takes the item behind it.
An item with a `:` where a name should stand is a table for the list's usual check. `warn_if_reject` is no
rule of its own: it softens the rule behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mailtui.postfix.lookups import split_list
from mailtui.postfix.restrictionnames import ARGUMENTS

BUILT_IN = {
    "reject_sender_login_mismatch": (
        "reject_authenticated_sender_login_mismatch reject_unauthenticated_sender_login_mismatch"
    ),
}
"""The class that smtpd makes itself; unlike other restrictions it is known in small letters only."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` as it is written; empty for a table that stands without one, and where `warn_if_reject` is the
    last item. `argument` is empty where the list ends before it. `first` to `last` are the numbers of its
    items in the list, from 0, its `warn_if_reject` included. `is_class`: it names a restriction class."""

    name: str
    argument: str
    first: int
    last: int
    warn_only: bool = False
    is_class: bool = False

    @property
    def known(self) -> bool:
        """Whether smtpd knows the name."""
        name = self.name.lower()
        return self.is_class or not name or (name in ARGUMENTS and name not in BUILT_IN)

    @property
    def written(self) -> str:
        """The rule as one line: `warn_if_reject reject_unknown_client_hostname`."""
        words = ("warn_if_reject" if self.warn_only else "", self.name, self.argument)
        return " ".join(word for word in words if word)


def parse_rules(value: str | Sequence[str], classes: Collection[str]) -> tuple[Rule, ...]:
    """The rules of a list: its value with all `$` expanded, or its items. A class of the same name as a
    restriction is never reached: the restriction counts (generic_checks)."""
    items = split_list(value) if isinstance(value, str) else list(value)
    rules: list[Rule] = []
    at = 0
    while at < len(items):
        first = at
        while at < len(items) and items[at].lower() == "warn_if_reject":
            at += 1
        warn_only = at > first
        if at == len(items):
            rules.append(Rule("", "", first, at - 1, warn_only))
            break
        item = items[at]
        name = item.lower()
        if ":" in item:
            rules.append(Rule("", item, first, at, warn_only))
        elif ARGUMENTS.get(name):
            argument = items[at + 1] if at + 1 < len(items) else ""
            rules.append(Rule(item, argument, first, min(at + 1, len(items) - 1), warn_only))
            at += 1
        else:
            is_class = item in BUILT_IN or (name not in ARGUMENTS and item in classes)
            rules.append(Rule(item, "", first, at, warn_only, is_class))
        at += 1
    return tuple(rules)
