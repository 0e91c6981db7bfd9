"""Helpers of the screens' tests: a console over made-up rows, and the screen as text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts import built, text
from mailtui.screens.parts.commandline import CommandField
from mailtui.screens.parts.terminal import Plan
from tests.screens import keyboard, parsedsheets
from tests.screens.console_demo import demo_session, install_demo_screen


def screen_text(app: MailtuiApp) -> list[str]:
    """What stands on the screen, a string a line, blanks at the right end removed."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


def screen_of(app: MailtuiApp) -> str:
    """The same as one text."""
    return "\n".join(screen_text(app))


@pytest.fixture(scope="session", autouse=True)
def _typing() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "_press_keys", keyboard.typed)
        parsedsheets.share(patch)
        yield


Opened = AbstractAsyncContextManager[tuple[MailtuiApp, Pilot[int]]]


@pytest.fixture
def open_console(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Opened]:
    """`async with open_console(rows=100, size=(80, 24), edits=0, plan=Plan()) as (app, pilot): …`"""
    monkeypatch.setattr(built, "BUILT", dict(built.BUILT))
    monkeypatch.setattr(CommandField, "earlier", [])
    monkeypatch.delenv("NO_COLOR", raising=False)

    @asynccontextmanager
    async def opened(
        rows: int = 100,
        size: tuple[int, int] = (80, 24),
        edits: int = 0,
        plan: Plan | None = None,
        start: str = "aliases",
        session: Any = None,
        crash_dir: Path | None = None,
    ) -> AsyncIterator[tuple[MailtuiApp, Pilot[int]]]:
        monkeypatch.setenv("DEMO_ROWS", str(rows))
        install_demo_screen()
        crash = (lambda: str(crash_dir)) if crash_dir else None
        app = MailtuiApp(session or demo_session(edits=edits), plan or Plan(), start, crash)
        try:
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                yield app, pilot
        finally:
            text.use_ascii(False)

    return opened
