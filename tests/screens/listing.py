"""The console on a list that is read in a thread, and the files as its draft would leave them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events

from mailtui.edits.candidate import Candidate
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts import text
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.linefield import LineField
from mailtui.screens.parts.terminal import Plan
from tests.screens.aliasing import Console, session_of


class ListConsole(Console):
    """A console whose screen is a `BackgroundList`."""

    @property
    def list(self) -> BackgroundList[Any]:
        found = self.app.screen
        assert isinstance(found, BackgroundList)
        return found

    @property
    def key(self) -> Hashable | None:
        """What the cursor is on."""
        return self.list.lines.key

    @property
    def field(self) -> LineField:
        """The field that is typed in."""
        found = self.app.focused
        assert isinstance(found, LineField)
        return found

    @property
    def footer(self) -> str:
        return self.text.splitlines()[-1]

    def written(self, name: str) -> str:
        """A file of the folder as the draft would leave it."""
        session = self.app.session
        candidate = Candidate(session.instance.files, session.draft.edits)
        assert not candidate.conflicts
        assert not candidate.stopped
        return candidate.raw(str(self.folder / name)).decode("utf-8", "surrogateescape")

    async def at(self, key: Hashable) -> None:
        """Put the cursor on a row."""
        await self.until(lambda: self.list.lines.rows.find(key) is not None)
        self.list.lines.move_to_key(key)
        await self.until(lambda: self.key == key)

    def burst(self, *keys: str) -> None:
        """Keys all at once, as a slow line delivers them."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))

    def paste(self, words: str) -> None:
        self.app.post_message(events.Paste(words))

    def laid(self, count: int) -> Callable[[], bool]:
        """Whether so many edits are staged, and the list shows them."""
        return lambda: len(self.app.session.draft) == count and self.list._is_laid


@asynccontextmanager
async def lists(
    folder: Path, start: str, *, size: tuple[int, int] = (80, 24), plan: Plan | None = None
) -> AsyncIterator[ListConsole]:
    """The console over the instance in `folder`, on a list that has been read."""
    app = MailtuiApp(session_of(folder), plan or Plan(), start)
    try:
        async with app.run_test(size=size) as pilot:
            up = ListConsole(app, pilot, folder)
            await up.until(lambda: isinstance(app.screen, BackgroundList) and app.screen.listing is not None)
            await pilot.pause()
            yield up
    finally:
        text.use_ascii(False)
