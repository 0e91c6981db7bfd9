"""What is painted directly is what Textual's compositor would have painted."""

from __future__ import annotations

import random

from rich.segment import Segment
from rich.style import Style
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip

from mailtui.screens.parts.compositor import DirectCompositor, PartsUpdate
from mailtui.screens.parts.paced import Paced
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.picture import _parts_of


class Numbered(Painted):
    """Lines that say whose they are, and how often they were changed."""

    changed = 0

    def render_line(self, y: int) -> Strip:
        text = f"{self.id} {y} {self.changed}"[: self.size.width]
        return Strip([Segment(text.ljust(self.size.width), Style(bold=bool(y % 2)))], self.size.width)


class Overlaid(Paced[None]):
    """Two widgets side by side, one with a padding below them, and one that lies over all three."""

    CSS = """
    Overlaid { layers: below above; }
    .row { height: 5; layout: horizontal; }
    #left, #right { width: 1fr; height: 5; }
    #padded { height: 4; padding: 1 2; }
    #over { layer: above; offset: 14 3; width: 12; height: 4; }
    """

    def compose(self) -> ComposeResult:
        with Container(classes="row"):
            yield Numbered(id="left")
            yield Numbered(id="right")
        yield Numbered(id="padded")
        yield Numbered(id="over")


class Small(App[None]):
    def may_paint(self) -> bool:
        """Never by itself: the test does."""
        return False


def _cells(update: object) -> dict[tuple[int, int], tuple[str, Style | None]]:
    found: dict[tuple[int, int], tuple[str, Style | None]] = {}
    for y, x, strips in _parts_of(update):  # type: ignore[arg-type]  # whatever the compositor made
        for strip in strips:
            for text, style, _ in strip:
                for character in text:
                    found[y, x] = (character, style)
                    x += 1
    return found


async def test_parts_that_are_painted_directly_are_those_of_the_whole() -> None:
    chance = random.Random(7)
    async with Small().run_test(size=(40, 12)) as pilot:
        screen = Overlaid()
        await pilot.app.push_screen(screen)
        await pilot.pause()
        ours = screen._compositor
        assert isinstance(ours, DirectCompositor)
        widgets = [screen.query_one(f"#{name}", Numbered) for name in ("left", "right", "padded", "over")]
        direct = 0
        for turn in range(60):
            marked = chance.sample(widgets, chance.randint(1, 3))
            for widget in marked:
                widget.changed = turn
                at = chance.randrange(widget.size.height)
                rows = Region(0, at, widget.size.width, chance.randint(1, widget.size.height - at))
                widget.refresh(*([rows] if chance.random() < 0.7 else []))
            ours.update_widgets(set(marked))
            dirty = set(ours._dirty_regions)
            painted = ours.render_partial_update()
            direct += isinstance(painted, PartsUpdate)
            ours._dirty_regions.update(dirty)
            wanted = _cells(Compositor.render_partial_update(ours))
            got = _cells(painted)
            assert got.items() <= wanted.items()  # Textual paints to the next edge of a widget
            marks = {(y, x) for one in dirty for y in one.line_range for x in one.column_range}
            assert got.keys() >= marks & wanted.keys()
            assert marks
        assert 0 < direct < 60
