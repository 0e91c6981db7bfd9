"""No text from anywhere steers the terminal, is markup, ends the console or stalls it, on any screen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from mailtui.apply.plan import Plan as PlanOfSteps
from mailtui.apply.review import EditLine, Review
from mailtui.edits.entries import SetEntry
from mailtui.edits.model import Conflict
from mailtui.formats.target import Target
from mailtui.screens.aliases import AliasesScreen
from mailtui.screens.conflict import ConflictScreen
from mailtui.screens.parts.dialogs import Choice, Confirm, ErrorDialog, StageOrDiscard, TypedWord
from tests.laws.whole import SEED, WHOLE, tally
from tests.screens.hostile import PIECES, Watched, World, folder_of, lagging, watched, worlds

STALL = 1.0
"""Seconds for which no key is answered, at most, on a busy machine; to decode and cut 10 MB takes longer."""
ALL = list(PIECES)
EVERYTHING = World(ALL, ALL, ALL, ALL, ALL, ALL)


def contents(root: Path) -> dict[str, bytes]:
    """The files of a configuration folder."""
    return {path.name: path.read_bytes() for path in (root / "etc").iterdir() if path.is_file()}


async def walk(up: Watched, world: World) -> None:
    """Go through every screen, view and dialog, with a look at each."""
    await up.until("still staged")
    await up.press("enter")
    await aliases(up, world)
    await log(up)
    await up.press("3", "w")
    await up.until("Write 1 change")
    await up.press("tab", "tab", "pagedown", "y", "q", "q")
    await up.press("H", "j", "down", "enter", "pagedown", "q", "y", "q", "slash", "u", "escape", "q")
    await questions(up, world)
    await up.press("q")
    await up.until("not written")
    await up.press("escape")


async def aliases(up: Watched, world: World) -> None:
    """The list, its detail, its editor, its filter, the strip, help, palette and the command line."""
    app = up.app
    assert isinstance(app.screen, AliasesScreen)
    await up.until("first@falcotsbrand.com")
    await up.press("g", *["j"] * 6, "x", "pagedown", "escape", "pagedown", "G", "k", "k")
    await up.press("enter", "down", "down", "up", "escape", "escape", "escape")
    while isinstance(app.screen, StageOrDiscard):  # an entry that the editor tidied up asks
        await up.press("d")
    assert isinstance(app.screen, AliasesScreen)
    await up.press("L", "slash")
    app.screen.bar.text = world.text[:200]
    await up.press("a", "backspace", "escape", "escape")
    await up.press("question_mark", "pagedown", "q", "ctrl+p", *"write", "escape", "colon", *"zz", "enter")
    app.notify(world.text, severity="error")
    await up.press("y")
    await up.press("q", "L")
    assert isinstance(app.screen, AliasesScreen), app.screen


async def log(up: Watched) -> None:
    """The log in words, raw, one line whole."""
    await up.press("8")
    await up.until("last")
    await up.press(
        "k", "k", "enter", "pagedown", "q", "v", "g", "down", "enter", "q", "y", "q", "v", "e", "G"
    )
    await up.press("slash", "x", "enter", "escape", "p")


async def questions(up: Watched, world: World) -> None:
    """The conflict view, and each kind of dialog."""
    text, app = world.text, up.app
    target = Target("table", text[:60] or "x", "hash")
    edit = SetEntry(target, text[:80], (text[:200],), (text[:30],))
    conflict = Conflict(edit, (text[:30],), (text[::-1][:200],), (text[:200],))
    found = Review(
        text, (EditLine(edit, "~", edit.describe()),), (), text, PlanOfSteps(()), conflicts=(conflict,)
    )
    app.push_screen(ConflictScreen(found))
    await up.press("j", "question_mark", "q", "enter", "a", "escape", "d", "q")
    for dialog in (
        Confirm(text, [text, "x"], yes=text[:20] or "yes"), TypedWord(text, text[:30], [text]),
        ErrorDialog(text, [text] * 40), Choice(text, [text], ("k", "keep", text)),
    ):  # fmt: skip
        app.push_screen(dialog)
        await up.press("pagedown", "y" if isinstance(dialog, ErrorDialog) else "right", "escape")
    while len(app.screen_stack) > 1:
        await up.press("escape")


async def walked(world: World, *, size: tuple[int, int]) -> None:
    """Walk through a console over this world."""
    with folder_of(world) as root:
        before = contents(root)
        async with watched(root, world, size=size) as up:
            await walk(up, world)
            assert len(up.app.session.draft) == 1, "a text staged something, or took something back"
        assert contents(root) == before


@pytest.mark.parametrize("size", [(60, 16), (140, 40)])
def test_every_piece_at_once(size: tuple[int, int]) -> None:
    asyncio.run(walked(EVERYTHING, size=size))


@pytest.mark.law
@seed(SEED)
@settings(
    max_examples=120 if WHOLE else 2, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(worlds)
def test_no_text_steers_the_terminal(world: World) -> None:
    asyncio.run(walked(world, size=(80, 24)))
    tally("hostile text on every screen", worlds=1, keys=150)


@pytest.mark.parametrize("where", ["log", "files"])
def test_a_huge_line_stalls_nothing(where: str) -> None:
    characters = 10_000_000 if WHOLE or where == "log" else 2_000_000
    huge = [b"\x1b[2J" + b"x y,\xff" * (characters // 5)]
    few = [b"x"]
    files = few if where == "log" else huge
    world = World(files, files, files, few, huge if where == "log" else few, few)

    async def seen() -> float:
        with folder_of(world) as root:
            async with watched(root, world) as up, lagging() as lags:
                await up.until("still staged")
                await up.typed("enter")
                if where == "log":
                    await up.typed("8")
                    await up.until("last")
                    await up.typed(
                        "k",
                        "enter",
                        "q",
                        "v",
                        "k",
                        "down",
                        "enter",
                        "y",
                        "q",
                        "q",
                        "v",
                        "slash",
                        "x",
                        "escape",
                    )
                else:
                    await up.until("first@falcotsbrand.com")
                    await up.typed(
                        "g", "j", "j", "G", "k", "k", "x", "escape", "enter", "escape", "escape", "slash", "x"
                    )
                    await up.typed("escape", "w")
                up.check()
                return max(lags)

    assert asyncio.run(seen()) < STALL
