"""Who sent a message: the envelope senders by queue id, as qmgr(8) and others name them in the log."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Protocol

from mailtui.maillog.chunks import SIZE

KEPT = 10_000
"""Messages whose senders are remembered, at least; one that was named again counts again."""
GENERATIONS = 5
"""What is remembered is forgotten in parts, of which one fills: in the order of the messages at no cost."""
LINES = 8192
"""Lines of a part that is looked through at once; of an older part SIZE bytes."""
PARTS = 12
"""Such parts that are remembered."""

_MARK = b": from=<"
_SHORTEST_ID, _LONGEST_ID = 5, 25
_NESTED = 8
"""As often may the mark stand in an address and its end be found."""


def senders(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Queue ids in a block of lines, each with its sender, in their order."""
    parts = raw.split(_MARK)  # quicker than to look for each mark
    before = parts[0]
    for index in range(1, len(parts)):
        part = parts[index]
        _, begun, queue_id = before[-_LONGEST_ID - 1 :].rpartition(b" ")
        sender, ended, _ = part.partition(b">")
        if not ended:  # the mark stands in the address itself
            sender, ended, _ = _MARK.join(parts[index : index + _NESTED]).partition(b">")
        before = part
        if (
            begun
            and ended
            and _SHORTEST_ID <= len(queue_id) <= _LONGEST_ID
            and queue_id.isalnum()
            and b"\n" not in sender
        ):
            yield queue_id, sender


def _learn(known: dict[bytes, bytes], raw: bytes, names: dict[bytes, bytes]) -> None:
    """Add what lines say. `names` has each address once, of which most send again and again."""
    for queue_id, sender in senders(raw):
        known[queue_id] = names.setdefault(sender, sender)


class Senders:
    """The senders that came by, as many as are kept. One thread adds, others ask."""

    def __init__(self, kept: int = KEPT) -> None:
        self._size = -(-kept // (GENERATIONS - 1))
        self._names: dict[bytes, bytes] = {}
        self._known: deque[tuple[int, dict[bytes, bytes]]] = deque([(0, {})], maxlen=GENERATIONS)

    @property
    def since(self) -> int:
        """The number of the line from which on every sender is remembered."""
        return self._known[-1][0]

    def add(self, raw: bytes, first: int = 0) -> None:
        """Learn from lines, newer ones than all before; `first` is the number of the first."""
        if len(self._known[0][1]) >= self._size:
            self._known.appendleft((first, {}))
            self._names = {}
        _learn(self._known[0][1], raw, self._names)

    def get(self, queue_id: bytes) -> bytes | None:
        """The sender of a message, empty for a bounce's; None where it did not come by."""
        for _, known in tuple(self._known):  # newest first
            found = known.get(queue_id)
            if found is not None:
                return found
        return None


class _Blocks(Protocol):
    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]: ...


class Nearby:
    """The senders in older parts of a log. A part is looked through once, when a line of it is asked for;
    what qmgr(8) says of a message stands shortly before each of its deliveries."""

    def __init__(
        self, source: _Blocks, oldest: Callable[[], int], since: Callable[[], int] = lambda: 0
    ) -> None:
        """`oldest`: the key below which nothing is looked at, because it would have to be opened first;
        `since`: the one from which on whoever remembers senders knows them all."""
        self._source, self._oldest, self._since = source, oldest, since
        self._parts: OrderedDict[tuple[bool, int], dict[bytes, bytes]] = OrderedDict()

    def get(self, queue_id: bytes, key: int) -> bytes | None:
        """The sender of a message that the line with this key is about; None where it is not said nearby."""
        live = key >= 0
        here = key // (LINES if live else SIZE)
        since = self._since()
        for part in (here, here - 1, here + 1):
            if live and part * LINES >= since:
                continue
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
            names: dict[bytes, bytes] = {}
            for _, raw in self._source.blocks(start, max(start, stop)):
                _learn(known, raw, names)
            self._parts[live, number] = known
            while len(self._parts) > PARTS:
                self._parts.popitem(last=False)
        return known
