"""What stands on the terminal, so that only cells that differ are sent, with no more than their styles need.

    picture = Picture()
    update = picture.differing(update, size, console)      # instead of what Textual's compositor made

Textual sends each dirty row whole, every span with its full style and a reset behind it, and all rows where
anything is laid out anew. Over a slow line that is what a key costs. What others wrote over the screen is
healed by `forget`, after which all is sent. Rows with characters beyond ASCII are sent whole, where they
change at all: terminals disagree about their widths, and what stands right of them may have been shifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.console import COLOR_SYSTEMS, Console, ConsoleOptions, RenderableType, RenderResult
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

_GAP = 7
"""Cells between two changes that are rather sent again than jumped over."""

_ATTRIBUTES = (
    ("bold", "1"), ("dim", "2"), ("italic", "3"), ("underline", "4"), ("blink", "5"), ("blink2", "6"),
    ("reverse", "7"), ("conceal", "8"), ("strike", "9"), ("underline2", "21"), ("overline", "53"),
)  # fmt: skip
_WEIGHTS = ("1", "2")
"""Attributes that 22 alone takes back."""


class Look(NamedTuple):
    """A style as the codes that make it (SGR). Each is made once, so that looks are compared by identity."""

    attributes: str = ""
    colour: str = ""
    ground: str = ""

    def after(self, before: Look, *, old: bool) -> str:
        """What turns the look of the cell before into this one. An `old` terminal may not know how to take
        back bold alone."""
        codes: list[str] = []
        if before.attributes != self.attributes:
            if before.attributes in _WEIGHTS and not old:
                codes.append("22")
            elif before.attributes:
                codes.append("0")
                before = PLAIN
            if self.attributes:
                codes.append(self.attributes)
        if self.colour != before.colour:
            codes.append(self.colour or "39")
        if self.ground != before.ground:
            codes.append(self.ground or "49")
        return f"\x1b[{';'.join(codes)}m" if codes else ""

    @property
    def blank(self) -> Look:
        """What a blank shows of it: its ground, and lines through it."""
        return self if self.attributes not in {"", *_WEIGHTS} else Look(ground=self.ground)


PLAIN = Look()


class _Cells(NamedTuple):
    """A part of a row: a text for each cell (empty behind a wide character), and its look; that of a blank is
    the one of all blanks on its ground."""

    texts: list[str]
    looks: list[Look | None]


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
        self._colours = ColorSystem.TRUECOLOR

    def forget(self) -> None:
        """Somebody else has written on the terminal."""
        self._size = Size(0, 0)

    def differing(self, update: RenderableType, size: Size, console: Console) -> RenderableType:
        """A `Difference`: only what this update changes, and it is sent now; anything else as it is."""
        if isinstance(update, (ChopsUpdate, LayoutUpdate)):
            return Difference(self.send(update, size, console))
        self.forget()
        return update

    # Sending

    def send(self, update: ChopsUpdate | LayoutUpdate, size: Size, console: Console) -> str:
        """The bytes for an update, which then stands on the terminal."""
        colours = COLOR_SYSTEMS[console.color_system] if console.color_system else ColorSystem.TRUECOLOR
        if colours is not self._colours:
            self._colours = colours
            self._looks.clear()
        if size != self._size:
            self._size = size
            self._rows = [_Cells([""] * size.width, [None] * size.width) for _ in range(size.height)]
        parts: list[str] = []
        look = PLAIN
        for y, x, strips in _rows_of(update) if isinstance(update, LayoutUpdate) else _parts_of(update):
            look = self._send_part(parts, look, y, x, strips)
        if look is not PLAIN:
            parts.append("\x1b[0m")
        return "".join(parts)

    def _send_part(self, parts: list[str], look: Look, y: int, x: int, strips: Iterable[Strip]) -> Look:
        """Add what changes a part of row `y` from column `x` on; returns the look of the last cell sent."""
        new = self._cells(strips)
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
            look = self._looks[style] = self._one(self._made(style) if style else PLAIN)
        return look

    def _one(self, look: Look) -> Look:
        """The look that stands for all that equal it."""
        return self._known.setdefault(look, look)

    def _blank(self, look: Look) -> Look:
        blank = self._blanks.get(look)
        if blank is None:
            blank = self._blanks[look] = self._one(look.blank)
        return blank

    def _made(self, style: Style) -> Look:
        attributes = ";".join(code for name, code in _ATTRIBUTES if getattr(style, name))
        colour, ground = style.color, style.bgcolor
        return Look(
            attributes,
            ";".join(self._shown(colour).get_ansi_codes()) if colour else "",
            ";".join(self._shown(ground).get_ansi_codes(foreground=False)) if ground else "",
        )

    def _shown(self, colour: Color) -> Color:
        """The colour as the terminal gets it: one that is in the palette of 256 by its number, which is half
        as long."""
        if self._colours is ColorSystem.TRUECOLOR and colour.triplet is not None:
            numbered = colour.downgrade(ColorSystem.EIGHT_BIT)
            return numbered if numbered.get_truecolor() == colour.triplet else colour
        return colour.downgrade(self._colours)


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


def _rows_of(update: LayoutUpdate) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    for y, strips in enumerate(update.strips, update.region.y):
        yield y, update.region.x, strips


def _parts_of(update: ChopsUpdate) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    """The parts of rows that an update has, as Textual cuts them."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > last or end <= first:
                continue
            yield y, x, [strip if first <= x < last and end <= last else strip.crop(0, min(end, last) - x)]
