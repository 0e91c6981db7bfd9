"""The thread that writes to the terminal. Whoever has something to write never waits for the terminal.

    writer = TerminalWriter(sys.__stderr__); writer.start(); writer.write("…"); writer.stop()
    if writer.busy: writer.when_idle(call)      # on a slow line: paint later, and then only the newest

Textual's own thread takes thirty writes and then holds the whole console up until the terminal has read
them; once the terminal is gone it ends, and the console would wait for ever.

What the terminal takes at once is written at once, by a second descriptor that never waits: waking the thread
costs a key up to a millisecond. The thread gets the rest.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from typing import TextIO

from textual._ansi_sequences import SYNC_END, SYNC_START

_PATIENCE = 2.0
"""Seconds without any progress after which a terminal that does not read is given up at the end."""


class TerminalWriter(threading.Thread):
    """Writes in order, and as fast as the terminal reads. What the charset lacks becomes `?`."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._descriptor = file.fileno()
        self._charset = file.encoding or "utf-8"
        self._changed = threading.Condition()
        self._at_once = _without_waiting(self._descriptor)
        self._frame: list[str] = []
        self._waiting: list[bytes] = []
        self._writing = False
        self._ending = False
        self._progress = 0
        self._idle_calls: list[Callable[[], object]] = []
        self.lost = False
        """Whether the terminal has gone: what is written from then on is dropped."""

    # For the thread of the screens

    def write(self, text: str) -> None:
        """Have a text written; returns at once. The parts of a frame go out together."""
        if text == SYNC_START or self._frame:
            self._frame.append(text)
            if text != SYNC_END:
                return
            text = "".join(self._frame)
            self._frame.clear()
        raw = text.encode(self._charset, "replace")
        with self._changed:
            if self._at_once is not None and not self.busy:
                with contextlib.suppress(OSError):  # full, or hung up: the thread finds out which
                    raw = raw[os.write(self._at_once, raw) :]
            if raw and not self.lost:
                self._waiting.append(raw)
                self._changed.notify_all()

    def flush(self) -> None:
        """Nothing: the thread holds nothing back."""

    def isatty(self) -> bool:
        """Whether this is a terminal; Textual asks."""
        return True

    def fileno(self) -> int:
        """The terminal's file descriptor."""
        return self._descriptor

    @property
    def busy(self) -> bool:
        """Whether the terminal has not taken all yet."""
        return self._writing or bool(self._waiting)

    def when_idle(self, call: Callable[[], object]) -> None:
        """Call this once, in the writer's thread, as soon as the terminal has taken all."""
        with self._changed:
            if self.busy:
                self._idle_calls.append(call)
                return
        call()

    def stop(self) -> None:
        """Write what is left and end. A terminal that takes nothing for two seconds is given up."""
        if self._frame:
            self.write(SYNC_END)
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        before = -1
        while self.is_alive() and before != self._progress:
            before = self._progress
            self.join(_PATIENCE)
        if self._at_once is not None:
            os.close(self._at_once)
            self._at_once = None

    # The thread

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ending:
                    self._changed.wait()
                parts, self._waiting = self._waiting, []
                self._writing = bool(parts)
            if not parts:
                return
            self._put(b"".join(parts))
            with self._changed:
                self._writing = False
                calls, self._idle_calls = ([], self._idle_calls) if self._waiting else (self._idle_calls, [])
            for call in calls:
                call()

    def _put(self, raw: bytes) -> None:
        view = memoryview(raw)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
                self._progress += 1
        except OSError:  # hung up: the thread that reads learns the same, and the console ends
            self.lost = True
            with self._changed:
                self._waiting.clear()


def _without_waiting(descriptor: int) -> int | None:
    """A second descriptor of a terminal, whose writes never wait; None where it may not be opened again, as
    after `su`. The first one's flags are shared with the shell, and stay as they are."""
    try:
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
