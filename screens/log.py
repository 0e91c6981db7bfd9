"""The log (`8`): the instance's mail log as it is written, and back to its beginning; each line in words or
raw, alike ones folded, filtered; the way of each message."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.maillog.record import Record, parse
from mailtui.maillog.view import LEGEND
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.listkeys import COPIED
from mailtui.screens.parts.logacts import explain, explain_in_words, lines_before, offer
from mailtui.screens.parts.logback import LogBack, size
from mailtui.screens.parts.logrows import PARSED, line_at
from mailtui.screens.parts.logvalues import LineValue, values, with_term
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans
from mailtui.screens.parts.tracerows import fields, says
from mailtui.text.safe import decode


class LogScreen(LogBack):
    """Follows the end until the cursor leaves it; `G` follows again."""

    MODE = "log"
    COLUMNS = (
        Column("TIME", least=8, share=0),
        Column("WHAT", least=10, share=0),
        Column("CLIENT / RELAY", share=3, drop=84),
        Column("FROM → TO", share=6),
        Column("RESULT", share=4),
    )
    RAW_COLUMNS = (Column("LINE"),)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="list.filter",
                tooltip="Filter as you type, back to the oldest line: words, from: to: client: status: id: "
                "since: until: level:, each with ! to exclude."),
        Binding("i", "value(False)", "in", id="log.in",
                tooltip="Filter in: only lines with one of this line's values."),
        Binding("o", "value(True)", "out", id="log.out",
                tooltip="Filter out: no lines with one of this line's values."),
        Binding("enter", "open", "trace", id="log.open",
                tooltip="The way of this message, step by step; on a folded row: show its lines."),
        Binding("e", "problem(1)", "next problem", id="log.next-problem", tooltip="Go to the next problem."),
        Binding("E", "problem(-1)", "previous problem", show=False, id="log.previous-problem",
                tooltip="Go to the problem before, however far back."),
        Binding("x", "explain", "explain", id="log.explain",
                tooltip="Explain a refusal: the session of this line through the chains, rule by rule."),
        Binding("X", "why", "why", show=False, id="log.why",
                tooltip="Why this was refused, in words: the rule, where it stands, what to do."),
        Binding("f", "offers", "fix", show=False, id="log.fix",
                tooltip="What can be done: let it through, block its sender or client, hold a loop."),
        Binding("S", "statistics", "statistics", show=False, id="log.statistics",
                tooltip="What was received, delivered, deferred, bounced and rejected in a span of time."),
        Binding("p", "pause", "pause", show=False, id="log.pause",
                tooltip="Stop following, or follow again."),
        Binding("v", "raw", "raw", show=False, id="log.raw",
                tooltip=f"Show the lines as in the file, or in words: {LEGEND}"),
        Binding("z", "fold", "fold", show=False, id="log.fold",
                tooltip="Show lines that are alike as one row, or each by itself."),
        Binding("l", "line", "line", show=False, id="log.line",
                tooltip="Show the line in full, as plain text."),
        Binding("y", "copy", "copy", show=False, id="log.copy",
                tooltip="Copy the marked lines, or this one, and show them as plain text."),
        Binding("s", "save", "save", show=False, id="log.save",
                tooltip="Save the lines that are shown, as they are in the log."),
        Binding("escape", "stop", "stop", show=False, id="log.stop",
                tooltip="End a search that runs; else clear the filter."),
    ]  # fmt: skip

    @property
    def record(self) -> Record | None:
        """The line under the cursor."""
        key = self.here
        return None if key is None else self._record(key)

    def _record(self, key: int) -> Record:
        try:
            now = self.feed.now(key)
        except (LookupError, OSError):
            now = None
        return parse(line_at(self.feed, key)[:PARSED], now)

    # The pane and the bar

    def describe(self, key: Hashable | None) -> None:
        if self.following and self.lines.cursor < len(self.lines.rows) - 1:
            self.following = False
            self.say_state()
        if not isinstance(key, int):
            trouble = self.feed.trouble
            self.pane.show([], [], [[(trouble, "warning")]] if trouble else [])
            return
        record = self._record(key)
        title = record.queue_id or (f"{record.process}" if record.process else record.event)
        when = record.time[:19].replace("T", " ") if record.time else ""
        lines = list(detail(record))
        count = len(self.rows.members(self.lines.cursor))
        if count > 1:
            each = key_for("log.open", "Enter")
            lines.insert(
                0,
                [
                    (f"{'folded':<{LABEL}}", "dim"),
                    (f"{count:,} lines alike, of which this is the newest; {each} shows each", ""),
                ],
            )
        self.pane.show([(title, "bold"), (f"  {record.event}", "dim")], [(when, "dim")], lines)

    def say_state(self) -> None:
        feed, narrow = self.feed, self.size.width < 100
        marked = (f"{len(self.lines.marked)} marked  " if self.lines.marked else "", "accent")
        if feed.trouble and feed.source.kind == "none":
            self.lines.empty = feed.trouble
            self.bar.say(("no log", "error"))
            return
        if feed.trouble:
            self.lines.empty = feed.trouble
            self.bar.say((feed.trouble if len(self.rows) else "no log", "error"))
            return
        if self.asked is not None:
            self.lines.empty = "Nothing found yet…" if self.searching else "No line matches"
            held = f"{len(self.rows.keys):,} found  "
        else:
            self.lines.empty = self.EMPTY
            held = ""
        if self.searching:
            stops = f"  {key_for('log.stop', 'Esc')} stops"
            self.bar.say(marked, (held, ""), (self._how_far(), "dim"), (stops, "dim"))
        elif self.following:
            title = "" if held and narrow else f"{feed.source.title}  "
            self.bar.say(marked, (held, "dim"), (title, "dim"), ("live", "good"))
        else:
            newer = len(feed.lines) - self.seen
            words = f"{newer:,} newer" if newer else "paused"
            words += f" · {key_for('log.follow', 'G')} follow"
            self.bar.say(marked, (held, "dim"), (words, "warning" if newer else "dim"))

    def _how_far(self) -> str:
        progress = self.progress
        if progress is None:
            return "searching…"
        total = progress.total
        part = f"{min(99, progress.done * 100 // total)} %" if total else size(progress.done)
        back = f"{progress.when:%d %b %H:%M} · " if progress.when is not None else ""
        return f"back to {back}{part}" if back else part

    # Keys

    def open_row(self, key: Hashable) -> None:
        """Enter, or a double click."""
        if not isinstance(key, int):
            return
        place = self.lines.rows.find(key)
        if place is not None and self.rows.unfold(place):
            self.following = False
            self.relay(key)
            return
        from mailtui.screens.logtrace import TraceScreen

        self.following = False
        self.app.push_screen(TraceScreen(self.feed, key))

    def action_open(self) -> None:
        self.lines.action_select()

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        event.stop()
        self.open_row(event.key)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        event.stop()
        self.describe(self.lines.key)

    def on_line_list_marked(self, event: LineList.Marked) -> None:
        event.stop()
        self.say_state()

    def go_to_row(self, number: int) -> None:
        self.lines.move_to(number - 1)

    def action_line(self) -> None:
        if self.here is not None:
            self.console.show_plain("The line in full", decode(line_at(self.feed, self.here)))

    def action_pause(self) -> None:
        if self.following:
            self.following = False
            self.say_state()
        else:
            self.follow()

    def action_raw(self) -> None:
        self.raw = not self.raw
        self.set_class(self.raw, "raw")
        self.lines.set_columns(*(self.RAW_COLUMNS if self.raw else self.COLUMNS))
        self.rows.raw = self.raw
        self.lines.refresh_rows()

    def action_fold(self) -> None:
        self.fold = not self.fold
        self.lay()
        self.say("Lines that are alike are one row" if self.fold else "Every line is a row")

    def action_value(self, out: bool) -> None:
        """Let one of the line's values be chosen, and put it into the filter."""
        record = self.record
        if record is None:
            return
        sender = self.feed.sender(record.queue_id, self.here) if record.queue_id else None
        found = list(values(record, sender))
        if not found:
            self.say("This line has no value to filter by; / takes any words of it")
            return
        from mailtui.screens.parts.chooser import Chooser, Option

        title = "Only lines without" if out else "Only lines with"
        options = [Option(value.name, value.text, value) for value in found]
        self.app.push_screen(Chooser(title, options), partial(self._chosen, out))

    def _chosen(self, out: bool, value: LineValue | None) -> None:
        if value is not None:
            self.bar.text = with_term(self.bar.text, value.term, negated=out)

    def action_explain(self) -> None:
        record = self.record
        if record is not None:
            explain(self, record)

    def action_why(self) -> None:
        record = self.record
        if record is not None:
            explain_in_words(self, record)

    def action_offers(self) -> None:
        record = self.record
        key = self.here
        if record is not None and key is not None:
            offer(self, record, partial(lines_before, self.feed, self.rows.keys, key))

    def action_statistics(self) -> None:
        from mailtui.screens.logstats import StatisticsScreen

        self.app.push_screen(StatisticsScreen(self.feed))

    def action_copy(self) -> None:
        numbers = [key for key in self.lines.chosen() if isinstance(key, int)]
        if numbers:
            text = "\n".join(decode(line_at(self.feed, number)) for number in numbers[:COPIED])
            self.console.copy_and_show(text, len(numbers) - COPIED)

    def action_save(self) -> None:
        feed, keys = self.feed, self.rows.keys

        def lines() -> Iterator[str]:
            return (decode(line_at(feed, keys[index])) for index in range(len(keys)))

        save_text(self, "log lines", "mail-log.txt", lines, lambda path: self.say(f"Saved as {path}"))


def detail(record: Record) -> Iterator[Spans]:
    """The record's fields that say something, then the line itself."""
    yield says(record)
    yield from fields(record)
    yield [(f"{'line':<{LABEL}}", "dim"), (record.raw, "dim")]
