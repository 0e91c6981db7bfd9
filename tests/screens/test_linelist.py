"""The list: cursor, marks, columns, and what a million rows cost."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.screens.parts.columns import GAP, Column, widths
from mailtui.screens.parts.filterbar import Filtered
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.terminal import Plan
from mailtui.text.chosen import Chosen
from tests.screens.conftest import screen_of, screen_text
from tests.screens.console_demo import HOSTILE, DemoRows

Open = Callable[..., Any]


def lines_of(app: Any) -> LineList:
    found: LineList = app.screen.query_one(LineList)
    return found


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        ("j", 1), ("down", 1), ("j j k", 1), ("k", 0), ("G", 99), ("end", 99), ("G g", 0), ("end home", 0),
        ("pagedown", 10), ("pagedown pagedown", 20), ("pagedown pageup", 0), ("G j", 99), ("G pageup", 89),
    ],
)  # fmt: skip
async def test_the_cursor_keys(open_console: Open, keys: str, cursor: int) -> None:
    async with open_console(rows=100) as (app, pilot):
        assert lines_of(app).page == 11
        await pilot.press(*keys.split())
        assert lines_of(app).cursor == cursor
        await pilot.pause()
        if cursor % 10 != 3:
            assert f"user{cursor:07}" in screen_of(app)


async def test_no_key_animates_and_only_the_visible_is_asked_for(open_console: Open) -> None:
    async with open_console(rows=1_000_000) as (app, pilot):
        lines = lines_of(app)
        rows = lines.rows
        assert isinstance(rows, DemoRows)
        rows.asked = 0
        await pilot.press("pagedown", "G", "g")
        assert lines.top == 0, "the scroll is still on its way"
        assert rows.asked <= 4 * lines.page
        rows.asked = 0
        await pilot.press("j")
        await pilot.pause()
        assert rows.asked <= 2


async def test_a_key_on_a_million_rows_costs_what_one_on_a_hundred_does(open_console: Open) -> None:
    async def cost(rows: int) -> float:
        async with open_console(rows=rows, size=(120, 40)) as (app, pilot):
            lines = lines_of(app)
            times = []
            for _ in range(60):
                start = perf_counter()
                lines.action_page_down()
                app.screen._compositor.render_strips()
                times.append(perf_counter() - start)
            await pilot.pause()
            return sorted(times)[len(times) // 2]

    small = await cost(5000)
    assert await cost(1_000_000) < 3 * small + 0.002


async def test_marks(open_console: Open) -> None:
    async with open_console(rows=30) as (app, pilot):
        lines = lines_of(app)
        await pilot.press("space", "space", "j", "space")
        assert lines.marked == {0, 1, 3}
        assert lines.chosen() == [0, 1, 3]
        await pilot.pause()
        assert screen_text(app)[4].startswith(">")
        assert "3 marked" in screen_text(app)[2]
        await pilot.press("*")
        assert len(lines.marked) == 30
        await pilot.press("*")
        assert lines.marked == set()
        assert lines.chosen() == [lines.cursor]


async def test_too_many_marks_are_refused_with_a_word(open_console: Open) -> None:
    async with open_console(rows=1_000_000) as (app, pilot):
        await pilot.press("*")
        await pilot.pause()
        assert lines_of(app).marked == set()
        assert "filter first" in screen_of(app)


async def test_the_cursor_stays_with_its_row(open_console: Open) -> None:
    async with open_console(rows=100) as (app, pilot):
        lines = lines_of(app)
        rows = lines.rows
        await pilot.press(*["j"] * 20)
        top = lines.top
        lines.set_rows(Filtered(rows, Chosen(range(1, 100, 1))))
        assert (lines.key, lines.cursor, lines.top) == (20, 19, top - 1)

        def key_with(chosen: list[int], **how: Any) -> Any:
            lines.set_rows(Filtered(rows, Chosen(chosen)), **how)
            return lines.key

        assert key_with([1, 2, 3]) == 3  # its row is gone: the nearest there is
        assert key_with(list(range(100)), to=70) == 70
        assert key_with([5, 70], first=True) == 5
        assert key_with([]) is None
        assert lines.chosen() == []
        await pilot.press("j", "k", "G", "g", "pagedown", "space", "enter")
        await pilot.pause()
        assert "Nothing here" in screen_of(app)


async def test_hostile_rows_are_shown_not_obeyed(open_console: Open) -> None:
    async with open_console(rows=200, size=(240, 40)) as (app, pilot):
        seen = ""
        for _ in range(12):
            seen += screen_of(app)
            await pilot.press("pagedown")
            await pilot.pause()
        assert all(character.isprintable() or character == "\n" for character in seen)
        for text in (
            "␛]0;PWNED␇ title",
            "␛[2J clears",
            "[bold]x[/bold] [@click=app.quit]",
            "[/foo] [postfix/smtp]",
        ):
            assert text in seen
        assert "\\u202egnp.exe" in seen
        assert "caf\\xe9 latin" in seen
        assert len(HOSTILE) == 10


async def test_wide_characters_do_not_shift_the_columns(open_console: Open) -> None:
    async with open_console(rows=100, size=(80, 60)) as (app, pilot):
        lines_of(app).move_to(83)
        await pilot.pause()
        line = next(line for line in screen_text(app) if "日本語" in line)
        from rich.cells import cell_len

        plain = next(line for line in screen_text(app) if "user0000082" in line)
        assert cell_len(line[: line.index("virtual")]) == plain.index("virtual")


async def test_the_marker_says_it_without_colour(open_console: Open) -> None:
    async with open_console(rows=10, plan=Plan(ansi=True, no_colour=True, ascii_only=True)) as (app, _):
        markers = [line[1] for line in screen_text(app)[4:14]]
        assert markers == list("  ~+-#!?=*")


COLUMNS = st.lists(
    st.builds(
        Column,
        title=st.just("X"),
        share=st.integers(0, 5),
        least=st.integers(1, 20),
        most=st.one_of(st.just(0), st.integers(20, 40)),
        drop=st.sampled_from([0, 0, 60, 100]),
    ),
    min_size=1,
    max_size=6,
)


@given(COLUMNS, st.integers(0, 300))
def test_columns_fit_their_list(columns: list[Column], width: int) -> None:
    result = widths(columns, width)
    shown = [cells for cells in result if cells]
    dropped = sum(column.drop > width for column in columns)
    assert len(shown) == len(columns) - dropped
    room = width - GAP * max(0, len(shown) - 1)
    assert sum(shown) <= max(room, len(shown))
    for column, cells in zip(columns, result, strict=True):
        assert not column.most or cells <= column.most
    grows = any(c.share and not c.most and w for c, w in zip(columns, result, strict=True))
    if grows and room >= sum(c.least for c, w in zip(columns, result, strict=True) if w):
        assert sum(shown) == room
