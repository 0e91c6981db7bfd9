"""Who sent a message: the envelope senders by queue id, as qmgr(8) and others name them in the log."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Protocol

from mailtui.maillog.chunks import SIZE

KEPT = 25_000
"""Messages whose senders are remembered."""
LINES = 8192
"""Lines of a part that is looked through at once; of an older part SIZE bytes."""
PARTS = 32
"""Such parts that are remembered."""

_SENDER = re.compile(rb"([0-9A-Za-z]{5,25}): from=<([^>\n]*)>")
_MARK = b": from=<"
_LONGEST_ID = 26


def senders(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Queue ids in a block of lines, each with its sender, in their order."""
    at = raw.find(_MARK)
    while at >= 0:
        match = _SENDER.match(raw, raw.rfind(b" ", max(0, at - _LONGEST_ID), at) + 1)
        if match is not None:
            yield match[1], match[2]
        at = raw.find(_MARK, at + 8)


class Senders:
    """The senders that came by, as many as are kept. One thread adds, others ask."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def add(self, raw: bytes) -> None:
        """Learn from lines, newer ones than all before."""
        known = self._known
        for queue_id, sender in senders(raw):
            known[queue_id] = sender
            known.move_to_end(queue_id)
        while len(known) > self._kept:
            known.popitem(last=False)

    def get(self, queue_id: bytes) -> bytes | None:
        """The sender of a message, empty for a bounce's; None where it did not come by."""
        return self._known.get(queue_id)


class _Blocks(Protocol):
    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]: ...


class Nearby:
    """The senders in older parts of a log. A part is looked through once, when a line of it is asked for;
    what qmgr(8) says of a message stands shortly before each of its deliveries."""

    def __init__(
        self, source: _Blocks, oldest: Callable[[], int], end: Callable[[], int] = lambda: 0
    ) -> None:
        """`oldest`: the key below which nothing is looked at, because it would have to be opened first;
        `end`: the one behind the newest line."""
        self._source, self._oldest, self._end = source, oldest, end
        self._parts: OrderedDict[tuple[bool, int], dict[bytes, bytes]] = OrderedDict()

    def get(self, queue_id: bytes, key: int) -> bytes | None:
        """The sender of a message that the line with this key is about; None where it is not said nearby."""
        live = key >= 0
        here = key // (LINES if live else SIZE)
        if live and (here + 2) * LINES > self._end():
            return None  # so new that whoever remembers senders would know it
        for part in (here, here - 1, here + 1):
            if (part >= 0) is live:
                found = self._part(live, part).get(queue_id)
                if found is not None:
                    return found
        return None

    def _part(self, live: bool, number: int) -> dict[bytes, bytes]:
        known = self._parts.get((live, number))
        if known is None:
            size = LINES if live else SIZE
            start = max(number * size, self._oldest())
            stop = (number + 1) * size if live else min((number + 1) * size, 0)
            known = {}
            for _, raw in self._source.blocks(start, max(start, stop)):
                known.update(senders(raw))
            self._parts[live, number] = known
            while len(self._parts) > PARTS:
                self._parts.popitem(last=False)
        return known
