"""The console on a queue that a program in postqueue's place prints, with a log about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from mailtui.maillog.source import Source
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts import text
from mailtui.screens.parts.queuelist import QueueList
from mailtui.screens.parts.terminal import Plan
from tests.screens.aliasing import Console, session_of


class QueueConsole(Console):
    """A console whose screen is a list of the queue."""

    @property
    def queue(self) -> QueueList:
        found = self.app.screen
        assert isinstance(found, QueueList)
        return found

    @property
    def here(self) -> str:
        """The id under the cursor."""
        return str(self.queue.lines.key)

    @property
    def ids(self) -> list[str]:
        """The keys of all rows."""
        rows = self.queue.lines.rows
        return [str(rows.key(index)) for index in range(len(rows))]

    async def at(self, key: object) -> None:
        """Put the cursor on a row."""
        await self.until(lambda: self.queue.lines.rows.find(key) is not None)
        place = self.queue.lines.rows.find(key)
        assert place is not None
        self.queue.lines.move_to(place)
        await self.pilot.pause()


@asynccontextmanager
async def queue(
    folder: Path, log: Iterable[str] = (), *, size: tuple[int, int] = (80, 24), plan: Plan | None = None
) -> AsyncIterator[QueueConsole]:
    """The console on the queue, which was read once."""
    written = folder / "mail.log"
    written.write_text("".join(log))
    session = session_of(folder)
    session.find_log = lambda: Source("file", str(written))
    app = MailtuiApp(session, plan or Plan(), "queue")
    try:
        async with app.run_test(size=size) as pilot:
            up = QueueConsole(app, pilot, folder)
            await up.until(lambda: isinstance(app.screen, QueueList))
            await up.until(lambda: up.queue.store.listing.complete or up.queue.store.trouble)
            await pilot.pause()
            yield up
    finally:
        text.use_ascii(False)
