"""What of the screens stays in memory, and what goes.

let_go()                # once, before the first widget: what a widget drew goes with it
forget_drawn(widget)    # nobody sees it now; it is drawn anew when it comes back
forget_sizes(screens)   # the window has another size: what was worked out for the old one is of no use
stays()                 # all that there is now stays as long as the console, but for what nobody refers to
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import _lru_cache_wrapper, lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.css.scalar import Scalar
from textual.geometry import Offset, Region, Size, Spacing
from textual.screen import Screen
from textual.widget import Widget

from mailtui.screens.parts.linedrawing import DrawnLines

_PAIRS = 256
"""Pairs of colours that are kept; a console has a few dozen."""


def let_go() -> None:
    """Have Textual keep styles by their colours alone.

    Textual 8 keeps two styles for every pair of colours in one cache that has each widget's drawn lines in
    its keys, though they do not depend on it: a thousand widgets that are long closed stay there with all
    that they showed (Textual's issue 6665).
    """
    name = "get_inner_outer"
    kept = vars(StylesCache).get(name)
    made = getattr(kept, "__wrapped__", None)
    if made is None or isinstance(kept, (classmethod, staticmethod)):
        return

    @lru_cache(_PAIRS)
    def pair(base: Color, ground: Color) -> object:
        return made(StylesCache, base, ground)

    setattr(StylesCache, name, staticmethod(pair))


def forget_drawn(widget: Widget) -> None:
    """Free the lines that a widget keeps drawn."""
    widget._styles_cache.clear()  # noqa: SLF001  # `refresh` would have it painted, too
    if isinstance(widget, DrawnLines):
        widget.forget_drawn()


def forget_sizes(screens: Iterable[Screen[object]]) -> None:
    """Free what Textual keeps of places and sizes that were: thousands of regions, and up to 16 boxes a
    widget on each of these screens."""
    for kind in (Region, Offset, Size, Spacing, Scalar):
        for member in vars(kind).values():
            if isinstance(member, _lru_cache_wrapper):
                member.cache_clear()
    for screen in screens:
        for widget in screen.walk_children(Widget, with_self=True):
            widget._box_model_cache.clear()  # noqa: SLF001  # it is kept under the sizes of then


def stays() -> None:
    """Free what nobody refers to, and have the collector look at all else no more: the modules and widgets
    of a screen that was just opened for the first time are there until the end. Else each of its rounds
    would take longer with every screen, and keys wait for it."""
    if gc.isenabled():  # not during the start, whose end does the same
        gc.collect()
        gc.freeze()
