"""The log (`8`): the instance's mail log as it is written, filtered, paused, each line in words or raw."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from time import perf_counter
from typing import ClassVar

from mailtui.text.query import Query
from textual.binding import Binding, BindingType

from mailtui.maillog.feed import Feed
from mailtui.maillog.record import Record, parse
from mailtui.maillog.view import LEGEND, row
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.filterbar import Filtered, Found
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.livelog import SEVERITIES
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher, Spans

LOOK = 0.001
"""Seconds of filtering between two signs of life."""


class LogRows:
    """The lines of a feed as rows; an index counts from the oldest line still held."""

    def __init__(self, feed: Feed, *, raw: bool, end: int | None = None) -> None:
        self.feed, self.raw = feed, raw
        self.first = feed.lines.first
        self.end = len(feed.lines) if end is None else end

    def __len__(self) -> int:
        return max(0, self.end - self.first)

    def line(self, index: int) -> bytes:
        """The line, or what is left of it."""
        try:
            return self.feed.lines.line(self.first + index)
        except IndexError:
            return b"(fell out of memory)"

    def cells(self, index: int) -> Row:
        line = self.line(index)
        if self.raw:
            return Row((line,), style="")
        shown = row(parse(line), self.feed.sender)
        style = SEVERITIES[shown.severity]
        return Row(
            (shown.clock, [(f"{shown.letter} {shown.what}", style)], shown.peer, shown.path, shown.result),
            style="dim" if shown.severity == "quiet" else "",
        )

    def key(self, index: int) -> Hashable:
        return self.first + index

    def find(self, key: Hashable) -> int | None:
        if not isinstance(key, int) or not self.first <= key < self.end:
            return None
        return key - self.first


class LogScreen(ListScreen):
    """Follows the end until the cursor leaves it; `G` follows again."""

    MODE = "log"
    EMPTY = "Nothing was logged yet"
    COLUMNS = (
        Column("TIME", least=8, share=0),
        Column("WHAT", least=10, share=0),
        Column("CLIENT / RELAY", share=2, drop=70),
        Column("FROM → TO", share=4),
        Column("RESULT", share=4),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("G,end", "follow", "follow", id="log.follow", tooltip="Go to the newest line and follow."),
        Binding("p", "pause", "pause", id="log.pause", tooltip="Stop following, or follow again."),
        Binding("v", "raw", "raw", id="log.raw", tooltip="Show the lines as in the file, or in words."),
        Binding("e", "problem(1)", "next problem", id="log.next-problem", tooltip="Go to the next problem."),
        Binding("E", "problem(-1)", "last problem", show=False, id="log.previous-problem",
                tooltip="Go to the problem before."),
        Binding("y", "copy", "copy", id="log.copy", tooltip="Copy the line as it is in the file."),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.following = True
        self.raw = False

    @property
    def feed(self) -> Feed:
        return self.console.live_log.start()

    def on_mount(self) -> None:
        self._forget = self.console.live_log.news.subscribe(self._news)

    def on_unmount(self) -> None:
        self._forget()

    # The list

    def load(self) -> LogRows:
        return LogRows(self.feed, raw=self.raw)

    def hits(self, text: str) -> Iterator[int | None]:
        query = Query.parse(text)
        rows = self.load()
        self.rows = rows
        looked = perf_counter()
        for index in range(len(rows)):
            if query.matches(rows.line(index)):
                yield index
            elif perf_counter() - looked > LOOK:
                yield None
                looked = perf_counter()

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def refresh_view(self, change: Change) -> None:
        """The log lives by itself; staged edits do not change it."""

    def _news(self, _news: None) -> None:
        if not self.is_current:
            return
        if self.following:
            self.show_newest()
        else:
            self._say_state()

    def show_newest(self) -> None:
        """Take in what came since, and go to its end."""
        text = self.bar.text
        before = self.rows
        rows = self.load()
        self.rows = rows
        if not text:
            self.lines.set_rows(rows)
        elif isinstance(self.lines.rows, Filtered) and isinstance(before, LogRows):
            self._extend_filtered(self.lines.rows, before, rows, Query.parse(text))
        self.lines.move_to(len(self.lines.rows) - 1)
        self._say_state()

    def _extend_filtered(self, shown: Filtered, before: LogRows, rows: LogRows, query: Query) -> None:
        """The hits so far, moved by what fell away, and those among the new lines."""
        from array import array

        gone = rows.first - before.first
        kept = array("I", (index - gone for index in shown.indices if index >= gone))
        kept.extend(
            n for n in range(max(0, before.end - rows.first), len(rows)) if query.matches(rows.line(n))
        )
        self.lines.set_rows(Filtered(rows, kept), match=query.spans)

    def _found(self, found: Found) -> None:
        super()._found(found)
        if found.done and self.following:
            self.lines.move_to(len(self.lines.rows) - 1)
        self._say_state()

    def _show_all(self, to: Hashable | None = None) -> None:
        super()._show_all(to)
        if self.following and to is None:
            self.lines.move_to(len(self.lines.rows) - 1)
        self._say_state()

    def _say_state(self) -> None:
        feed = self.feed
        rows = self.rows
        newer = len(feed.lines) - rows.end if isinstance(rows, LogRows) else 0
        if feed.trouble:
            self.bar.say((feed.trouble, "error"))
        elif self.following:
            self.bar.say((f"{feed.source.title}  ", "dim"), ("live", "good"))
        else:
            self.bar.say((f"{newer} newer · " if newer else "", "warning"), ("paused · G follow", "warning"))

    # Keys

    def describe(self, key: Hashable | None) -> None:
        if isinstance(key, int) and key < len(self.feed.lines) - 1 and not self._at_end():
            self.following = False
        self._say_state()
        if not isinstance(key, int):
            self.pane.show([], [], [])
            return
        record = parse(self._line(key))
        self.pane.show(
            [(record.queue_id or record.event, "bold")],
            [(record.time[:19].replace("T", " ") if record.time else "", "dim")],
            list(detail(record)),
        )

    def _at_end(self) -> bool:
        return self.lines.cursor >= len(self.lines.rows) - 1

    def _line(self, key: int) -> bytes:
        try:
            return self.feed.lines.line(key)
        except IndexError:
            return b""

    def action_follow(self) -> None:
        self.following = True
        self.show_newest()

    def action_pause(self) -> None:
        self.following = not self.following
        if self.following:
            self.show_newest()
        self._say_state()

    def action_raw(self) -> None:
        self.raw = not self.raw
        columns = (Column("LINE", share=1),) if self.raw else self.COLUMNS
        self.lines.set_columns(*columns)
        self.reload(self.lines.key)

    def action_problem(self, step: int) -> None:
        """Letters ? and !, and deferred, bounced or rejected mail, are problems."""
        index = self.lines.cursor + step
        rows = self.lines.rows
        source = self.rows
        while 0 <= index < len(rows) and isinstance(source, LogRows):
            key = rows.key(index)
            if isinstance(key, int) and row(parse(self._line(key))).severity in {"warning", "error"}:
                self.following = False
                self.lines.move_to(index)
                return
            index += step
        self.say("No further problem in the lines held here")

    def action_copy(self) -> None:
        key = self.lines.key
        if isinstance(key, int):
            self.console.copy(self._line(key).decode("utf-8", "replace"))


def detail(record: Record) -> Iterator[Spans]:
    """The record's fields that say something, then the line itself."""
    if record.client_address is not None:
        yield _field("client", f"{record.client_name} [{record.client_address}]")
    for name, value in (
        ("login", record.sasl_username),
        ("helo", record.helo),
        ("from", "<>" if record.sender == "" else record.sender),
        ("to", record.recipient),
        ("asked for", record.orig_to),
        ("relay", record.relay),
    ):
        if value:
            yield _field(name, value)
    if record.code or record.dsn:
        yield _field("reply", " ".join(str(part) for part in (record.code, record.dsn) if part))
    if record.event == "other":
        yield [(LEGEND, "dim")]
    yield _field("says", record.text)
    yield [(record.raw, "dim")]


def _field(name: str, value: str) -> Spans:
    return [(f"{name:<10}", "dim"), (value, "")]
