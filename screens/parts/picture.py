"""What stands on the terminal, so that only cells that differ are sent, with no more than their styles need.

    picture = Picture()
    update = picture.differing(update, size, console)      # instead of what Textual's compositor made

Textual sends each dirty row whole, every span with its full style and a reset behind it, and all rows where
anything is laid out anew. Over a slow line that is what a key costs. What others wrote over the screen is
healed by `forget`, after which all is sent. Rows with characters beyond ASCII are sent whole, where they
change at all: terminals disagree about their widths, and what stands right of them may have been shifted.

Where whole rows only moved up or down, the terminal moves them itself, which costs a row what a list costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console, ConsoleOptions, RenderableType, RenderResult
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

from mailtui.screens.parts.compositor import PartsUpdate
from mailtui.screens.parts.look import PLAIN, Look, look_of
from mailtui.screens.parts.movedrows import Moved, moved_rows

Update = ChopsUpdate | LayoutUpdate | PartsUpdate
"""What is laid over the picture."""

_GAP = 7
"""Cells between two changes that are rather sent again than jumped over."""

_STRIPS = 256
"""Strips whose cells are kept."""


class _Cells(NamedTuple):
    """A part of a row: a text for each cell (empty behind a wide character), and its look; that of a blank is
    the one of all blanks on its ground."""

    texts: list[str]
    looks: list[Look | None]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.texts)


class Picture:
    """The rows of the terminal as they were sent; None for a cell of which nothing is known."""

    def __init__(self, *, old: bool = False) -> None:
        """`old`: the terminal has 16 colours or none, and may know no more than it must."""
        self._old = old
        self._size = Size(0, 0)
        self._rows: list[_Cells] = []
        self._looks: dict[Style | None, Look] = {}
        self._known: dict[Look, Look] = {PLAIN: PLAIN}
        self._blanks: dict[Look, Look] = {}
        self._known_strips: dict[int, tuple[Strip, _Cells]] = {}
        self._colours = ColorSystem.TRUECOLOR

    def forget(self) -> None:
        """Somebody else has written on the terminal."""
        self._size = Size(0, 0)

    def differing(self, update: RenderableType, size: Size, console: Console) -> RenderableType:
        """A `Difference`: only what this update changes, and it is sent now; anything else as it is."""
        if isinstance(update, (ChopsUpdate, LayoutUpdate, PartsUpdate)):
            return Difference(self.send(update, size, console))
        self.forget()
        return update

    # Sending

    def send(self, update: Update, size: Size, console: Console) -> str:
        """The bytes for an update, which then stands on the terminal."""
        colours = COLOR_SYSTEMS[console.color_system] if console.color_system else ColorSystem.TRUECOLOR
        if colours is not self._colours:
            self._colours = colours
            self._looks.clear()
            self._known_strips.clear()
        if size != self._size:
            self._size = size
            self._rows = [_Cells([""] * size.width, [None] * size.width) for _ in range(size.height)]
        news = [(y, x, self._cells(strips)) for y, x, strips in _parts_of(update)]
        parts: list[str] = []
        whole = {y: new.text for y, x, new in news if not x and len(new.texts) == size.width}
        if (moved := moved_rows(whole, self._texts(whole))) is not None:
            parts.append(self._move(moved))
        look = PLAIN
        for y, x, new in news:
            look = self._send_part(parts, look, y, x, new)
        if look is not PLAIN:
            parts.append("\x1b[0m")
        return "".join(parts)

    def _texts(self, rows: Iterable[int]) -> dict[int, str]:
        """What stands in these rows."""
        return {y: self._rows[y].text for y in rows if 0 <= y < len(self._rows)}

    def _move(self, moved: Moved) -> str:
        """Have the terminal move rows. What comes free is blank, on the terminal's own ground."""
        blank = [_Cells([" "] * self._size.width, [PLAIN] * self._size.width) for _ in range(abs(moved.by))]
        rows = self._rows[moved.first : moved.last + 1]
        rows = rows[moved.by :] + blank if moved.by > 0 else blank + rows[: moved.by]
        self._rows[moved.first : moved.last + 1] = rows
        at, step = (moved.last, "\n") if moved.by > 0 else (moved.first, "\x1bM")
        return f"\x1b[{moved.first + 1};{moved.last + 1}r\x1b[{at + 1};1H{step * abs(moved.by)}\x1b[r"

    def _send_part(self, parts: list[str], look: Look, y: int, x: int, new: _Cells) -> Look:
        """Add what changes a part of row `y` from column `x` on; returns the look of the last cell sent."""
        width = len(new.texts)
        if not 0 <= y < len(self._rows) or x + width > self._size.width:
            runs = [(0, width)]  # outside of the window: Textual knows of another size already
        else:
            old = self._rows[y]
            runs = list(_runs(old, new, x))
            if runs:
                old.texts[x : x + width] = new.texts
                old.looks[x : x + width] = new.looks
        for start, end in runs:
            parts.append(f"\x1b[{y + 1};{x + start + 1}H")
            at = start
            while at < end:
                here = new.looks[at] or PLAIN
                stop = at + 1
                while stop < end and new.looks[stop] is here:
                    stop += 1
                text = "".join(new.texts[at:stop])
                if not text.isspace() or self._blank(look) is not here:
                    parts.append(here.after(look, old=self._old))
                    look = here
                parts.append(text)
                at = stop
        return look

    def _cells(self, strips: Iterable[Strip]) -> _Cells:
        """The cells of strips side by side. A row of a list that moves is the same strip again."""
        strips = list(strips)
        if len(strips) != 1:
            return self._cut(strips)
        (strip,) = strips
        known = self._known_strips.get(id(strip))
        if known is None or known[0] is not strip:
            if len(self._known_strips) >= _STRIPS:
                self._known_strips.clear()
            known = self._known_strips[id(strip)] = strip, self._cut(strips)
        return known[1]

    def _cut(self, strips: Iterable[Strip]) -> _Cells:
        texts: list[str] = []
        looks: list[Look | None] = []
        for strip in strips:
            for text, style, _ in strip:
                if text.isascii():
                    texts.extend(text)
                else:
                    _add_wide(texts, text)
                look = self._look(style)
                begun = len(looks)
                looks.extend([look] * (len(texts) - begun))
                blank = self._blank(look)
                if " " in text and blank is not look:
                    looks[begun:] = [blank if one == " " else look for one in texts[begun:]]
        return _Cells(texts, looks)

    def _look(self, style: Style | None) -> Look:
        look = self._looks.get(style)
        if look is None:
            look = self._looks[style] = self._one(look_of(style, self._colours) if style else PLAIN)
        return look

    def _one(self, look: Look) -> Look:
        """The look that stands for all that equal it."""
        return self._known.setdefault(look, look)

    def _blank(self, look: Look) -> Look:
        blank = self._blanks.get(look)
        if blank is None:
            blank = self._blanks[look] = self._one(look.blank)
        return blank


