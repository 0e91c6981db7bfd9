"""The way of one message (Enter in the log): its steps in time, each with what it leads to."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.maillog import tracewords
from mailtui.maillog.dmarcwhy import why as dmarc_why
from mailtui.maillog.record import Record
from mailtui.maillog.story import Trace
from mailtui.screens.parts.beside import problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.linelist import Listed
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.logacts import explain, explain_in_words, offer
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.streaming import Stop, Streaming
from mailtui.screens.parts.text import Matcher, Span
from mailtui.screens.parts.tracerows import (
    PROBLEMS,
    STATES,
    TraceRow,
    about,
    cells_of,
    leads,
    leads_words,
    rows_of,
    title_of,
)
from mailtui.text.query import Query
from mailtui.text.safe import encode

if TYPE_CHECKING:
    from mailtui.maillog.feed import Feed


class TraceScreen(ListScreen):
    """Of the message that the line `key` is about, or of one that is known already."""

    MODE = "log"
    HELP_TITLE = "the trace"
    EMPTY = "Looking for the lines of this message…  {trace.back:Esc} ends it"
    COLUMNS = (
        Column("AFTER", least=9, share=0, right=True),
        Column("WHAT", least=14, share=0),
        Column("", share=1),
        Column("DELAY", least=44, share=0, drop=120),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "go there", id="trace.open",
                tooltip="Go to what did it: the alias, the mailbox, the milters, the other message's trace, "
                "why it was refused; else show the line in full."),
        Binding("x", "explain", "explain", id="trace.explain",
                tooltip="Explain a refusal: its session through the chains, rule by rule."),
        Binding("X", "why", "why", show=False, id="trace.why",
                tooltip="Why this was refused, in words, and where the rule stands."),
        Binding("v", "every", "every step", id="trace.every",
                tooltip="Each line of the message as a row of its own, or the few that matter."),
        Binding("e", "problem(1)", "next problem", show=False, id="trace.next-problem",
                tooltip="Go to the next step that went wrong."),
        Binding("E", "problem(-1)", "previous problem", show=False, id="trace.previous-problem",
                tooltip="Go to the step before that went wrong."),
        Binding("f", "offers", "fix", id="trace.fix",
                tooltip="What can be done: let it through, block its sender or client, hold a loop."),
        Binding("y", "copy", "copy", id="trace.copy", tooltip="Copy the trace as text, and show it."),
        Binding("s", "save", "save", id="trace.save", tooltip="Save the trace as text."),
        Binding("escape", "close", "back", show=False, id="trace.back", tooltip="Go back."),
    ]  # fmt: skip

    def __init__(self, feed: Feed, key: int | None = None, trace: Trace | None = None) -> None:
        super().__init__()
        self._feed, self._key, self.trace = feed, key, trace
        self.every = False
        self._steps: list[TraceRow] = rows_of(trace) if trace is not None else []
        self._work: Streaming[Trace] = Streaming(self, "trace")

    # Building it

    def on_mount(self) -> None:
        self._say_what()
        if self.trace is None:
            self._work.start(self._look, self._took, self._failed)

    def on_unmount(self) -> None:
        self._work.cancel()

    def _look(self, stop: Stop) -> Iterator[Trace]:
        from mailtui.maillog.trace import trace_of

        assert self._key is not None
        yield trace_of(self._feed, self._key, stop)

    def _took(self, parts: list[Trace], done: bool) -> None:
        if parts:
            self.trace = parts[-1]
            self._steps = rows_of(self.trace, every=self.every)
        if done:
            self.lines.empty = "Nothing is known of this message"
        self.reload(to=self._place_of(self._key))
        self._say_what()

    def _failed(self, error: Exception) -> None:
        self.lines.empty = problem(error)
        self.lines.refresh_rows()
        self.bar.say((problem(error), "error"))

    def _place_of(self, key: int | None) -> int | None:
        places = (place for place, row in enumerate(self._steps) if row.step and row.step.key == key)
        return next(places, None)

    def _say_what(self) -> None:
        trace = self.trace
        if trace is None:
            self.bar.say("looking for its lines…  Esc ends it")
            return
        began = trace.began.strftime("%d %b %H:%M:%S  ") if trace.began is not None else ""
        self.bar.say((began, "dim"), (tracewords.STATES[trace.state], STATES[trace.state]))

    # The list

    def load(self) -> Listed:
        return Listed([(place, cells_of(row)) for place, row in enumerate(self._steps)])

    def hits(self, text: str) -> Iterator[int | None]:
        query = Query.parse(text)
        return (place for place, row in enumerate(self._steps) if query.matches(encode(_text_of(row))))

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def refresh_view(self, change: Change) -> None:
        """What was logged stays as it is."""

    def _count(self, shown: int, done: bool) -> None:
        if self.bar.text:
            super()._count(shown, done)
        else:
            self._say_what()

    def row(self, key: Hashable | None) -> TraceRow | None:
        """The step with this key."""
        return self._steps[key] if isinstance(key, int) and key < len(self._steps) else None

    def action_every(self) -> None:
        """Each step as a row of its own, or the few that matter."""
        self.every = not self.every
        row = self.row(self.lines.key)
        if self.trace is not None:
            self._steps = rows_of(self.trace, every=self.every)
            self.reload(to=self._place_of(row.step.key if row is not None and row.step is not None else None))

    @property
    def here(self) -> Record | None:
        """The line of the step under the cursor."""
        row = self.row(self.lines.key)
        return row.step.record if row is not None and row.step is not None else None

    def describe(self, key: Hashable | None) -> None:
        row = self.row(key)
        if self.trace is None or row is None:
            self.pane.show([], [], [])
            return
        there: list[Span] = [("⏎ ", "key"), (leads_words(row), "")]
        self.pane.show(title_of(self.trace), there, list(about(row, dmarc_why(self.trace))))

    # Keys

    def open_row(self, key: Hashable) -> None:
        row = self.row(key)
        if row is None:
            return
        where, what = leads(row)
        if where == "trace" and row.related is not None:
            self.app.push_screen(TraceScreen(self._feed, trace=row.related.trace))
        elif where == "explain":
            self.action_explain()
        elif where == "line" and row.step is not None:
            self.console.show_plain("The line in full", row.step.record.raw)
        else:
            self.console.show_filtered(where, what)

    def action_explain(self) -> None:
        record = self.here
        if record is not None:
            explain(self, record, self.trace)

    def action_why(self) -> None:
        record = self.here
        if record is not None:
            explain_in_words(self, record, self.trace)

    def action_offers(self) -> None:
        record = self.here
        if record is not None:
            offer(self, record)

    def action_problem(self, step: int) -> None:
        rows = self.lines.rows
        index = self.lines.cursor + step
        while 0 <= index < len(rows):
            row = self.row(rows.key(index))
            if row is not None and row.step is not None and row.step.kind in PROBLEMS:
                self.lines.move_to(index)
                return
            index += step
        self.say("No further problem in this trace")

    def action_close(self) -> None:
        self.app.pop_screen()

    def _text(self) -> str:
        return tracewords.as_text(self.trace, lines=True) if self.trace is not None else ""

    def action_copy(self) -> None:
        if self.trace is not None:
            self.console.copy_and_show(self._text())

    def action_save(self) -> None:
        if self.trace is None:
            return
        name = f"trace-{self.trace.queue_id or 'refused'}.txt"
        text = self._text()
        save_text(self, "steps", name, text.splitlines, lambda path: self.say(f"Saved as {path}"))


def _text_of(row: TraceRow) -> str:
    if row.step is not None:
        return f"{row.step.title} {row.step.text} {row.step.record.raw}"
    return f"{row.related.queue_id} {row.related.why}" if row.related is not None else ""
