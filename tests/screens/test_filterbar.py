"""The `/` line: live hits, slices that let keys through, and typing ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.screens.parts import filterbar
from mailtui.screens.parts.filterbar import SLICE, FilterBar, Filtered, FilterRunner, Found
from mailtui.screens.parts.linelist import LineList, Listed, Row
from mailtui.text.chosen import Chosen
from tests.screens.conftest import screen_of, screen_text

Open = Callable[..., Any]


async def settled(app: Any, pilot: Any) -> None:
    await app.workers.wait_for_complete()
    await pilot.pause()


async def test_filter_as_you_type(open_console: Open) -> None:
    async with open_console(rows=1000) as (app, pilot):
        await pilot.press("/", *"user00001")
        await settled(app, pilot)
        assert "100 of 1000 shown" in screen_text(app)[2]
        assert "user0000100" in screen_text(app)[4]
        await pilot.press("enter")
        assert app.focused is app.screen.query_one(LineList)
        assert app.screen.query_one(LineList).key == 100
        await pilot.press("j")
        assert app.screen.query_one(LineList).key == 101
        await pilot.press("/", "escape")
        await settled(app, pilot)
        assert app.screen.query_one(FilterBar).text == ""
        assert "1000 rows" in screen_text(app)[2]
        assert app.screen.query_one(LineList).key == 101, "the cursor left its row"


async def test_down_keeps_the_filter_and_goes_to_the_list(open_console: Open) -> None:
    async with open_console(rows=1000) as (app, pilot):
        await pilot.press("/", *"user00001", "down")
        await settled(app, pilot)
        assert app.focused is app.screen.query_one(LineList)
        assert app.screen.query_one(FilterBar).text == "user00001"


async def test_typed_ahead_text_is_text(open_console: Open) -> None:
    """All keys at once, as a slow line delivers them: none of them may run as a command."""
    async with open_console(rows=100, edits=2) as (app, pilot):
        from textual import events

        for key in ("slash", *"werudnq"):
            character = "/" if key == "slash" else key
            app.post_message(events.Key(key, character))
        for _ in range(5):
            await pilot.pause()
        assert app.screen.query_one(FilterBar).text == "werudnq"
        assert len(app.session.draft) == 2
        assert len(app.screen_stack) == 1


async def test_a_paste_runs_no_commands(open_console: Open) -> None:
    async with open_console(rows=100, edits=2) as (app, pilot):
        from textual import events

        app.post_message(events.Paste("uuw4q\nq"))
        await pilot.pause()
        assert len(app.session.draft) == 2
        assert app.current_mode == "aliases"
        await pilot.press("slash")
        app.post_message(events.Paste("web\x1b[2J\tmaster"))
        await pilot.pause()
        assert app.screen.query_one(FilterBar).text == "web[2Jmaster"


async def test_keys_typed_ahead_of_a_dialog_reach_its_field(open_console: Open) -> None:
    async with open_console(rows=100) as (app, pilot):
        from textual import events

        app.post_message(events.Key("number_sign", "#"))
        for key in ("3", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else "\r"))
        for _ in range(10):
            await pilot.pause(0.05)
        assert "typed True" in screen_of(app)


async def test_printable_keys_are_text_while_the_field_has_the_cursor(open_console: Open) -> None:
    async with open_console(rows=100) as (app, pilot):
        await pilot.press("/", "q", "1", "?", ":", "#", "space")
        await pilot.pause()
        assert app.screen.query_one(FilterBar).text == "q1?:# "
        assert "first hit" in screen_text(app)[-1]
        assert "quit" not in screen_text(app)[-1]


async def test_the_filter_shows_its_hits_underlined(open_console: Open) -> None:
    async with open_console(rows=100) as (app, pilot):
        await pilot.press("/", *"user")
        await settled(app, pilot)
        strip = app.screen._compositor.render_strips()[5]
        marked = "".join(segment.text for segment in strip if segment.style and segment.style.underline)
        assert marked == "user"


class Slow:
    """A search of a thousand steps of a millisecond that finds nothing; `now` is the clock that they take."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        monkeypatch.setattr(filterbar, "perf_counter", lambda: self.steps / 1000)

    def __iter__(self) -> Iterator[int | None]:
        for _ in range(1000):
            self.steps += 1
            yield None


SLICED = round(SLICE * 1000) + 1
"""Steps of a slow search in one slice, at most."""


async def test_a_search_lets_others_work_and_ends_with_the_next(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(rows=10) as (app, _pilot):
        told: list[Found] = []
        runner = FilterRunner(app.screen, told.append)
        slow = Slow(monkeypatch)
        runner.run(iter(slow))
        longest = 0
        while slow.steps < 200:
            before = slow.steps
            await asyncio.sleep(0)
            longest = max(longest, slow.steps - before)
        assert longest <= SLICED, "others wait for more than one slice"
        runner.run(iter([1, None, 4]))
        await app.workers.wait_for_complete(
            [w for w in app.workers if not w.is_finished and not w.is_cancelled]
        )
        steps = slow.steps
        await asyncio.sleep(0.05)
        assert slow.steps == steps < 300, "the old search goes on"
        assert (list(told[-1].rows), told[-1].done) == ([1, 4], True)


async def test_the_first_screenful_comes_early(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)

    def hits() -> Iterator[int | None]:
        yield from range(100)
        yield from iter(slow)

    async with open_console(rows=10) as (app, _pilot):
        told: asyncio.Future[tuple[int, int, bool]] = asyncio.get_running_loop().create_future()
        runner = FilterRunner(
            app.screen, lambda found: told.set_result((slow.steps, len(found.rows), found.done))
        )
        runner.run(hits())
        steps, count, done = await told
        runner.cancel()
        assert (count, done) == (100, False)
        assert steps <= SLICED


@given(st.sets(st.integers(0, 99)))
def test_filtered_rows_are_the_rows_at_their_indices(indices: set[int]) -> None:
    source = Listed([(f"key{i}", Row((str(i),))) for i in range(100)])
    chosen = Chosen(sorted(indices))
    rows = Filtered(source, chosen)
    assert [rows.cells(i).cells[0] for i in range(len(rows))] == [str(i) for i in chosen]
    for place in range(100):
        found = rows.find(f"key{place}")
        assert (found is not None) == (place in indices)
        assert found is None or rows.key(found) == f"key{place}"
    assert rows.find("nothing") is None
