"""A log in memory, of the shape that traces are read from (see `mailtui.maillog.story.Lines`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from mailtui.maillog.chunks import Chunk
from mailtui.maillog.story import Trace

NOW = datetime(2026, 12, 31, tzinfo=UTC)


class MemoryLog:
    """Keys are those of history (negative, bytes), or of lines since a feed began where `live`. `size`: bytes
    of a block, about."""

    def __init__(self, raw: bytes, *, live: bool = False, size: int = 1 << 20) -> None:
        self.raw, self.live, self.size = raw, live, size
        self.read = 0
        """Bytes that were asked for."""

    def _place(self, key: int) -> int:
        """The offset of a key's line."""
        if not self.live:
            return key + len(self.raw)
        return sum(map(len, self.raw.split(b"\n")[:key])) + key

    def _key(self, place: int) -> int:
        return self.raw.count(b"\n", 0, place) if self.live else place - len(self.raw)

    def key(self, text: bytes) -> int:
        """The key of the first line that holds a text."""
        return self._key(self.raw.rfind(b"\n", 0, self.raw.index(text)) + 1)

    def blocks(self, start: int | None = None, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        at = 0 if start is None else self._place(start)
        end = len(self.raw) if stop is None else self._place(stop)
        while at < end:
            cut = self.raw.find(b"\n", min(at + self.size, end) - 1) + 1 or end
            self.read += cut - at
            yield self._key(at), self.raw[at:cut]
            at = cut

    def back(self, before: int | None = None, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        del cancel
        end = len(self.raw) if before is None else self._place(before)
        while end > 0:
            at = self.raw.rfind(b"\n", 0, max(end - self.size, 0)) + 1
            self.read += end - at
            yield Chunk(self._key(at), self.raw[at:end], NOW, "memory")
            end = at

    def now(self, key: int) -> datetime:
        del key
        return NOW


def log(text: str, *, live: bool = False, size: int = 1 << 20) -> MemoryLog:
    """A log of these lines. A line is written without its date and host: `20:14:05 smtpd[1]: text`."""
    lines = []
    for line in text.strip().splitlines():
        clock, process, said = line.strip().split(" ", 2)
        name = (
            process
            if process[:4] in {"open", "post", "poli", "amav", "dove", "spam", "clam"}
            else f"postfix/{process}"
        )
        lines.append(f"Nov 22 {clock} mail {name} {said}\n")
    return MemoryLog("".join(lines).encode(), live=live, size=size)


def kinds(one: Trace) -> list[str]:
    return [step.kind for step in one.steps]
