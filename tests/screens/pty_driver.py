"""Drives a program in a pseudo-terminal, with pyte as the terminal: keys in, screen text and raw bytes out."""

from __future__ import annotations

import os
import select
import signal
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pyte

from tests.terminals import forked, set_size

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~",
    "end": b"\x1b[F",
    "home": b"\x1b[H",
    "ctrl+c": b"\x03",
    "ctrl+p": b"\x10",
    "ctrl+z": b"\x1a",
    "space": b" ",
    "backspace": b"\x7f",
}


class Pty:
    """`with Pty([python, script], size=(80, 24), env={…}) as term: term.send("down"); term.wait_until(…)`.

    `raw` are all bytes that the program wrote; `before` is the terminal's line discipline at the start.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        queries: bool = False,
    ) -> None:
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.status: int | None = None
        self._queries = queries
        keep = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
        environment = {**keep, "TERM": "xterm-256color", **(env or {})}
        self.pid, self._master, self._slave, self.before = forked(command, environment, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(2)
        os.close(self._master)
        os.close(self._slave)

    # In

    def send(self, *keys: str) -> None:
        """Press keys: names from KEYS, anything else is typed as it stands."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key.encode()))

    def kill(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size."""
        self.screen.resize(lines, columns)
        set_size(self._slave, columns, lines)
        self.kill(signal.SIGWINCH)

    # Out

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`, which returns at the first silence of 30 ms after something came."""
        got = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], min(left, 0.03) if got else left)
            if not ready:
                break
            chunk = os.read(self._master, 65536)
            if not chunk:
                break
            got += chunk
            self._stream.feed(chunk)
        self.raw += got
        return got

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_until(self, there: str | Callable[[str], bool], seconds: float = 10) -> str:
        """Read until the text is on the screen (or the function likes it); AssertionError with the screen
        if that does not happen."""
        test = (lambda screen: there in screen) if isinstance(there, str) else there
        end = time.monotonic() + seconds
        while not test(self.text):
            if time.monotonic() > end:
                raise AssertionError(f"not seen within {seconds} s: {there!r}\n{self.text}")
            self.read(0.2)
        return self.text

    def settle(self, seconds: float = 0.3) -> None:
        """Read until nothing came for `seconds`."""
        while self.read(seconds):
            pass

    def wait(self, seconds: float = 10) -> int:
        """The exit code, once the program has ended."""
        end = time.monotonic() + seconds
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                raise AssertionError(f"still running after {seconds} s\n{self.text}")
            else:
                self.read(0.02)
        self.settle(0.05)
        return self.status

    @property
    def restored(self) -> dict[str, bool]:
        """Whether the program left the terminal as it was: each mode by name."""
        now = termios.tcgetattr(self._slave)

        def off(mode: bytes) -> bool:
            last_on, last_off = (
                self.raw.rfind(b"\x1b[?" + mode + b"h"),
                self.raw.rfind(b"\x1b[?" + mode + b"l"),
            )
            return last_on <= last_off

        return {
            "line discipline": now[:4] == self.before[:4],
            "main screen": off(b"1049"),
            "cursor": self.raw.rfind(b"\x1b[?25h") >= self.raw.rfind(b"\x1b[?25l"),
            "mouse": all(off(mode) for mode in (b"1000", b"1003", b"1006", b"1015")),
            "paste": off(b"2004"),
            "focus": off(b"1004"),
        }
