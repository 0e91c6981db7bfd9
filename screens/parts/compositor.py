"""Painting only what was marked: a key that changes two rows of a list costs these two rows.

    class Paced(Screen): self._compositor = DirectCompositor()

Textual's compositor renders every widget that lies between the changed ones, cuts all rows at every widget's
edges, and lays them over each other. Where each changed region is one widget's alone, which is so on every
screen as long as nothing moves, its lines are taken from that widget and nothing else is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual._styles_cache import StylesCache
from textual.geometry import Region
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget


class PartsUpdate(CompositorUpdate):
    """Parts of rows that are to be painted: (row, column, cells)."""

    def __init__(self, parts: list[tuple[int, int, Strip]]) -> None:
        self.parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for y, x, strip in self.parts:
            yield Control.move_to(x, y)
            yield from strip

    def render_segments(self, console: Console) -> str:
        return "".join(
            f"{Control.move_to(x, y).segment.text}{strip.render(console)}" for y, x, strip in self.parts
        )


class DirectCompositor(Compositor):
    """See the module's text."""

    def render_partial_update(self) -> ChopsUpdate | PartsUpdate | None:  # type: ignore[override]  # a sister of it
        screen = self.size.region
        regions = [region.intersection(screen) for region in self._dirty_regions]
        owners = [self._owner(region) for region in regions if region]
        parts: list[tuple[int, int, Strip]] = []
        for owned in owners:
            if owned is None:
                return super().render_partial_update()
            widget, region, offset = owned
            strips = widget.render_lines(region.translate((-offset[0], -offset[1])))
            parts.extend((y, region.x, strip) for y, strip in zip(region.line_range, strips, strict=False))
        self._dirty_regions.clear()
        return PartsUpdate(sorted(parts, key=lambda part: part[:2])) if parts else None

    def _owner(self, wanted: Region) -> tuple[Widget, Region, tuple[int, int]] | None:
        """The widget to which a region belongs alone, and its place; None where several share it."""
        for widget, (region, clip) in self.visible_widgets.items():  # from the front to the back
            if (seen := region.intersection(clip)).overlaps(wanted):
                return (widget, wanted, region.offset) if seen.contains_region(wanted) else None
        return None


class LineCache(StylesCache):
    """The drawn lines of a widget that fills its place itself, without border or padding: they are kept until
    it says that they changed, and nothing of its styles is worked out for those that did not."""

    def render_widget(self, widget: Widget, crop: Region) -> list[Strip]:
        if any(widget.styles.gutter):
            return super().render_widget(widget, crop)
        width = widget.outer_size.width
        if width != self._width:
            self.clear()
            self._width = width
        strips = list(self._lines(widget, crop.line_range, width))
        self._dirty_lines.difference_update(crop.line_range)
        first, last = crop.column_span
        return strips if (first, last) == (0, width) else [strip.crop(first, last) for strip in strips]

    def _lines(self, widget: Widget, places: Iterable[int], width: int) -> Iterator[Strip]:
        for y in places:
            strip = self._cache.get(y)
            if strip is None or y in self._dirty_lines:
                strip = widget.render_line(y).adjust_cell_length(width)
                for line_filter in widget.get_line_filters():
                    strip = strip.apply_filter(line_filter, widget.background_colors[1])
                self._cache[y] = strip
            yield strip
