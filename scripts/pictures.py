"""Drives the console by keys and keeps its screens as SVG. Runs beside a demo; see scripts/pictures."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from mailtui.cli.console import prepare
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts.opening import session_of
from mailtui.screens.parts.terminal import Plan
from mailtui.settings import Settings

SIZE = (80, 24)
PATIENCE = 15.0


def shown(app: MailtuiApp) -> str:
    """What stands on the screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())  # noqa: SLF001


async def until(pilot: Pilot[int], wanted: str | Callable[[str], bool]) -> None:
    """Wait until the screen shows a text. Raises RuntimeError with the screen where it never does."""
    app = pilot.app
    assert isinstance(app, MailtuiApp)
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        await pilot.pause(0.05)
        screen = shown(app)
        if wanted in screen if isinstance(wanted, str) else wanted(screen):
            return
    raise RuntimeError(f"never came: {wanted!r}\n{shown(app)}")


async def make(folder: Path) -> None:
    """The walk of the README's first five minutes, with a picture at each stop."""
    prepared = prepare(Settings(), os.environ["MAILTUI_CONFIG_DIR"], "auto")
    app = MailtuiApp(session_of(prepared), Plan(), "aliases")

    def keep(name: str) -> None:
        (folder / f"{name}.svg").write_text(app.export_screenshot(title="mailtui"))

    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, "contact@falcotsbrand.com")
        await until(pilot, "running")
        await pilot.press("slash", *"brand", "enter")
        await until(pilot, "arrives")
        await pilot.press("enter")
        await until(pilot, "goes to")
        await pilot.press(*"laure@falcot.com")
        await pilot.pause(0.5)
        keep("editing")
        await pilot.press("enter", "enter")
        await until(pilot, "1 staged")
        await until(pilot, "now")
        keep("aliases")
        await pilot.press("w")
        await until(pilot, lambda screen: "Enter apply" in screen and "compile" in screen)
        keep("review")
        await pilot.pause(0.7)
        await pilot.press("enter")
        await until(pilot, "Done in")
        keep("written")
        await pilot.press("q", "H")
        await until(pilot, " by ")
        keep("history")
        await pilot.press("q", "8")
        await until(pilot, "live")
        await pilot.pause(0.5)
        keep("log")
        await pilot.press("E")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, "AFTER")
        await pilot.pause(0.5)
        keep("trace")
        await pilot.press("q", "5")
        await until(pilot, "smtp/inet")
        await pilot.pause(0.5)
        keep("restrictions")
        await pilot.press("x")
        await until(pilot, "the session to be explained")
        await pilot.press("ctrl+u", *"203.0.113.77", *["enter"] * 3, "ctrl+u", *"ylmf-pc", "enter")
        await pilot.press("ctrl+u", *"eve@new.example", "enter", "ctrl+u", *"joe@falcot.com", *["enter"] * 5)
        await until(pilot, "ANSWER")
        await pilot.pause(0.5)
        keep("explain")
        await pilot.press("q")
        await pilot.press("2")
        await until(pilot, "falcotsbrand.com")
        await pilot.press("n")
        await until(pilot, "new domain")
        await pilot.press(*"shop.example", "enter", "right", *["enter"] * 4)
        await until(pilot, "staged")
        await until(pilot, "+ shop.example")
        await pilot.pause(1.5)
        keep("domains")
        await pilot.press("4")
        await until(pilot, "jean@falcot.org")
        await pilot.press("n")
        await until(pilot, "new mailbox")
        await pilot.press(*"jean@shop.example", *["enter"] * 6)
        await until(pilot, "+ jean@shop.example")
        await pilot.pause(1.0)
        keep("mailboxes")
        await pilot.press("w")
        await until(pilot, lambda screen: "Enter apply" in screen)
        await pilot.pause(2.5)
        await pilot.press("enter")
        await until(pilot, "Done in")
        await pilot.press("q", "0")
        await until(pilot, "only set")
        await pilot.press("slash", *"message_size", "enter")
        await until(pilot, "20480000")
        await pilot.pause(0.5)
        keep("parameters")


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1])))