class Difference(CompositorUpdate):
    """What is written in the place of an update; an empty text where all stands there already."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text

    def render_segments(self, console: Console) -> str:  # noqa: ARG002  # Textual's own parameters
        return self.text


def _add_wide(texts: list[str], text: str) -> None:
    """Add the cells of a text that is not all ASCII; what takes no cell goes to the one before it."""
    for character in text:
        width = cell_len(character)
        if width:
            texts.extend([character, *[""] * (width - 1)])
        elif texts:
            texts[-1] += character


def _runs(old: _Cells, new: _Cells, x: int) -> Iterator[tuple[int, int]]:
    """The cells of `new` that differ from what stands from column `x` on: from, and to before."""
    width = len(new.texts)
    texts, looks = old.texts[x : x + width], old.looks[x : x + width]
    if texts == new.texts and looks == new.looks:
        return
    if not ("".join(texts).isascii() and "".join(new.texts).isascii()):
        yield 0, width
        return
    start = end = -1
    for at, (text, look) in enumerate(zip(new.texts, new.looks, strict=True)):
        if texts[at] == text and looks[at] is look:
            continue
        if start < 0:
            start = at
        elif at - end > _GAP:
            yield start, end
            start = at
        end = at + 1
    if start >= 0:
        yield start, end


def _parts_of(update: Update) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    """The parts of rows that an update has: row, column, cells."""
    if isinstance(update, PartsUpdate):
        yield from ((y, x, [strip]) for y, x, strip in update.parts)
    elif isinstance(update, LayoutUpdate):
        yield from ((y, update.region.x, strips) for y, strips in enumerate(update.strips, update.region.y))
    else:
        yield from _chops_of(update)


def _chops_of(update: ChopsUpdate) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    """The parts as Textual cuts them."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > last or end <= first:
                continue
            yield y, x, [strip if first <= x < last and end <= last else strip.crop(0, min(end, last) - x)]
