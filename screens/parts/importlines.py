"""A row of an import's report as the list, the pane, the filter and a text have it."""

from __future__ import annotations

from mailtui.edits.importing import MARKERS, Line, Report
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Spans

_STYLES = {"!": "error", "-": "warning", "=": "dim"}


def cells(row: Line) -> Row:
    """The row in the list."""
    style = _STYLES.get(row.marker, "")
    last = row.why or (row.was if row.marker != "=" else "")
    marker = " " if row.marker == "=" else row.marker
    return Row(([(row.name or "(none)", style)], [(row.value, style)], [(last, style or "dim")]), marker)


def searched(line: Line) -> str:
    """What the filter looks at."""
    return f"{line.name} {line.value} {line.was} {line.why} {MARKERS[line.marker]}"


def about(row: Line, report: Report) -> list[Spans]:
    """The pane's lines."""
    said = [
        (MARKERS[row.marker], row.why, _STYLES.get(row.marker, "")),
        ("will be", row.value, ""),
        ("was", row.was if row.marker != "=" else "", "dim"),
        *(("note", text, "warning") for text in report.says),
    ]
    return [
        [(f"{label:<{LABEL}}", "dim"), (text, style)]
        for number, (label, text, style) in enumerate(said)
        if text or not number
    ]


def offered(report: Report) -> str:
    """What can be done with it, in the footer's words; empty where that is nothing."""
    there = {line.marker for line in report.lines}
    if report.kind == "accounts":
        return "make them" if "+" in there else ""
    if not report.edits:
        return ""
    return "stage the others" if "!" in there else "stage all"


def as_text(row: Line) -> str:
    """A row as a line of text."""
    was = f" (was {row.was})" if row.was and row.marker in "~-" else ""
    arrow = f" → {row.value}" if row.value else ""
    return f"{row.marker} {row.name}{arrow}{was}" + (f": {row.why}" if row.why else "")
