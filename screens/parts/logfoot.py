"""The last hour in one line: accepted, deferred and rejected mail as sparklines with their sums."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.text import Span, plain_in_use, spans_width

_STEPS = "▁▂▃▄▅▆▇"
SPAN = 60
"""Minutes that it tells of."""

Curve = tuple[str, Sequence[int], str]
"""A name, a count a minute (oldest first), and the style of its line."""


def spark(counts: Sequence[int], width: int) -> str:
    """Counts as a line of `width` cells, each the sum of its part of them; the highest is the tallest, and
    whatever is not zero stands above the ground."""
    if width <= 0 or not counts:
        return ""
    edges = [len(counts) * place // width for place in range(width + 1)]
    sums = [sum(counts[start : max(end, start + 1)]) for start, end in pairwise(edges)]
    highest = max(sums)
    last = len(_STEPS) - 1
    return "".join(_STEPS[-(-count * last // highest) if highest else 0] for count in sums)


def curve_spans(curves: Sequence[Curve], width: int) -> list[Span]:
    """Names, lines and sums in `width` cells; in few of them the names and sums alone, then with the names
    cut: a number that is cut would be another number."""
    said = [(f" {name} ", f"{sum(counts):,} ") for name, counts, _ in curves]
    if sum(len(before) + len(after) for before, after in said) > width:
        said = [(f" {before[1:4]}. ", after) for before, after in said]
    taken = sum(len(before) + len(after) + 1 for before, after in said)
    room = min(SPAN, (width - taken) // max(len(curves), 1))
    found: list[Span] = []
    for (before, after), (_, counts, style) in zip(said, curves, strict=True):
        line = spark(counts, room if room >= 4 and not plain_in_use() else 0)
        found += [(before, "dim"), (line, style), (f" {after}" if line else after, "")]
    return found


class LogFoot(Bar):
    """`accepted ▁▂▂▃▅ 312  deferred ▁▁▁ 9  rejected ▂▂▃ 1877                    1 h`."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: tuple[Curve, ...] = ()

    def set_curves(self, *curves: Curve) -> None:
        """Show these; paints only where something changed."""
        if curves != self._curves:
            self._curves = curves
            self.refresh()

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        right: list[Span] = [("last hour ", "dim")]
        if not self._curves:
            return [(" ", "")], right
        left = curve_spans(self._curves, width - spans_width(right) - 1)
        if not left[1][0]:
            right = [("1 h ", "dim")]
        return left, right
