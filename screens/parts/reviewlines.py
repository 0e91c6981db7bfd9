"""A review as rows of a list, wrapped to a width: edits, what is wrong, the diff, the plan.

    rows = ReviewRows(width).showing(review).telling(review, results, extra)
    lines.set_rows(rows)

A row's key is (section, number, part): ("edit", 2, 0) is the first line of the third edit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from mailtui.apply.report import Report
from mailtui.apply.review import FileView, Review
from mailtui.apply.secret import masked_edit
from mailtui.apply.sessions import Sessions
from mailtui.edits.bulk import NAMED, SetEntries
from mailtui.edits.model import Edit
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linedrawing import lead_room
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.reviewwords import accepts, overrules
from mailtui.screens.parts.text import (
    Span,
    Spans,
    cells,
    ellipsis,
    rule,
    show,
    spans_width,
    wrapped,
)

NUMBER = 5
"""Columns of a line number."""
MOST = 1000
"""Lines of a file's diff that are shown; an import may have a hundred thousand."""
AHEAD = 100
"""Edits that are shown before they are looked at."""
MANY = 1000
"""Entries from which on a draft takes so long to look at that its edits are shown ahead."""
ACTION = 9
"""Columns of a plan step's action."""

Item = tuple[Hashable, Row]

_SIGNS = {"+": "bold", "-": "", " ": "dim"}
_REHEARSED = {"passed": "good", "failed": "error", "impossible": "error", "running": "accent"}
_HOLDS = {True: "good", False: "error", None: "warning"}
_RESULTS = {"ok": "good", "failed": "error", "running": "accent"}


def is_long(edits: Sequence[Edit]) -> bool:
    """Whether to look at these edits takes a while."""
    return len(edits) > MANY or any(isinstance(each, SetEntries) and len(each.names) > MANY for each in edits)


def _names_no_value(edit: Edit) -> bool:
    return isinstance(edit, SetEntries) and len(edit.names) > NAMED


def said(review: Review, edit: Edit) -> str:
    """An edit in one line as the review says it: the values of a secret file are masked."""
    return next((line.text for line in review.edits if line.edit == edit), edit.describe())


def is_masked(review: Review, edit: Edit) -> bool:
    """Whether the edit's values must not be shown."""
    return said(review, edit) != edit.describe()


