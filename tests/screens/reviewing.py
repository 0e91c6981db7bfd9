"""A real configuration folder under the console, and keys that wait for what they bring about."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from mailtui.edits.draft import Draft
from mailtui.edits.model import Edit
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts.session import Session, Status
from mailtui.screens.review import ReviewScreen
from tests.apply.changing import VIRTUAL, Server
from tests.screens.conftest import screen_of

WEBMASTER = "webmaster@falcotsbrand.com"
PATIENCE = 30.0
"""Seconds after which what was waited for does not come any more."""


@contextmanager
def made_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A configuration folder of a short name with compiled tables; state and locks are in `folder`. Keys
    count from the first moment."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(folder / "state"))
    monkeypatch.setattr("mailtui.apply.state.ROOT_LOCKS", str(folder / "locks"))
    monkeypatch.setattr("mailtui.screens.parts.guarded.GUARD", 0.0)
    monkeypatch.setattr("mailtui.screens.parts.guarded.BY_HAND", 0.0)
    for name in ("SUDO_UID", "SUDO_GID", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as root:
        yield Server(Path(root))


def session_of(server: Server, *edits: Edit, **more: Any) -> Session:
    """A console's state with these edits staged, each by itself."""
    draft = Draft()
    for edit in edits:
        draft.stage(edit)
    status = Status(running=False, host="mail.falcot.com")
    return Session(server.instance, draft, who="roland", look=lambda: status, **more)


async def until(pilot: Pilot[int], what: Callable[[], bool]) -> None:
    """Wait until this is so; fail with the screen if it never is."""
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            app = pilot.app
            assert isinstance(app, MailtuiApp)
            pytest.fail(f"it never came; the screen:\n{screen_of(app)}")
        await asyncio.sleep(0.01)


async def shows(pilot: Pilot[int], text: str) -> str:
    """Wait until the screen has this text; the whole screen."""
    app = pilot.app
    assert isinstance(app, MailtuiApp)
    await until(pilot, lambda: text in screen_of(app))
    return screen_of(app)


async def open_review(pilot: Pilot[int], text: str = "Enter apply") -> ReviewScreen:
    """Press `w` and wait until the Review shows this text."""
    await pilot.press("w")
    await shows(pilot, text)
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    return screen


def key_at(app: MailtuiApp, key: str, when: float) -> None:
    """A key that was typed at this moment of the monotonic clock."""
    event = events.Key(key, key if len(key) == 1 else None)
    event.time = when
    app.post_message(event)


def untouched(server: Server) -> bool:
    """Whether neither the text nor the live table has changed."""
    return server.text() == VIRTUAL and server.answers(server.table, WEBMASTER) == "jean@falcot.com"
