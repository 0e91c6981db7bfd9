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


class Walk:
    """The walk of the README's first five minutes, with a picture at each stop."""

    def __init__(self, app: MailtuiApp, pilot: Pilot[int], folder: Path) -> None:
        self.app, self.pilot, self.folder = app, pilot, folder

    def keep(self, name: str) -> None:
        (self.folder / f"{name}.svg").write_text(self.app.export_screenshot(title="mailtui"))

    async def press(self, *keys: str, then: str | Callable[[str], bool] = "", pause: float = 0.0) -> None:
        """Press keys, wait for what they bring to the screen, and a moment more."""
        await self.pilot.press(*keys)
        if then:
            await until(self.pilot, then)
        if pause:
            await self.pilot.pause(pause)

    async def aliases(self) -> None:
        await until(self.pilot, "contact@falcotsbrand.com")
        await until(self.pilot, "running")
        await self.press("slash", *"brand", "enter", then="arrives")
        await self.press("enter", then="goes to")
        await self.press(*"laure@falcot.com", pause=0.5)
        self.keep("editing")
        await self.press("enter", "enter", then="1 staged")
        await until(self.pilot, "now")
        self.keep("aliases")

    async def review(self) -> None:
        await self.press("w", then=lambda screen: "Enter apply" in screen and "compile" in screen)
        self.keep("review")
        await self.pilot.pause(0.7)
        await self.press("enter", then="Done in")
        self.keep("written")
        await self.press("q", "H", then=" by ")
        self.keep("history")

    async def log(self) -> None:
        await self.press("q", "8", then="live", pause=0.5)
        self.keep("log")
        await self.press("E", pause=0.5)
        await self.press("enter", then="AFTER", pause=0.5)
        self.keep("trace")

    async def restrictions(self) -> None:
        await self.press("q", "5", then="smtp/inet", pause=0.5)
        self.keep("restrictions")
        await self.press("x", then="the session to be explained")
        await self.press("ctrl+u", *"203.0.113.77", *["enter"] * 3, "ctrl+u", *"ylmf-pc", "enter")
        await self.press("ctrl+u", *"eve@new.example", "enter", "ctrl+u", *"joe@falcot.com")
        await self.press(*["enter"] * 5, then="ANSWER", pause=0.5)
        self.keep("explain")

    async def domains(self) -> None:
        await self.press("q", "2", then="falcotsbrand.com")
        await self.press("n", then="new domain")
        await self.press(*"shop.example", "enter", "right", *["enter"] * 4, then="staged")
        await until(self.pilot, "+ shop.example")
        await self.pilot.pause(1.5)
        self.keep("domains")

    async def mailboxes(self) -> None:
        await self.press("4", then="jean@falcot.org")
        await self.press("n", then="new mailbox")
        await self.press(*"jean@shop.example", *["enter"] * 6, then="+ jean@shop.example", pause=1.0)
        self.keep("mailboxes")
        await self.press("w", then="Enter apply", pause=2.5)
        await self.press("enter", then="Done in")

    async def parameters(self) -> None:
        await self.press("q", "0", then="only set")
        await self.press("slash", *"message_size", "enter", then="20480000", pause=0.5)
        self.keep("parameters")

    async def milters(self) -> None:
        await self.press("escape", "6", then="alive", pause=0.5)
        self.keep("milters")
        await self.press("tab", then="yes, all 2", pause=0.5)
        self.keep("dkim")

    async def auth(self) -> None:
        await self.press("7", then="sophie", pause=0.5)
        self.keep("accounts")
        await self.press("tab", then="submission", pause=1.5)
        self.keep("authservices")

    async def queue(self) -> None:
        await self.press("9", then="9Queue]", pause=1.5)
        self.keep("queue")

    async def overview(self) -> None:
        await self.press("1", then="1Overview]", pause=3.0)
        self.keep("overview")

    async def findings(self) -> None:
        await self.press("colon", *"findings", "enter", then="FINDING", pause=0.5)
        self.keep("findings")


async def make(folder: Path) -> None:
    """All pictures."""
    prepared = prepare(Settings(), os.environ["MAILTUI_CONFIG_DIR"], "auto")
    app = MailtuiApp(session_of(prepared), Plan(), "aliases")
    async with app.run_test(size=SIZE) as pilot:
        walk = Walk(app, pilot, folder)
        await walk.aliases()
        await walk.review()
        await walk.log()
        await walk.restrictions()
        await walk.domains()
        await walk.mailboxes()
        await walk.parameters()
        await walk.milters()
        await walk.auth()
        await walk.queue()
        await walk.overview()
        await walk.findings()


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1])))
