"""How a cell of the terminal looks, as the codes that make it."""

from __future__ import annotations

from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.style import Style

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


def look_of(style: Style, colours: ColorSystem) -> Look:
    """The look of a style on a terminal with these colours."""
    attributes = ";".join(code for name, code in _ATTRIBUTES if getattr(style, name))
    colour, ground = style.color, style.bgcolor
    return Look(
        attributes,
        ";".join(_shown(colour, colours).get_ansi_codes()) if colour else "",
        ";".join(_shown(ground, colours).get_ansi_codes(foreground=False)) if ground else "",
    )


def _shown(colour: Color, colours: ColorSystem) -> Color:
    """The colour as the terminal gets it: one of the palette of 256 by its number, which is half as long."""
    if colours is ColorSystem.TRUECOLOR and colour.triplet is not None:
        numbered = colour.downgrade(ColorSystem.EIGHT_BIT)
        return numbered if numbered.get_truecolor() == colour.triplet else colour
    return colour.downgrade(colours)
