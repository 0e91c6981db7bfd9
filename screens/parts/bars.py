"""The one-line bars that draw themselves: a base for status line, tabs and footer.

class Mine(Bar):
    def spans(self, width): return [(" left", "bold")], [("right ", "dim")]
"""

from __future__ import annotations

from abc import abstractmethod

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import Span, segments, spans_width


class Bar(Painted):
    """One line: spans at the left, spans at the right; the right ones are kept when room is short."""

    ground = ""
    """The style under the whole line."""

    @abstractmethod
    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        """The left and the right spans for this width."""

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base: Style = self.paint[self.ground]
        if y:
            return self.strip([Segment(" " * width, base)], width)
        left, right = self.parts(width)
        taken = min(spans_width(right), width)
        line = segments(left, width - taken, self.paint, base=base)
        line += segments(right, taken, self.paint, base=base)
        return self.strip(line, width)
