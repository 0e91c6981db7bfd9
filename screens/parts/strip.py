"""The strip: a few lines of the live log over the footer, on any screen, `L` opens and closes it.

    app.strip.append([spans, …])      # newest last; at most KEPT are kept, the last ones are shown

Its lines live in `StripLines`, which all screens share, so that they stay when the screen changes. What
is said there comes from the log's own reader; nothing is painted while it is closed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from textual.strip import Strip

from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.session import Signal
from mailtui.screens.parts.text import Spans, cells, rule, segments, show

KEPT = 200
SHOWN = 5
"""Lines that an open strip takes at most, its rule included: what it does not need is the list's."""


class StripLines:
    """The lines of the strip and whether it is open; `changed` tells the bars that show it."""

    def __init__(self) -> None:
        self.lines: deque[Spans] = deque(maxlen=KEPT)
        self.open = False
        self.title = "log"
        self.empty = "nothing was logged yet"
        """What stands there while there is no line."""
        self.changed: Signal[None] = Signal()

    def append(self, lines: Iterable[Spans]) -> None:
        """Add lines at the end. Call it at most a few times a second, with many lines at once."""
        self.lines.extend(lines)
        if self.open:
            self.changed.emit(None)

    def begin(self, title: str, empty: str) -> None:
        """Show other lines from now on."""
        self.lines.clear()
        self.title, self.empty = title, empty
        self.append([])

    def show(self, opened: bool) -> None:
        """Open or close it."""
        if opened != self.open:
            self.open = opened
            self.changed.emit(None)


class StripView(Painted):
    """The strip on one screen."""

    def __init__(self, lines: StripLines) -> None:
        super().__init__()
        self._lines = lines
        self._height = 0
        self.display = lines.open

    def on_mount(self) -> None:
        self._fit()
        self._unsubscribe = self._lines.changed.subscribe(self._changed)

    def on_unmount(self) -> None:
        self._unsubscribe()

    def _changed(self, _news: None) -> None:
        self.display = self._lines.open
        self._fit()
        if self._lines.open and self.screen.is_current:
            self.refresh()

    def _fit(self) -> None:
        height = min(SHOWN, 1 + max(1, len(self._lines.lines)))
        if height != self._height:
            self._height = height
            self.styles.height = height

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if y == 0:
            rest = max(0, width - 4 - cells(show(self._lines.title)))
            spans: Spans = [
                (rule() * 2, "dim"), (f" {self._lines.title} ", "title"), (rule() * rest, "dim")
            ]  # fmt: skip
            return self.strip(segments(spans, width, self.paint), width)
        shown = list(self._lines.lines)[-(height - 1) :]
        if not shown and y == 1:
            return self.strip(segments([(f" {self._lines.empty}", "dim")], width, self.paint), width)
        spans = [(" ", ""), *shown[y - 1]] if y - 1 < len(shown) else []
        return self.strip(segments(spans, width, self.paint), width)
