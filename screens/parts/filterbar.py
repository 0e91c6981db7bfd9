"""The `/` line: a filter as one types, and the slice-wise search behind it.

    yield FilterBar(id="filter")
    bar.focus_field(); bar.say("3 of 1204 shown")
    on FilterBar.Changed → runner.run(scan(query, rows)); on .Submitted, .Cleared → focus the list

    runner = FilterRunner(self, self.on_found)      # on_found(Found(rows=Chosen, done=bool))
    runner.run(hits)      # hits: row indices in order, many as `Marked`, with a None now and then

`hits` yields None at least every millisecond or so of work that found nothing, so that a search of a
million rows never holds the keys up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from time import perf_counter
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mailtui.screens.parts.beside import SEARCH
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linelist import Row, Rows
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import Span, cells, segments, show
from mailtui.text.chosen import Chosen
from mailtui.text.scan import Hits

SLICE = 0.008
"""Seconds of searching between two looks at the keys."""

_FIRST = 64
_SPARE = 8
_TELL = 0.1


class Found(NamedTuple):
    """Row indices found so far, in order; `done`: these are all."""

    rows: Chosen
    done: bool


class FilterRunner:
    """Runs one search at a time in slices; a new one ends the one before. Tells `found` when the first
    screenful is there, then every 0.1 s, and at the end."""

    def __init__(self, widget: Widget, found: Callable[[Found], object]) -> None:
        self._widget, self._found = widget, found

    def run(self, hits: Hits) -> None:
        """Start this search instead of any other."""
        # Begun where it runs: of a search that is cancelled before, nothing is left that was never awaited.
        work = partial(self._consume, hits)
        self._widget.run_worker(work, group=SEARCH, exclusive=True)  # type: ignore[arg-type]  # overloaded

    def cancel(self) -> None:
        """End the search, if one runs; nothing more is told."""
        self._widget.workers.cancel_group(self._widget, SEARCH)

    async def _consume(self, hits: Hits) -> None:
        rows = Chosen()
        started = perf_counter()
        told = 0.0
        while not self._slice(hits, rows):
            now = perf_counter()
            first = not told and (len(rows) >= _FIRST or now - started > 2 * SLICE)
            if first or (told and now - told > _TELL):
                told = now
                self._found(Found(rows.so_far(), done=False))
                await asyncio.sleep(SLICE)  # so that what was found is painted before the search goes on
            else:
                await asyncio.sleep(0)
        self._found(Found(rows, done=True))

    @staticmethod
    def _slice(hits: Hits, rows: Chosen) -> bool:
        """Search on for one slice; True at the end."""
        end = perf_counter() + SLICE
        append = rows.append
        for hit in hits:
            if isinstance(hit, int):
                append(hit)
                if len(rows) & 0x3F:
                    continue
            elif hit is not None:
                rows.mark(hit)
            if perf_counter() >= end:
                return False
        return True


class Filtered:
    """The rows of `source` at `indices` (ascending), as rows of their own for a `LineList`."""

    def __init__(self, source: Rows, indices: Chosen) -> None:
        self.source, self.indices = source, indices

    def __len__(self) -> int:
        return len(self.indices)

    def cells(self, index: int) -> Row:
        return self.source.cells(self.indices[index])

    def key(self, index: int) -> Hashable:
        return self.source.key(self.indices[index])

    def find(self, key: Hashable) -> int | None:
        place = self.source.find(key)
        return None if place is None else self.indices.place_of(place)


class Note(Painted):
    """One line of spans, as wide as they are, or a little wider with the spans at the right: a number that
    grows and shrinks does not lay the screen out anew each time."""

    def __init__(self, *spans: Span, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._spans: list[Span] = list(spans)
        self._room = self._width()
        self.styles.width = self._room

    def say(self, *spans: Span | str) -> None:
        """Show these spans instead."""
        now = [span if isinstance(span, tuple) else (span, "dim") for span in spans]
        if now == self._spans:
            return
        self._spans = now
        width = self._width()
        if not 0 <= self._room - width <= _SPARE:
            self._room = width
            self.styles.width = width
        self.refresh()

    def _width(self) -> int:
        return sum(cells(show(text)) for text, _ in self._spans)

    def render_line(self, y: int) -> Strip:
        spans: list[Span] = [(" " * (self._room - self._width()), ""), *self._spans] if y == 0 else []
        return self.strip(segments(spans, self.size.width, self.paint), self.size.width)


class FilterField(Field):
    """The filter's field; the arrow keys go on to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "go", "first hit", id="filter.go", tooltip="Go to the first hit and keep the filter."
        ),
        Binding(
            "escape", "clear", "clear", id="filter.clear", tooltip="Clear the filter and go to the list."
        ),
        Binding("down", "leave", "list", id="filter.leave", tooltip="Go to the list; the filter stays."),
    ]

    class Left(Message):
        """The field was left: `how` is go, clear or leave."""

        def __init__(self, how: str) -> None:
            super().__init__()
            self.how = how

    def action_go(self) -> None:
        self.post_message(self.Left("go"))

    def action_clear(self) -> None:
        self.post_message(self.Left("clear"))

    def action_leave(self) -> None:
        self.post_message(self.Left("leave"))


class FilterBar(Horizontal):
    """` / text            3 of 1204 shown`. The field takes part in Tab only while it is in use."""

    class Changed(Message):
        """The filter's text is another."""

        def __init__(self, bar: FilterBar, text: str) -> None:
            super().__init__()
            self.bar, self.text = bar, text

    class Submitted(Message):
        """Enter (`first`: the cursor goes to the first hit) or Down; the filter stays."""

        def __init__(self, bar: FilterBar, first: bool) -> None:
            super().__init__()
            self.bar, self.first = bar, first

    class Cleared(Message):
        """Escape; the filter is empty now (Changed came before)."""

        def __init__(self, bar: FilterBar) -> None:
            super().__init__()
            self.bar = bar

    def compose(self) -> ComposeResult:
        yield Note((" / ", "key"), classes="label")
        yield FilterField()
        yield Note(classes="count")

    @property
    def _field(self) -> FilterField:
        return self.query_one(FilterField)

    @property
    def text(self) -> str:
        """What is typed."""
        return self._field.value

    @text.setter
    def text(self, text: str) -> None:
        self._field.value = text
        self._field.cursor_position = len(text)

    def say(self, *spans: Span | str) -> None:
        """Say something at the right end: how many rows are shown of how many."""
        self.query_one(".count", Note).say(*spans, ("  ", ""))

    def focus_field(self) -> None:
        """Let the user type."""
        focus_now(self._field)

    def on_input_changed(self, event: Field.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self, event.value))

    def on_filter_field_left(self, event: FilterField.Left) -> None:
        event.stop()
        if event.how == "clear":
            self.text = ""
            self.post_message(self.Cleared(self))
        else:
            self.post_message(self.Submitted(self, first=event.how == "go"))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.focus_field()
