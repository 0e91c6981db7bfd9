"""What is closed is freed: its widgets, and the lines that were drawn; what nobody sees is not kept drawn."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.geometry import Region, Size
from textual.widget import Widget

from mailtui.screens.parts.field import Field
from mailtui.screens.parts.letgo import let_go
from mailtui.screens.parts.linedrawing import DrawnLines


def test_the_styles_of_two_colours_hold_no_widget() -> None:
    let_go()
    let_go()
    cache = StylesCache()
    gone = weakref.ref(cache)
    inner, outer = cache.get_inner_outer(Color.parse("#102030"), Color.parse("#ff0000"))
    assert (inner.background, outer.background) == (Color.parse("#ff0000"), Color.parse("#102030"))
    del cache
    gc.collect()
    assert gone() is None


def _drawn(widget: Widget) -> int:
    rows = len(widget._strips) if isinstance(widget, DrawnLines) else 0
    return rows + len(widget._styles_cache._cache)


async def test_a_closed_field_goes_and_a_hidden_screen_keeps_no_lines(
    open_console: Callable[..., Any],
) -> None:
    async with open_console() as (app, pilot):
        aliases = app.screen
        field = Field("jean")
        await aliases.mount(field)
        await pilot.pause()
        told = aliases.text_selection_started_signal._subscriptions
        assert field in told
        await field.remove()
        await pilot.pause()
        assert field not in told
        assert sum(map(_drawn, aliases.walk_children(Widget))) > 20
        await pilot.press("question_mark")
        await pilot.pause()
        assert sum(map(_drawn, aliases.walk_children(Widget))) > 20  # it stands behind the keys
        await pilot.press("escape", "2")
        await pilot.pause()
        assert app.screen is not aliases
        assert sum(map(_drawn, aliases.walk_children(Widget))) == 0
        await pilot.press("3")
        await pilot.pause()
        assert any("jean" in strip.text for strip in app.screen._compositor.render_strips())


async def test_what_was_worked_out_for_another_size_goes_with_it(open_console: Callable[..., Any]) -> None:
    async with open_console(size=(80, 24)) as (app, pilot):
        here = app.screen

        def kept_for(size: Size) -> bool:
            boxes = [widget._box_model_cache.keys() for widget in here.walk_children(Widget)]
            return any(size in key for keys in boxes for key in keys if isinstance(key, tuple))

        assert kept_for(Size(80, 24))
        assert Region.intersection.cache_info().currsize > 20
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert not kept_for(Size(80, 24))
        assert kept_for(Size(100, 30))
        assert any("jean" in strip.text for strip in app.screen._compositor.render_strips())
