"""Whether what stands on a terminal can be read, and stands within its window.

sheet = Sheet(term, 80, 24); sheet.resize(60, 20)
assert not sheet.faults(light=False)
"""

from __future__ import annotations

import signal

from tests.screens.pty_driver import Pty
from tests.terminals import set_size

NAMED = {
    "black": (0, 0, 0), "red": (205, 0, 0), "green": (0, 205, 0), "brown": (205, 205, 0),
    "blue": (0, 0, 238), "magenta": (205, 0, 205), "cyan": (0, 205, 205), "white": (229, 229, 229),
    "brightblack": (127, 127, 127), "brightred": (255, 0, 0), "brightgreen": (0, 255, 0),
    "brightbrown": (255, 255, 0), "brightyellow": (255, 255, 0), "brightblue": (92, 92, 255),
    "brightmagenta": (255, 0, 255), "brightcyan": (0, 255, 255), "brightwhite": (255, 255, 255),
}  # fmt: skip
"""xterm's own sixteen."""
CONTRAST = 4.5
"""What a text needs against its ground (WCAG 2.1, AA)."""
Colour = tuple[int, int, int]


def luminance(colour: Colour) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Colour, other: Colour) -> float:
    """How well they are told apart: 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rgb(name: str, default: str) -> Colour:
    """A name of pyte's for a colour as numbers."""
    name = default if name == "default" else name
    return NAMED.get(name) or (int(name[:2], 16), int(name[2:4], 16), int(name[4:], 16))


class Sheet:
    """A terminal whose paper is larger than its window, so that what is written beside that can be seen."""

    SPARE = 12

    def __init__(self, term: Pty, columns: int, lines: int) -> None:
        self.term = term
        self.columns, self.lines = columns, lines
        term.screen.resize(60 + self.SPARE, 200 + self.SPARE)

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size, on new paper. What was painted for the old size must have come."""
        if (columns, lines) == (self.columns, self.lines):
            return
        self.term.settle(0.08)
        self.term.screen.reset()
        self.columns, self.lines = columns, lines
        set_size(self.term._slave, columns, lines)
        self.term.kill(signal.SIGWINCH)

    def turn(self) -> None:
        """Have all painted anew, on new paper."""
        size = self.columns, self.lines
        self.resize(size[0] + 1, size[1])
        self.resize(*size)

    @property
    def rows(self) -> list[str]:
        """What stands in the window."""
        return [line[: self.columns] for line in self.term.screen.display[: self.lines]]

    def faults(self, *, light: bool) -> list[str]:
        """What is wrong with the screen: cells that are hardly to be told from their ground, and such as stand
        beside the window."""
        text, ground = ("black", "brightwhite") if light else ("white", "black")
        found, pairs = [], {}
        for y, row in self.term.screen.buffer.items():
            for x, cell in row.items():
                if not cell.data.strip():
                    continue
                if x >= self.columns or y >= self.lines:
                    found.append(f"{y}:{x} {cell.data!r} beside the window")
                colours = (cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg)
                defaults = (ground, text) if cell.reverse else (text, ground)
                if colours not in pairs:
                    pairs[colours] = contrast(*(rgb(*each) for each in zip(colours, defaults, strict=True)))
                if pairs[colours] < CONTRAST:
                    found.append(f"{y}:{x} {cell.data!r} {colours[0]} on {colours[1]}")
        return found
