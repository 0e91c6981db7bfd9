"""Mail that goes round in a circle, found in a log as it is read: who sends it to whom, and how fast.

    loops = Loops()
    for first, block in feed.blocks(): loops.add(first, block)
    loops.findings                    # Finding(kind="hops", addresses=("a@x", "b@x"), count=1240, …)

Postfix ends a circle by itself: local(8) bounces what its own Delivered-To says it has delivered already
(`mail forwarding loop for …`) and aliases that name each other (`alias database loop for …`), and any server
what went through hopcount_limit servers (`too many hops`). A circle that still goes round shows in queue ids:
a delivery names the id under which the mail goes on, and the delivery of that one the next (`rate`).

Blocks are given oldest first, whole lines each; what was given is not kept.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailtui.maillog.head import quick
from mailtui.text.safe import decode

Kind = Literal["forwarding", "hops", "rate"]

MOST = 10
"""Times that two addresses may pass a message on to each other before that is a circle; content filters and
relays in a row come to three or four."""
WITHIN = 10
"""Seconds in which they do it."""
KEPT = 50_000
"""Messages on their way that are remembered: the newest."""
LOOKED_AT = 4096
"""Bytes of a line that are looked at."""
_DAY = 86_400

_ENDED: tuple[tuple[Kind, bytes], ...] = (
    ("forwarding", b"mail forwarding loop for "),
    ("forwarding", b"(alias database loop for "),
    ("hops", b"too many hops"),
)
_FOR = re.compile(rb"mail forwarding loop for ([^\s)]+)")
_NEXT = re.compile(rb"\((?:forwarded as |[^\n]{0,512}?queued as )([0-9A-Za-z]{5,25})\b")
_TO = re.compile(rb" to=<([^>\n]*)>")
_ORIGINAL = re.compile(rb" orig_to=<([^>\n]*)>")
_CLOCK = re.compile(rb"(\d\d):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Finding:
    """A circle. `addresses`: those that pass the mail to each other, as far as the lines name them, sorted.
    `count` lines tell of it within `span` seconds; `key` is that of the first of them."""

    kind: Kind
    addresses: tuple[str, ...]
    count: int
    span: int
    key: int

    @property
    def words(self) -> str:
        """The finding in one line, its addresses not yet safe for a terminal."""
        between = " ↔ ".join(self.addresses)
        said = {"forwarding": "mail forwarding loop", "hops": "too many hops", "rate": "goes round"}
        return f"×{self.count:,} in {self.span} s {said[self.kind]}: {between}"


class _Way(NamedTuple):
    """How a message came to its queue id: the address that passed it on, how often it was passed on between
    the same two, since when."""

    by: bytes
    pair: frozenset[bytes]
    times: int
    since: int


class Loops:
    """Findings so far."""

    def __init__(self, most: int = MOST, within: int = WITHIN) -> None:
        self._most, self._within = most, within
        self._found: dict[tuple[Kind, tuple[str, ...]], tuple[Finding, int]] = {}
        self._ways: OrderedDict[bytes, _Way] = OrderedDict()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The circles, the one with most lines first."""
        return tuple(sorted((found for found, _ in self._found.values()), key=lambda each: -each.count))

    def add(self, first: int, block: bytes) -> None:
        """Look at more lines. `first` is the key of the first: a number of lines, or (negative) bytes before
        the place where the feed began."""
        for kind, words in _ENDED:
            for start, line in _lines_with(block, words):
                self._ended(kind, line, first, block, start)
        if b" as " in block:
            for start, line in _lines_with(block, b" as "):
                self._passed(line, first, block, start)

    def _ended(self, kind: Kind, line: bytes, first: int, block: bytes, start: int) -> None:
        named = (_FOR.search(line), _ORIGINAL.search(line), _TO.search(line))
        addresses = {found[1].lower() for found in named if found is not None}
        if addresses:
            self._count(kind, addresses, line, first, block, start)

    def _passed(self, line: bytes, first: int, block: bytes, start: int) -> None:
        """A delivery that made the mail go on under another id."""
        following, to = _NEXT.search(line), _TO.search(line)
        queue_id = quick(line).queue_id if following is not None else None
        if queue_id is None or following is None or to is None:
            return
        original = _ORIGINAL.search(line)
        by = (original or to)[1].lower()
        now = _clock(line)
        way = self._ways.pop(queue_id, None)
        pair, times, since = frozenset({by}), 0, now
        if way is not None and (by in way.pair or len(way.pair) == 1):
            pair = way.pair | {by}
            times, since = way.times + 1, way.since
            if (now - since) % _DAY > self._within:
                times, since = 1, now
        self._ways[following[1]] = _Way(by, pair, times, since)
        if len(self._ways) > KEPT:
            self._ways.popitem(last=False)
        if times >= self._most:
            self._count("rate", set(pair), line, first, block, start)

    def _count(
        self, kind: Kind, addresses: set[bytes], line: bytes, first: int, block: bytes, start: int
    ) -> None:
        names = tuple(sorted(decode(each) for each in addresses))
        now = _clock(line)
        known = self._found.get((kind, names))
        if known is None:
            key = first + (block.count(b"\n", 0, start) if first >= 0 else start)
            self._found[kind, names] = Finding(kind, names, 1, 0, key), now
            return
        found, since = known
        span = max(found.span, (now - since) % _DAY)
        self._found[kind, names] = Finding(kind, names, found.count + 1, span, found.key), since


def _lines_with(block: bytes, words: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a block that hold these words, and where each begins."""
    at = block.find(words)
    while at >= 0:
        start = block.rfind(b"\n", 0, at) + 1
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        yield start, block[start : min(end, start + LOOKED_AT)]
        at = block.find(words, end)


def _clock(line: bytes) -> int:
    """The second of the day at which a line was written; 0 where it does not tell."""
    found = _CLOCK.search(line, 0, 40)
    return 0 if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
