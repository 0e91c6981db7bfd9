"""The rules for restriction lists: what smtpd answers with `451 Server configuration error` or stops at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailtui.postfix.errors import ParameterError
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramendpoints import check_policy
from mailtui.postfix.paramlookups import check_table
from mailtui.postfix.paramvalues import Asked, Finding, error, quoted, warning
from mailtui.postfix.restrictionnames import ARGUMENTS, DEFAULT_COMMANDS, FINAL, GUARDS, OLD_NAMES
from mailtui.text.safe import safe

_ZONE = re.compile(r"[A-Za-z0-9_.-]+(=.+)?")
_RELAYING = ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
CLOSE = 0.8
"""How alike two names are, from 0 to 1, of which one is offered for the other."""
_DEPTH = 100


def check_restrictions(asked: Asked) -> Iterator[Finding]:
    """One restriction list, or a class."""
    reading = _Reading(asked)
    yield from reading.findings()
    if asked.name in _RELAYING:
        yield from _guarded(asked)


def classes_of(asked: Asked) -> frozenset[str]:
    """The restriction classes of the instance; their names' letter case counts."""
    return frozenset(split_list(_effective(asked, "smtpd_restriction_classes")))


def _effective(asked: Asked, name: str) -> str:
    """Another parameter as it is where this is asked; nothing where it cannot be expanded."""
    if name == asked.name:
        return asked.value
    try:
        return asked.instance.parameters.values.expanded(name, asked.over)
    except ParameterError:
        return ""


class _Reading:
    """One pass over the items."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.items = asked.items
        self.classes = classes_of(asked)
        self.final = ""

    def findings(self) -> Iterator[Finding]:
        at = 0
        while at < len(self.items):
            item = self.items[at]
            at += 1
            if self.final:
                yield warning(f"{quoted(item)} stands after {self.final} and is never tried", "restriction")
            name = item.lower()
            if item in self.classes:
                yield from self._class(item)
            elif ":" in item:
                yield from self._bare_table(item)
            elif name in ARGUMENTS:
                if name in OLD_NAMES:
                    yield warning(f"{name} is of old; write {OLD_NAMES[name]}", "restriction")
                kind = ARGUMENTS[name]
                if kind in {"", "rule"}:
                    if kind and at >= len(self.items):
                        yield error(f"no restriction follows {name}", "restriction")
                else:
                    argument = self.items[at] if at < len(self.items) else ""
                    at += 1
                    yield from self._argument(name, kind, argument)
                if name in FINAL:
                    self.final = name
            else:
                yield self._unknown(item)

    def _class(self, item: str) -> Iterator[Finding]:
        if not _effective(self.asked, item).strip():
            yield error(f"the restriction class {quoted(item)} has no definition: smtpd stops", "restriction")

    def _bare_table(self, item: str) -> Iterator[Finding]:
        asked = self.asked
        if asked.name.startswith("smtpd_") and asked.name not in DEFAULT_COMMANDS:
            yield error(f"{quoted(item)}: say before it which check_…_access it is", "restriction")
        yield from check_table(asked, item)

    def _argument(self, name: str, kind: str, argument: str) -> Iterator[Finding]:
        match kind:
            case "zone":
                if not argument or argument.lower() in ARGUMENTS:
                    yield error(
                        f"{name} wants the name of a DNS zone: without it, it tests nothing", "restriction"
                    )
                elif not _ZONE.fullmatch(argument):
                    yield error(f"{quoted(argument)} after {name} is no DNS zone", "restriction")
            case "policy":
                if argument:
                    yield from check_policy(argument)
                else:
                    yield error(f"{name} wants inet:host:port or unix:path: smtpd stops", "restriction")
            case "seconds":
                if not argument.isdigit():
                    yield error(f"sleep wants a number of seconds, not {quoted(argument)}", "restriction")
            case _:
                table = argument
                if kind == "ccert" and argument.startswith("{"):
                    table = next(iter(split_list(argument[1:-1])), "")
                if ":" in table:
                    yield from check_table(self.asked, table)
                else:
                    text = f"{name} wants a table, type:name{f', not {quoted(table)}' if table else ''}"
                    yield error(f"{text}: clients get 451", "restriction")

    def _unknown(self, item: str) -> Finding:
        import difflib

        close = difflib.get_close_matches(item.lower(), [*ARGUMENTS, *self.classes], n=1, cutoff=CLOSE)
        hint = f"perhaps {safe(close[0])}" if close else "it is no restriction and no restriction class"
        if item.startswith("#"):
            hint = "# begins no comment within a value"
        return error(f"smtpd does not know {quoted(item)}: {hint}; clients get 451", "restriction")


def _guarded(asked: Asked) -> Iterator[Finding]:
    """smtpd stops where neither list is sure to refuse mail for other domains."""
    lists = [split_list(_effective(asked, name)) for name in _RELAYING]
    classes = classes_of(asked)
    if not any(_has_guard(asked, items, classes, 0) for items in lists):
        yield error(
            "neither smtpd_relay_restrictions nor smtpd_recipient_restrictions has a working"
            " reject_unauth_destination (or another of its like): smtpd stops",
            "restriction",
        )


def _has_guard(asked: Asked, items: Sequence[str], classes: frozenset[str], depth: int) -> bool:
    at = 0
    while at < len(items):
        item = items[at]
        name = item.lower()
        if name == "warn_if_reject":
            at += 2
            continue
        if item in classes:
            if depth < _DEPTH and _has_guard(asked, split_list(_effective(asked, item)), classes, depth + 1):
                return True
        elif name in GUARDS:
            return True
        elif name == "permit":
            return False
        at += 2 if ARGUMENTS.get(name) else 1
    return False


def check_classes(asked: Asked) -> Iterator[Finding]:
    """smtpd_restriction_classes: each must be defined, or smtpd stops."""
    for name in asked.items:
        if name.lower() in ARGUMENTS:
            yield warning(f"{quoted(name)} is a restriction of Postfix, and stays one", "restriction")
        elif not _effective(asked, name).strip():
            yield error(f"the restriction class {quoted(name)} has no definition: smtpd stops", "restriction")