class ReviewRows:
    """The rows; sections in order. A changed review gives new rows, which share what stays."""

    SECTIONS = ("edit", "note", "diff", "plan")

    def __init__(
        self,
        width: int,
        sections: Mapping[str, list[Item]] | None = None,
        files: tuple[FileView, ...] = (),
    ) -> None:
        self.full_width = width
        self._files = files
        self.width = max(20, width - lead_room())
        self._sections = dict(sections or {})
        self._items = [item for name in self.SECTIONS for item in self._sections.get(name, ())]
        self._places = {key: place for place, (key, _) in enumerate(self._items)}

    # Rows

    def __len__(self) -> int:
        return len(self._items)

    def cells(self, index: int) -> Row:
        return self._items[index][1]

    def key(self, index: int) -> Hashable:
        return self._items[index][0]

    def find(self, key: Hashable) -> int | None:
        return self._places.get(key)

    # What they show

    def showing(self, review: Review, *, accepted: bool = False, told: Sequence[str] = ()) -> ReviewRows:
        """The edits, what is wrong, and the diff of a review; `told` is to be known beside its findings."""
        sections = dict(self._sections)
        sections["edit"] = self._edits(review)
        sections["note"] = self._notes(review, accepted=accepted, told=told)
        if review.files != self._files:
            sections["diff"] = [item for n, view in enumerate(review.files) for item in self._file(n, view)]
        return ReviewRows(self.full_width, sections, review.files)

    def ahead(self, edits: Sequence[Edit]) -> ReviewRows:
        """What is staged, before anything is known of it: the first edits, their values hidden, as nobody
        has looked yet whether they are secret."""
        first = (each if _names_no_value(each) else masked_edit(each) for each in edits[:AHEAD])
        items = self._edit_items((edit.marker, edit.describe()) for edit in first)
        if len(edits) > AHEAD:
            words = f"{ellipsis()} {len(edits) - AHEAD:,} more"
            items += self._wrapped(("edit", AHEAD), [(words, "dim")])
        return ReviewRows(self.full_width, self._sections | {"edit": items}, self._files)

    def telling(
        self, review: Review | None, results: Mapping[int, Report], extra: Sequence[Report]
    ) -> ReviewRows:
        """The plan, with what came of its steps so far; `extra` are steps that are not in it."""
        plan = {"plan": self._plan(review, results, extra)}
        return ReviewRows(self.full_width, self._sections | plan, self._files)

    def headings(self) -> list[int]:
        """Where the sections begin: the first edit, and every heading."""
        return [
            place
            for place, (key, _) in enumerate(self._items)
            if isinstance(key, tuple) and (key == ("edit", 0, 0) or key[2] == "heading")
        ]

    # Making them

    def _wrapped(
        self, key: tuple[str, int], spans: Spans, marker: str = " ", indent: int = 2
    ) -> Iterable[Item]:
        """One line as one row, or as several where it is too long."""
        if spans_width(spans) <= self.width:
            yield (*key, 0), Row((spans,), marker)
            return
        for part, line in enumerate(wrapped(spans, self.width, indent)):
            yield (*key, part), Row((line,), marker if part == 0 else " ")

    def _heading(self, key: tuple[str, int], title: str, right: str = "", style: str = "title") -> Item:
        """`── title ─────── right ──`."""
        title = show(title)
        tail = f" {right} {rule() * 2}" if right else ""
        room = self.width - cells(tail) - 5
        while cells(title) > room:  # of a path the end says more than the beginning
            title = ellipsis() + title[1 + max(1, cells(title) - room) :]
        room -= cells(title) - 1
        spans: list[Span] = [
            (rule() * 2, "dim"), (f" {title} ", style), (rule() * max(0, room), "dim"), (tail, "dim")
        ]  # fmt: skip
        return (*key, "heading"), Row((spans,))

    def _edits(self, review: Review) -> list[Item]:
        return self._edit_items((line.marker, line.text) for line in review.edits)

    def _edit_items(self, lines: Iterable[tuple[str, str]]) -> list[Item]:
        result: list[Item] = []
        for number, (marker, text) in enumerate(lines):
            words = text.removeprefix(f"{marker} ")
            result += self._wrapped(("edit", number), [(words, "")], marker)
        return result

    def _notes(self, review: Review, *, accepted: bool, told: Sequence[str]) -> list[Item]:
        result: list[Item] = []
        number = 0

        def add(texts: Iterable[str], marker: str, style: str) -> None:
            nonlocal number
            for text in texts:
                number += 1
                result.extend(self._wrapped(("note", number), [(text, style)], marker))

        if review.blocking or review.stopped:
            result.append(self._heading(("note", -1), "Cannot be written", style="error"))
            add((f"{said(review, s.edit)}: {s.reason}" for s in review.stopped), "!", "error")
            add((str(found) for found in review.blocking), "!", "error")
        if review.conflicts:
            hint = f"{key_for('review.apply', 'Enter')} settles"
            result.append(self._heading(("note", -2), "Conflicts", hint, style="error"))
            words = (said(review, conflict.edit) for conflict in review.conflicts)
            add((f"{each}: someone else changed it meanwhile" for each in words), "!", "error")
        if review.dangers:
            result.append(self._heading(("note", -6), "Dangerous", overrules(), style="error"))
            add((str(each) for each in review.dangers), "!", "error")
        done = review.rehearsal
        if done.stops:
            title = "The rehearsal failed" if done.state == "failed" else "It could not be rehearsed"
            result.append(self._heading(("note", -5), title, overrules(), style="error"))
            add(done.lines or (str(done),), "!", "error")
        if review.not_yours:
            hint = f"accepted · {key_for('review.accept', 'a')} takes it back" if accepted else accepts()
            title = "Goes live with this, not yours"
            result.append(self._heading(("note", -3), title, hint, style="warning"))
            add((str(each) for each in review.not_yours), "?", "" if accepted else "warning")
        known = [*told, *review.unfinished, *(str(found) for found in review.warnings)]
        if known:
            result.append(self._heading(("note", -4), "To know", style="warning"))
            add(known, "?", "warning")
        return result

    def _file(self, number: int, view: FileView) -> Iterable[Item]:
        counts = [f"+{view.added}"] * bool(view.added) + [f"−{view.removed}"] * bool(view.removed)
        said = [*counts, *["new file"] * view.created, *["values hidden"] * view.secret]
        section = f"diff {number}"
        left = sum(len(hunk.lines) for hunk in view.hunks) - MOST
        yield self._heading((section, -1), view.path, " ".join(said))
        line = 0
        for place, hunk in enumerate(view.hunks):
            if place:
                yield (section, line, "gap"), Row(([("…".rjust(NUMBER), "dim")],))
            for each in hunk.lines[: MOST - line]:
                spans: list[Span] = [(f"{each.number:>{NUMBER}}  ", "dim"), (each.text, _SIGNS[each.sign])]
                yield from self._wrapped((section, line), spans, each.sign, indent=NUMBER + 2)
                line += 1
            if line >= MOST and left > 0:
                whole = f"{key_for('review.save', 's')} saves the whole as a file"
                words = f"{ellipsis()} {left:,} more lines; {whole}"
                yield from self._wrapped((section, line), [(words, "dim")])
                return

    def _plan(
        self, review: Review | None, results: Mapping[int, Report], extra: Sequence[Report]
    ) -> list[Item]:
        steps = {number: report.step for number, report in results.items()}
        if review is not None:
            steps = dict(enumerate(review.plan.steps)) | steps
        if not steps and not extra:
            return []
        items = [self._heading(("plan", -1), "Plan")]
        count = 0
        for number in sorted(steps):
            step = steps[number]
            idle = step.action == "nothing"
            count += not idle
            lead = "  –" if idle else f"{count:>3}"
            action = "" if idle else step.action
            left: list[Span] = [(f"{lead} ", "dim"), (action.ljust(ACTION), "bold")]
            left += [(f"{step.target}  ", "")] if step.target else []
            items += self._step(number, [*left, (step.why, "dim")], results.get(number))
        for place, report in enumerate(extra):
            left = [("  – ", "dim"), ("back".ljust(ACTION), "bold"), (report.step.target, "")]
            items += self._step(1000 + place, left, report)
        if review is not None and review.files:
            done = review.rehearsal
            style = _REHEARSED.get(done.state, "dim")
            items += self._wrapped(("plan", -2), [("Rehearsal    ", "bold"), (str(done), style)], indent=13)
            items += self._sessions(review.sessions)
        return items

    def _sessions(self, sessions: Sessions) -> Iterable[Item]:
        """What becomes of the saved sessions, where there are any."""
        if not sessions.asked and not sessions.problem:
            return
        worst = "error" if sessions.wrong else "warning" if sessions.verdicts or sessions.problem else "dim"
        yield from self._wrapped(("plan", -3), [("Sessions     ", "bold"), (str(sessions), worst)], indent=13)
        for number, each in enumerate(sessions.verdicts):
            style = _HOLDS[each.holds]
            marker = "" if each.holds else "!" if each.holds is False else "?"
            spans: list[Span] = [(" " * 4, ""), (each.words, style)]
            yield from self._wrapped(("plan", -4 - number), spans, marker or " ", indent=6)

    def _step(self, number: int, left: Sequence[Span], report: Report | None) -> Iterable[Item]:
        """A step with its result at the right end of its first line, and the program's words below."""
        result: Span = ("", "")
        if report is not None:
            took = f" {report.seconds:.2f} s" if report.state != "running" else "…"
            result = (f"  {report.state}{took}", _RESULTS[report.state])
        room = self.width - spans_width([result])
        marker = "!" if report is not None and report.state == "failed" else " "
        for part, line in enumerate(wrapped(left, room, indent=4 + ACTION)):
            if part == 0 and result[0]:
                line = [*line, (" " * (room - spans_width(line)), ""), result]
            yield ("plan", number, part), Row((line,), marker if part == 0 else " ")
        words = report.words.split("\n") if report is not None and report.words else []
        for place, text in enumerate(words):
            style = "error" if report is not None and report.state == "failed" else "warning"
            for part, line in enumerate(wrapped([(" " * 4, ""), (text, style)], self.width, 6)):
                yield ("plan", number, f"words {place} {part}"), Row((line,))
