"""The terminal's driver: input that cannot kill the console or steer it, output that nobody waits for."""

from __future__ import annotations

import codecs
import os
import select
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.drivers import linux_driver

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
        cast("LastingApp", self._app).terminal_taken()

    def run_input_thread(self) -> None:
        """Read keys until the console ends or the terminal is gone.

        Textual decodes strictly: one byte that is not UTF-8 (a Latin-1 terminal, an old mouse report
        after tmux was re-attached) would end the console with a UnicodeDecodeError (its issue 6668).
        """
        parser = CalmParser()
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            ready, _, _ = select.select([self.fileno], [], [], _TICK)
            if ready:
                try:
                    raw = os.read(self.fileno, 4096)
                except OSError:
                    raw = b""
                if not raw:
                    self._hung_up()
                    return
                for message in parser.feed(decode(raw)):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

    def _hung_up(self) -> None:
        app = cast("LastingApp", self._app)
        self._loop.call_soon_threadsafe(app.hung_up)
