"""The lines of the overview as rows of a list: each as much as fits, and the key of its screen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mailtui.overview.line import Line
from mailtui.overview.topics import NAMES
from mailtui.screens.parts.columns import Column, widths
from mailtui.screens.parts.linelist import LineList, Row
from mailtui.screens.parts.logfoot import curve_spans
from mailtui.screens.parts.names import BY_MODE
from mailtui.screens.parts.text import Span, Spans, spans_width

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding

LABELS: Mapping[str, str] = {
    "mail": "Mail", "hour": "Last hour", "queue": "Queue", "postfix": "Postfix", "milters": "Milters",
    "policy": "Policy", "names": "Name server", "domains": "Domains", "keys": "DKIM keys",
    "certificate": "Certificate", "staged": "Staged", "written": "Last write",
}  # fmt: skip
PLACES: Mapping[str, str] = {
    "mail": "log", "hour": "log", "queue": "queue", "postfix": "services", "milters": "milters",
    "policy": "restrictions", "names": "restrictions", "domains": "domains", "keys": "dkimkeys",
    "certificate": "authservices", "staged": "review", "written": "history",
}  # fmt: skip
"""The mode of the screen to which a line leads; policy services and DNS lists open over theirs."""
LETTERS = {"error": "!", "warning": "?", "advice": " ", "": " "}
COLUMNS = (Column("", share=0, least=11), Column("", least=20), Column("", share=0, least=3, right=True))
FINDING_COLUMNS = (Column("", least=30), Column("", share=0, least=16, drop=60))
_APART: Span = (" · ", "dim")
_MORE = 4
"""Cells for ` +12`."""


class FactRows:
    """All lines in their order, with a dash for what is not known yet."""

    def __init__(self, known: Mapping[str, Line], width: Callable[[], int]) -> None:
        """`width`: the cells of a row without its marker."""
        self._known, self._width = known, width

    def __len__(self) -> int:
        return len(NAMES)

    def key(self, index: int) -> str:
        return NAMES[index]

    def find(self, key: Hashable) -> int | None:
        return NAMES.index(key) if key in NAMES else None

    def cells(self, index: int) -> Row:
        name = NAMES[index]
        line = self._known.get(name)
        label: Spans = [(LABELS[name], "bold")]
        goes: Spans = [(f"→{BY_MODE[PLACES[name]].key}", "dim")]
        if line is None:
            return Row((label, [("–", "dim")], goes))
        return Row((label, self.fitted(line)[0], goes), LETTERS[line.weight])

    def fitted(self, line: Line) -> tuple[list[Span], bool]:
        """What of a line there is room for, and whether that is all of it."""
        return fitted(line, widths(COLUMNS, self._width())[1])


def fitted(line: Line, room: int) -> tuple[list[Span], bool]:
    """What of a line fits into so many cells, and whether that is all of it."""
    if line.curves:
        spans = curve_spans(line.curves, room + 1)
        return [(spans[0][0].lstrip(), spans[0][1]), *spans[1:]], not line.more
    found: list[Span] = []
    for place, item in enumerate(line.items):
        left = len(line.items) - place - 1
        spans = [_APART, *item] if place else [*item]
        need = spans_width([*found, *spans]) + (_MORE if left else 0)
        if line.alike and place and need > room:
            return [*found, (f" +{left + 1}", "dim")], False
        found += spans
    return found, spans_width(found) <= room


def finding_rows(findings: Sequence[Finding]) -> list[Row]:
    """A row for each."""
    rows = []
    for each in findings:
        file = each.file.rpartition("/")[2]
        where = f"{file}:{each.line}" if each.line else file
        rows.append(Row(([(each.title, "")], [(where, "dim")]), LETTERS[each.severity]))
    return rows


def weights(findings: Sequence[Finding]) -> str:
    """How many there are of each weight: `1 error · 2 warnings`."""
    told = []
    for word in ("error", "warning", "advice"):
        count = sum(each.severity == word for each in findings)
        if count:
            told.append(f"{count} {word}{'s' * (count > 1 and word != 'advice')}")
    return " · ".join(told)


def as_text(known: Mapping[str, Line], findings: Sequence[Finding]) -> Iterator[str]:
    """All lines and findings, as they are copied and saved."""
    for name, label in LABELS.items():
        line = known.get(name)
        text = line.text if line is not None else "–"
        yield f"{LETTERS[line.weight] if line is not None else ' '} {label:<12}{text}"
    for each in findings:
        where = f"{each.file}:{each.line}" if each.line else each.file
        yield f"{LETTERS[each.severity]} {each.title} ({where})"


class FindingRows:
    """The findings, by what each is called as long as it is the same."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        self._rows = finding_rows(findings)
        seen: dict[tuple[str, str, str], int] = {}
        self.keys: list[tuple[str, str, str, int]] = []
        for each in findings:
            number = seen.get(each.name, 0)
            seen[each.name] = number + 1
            self.keys.append((*each.name, number))

    def __len__(self) -> int:
        return len(self._rows)

    def cells(self, index: int) -> Row:
        return self._rows[index]

    def key(self, index: int) -> Hashable:
        return self.keys[index]

    def find(self, key: Hashable) -> int | None:
        return next((at for at, each in enumerate(self.keys) if each == key), None)


class JoinedList(LineList):
    """A list whose cursor goes on into another one where it ends."""

    above: JoinedList | None = None
    below: JoinedList | None = None

    def action_down(self) -> None:
        if self.cursor >= len(self.rows) - 1 and self.below is not None and len(self.below.rows):
            self.below.enter(0)
        else:
            super().action_down()

    def action_up(self) -> None:
        if not self.cursor and self.above is not None:
            self.above.enter(len(self.above.rows) - 1)
        else:
            super().action_up()

    def enter(self, index: int) -> None:
        """Come here, on a row."""
        self.move_to(index)
        self.screen.set_focus(self)

    def changed(self, key: Hashable) -> None:
        """A row says something else: paint it alone."""
        index = self.rows.find(key)
        if index is not None:
            self.forget_drawn()
            self._refresh_row(index)
