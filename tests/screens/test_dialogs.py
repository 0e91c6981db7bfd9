"""Questions and messages: their keys, their answers, and text that stays text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailtui.screens.parts.dialogs import Choice, Confirm, ErrorDialog, StageOrDiscard, TextView, TypedWord
from tests.screens.conftest import screen_of, screen_text

Open = Callable[..., Any]
EVIL = "[/foo] [@click=app.quit]x[/] \x1b]0;PWNED\x07 [bold]"


async def answer(open_console: Open, dialog: Any, *keys: str) -> Any:
    answers: list[Any] = []
    async with open_console() as (app, pilot):
        app.push_screen(dialog, answers.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        assert len(app.screen_stack) == (1 if answers else 2)
    return answers[0] if answers else "open"


@pytest.mark.parametrize(
    ("keys", "said"),
    [("y", True), ("enter", True), ("n", False), ("q", False), ("escape", None), ("ctrl+c", None), ("x", "open"),
     ("1", "open")],
)  # fmt: skip
async def test_confirm(open_console: Open, keys: str, said: object) -> None:
    assert await answer(open_console, Confirm("Delete?", [EVIL], yes="delete"), keys) == said


@pytest.mark.parametrize(
    ("keys", "said"),
    [("enter", "stage"), ("d", "discard"), ("escape", None), ("q", "open"), ("space", "open")],
)
async def test_stage_or_discard(open_console: Open, keys: str, said: object) -> None:
    assert await answer(open_console, StageOrDiscard(), keys) == said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["1", "2", "9", "0", "enter"], True),
        (["1", "2", "enter"], "open"),
        (["enter"], "open"),
        (["escape"], None),
    ],
)
async def test_the_typed_word(open_console: Open, keys: list[str], said: object) -> None:
    assert (
        await answer(open_console, TypedWord("Flush 1290 messages", "1290", ["now, no undo"]), *keys) == said
    )


async def test_a_wrong_word_says_so(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        app.push_screen(TypedWord("Flush", "1290"))
        await pilot.pause()
        await pilot.press("7", "enter")
        await pilot.pause()
        assert "That is not 1290; nothing was done" in screen_of(app)


@pytest.mark.parametrize(("key", "said"), [("k", "keep"), ("w", "review"), ("d", "drop"), ("escape", None)])
async def test_choice_keys_win_over_cursor_keys(open_console: Open, key: str, said: object) -> None:
    dialog = Choice("Quit?", ["a"], ("w", "review", "See."), ("k", "keep", "Keep."), ("d", "drop", "Drop."))
    assert await answer(open_console, dialog, key) == said


async def test_a_choice_names_its_keys_in_their_order(open_console: Open) -> None:
    async with open_console(edits=2) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert "w review  k keep  d drop  Esc back" in screen_of(app)
        assert "2 staged changes are not written" in screen_of(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (60, 16)])
async def test_errors_are_shown_whole_and_literal(open_console: Open, size: tuple[int, int]) -> None:
    async with open_console(size=size) as (app, pilot):
        app.push_screen(ErrorDialog(f"postmap {EVIL}", [EVIL, *(f"line {n}" for n in range(40))]))
        await pilot.pause()
        text = screen_of(app)
        assert "[/foo] [@click=app.quit]x[/] ␛]0;PWNED␇ [bold]" in text
        assert "more lines" in text
        assert "y copy" in text
        await pilot.press("G")
        await pilot.pause()
        assert "line 39" in screen_of(app)


async def test_copy_and_plain_text(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        app.push_screen(ErrorDialog("What failed", [EVIL, "x" * 200]))
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard.startswith("What failed\n[/foo]")
        assert "\x1b" not in app.clipboard
        await pilot.pause()
        assert "Copied, if your terminal allows it" in screen_of(app)
        await pilot.press("t")
        await pilot.pause()
        assert isinstance(app.screen, TextView)
        lines = screen_text(app)
        assert lines[3] == "x" * 80
        assert lines[4] == "x" * 80
        assert lines[5] == "x" * 40
        await pilot.press("q", "q")
        for _ in range(100):
            await pilot.pause(0.01)
            if len(app.screen_stack) == 1:
                break
        assert len(app.screen_stack) == 1


async def test_of_a_copy_too_long_for_any_terminal_the_first_lines_are_shown_and_none_is_kept(
    open_console: Open,
) -> None:
    async with open_console() as (app, pilot):
        app.copy_to_clipboard("before")
        app.copy_and_show("\n".join(f"line {number} {'x' * 60}" for number in range(1, 3001)), 500)
        await pilot.pause()
        assert "First 1,000 of 3,500 lines. Too long to copy (" in screen_of(app)
        await pilot.press("G")
        await pilot.pause()
        assert "line 1000 " in screen_of(app)
        assert app.clipboard == ""


async def test_digits_and_commands_do_not_reach_the_screen_below(open_console: Open) -> None:
    async with open_console(edits=1) as (app, pilot):
        app.push_screen(Confirm("Delete?"))
        await pilot.pause()
        await pilot.press("4", "u", "w", "colon", "ctrl+p", "L", "question_mark")
        await pilot.pause()
        assert app.current_mode == "aliases"
        assert len(app.session.draft) == 1
        assert isinstance(app.screen, Confirm)
