"""How the Overview finds its lines out: each by itself, in threads, and only while it is shown."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from typing import TYPE_CHECKING

from textual import events, on
from textual.message import Message

from mailtui.overview.gathering import Gathering
from mailtui.overview.line import Line
from mailtui.overview.topics import topics
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.frame import ConsoleScreen

if TYPE_CHECKING:
    from mailtui.maillog.feed import Feed


class Gathered(ConsoleScreen):
    """A screen of lines that come one by one; `begin` when the first is to be asked for."""

    class Told(Message):
        """A line became known, or another."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__()
        self.gathering: Gathering | None = None
        self._feed: Feed | None = None

    @abstractmethod
    def take_line(self, line: Line) -> None:
        """A line became known, or another."""

    def on_unmount(self) -> None:
        if self.gathering is not None:
            self.gathering.stop()

    def begin(self) -> None:
        """Once the first lines are painted: what follows imports much, in threads."""
        self.gathering = Gathering(
            topics(self.session.instance, lambda: self._feed, self.find_out), self._tell
        )
        self.gathering.start()
        beside(
            self, "log", lambda: importlib.import_module("mailtui.screens.parts.livelog"),
            lambda _: self._follow(), lambda error: self.say(str(error), "error"),
        )  # fmt: skip

    def _follow(self) -> None:
        self._feed = self.console.live_log.start()
        self.find_out("mail", "hour")

    def _tell(self, line: Line) -> None:
        """In a thread."""
        self.post_message(self.Told(line))

    def find_out(self, *names: str) -> None:
        """Find these lines out anew; without a name all."""
        if self.gathering is not None:
            self.gathering.again(*names)

    @on(events.ScreenResume)
    def _shown(self) -> None:
        if self.gathering is not None:
            self.gathering.show(True)
            self.gathering.again("written")

    @on(events.ScreenSuspend)
    def _hidden(self) -> None:
        if self.gathering is not None:
            self.gathering.show(False)

    @on(Told)
    def _take_line(self, event: Told) -> None:
        event.stop()
        self.take_line(event.line)
