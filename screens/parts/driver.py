"""The terminal's driver: input that cannot kill the console or steer it, output that nobody waits for."""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from textual.drivers import linux_driver
from textual.message import Message

from mailtui.screens.parts.output import TerminalWriter
from mailtui.screens.parts.replies import CalmParser

if TYPE_CHECKING:
    from mailtui.screens.parts.lifetime import LastingApp

# Textual names its writing thread in the module of its driver, and offers no other place to change it.
vars(linux_driver)["WriterThread"] = TerminalWriter

_TICK = 0.05
"""Seconds between two looks at a sequence that has not ended."""


class ConsoleDriver(linux_driver.LinuxDriver):
    """Textual's driver for Unix with the console's own reader and writer."""

    _tick: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether the terminal has not taken all that was written."""
        writer = cast("TerminalWriter | None", self._writer_thread)
        return writer is not None and writer.busy

    def when_idle(self, call: Callable[[], object]) -> None:
        """Call this in the screens' thread as soon as the terminal has taken all."""
        loop, writer = self._loop, cast("TerminalWriter", self._writer_thread)

        def tell() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(call)

        writer.when_idle(tell)

    def start_application_mode(self) -> None:
        """Take the terminal, at the start and again after a stop: nothing of ours stands on it."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's has no types
        app = cast("LastingApp", self._app)
        if app.cursor_shown:
            self.write("\x1b[?25h")
        app.terminal_taken()
        if self._key_thread is not None:  # it has not, where the shell put the console into the background
            self._parser = CalmParser()
            self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
            self._loop.add_reader(self.fileno, self._read)

    def disable_input(self) -> None:
        """Read no more keys."""
        self._unlisten()
        super().disable_input()

    # Keys. The loop reads them itself: a thread that hands each over costs half a millisecond.

    def run_input_thread(self) -> None:
        """The thread of Textual's that would read has nothing to do."""
        self.exit_event.wait()

    def send_message(self, message: Message) -> None:
        """Hand a key to the app."""
        self._app.post_message(message)

    def _unlisten(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if not self._loop.is_closed():
            self._loop.remove_reader(self.fileno)

    def _read(self) -> None:
        """Textual decodes strictly: one byte that is not UTF-8 (a Latin-1 terminal, an old mouse report after
        tmux was re-attached) would end the console with a UnicodeDecodeError (its issue 6668)."""
        try:
            raw = os.read(self.fileno, 4096)
        except BlockingIOError:
            return
        except OSError:
            raw = b""
        if not raw:
            self._unlisten()
            cast("LastingApp", self._app).hung_up()
            return
        self._deliver(self._parser.feed(self._decode(raw)))

    def _deliver(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)
        if self._parser.waits and self._tick is None:
            self._tick = self._loop.call_later(_TICK, self._look_again)

    def _look_again(self) -> None:
        """See whether a sequence that has not ended goes on."""
        self._tick = None
        self._deliver(self._parser.tick())
