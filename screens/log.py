"""The log (`8`): the instance's mail log as it is written, filtered, paused, each line in words or raw."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.message import Message

from mailtui.maillog.feed import Feed
from mailtui.maillog.record import Record, parse
from mailtui.maillog.view import LEGEND
from mailtui.screens.parts.beside import beside, problem, there
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.filterbar import FilterBar, Found
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.logrows import LogRows, hits, line_at
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher, Spans
from mailtui.text.query import Query
from mailtui.text.safe import decode


class LogList(LineList):
    """The list; its last row is the newest, and to go there means to follow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("G,end", "follow", "follow", key_display="G", id="log.follow",
                tooltip="Go to the newest line and follow."),
    ]  # fmt: skip

    class Follow(Message):
        """The newest line is wanted."""

    def action_follow(self) -> None:
        self.post_message(self.Follow())


class LogScreen(ListScreen):
    """Follows the end until the cursor leaves it; `G` follows again."""

    MODE = "log"
    EMPTY = "Nothing was logged yet"
    COLUMNS = (
        Column("TIME", least=8, share=0),
        Column("WHAT", least=10, share=0),
        Column("CLIENT / RELAY", share=3, drop=96),
        Column("FROM → TO", share=6),
        Column("RESULT", share=4),
    )
    RAW_COLUMNS = (Column("LINE"),)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", id="log.pause", tooltip="Stop following, or follow again."),
        Binding("v", "raw", "raw", id="log.raw",
                tooltip=f"Show the lines as in the file, or in words: {LEGEND}"),
        Binding("e", "problem(1)", "next problem", id="log.next-problem", tooltip="Go to the next problem."),
        Binding("E", "problem(-1)", "previous problem", show=False, id="log.previous-problem",
                tooltip="Go to the problem before."),
        Binding("enter", "open", "whole line", show=False, id="log.open",
                tooltip="Show the line in full, as plain text."),
        Binding("y", "copy", "copy", show=False, id="log.copy",
                tooltip="Copy the marked lines, or this one, and show them as plain text."),
        Binding("s", "save", "save", show=False, id="log.save",
                tooltip="Save the lines that are shown, as they are in the log."),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.following = True
        self.raw = False
        self._query: Query | None = None
        self._searching = False

    @property
    def feed(self) -> Feed:
        """The log that all screens share; followed from now on."""
        return self.console.live_log.start()

    @property
    def shown(self) -> LogRows:
        """What the list shows."""
        rows = self.lines.rows
        return rows if isinstance(rows, LogRows) else LogRows(self.feed, range(0), raw=self.raw)

    def body(self) -> ComposeResult:
        yield FilterBar()
        with Container(classes="split"):
            yield LogList(*self.COLUMNS, empty=self.EMPTY)
            with Vertical(classes="side"):
                yield from self.side()

    def on_mount(self) -> None:
        self._forget = self.console.live_log.news.subscribe(self._news)

    def on_unmount(self) -> None:
        self._forget()

    def on_screen_resume(self) -> None:
        if self.is_mounted:
            self._news(None)

    # The list. All rows, or the hits so far: both are grown by what is new, and only while following.

    def load(self) -> LogRows:
        return LogRows.all(self.feed, raw=self.raw)

    def hits(self, text: str) -> Iterator[int | None]:
        self._query, self._searching = Query.parse(text), True
        self.rows = rows = self.load()
        return hits(self.feed, range(rows.end - len(rows), rows.end), self._query)

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    def refresh_view(self, change: Change) -> None:
        """The log lives by itself; staged edits do not change it."""

    def _found(self, found: Found) -> None:
        self._searching = not found.done
        to = self._wanted
        match = self._query.spans if self._query is not None else None
        self.lines.set_rows(LogRows(self.feed, found.rows, raw=self.raw), match=match, to=to)
        if found.done:
            self._wanted = None
        if self.following and to is None:
            self._to_end()
        self._say_state()

    def _show_all(self, to: Hashable | None = None) -> None:
        self._query, self._searching = None, False
        super()._show_all(to)
        if self.following and to is None:
            self._to_end()
        self._say_state()

    def on_filter_bar_submitted(self, event: FilterBar.Submitted) -> None:
        """While the end is followed, the hit to go to is the newest."""
        if self.following:
            event.prevent_default()
            event.stop()
            focus_now(self.lines)

    def _news(self, _news: None) -> None:
        if not (self.is_current and there(self)):
            return
        if self.following and not self._searching:
            self._grow()
        self._say_state()

    def _grow(self) -> None:
        """Take in what came since, and go to its end."""
        feed, query = self.feed, self._query
        before = self.rows.end if isinstance(self.rows, LogRows) else 0
        self.rows = LogRows.all(feed, raw=self.raw)
        if query is None:
            self.lines.set_rows(self.rows)
        else:
            first = feed.lines.first
            numbers = array("Q", (number for number in self.shown.numbers if number >= first))
            fresh = range(max(before, first), self.rows.end)
            numbers.extend(number for number in fresh if query.matches(line_at(feed, number)))
            self.lines.set_rows(LogRows(feed, numbers, raw=self.raw), match=query.spans)
        self._to_end()

    def _to_end(self) -> None:
        self.lines.move_to(len(self.lines.rows) - 1)

    def _count(self, shown: int, done: bool) -> None:  # noqa: ARG002  # the log says more than a count
        self._say_state()

    def _say_state(self) -> None:
        feed = self.feed
        marked = (f"{len(self.lines.marked)} marked  " if self.lines.marked else "", "accent")
        newer = len(feed.lines) - self.rows.end if isinstance(self.rows, LogRows) else 0
        held = f"{len(self.lines.rows)} of {len(self.rows)} lines  " if self._query is not None else ""
        if feed.trouble:
            self.lines.empty = feed.trouble
            self.bar.say(("no log" if feed.source.kind == "none" else feed.trouble, "error"))
        elif self.following:
            self.lines.empty = "No line matches" if self._query is not None else self.EMPTY
            self.bar.say(marked, (f"{held}{feed.source.title}  ", "dim"), ("live", "good"))
        else:
            self.bar.say(marked, (held, "dim"), (f"{newer} newer · G follow", "warning"))

    # Keys

    def describe(self, key: Hashable | None) -> None:
        if self.following and self.lines.cursor < len(self.lines.rows) - 1:
            self.following = False
            self._say_state()
        if not isinstance(key, int):
            trouble = self.feed.trouble
            self.pane.show([], [], [[(trouble, "warning")]] if trouble else [])
            return
        record = parse(line_at(self.feed, key))
        title = record.queue_id or (f"{record.process}" if record.process else record.event)
        when = record.time[:19].replace("T", " ") if record.time else ""
        self.pane.show([(title, "bold"), (f"  {record.event}", "dim")], [(when, "dim")], list(detail(record)))

    def open_row(self, key: Hashable) -> None:
        if isinstance(key, int):
            self.console.show_plain("The line in full", decode(line_at(self.feed, key)))

    def on_log_list_follow(self, event: LogList.Follow) -> None:
        event.stop()
        self.follow()

    def follow(self) -> None:
        """Go to the newest line, and on with each that comes."""
        self.following = True
        if self._searching:
            self._to_end()
        else:
            self._grow()
        self._say_state()

    def action_pause(self) -> None:
        if self.following:
            self.following = False
            self._say_state()
        else:
            self.follow()

    def action_raw(self) -> None:
        self.raw = not self.raw
        self.set_class(self.raw, "raw")
        rows = self.shown
        self.lines.set_columns(*(self.RAW_COLUMNS if self.raw else self.COLUMNS))
        match = self._query.spans if self._query is not None else None
        self.lines.set_rows(LogRows(rows.feed, rows.numbers, raw=self.raw), match=match)

    def action_problem(self, step: int) -> None:
        rows, here = self.shown, self.lines.key

        def found(index: int | None) -> None:
            if index is None:
                self.say("No further problem in the lines held here")
                return
            self.following = False
            place = self.lines.rows.find(rows.numbers[index])
            if place is not None:
                self.lines.move_to(place)
            self._say_state()

        start = rows.find(here)
        if start is not None:
            work = rows.next_problem
            beside(self, "problem", lambda: work(start, step), found, lambda error: self.say(problem(error)))

    def action_copy(self) -> None:
        numbers = [key for key in self.lines.chosen() if isinstance(key, int)]
        if numbers:
            text = "\n".join(decode(line_at(self.feed, number)) for number in numbers)
            self.console.copy_and_show(text)

    def action_save(self) -> None:
        feed, numbers = self.feed, self.shown.numbers

        def lines() -> Iterator[str]:
            return (decode(line_at(feed, number)) for number in numbers)

        save_text(self, "log lines", "mail-log.txt", lines, lambda path: self.say(f"Saved as {path}"))


def detail(record: Record) -> Iterator[Spans]:
    """The record's fields that say something, then the line itself."""
    if record.client_address is not None:
        yield _field("client", f"{record.client_name} [{record.client_address}]")
    for name, value in (
        ("login", record.sasl_username),
        ("helo", record.helo),
        ("from", "<>" if record.sender == "" else record.sender),
        ("to", record.recipient),
        ("asked", record.orig_to),
        ("relay", record.relay),
    ):
        if value:
            yield _field(name, value)
    if record.code or record.dsn:
        yield _field("reply", " ".join(str(part) for part in (record.code, record.dsn) if part))
    yield _field("says", record.text)
    yield _field("line", record.raw, "dim")


def _field(name: str, value: str, style: str = "") -> Spans:
    return [(f"{name:<{LABEL}}", "dim"), (value, style)]
