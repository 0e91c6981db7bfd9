"""The console on its milters, which are small servers of the test's own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mailtui.screens.app import MailtuiApp
from mailtui.screens.milters import MiltersScreen
from mailtui.screens.parts import text
from mailtui.screens.parts.milterlines import MilterLine, MilterLines
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import MakeInstance
from tests.screens.aliasing import session_of, short_folder
from tests.screens.listing import ListConsole

MASTER = """\
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_milters=
cleanup unix n - n - 0 cleanup
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name, so that what a screen says about its files is not cut."""
    for folder in short_folder():
        os.chmod(folder, 0o755)
        yield folder


class Milters(ListConsole):
    """The console on its milters."""

    @property
    def view(self) -> MiltersScreen:
        found = self.app.screen
        assert isinstance(found, MiltersScreen), found
        return found

    @property
    def rows(self) -> MilterLines:
        found = self.view.laid_lines
        assert found is not None
        return found

    @property
    def line(self) -> MilterLine:
        """The row under the cursor."""
        found = self.view.row
        assert found is not None
        return found

    def states(self) -> list[str]:
        """Marker, address and state of each row."""
        alives = self.view.alives
        return [f"{line.marker(alives)} {line.text} {line.state(alives)}".rstrip() for line in self.rows.rows]

    async def on(self, address: str, chain: str = "smtpd_milters") -> None:
        """Put the cursor on a milter."""

        def key() -> object:
            mine = [line for line in self.rows.rows if line.chain.key == chain]
            return next((line.key for line in mine if line.row and line.row.address == address), None)

        await self.until(lambda: key() is not None)
        found = key()
        assert isinstance(found, tuple)
        await self.at(found)

    async def answered(self) -> None:
        """Wait until each milter has answered, or its time is over."""
        await self.until(lambda: all(target in self.view.alives for target in self.rows.targets))

    async def now_staged(self, count: int) -> None:
        """Wait until so many edits are staged, and the list shows them."""
        await self.until(self.laid(count))
        await self.pilot.pause()


def made(instance_dir: MakeInstance, spool: Path, main: str, master: str = MASTER) -> Path:
    """A configuration folder with these lists of milters."""
    spool.mkdir(exist_ok=True)
    folder: Path = instance_dir(f"queue_directory = {spool}\n{main}", master=master)
    return folder


@asynccontextmanager
async def milters(
    folder: Path, *, size: tuple[int, int] = (100, 40), plan: Plan | None = None
) -> AsyncIterator[Milters]:
    """The console on Milters, once they are read."""
    app = MailtuiApp(session_of(folder), plan or Plan(), "milters")
    try:
        async with app.run_test(size=size) as pilot:
            up = Milters(app, pilot, folder)
            await up.until(lambda: isinstance(app.screen, MiltersScreen) and app.screen.listing is not None)
            await pilot.pause()
            yield up
    finally:
        text.use_ascii(False)
