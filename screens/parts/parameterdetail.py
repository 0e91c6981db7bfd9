"""What the detail pane, and `x`, say about a parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtui.postfix.instance import Instance
from mailtui.postfix.parameters import squeeze
from mailtui.postfix.paramlist import ParameterRow
from mailtui.postfix.paramtypes import type_of
from mailtui.postfix.services import overriding
from mailtui.screens.parts.servicedetail import said
from mailtui.screens.parts.text import Span, Spans, short_path
from mailtui.screens.parts.typedlines import SIGNS

if TYPE_CHECKING:
    from mailtui.postfix.paramhelp import Help

_MOST = 6
"""Names told of in one line of the pane."""
_PARAGRAPHS = 12
"""Paragraphs of the manual that the pane may show; `x` shows all."""


def title(row: ParameterRow, path: str) -> tuple[Spans, Spans]:
    """The pane's title, left and right."""
    signs: list[Span] = [("  " + word, "dim") for word, so in (
        ("yours", row.default is None), ("unused", row.unused), ("deprecated", row.deprecated),
    ) if so]  # fmt: skip
    place = f"{short_path(path)}:{row.line}" if row.line is not None else "not set"
    if row.marker == "+":
        place += " (new)"
    return [(row.name, "bold"), *signs], [(place, "dim")]


def at_once(row: ParameterRow) -> list[Spans]:
    """What the row itself tells."""
    return [*_values(row), *_remarks(row)]


def about(after: Instance, row: ParameterRow, help_: Help | None) -> list[Spans]:
    """Everything to say. Raises InstanceError."""
    return [*at_once(row), *_looked_up(after, row, help_)]


def _values(row: ParameterRow) -> Iterator[Spans]:
    gone = row.marker == "-"
    if gone:
        yield said("was", _shown(row.was if row.was is not None else row.value))
        then = "nobody sets it" if row.default is None else f"the default: {_shown(row.default)}"
        yield said("then", then, "warning")
    elif row.was is not None:
        yield said("before", _shown(row.was))
        yield said("now", _shown(row.value))
    elif row.explicit:
        yield said("written", _shown(row.value))
    if row.problem:
        yield said("in force", row.problem, "error")
    elif not gone and (row.value is None or row.effective != squeeze(row.value) or not row.explicit):
        yield said("in force", _shown(row.effective))
    if row.default is not None and not gone and (row.explicit or row.default != row.effective):
        yield said("default", _shown(row.default))


def _looked_up(after: Instance, row: ParameterRow, help_: Help | None) -> Iterator[Spans]:
    """What takes a look at other files."""
    for service, value in overriding(after, row.name):
        yield said("but", f"{service} has {_shown(value)}")
    if row.used_by:
        more = f" and {len(row.used_by) - _MOST} more" if len(row.used_by) > _MOST else ""
        yield said("used by", ", ".join(row.used_by[:_MOST]) + more)
    if row.default is not None:
        yield said("takes", type_of(after, row.name).words)
    if help_ is None:
        return
    if help_.short:
        yield said("what", help_.short)
    for place, text in enumerate(help_.manual[:_PARAGRAPHS] or (help_.source,)):
        yield said("manual" if place == 0 else "", text, "dim")


def _shown(value: str | None) -> str:
    return squeeze(value) or "(empty)" if value is not None else "(unknown)"


def _remarks(row: ParameterRow) -> Iterator[Spans]:
    if row.duplicates:
        lines = ", ".join(map(str, row.duplicates))
        yield said("twice", f"also on line {lines}: that does not count, the last one does", "warning")
    if row.unused:
        yield said("unused", "nothing in Postfix or main.cf uses this name: a slip of the pen?", "warning")
    if row.deprecated:
        yield said("old", f"deprecated; in its place: {row.deprecated}", "warning")
    for found in row.findings:
        sign, style = SIGNS[found.severity]
        yield said("", sign + found.text, style)


def whole(after: Instance, row: ParameterRow, help_: Help) -> list[str]:
    """All of it as lines: what the pane says, then the manual's own text. Raises InstanceError."""
    from mailtui.postfix.paramhelp import PREFORMATTED

    said_above = [*at_once(row), *_looked_up(after, row, None)]
    found = ["".join(text for text, _ in line) for line in said_above]
    if help_.short:
        found += ["", help_.short]
    found += ["", f"From {help_.source}:" if help_.manual else help_.source]
    before = ""
    for text in help_.manual:
        if not (text.startswith(PREFORMATTED) and before.startswith(PREFORMATTED)):
            found.append("")
        found.append(text)
        before = text
    return found
