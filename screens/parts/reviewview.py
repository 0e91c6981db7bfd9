"""The Review as a view: what was found and what came of it so far, as rows of a list under a title."""

from __future__ import annotations

from threading import Event

from textual import events
from textual.app import ComposeResult
from textual.message import Message

from mailtui.apply.finding import NotYours
from mailtui.apply.outcome import Outcome
from mailtui.apply.report import Progress, Report
from mailtui.apply.review import Review
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import TitleLine
from mailtui.screens.parts.guarded import GuardedScreen
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.reviewlines import ReviewRows, is_long
from mailtui.screens.parts.reviewwords import Phase, status_words, title_spans


class ReviewView(GuardedScreen):
    """See the module's text. The work behind it tells its steps by `_telling`."""

    class Told(Message):
        """A step begins or ended, in the work that `stop` belongs to."""

        def __init__(self, stop: Event, report: Report) -> None:
            super().__init__()
            self.stop_event, self.report = stop, report

    def __init__(self) -> None:
        super().__init__()
        self.phase: Phase = "looking"
        self.found: Review | None = None
        """What was seen last; while it is looked at again, what was seen before."""
        self.outcome: Outcome | None = None
        self._accepted: frozenset[NotYours] = frozenset()
        self._told: tuple[str, ...] = ()
        self._results: dict[int, Report] = {}
        self._extra: list[Report] = []
        self._cancel = Event()

    def body(self) -> ComposeResult:
        yield TitleLine(id="title")
        yield LineList(Column("", share=1), header=False, marks=False, empty="")

    @property
    def lines(self) -> LineList:
        return self.query_one(LineList)

    @property
    def guarded(self) -> LineList:
        return self.lines

    def _telling(self, cancel: Event) -> Progress:
        def tell(report: Report) -> None:
            """In the worker's thread."""
            self.post_message(self.Told(cancel, report))

        return tell

    def on_review_view_told(self, event: Told) -> None:
        event.stop()
        if event.stop_event is not self._cancel or self.phase not in {"looking", "rehearsing", "applying"}:
            return
        report = event.report
        if report.number >= 0:
            self._results[report.number] = report
        elif report.state != "running":
            self._extra.append(report)
        self._title()
        if self.phase != "looking" or self.found is None:
            rows = self._rows(self.size.width).telling(self.found, self._results, self._extra)
            here = ("plan", report.number, 0) if report.number >= 0 else None
            self.lines.set_rows(rows, to=here if self.phase == "applying" else None)

    def _rows(self, width: int) -> ReviewRows:
        """The rows on show, where they are as wide."""
        rows = self.lines.rows
        return rows if isinstance(rows, ReviewRows) and rows.full_width == width else ReviewRows(width)

    def _ahead(self, width: int) -> ReviewRows:
        """The rows before anything was found: those of a draft that takes a while to look at."""
        edits = self.session.draft.edits
        is_shown = self.phase == "looking" and is_long(edits)
        return ReviewRows(width).ahead(edits) if is_shown else ReviewRows(width)

    def _show(self, width: int = 0, *, first: bool = False, rows: ReviewRows | None = None) -> None:
        width = width or self.size.width
        if self.found is None:
            rows = self._ahead(width)
        else:
            rows = rows if rows is not None and rows.full_width == width else self._rows(width)
            rows = rows.showing(self.found, accepted=bool(self._accepted), told=self._told)
            rows = rows.telling(self.found, self._results, self._extra)
        self.lines.set_rows(rows, first=first)
        self._title()
        self.refresh_bindings()

    def _title(self) -> None:
        self.query_one(TitleLine).show(
            title_spans(self.phase, self.found, self.outcome, len(self.session.draft)),
            status_words(
                self.phase, self.found, self._results,
                accepted=bool(self._accepted), read_only=self.session.read_only,
            ),
        )  # fmt: skip

    def on_resize(self, event: events.Resize) -> None:
        if isinstance(self.lines.rows, ReviewRows):
            self._show(event.size.width)

    # The parts

    def action_heading(self, step: int) -> None:
        rows = self.lines.rows
        if isinstance(rows, ReviewRows) and len(rows):
            places = rows.headings()
            further = [place for place in places if (place - self.lines.cursor) * step > 0]
            target = further[0 if step > 0 else -1] if further else places[0 if step > 0 else -1]
            self.lines.move_to(target + self.lines.page - 1)  # so that all of the part is seen
            self.lines.move_to(target)
