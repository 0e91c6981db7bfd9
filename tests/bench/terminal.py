"""A program in a pseudo-terminal, timed from the outside: what a key costs until the screen stands still.

    with Terminal(argv, size=(80, 24)) as term:
        term.wait_for(b"jean@")            # ms since exec
        cost = term.key(b"j")              # Burst: first and last byte in ms, bytes

The terminal answers what Textual asks of it (synchronised output), as a modern one does.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

import pyte

from tests.bench.processes import cpu_seconds, memory
from tests.terminals import forked, set_size

PATIENCE = 60.0
"""Seconds after which a program that says nothing has failed."""
QUIET = 0.05
"""Seconds of silence that end the answer to a key; a detail that follows later is an answer of its own."""

_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[c": b"\x1b[?62;22c", b"\x1b[6n": b"\x1b[1;1R"}


class Chunk(NamedTuple):
    """Bytes, and when they came (`time.perf_counter`)."""

    at: float
    data: bytes


class Burst(NamedTuple):
    """What came after a key: `first` and `last` byte in milliseconds after it, and all of it."""

    begun: float
    chunks: tuple[Chunk, ...]

    @property
    def first(self) -> float:
        return (self.chunks[0].at - self.begun) * 1000 if self.chunks else float("nan")

    @property
    def last(self) -> float:
        return (self.chunks[-1].at - self.begun) * 1000 if self.chunks else float("nan")

    @property
    def size(self) -> int:
        return sum(len(chunk.data) for chunk in self.chunks)


class Terminal:
    """`with Terminal([python, "-m", "mailtui"]) as term:`; the program is killed at the end."""

    def __init__(
        self, argv: Sequence[str], *, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None
    ) -> None:
        self.size = size
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        environment.update(env or {})
        for name in ("PYTHONDONTWRITEBYTECODE", "LINES", "COLUMNS"):
            environment.pop(name, None)
        self.begun = time.perf_counter()
        self.pid, self._master, slave, _ = forked(argv, environment, size)
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)

    # Out

    def _chunk(self, seconds: float, most: int = 1 << 20) -> Chunk | None:
        """What comes next within some seconds, and of it so many bytes at most."""
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return None
        try:
            data = os.read(self._master, most)
        except OSError as error:
            raise RuntimeError(f"the program ended; its screen:\n{self.text}") from error
        chunk = Chunk(time.perf_counter(), data)
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._master, answer)
        return chunk

    def wait_for(self, wanted: bytes) -> float:
        """Milliseconds from exec until these bytes are there; any, where none are named."""
        seen = b""
        while time.perf_counter() - self.begun < PATIENCE:
            chunk = self._chunk(PATIENCE)
            if chunk is None:
                break
            self._stream.feed(chunk.data)
            seen += chunk.data
            if wanted in seen:
                return (chunk.at - self.begun) * 1000
        raise RuntimeError(f"{wanted!r} never came; the screen:\n{self.text}")

    def seconds_to(self, wanted: bytes, most: float) -> float:
        """Seconds from exec until these bytes are there; `most` where they are not by then."""
        seen = b""
        while (left := self.begun + most - time.perf_counter()) > 0:
            chunk = self._chunk(left)
            if chunk is None:
                break
            seen = seen[-len(wanted) :] + chunk.data
            if wanted in seen:
                return chunk.at - self.begun
        return most

    def quiet_for(self, seconds: float) -> int:
        """The bytes that come within some seconds."""
        end, size = time.perf_counter() + seconds, 0
        while chunk := self._chunk(end - time.perf_counter()):
            size += len(chunk.data)
        return size

    def collect(self, quiet: float, most: float = PATIENCE, begun: float | None = None) -> Burst:
        """All that comes until nothing came for `quiet` seconds, or `most` seconds are over."""
        begun = time.perf_counter() if begun is None else begun
        chunks: list[Chunk] = []
        end = begun + most
        while chunk := self._chunk(min(quiet if chunks else max(quiet, 1.0), end - time.perf_counter())):
            chunks.append(chunk)
        for chunk in chunks:
            self._stream.feed(chunk.data)
        return Burst(begun, tuple(chunks))

    def settle(self, quiet: float = 0.4) -> None:
        """Wait until nothing comes any more."""
        while self.collect(quiet, most=quiet).chunks:
            pass

    def take(self, seconds: float, most: int) -> int:
        """Take what comes within some seconds, `most` bytes of it; how many there were."""
        chunk = self._chunk(seconds, most)
        if chunk is None:
            return 0
        self._stream.feed(chunk.data)
        return len(chunk.data)

    @property
    def lines(self) -> list[str]:
        """The screen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    # In

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size; the program is told."""
        self.size = (columns, lines)
        self._screen.resize(lines, columns)
        set_size(self._master, columns, lines)

    def press(self, key: bytes) -> float:
        """Press a key and wait for nothing; the moment."""
        begun = time.perf_counter()
        os.write(self._master, key)
        return begun

    def key(self, key: bytes, quiet: float = QUIET) -> Burst:
        """Press a key, and everything until it is quiet again."""
        return self.collect(quiet, begun=self.press(key))

    def answered(self, keys: bytes, wanted: bytes, most: float) -> float:
        """Type keys: milliseconds until these bytes are there; `most` seconds of them where they are not."""
        begun, seen = time.perf_counter(), b""
        os.write(self._master, keys)
        while (left := begun + most - time.perf_counter()) > 0:
            chunk = self._chunk(left)
            if chunk is None:
                break
            seen = seen[-len(wanted) :] + chunk.data
            if wanted in seen:
                return (chunk.at - begun) * 1000
        return most * 1000

    def settled(self, key: bytes, part: Callable[[list[str]], object], quiet: float) -> tuple[float, float]:
        """Press a key: milliseconds until the first byte, and until a part of the screen was what it then
        remained. What else comes later (a detail that is looked up) does not count."""
        begun = time.perf_counter()
        os.write(self._master, key)
        chunks: list[Chunk] = []
        while chunk := self._chunk(quiet):
            chunks.append(chunk)
        if not chunks:
            raise RuntimeError(f"nothing came after {key!r}; the screen:\n{self.text}")
        last, before = chunks[0].at, part(self.lines)
        for chunk in chunks:
            self._stream.feed(chunk.data)
            now = part(self.lines)
            if now != before:
                last, before = chunk.at, now
        return (chunks[0].at - begun) * 1000, (last - begun) * 1000

    # The process

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the program has used."""
        return cpu_seconds(self.pid)

    @property
    def memory(self) -> tuple[float, float]:
        """Its resident memory in MB: now, and at most so far."""
        return memory(self.pid)
