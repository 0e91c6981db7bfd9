"""Edits of a regexp:, pcre: or cidr: table made from what an admin wants done to a row."""

from __future__ import annotations

from mailtui.edits.patternrules import (
    AddPattern,
    MovePattern,
    RemovePattern,
    SetPattern,
    SwitchPattern,
    called,
    line_of,
    text_of,
)
from mailtui.formats import patternedit
from mailtui.formats.patterns import PatternRow, Patterns
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.text.safe import decode, encode


def adding(document: Patterns, target: Target, text: str, before: int | None = None) -> AddPattern:
    """The edit that puts a rule in before the row `before`. Raises Refused where it is none."""
    block = patternedit.one_rule(document, encode(text.strip()))
    row = type(document)(block).rows[0]
    number = _number(document, row.name, before, enabled=True)
    name, which = called(document, before)
    return AddPattern(target, decode(row.name), number, decode(block).removesuffix("\n"), name, which)


def removing(document: Patterns, target: Target, at: int) -> RemovePattern:
    """The edit that takes row `at` out. Raises Refused where it is off: switch it on, or edit the file."""
    row = _in_force(document, at)
    rest = document.spliced(patternedit.remove(document, at))
    return RemovePattern(target, decode(row.name), row.number, text_of(document, at), *called(rest, at))


def setting(document: Patterns, target: Target, at: int, text: str) -> SetPattern:
    """The edit that writes row `at` anew. Raises Refused where the text is not one of its kind."""
    after = document.spliced(patternedit.change(document, at, encode(text.strip())))
    row, new = document.rows[at], after.rows[at]
    to = line_of(after, at)
    return SetPattern(
        target, decode(row.name), row.number, to, line_of(document, at), decode(new.name), new.number
    )


def moving(document: Patterns, target: Target, at: int, before: int | None) -> MovePattern | None:
    """The edit that puts row `at` before the row `before`; None where it is there already.
    Raises Refused where it is off."""
    _in_force(document, at)
    splices = patternedit.move(document, at, before)
    if not splices:
        return None
    after = document.spliced(splices)
    row = document.rows[at]
    count = document.last_of(at) + 1 - at
    end = len(document.rows) if before is None else before
    now = end if end <= at else end - count
    was = at + count
    behind = was - count if was < end else was
    return MovePattern(
        target, decode(row.name), row.number, *called(document, before), *called(after, behind),
        after.rows[now].number,
    )  # fmt: skip


def switching(document: Patterns, target: Target, at: int) -> SwitchPattern:
    """The edit that comments row `at` out, or in again."""
    row = document.rows[at]
    number = _number(document, row.name, at, enabled=not row.enabled)
    return SwitchPattern(target, decode(row.name), row.number, decode(row.text), not row.enabled, number)


def _in_force(document: Patterns, at: int) -> PatternRow:
    row = document.rows[at]
    if not row.enabled:
        raise Refused("the rule is commented out", "switch it on first")
    return row


def _number(document: Patterns, name: bytes, before: int | None, *, enabled: bool) -> int:
    rows = document.rows if before is None else document.rows[:before]
    return sum(row.name == name and row.enabled is enabled for row in rows)
