"""Statistics of the log (`S`): what was received, delivered, deferred, bounced, refused in a span of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.maillog.chunks import lines_of
from mailtui.maillog.stamp import when
from mailtui.maillog.stats import Statistics
from mailtui.maillog.statwords import report
from mailtui.screens.parts.beside import problem
from mailtui.screens.parts.detail import Lines, TitleLine
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.streaming import Stop, Streaming
from mailtui.screens.parts.text import Span, Spans

if TYPE_CHECKING:
    from mailtui.maillog.feed import Feed

SPANS: tuple[tuple[str, timedelta | None], ...] = (
    ("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7)), ("all", None),
)  # fmt: skip
"""The spans that can be chosen, all of which end now."""


class Counted(NamedTuple):
    """How far the counting is: bytes, of about so many; `numbers` once it is done."""

    done: int
    total: int
    numbers: Statistics | None = None


class StatisticsScreen(ConsoleScreen):
    """The report of one span; it is counted in a thread."""

    MODE = "log"
    HELP_TITLE = "the statistics"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right", "span(1)", "longer", key_display="Tab", id="statistics.longer",
                tooltip="A longer span: hour, day, week, all that was logged."),
        Binding("shift+tab,left", "span(-1)", "shorter", key_display="S-Tab", id="statistics.shorter",
                tooltip="A shorter span."),
        Binding("r", "again", "count again", id="statistics.again", tooltip="Count again, up to now."),
        Binding("y", "copy", "copy", id="statistics.copy", tooltip="Copy the report, and show it as text."),
        Binding("s", "save", "save", id="statistics.save", tooltip="Save the report as text."),
        Binding("escape", "stop", "back", show=False, id="statistics.back",
                tooltip="End the counting, or go back."),
    ]  # fmt: skip

    def __init__(self, feed: Feed, span: int = 1) -> None:
        super().__init__()
        self._feed, self._span = feed, span
        self._report: list[str] = []
        self._last = Counted(0, 0)
        self._work: Streaming[Counted] = Streaming(self, "statistics")

    def body(self) -> ComposeResult:
        yield TitleLine()
        yield Lines(indent=0, focusable=True, classes="report")

    def on_mount(self) -> None:
        focus_now(self.query_one(Lines))
        self.action_again()

    def on_unmount(self) -> None:
        self._work.cancel()

    def action_span(self, step: int) -> None:
        self._span = (self._span + step) % len(SPANS)
        self.action_again()

    def action_again(self) -> None:
        """Count the span that is chosen."""
        span = SPANS[self._span][1]
        since = datetime.now().astimezone() - span if span is not None else None
        feed = self._feed
        self._report = []
        self._title("counting…")
        self.query_one(Lines).set_lines([])

        def work(stop: Stop) -> Iterator[Counted]:
            return count(feed, since, stop)

        self._work.start(work, self._took, self._failed)

    def _took(self, parts: list[Counted], done: bool) -> None:
        last = self._last = parts[-1] if parts else self._last
        if last.numbers is None or not done:
            part = f"{min(99, last.done * 100 // last.total)} %" if last.total else ""
            self._title(f"counting… {part}  Esc stops")
            return
        name = SPANS[self._span][0]
        title = "All that was logged" if name == "all" else f"The last {name}"
        self._report = report(last.numbers, title=title).splitlines()
        self._title("")
        self.query_one(Lines).set_lines(list(map(_styled, self._report)))

    def _failed(self, error: Exception) -> None:
        self._title("")
        self.query_one(Lines).set_lines([[(problem(error), "error")]])

    def _title(self, state: str) -> None:
        left: list[Span] = [("Statistics of the last  ", "bold")]
        for place, (name, _span) in enumerate(SPANS):
            left.append((f"[{name}]", "accent") if place == self._span else (f" {name} ", "dim"))
        self.query_one(TitleLine).show(left, [(state, "dim")])

    def action_stop(self) -> None:
        if self._work.cancel():
            self._title(f"stopped; {key_for('app.reread', 'r')} counts again")
        else:
            self.app.pop_screen()

    def action_copy(self) -> None:
        if self._report:
            self.console.copy_and_show("\n".join(self._report))

    def action_save(self) -> None:
        if self._report:
            name = f"mail-{SPANS[self._span][0]}.txt"
            lines = list(self._report)
            save_text(self, "statistics", name, lambda: lines, lambda path: self.say(f"Saved as {path}"))


def count(feed: Feed, since: datetime | None, stop: Stop) -> Iterator[Counted]:
    """Count everything from a moment on (None: from the beginning); the numbers come last."""
    start = feed.key_at(since, stop) if since is not None else None
    numbers = Statistics()
    total = feed.lines.size + (-min(start, 0) if start is not None else feed.history.total or 0)
    done = 0
    for first, raw in feed.blocks(start):
        if stop.is_set():
            return
        now = feed.now(first)
        done += len(raw)
        if since is not None and not numbers.lines:
            raw = _from(raw, since, now)
        numbers.add(raw, now)
        yield Counted(done, total)
    yield Counted(done, done, numbers)


def _from(raw: bytes, since: datetime, now: datetime) -> bytes:
    """The lines of a block from the first on that is not older than this."""
    offset = 0
    for _key, line in lines_of(-len(raw) - 1, raw):
        at = when(line[:64], now)
        if at is not None and at >= since:
            break
        offset = raw.find(b"\n", offset) + 1 or len(raw)
    return raw[offset:]


def _styled(line: str) -> Spans:
    """A line of the report, a blank before it as before every list: headings stand out."""
    heading = line[:1] not in {"", " "}
    return [(f" {line}", "title" if heading else "")]
