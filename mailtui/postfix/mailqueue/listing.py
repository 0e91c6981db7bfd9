"""All messages of a queue as `postqueue -j` prints them: a hundred thousand as their bytes and a few arrays.

for listing in read(config_dir): …       # the same listing, longer each time; sorted once it is complete
listing.entry(row), listing.row_of("3FCA722E68E"), listing.order

One thread reads; others may look at the rows below `len(listing)` meanwhile.
"""

from __future__ import annotations

import json
import re
import time
import zlib
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from mailtui import commands
from mailtui.postfix.mailqueue.entry import Entry, Recipient, fields, is_id, parse

_HEAD = re.compile(
    rb'\{"queue_name": "([^"\\]+)", "queue_id": "([0-9A-Za-z]+)", '
    rb'"arrival_time": (\d+), "message_size": (\d+),'
)
"""How Postfix begins each line; one that begins otherwise is written anew in this order."""
_ORDER = ("queue_name", "queue_id", "arrival_time", "message_size")
_ROWS = 1 << 24
"""More rows than that are not sorted by one number each."""
LONGEST = 8 << 20
"""Bytes of one line; a message with more recipients is not read."""


class Listing:
    """What one reading found. A row is a number in the order of reading; `order` has them by their arrival,
    the oldest first, once `complete`."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._firsts = array("Q")
        """The first row of each block."""
        self._starts = array("I")
        """Where each row begins in its block."""
        self._rows: dict[str, int] = {}
        self._arrivals = array("q")
        self.order: Sequence[int] = array("I")
        self._places = array("I")
        """Where each row stands in `order`."""
        self.counts: Counter[str] = Counter()
        """Messages of each queue."""
        self.size = 0
        """Bytes of all messages."""
        self.oldest: int | None = None
        """When the one that waits longest arrived."""
        self.damaged = 0
        """Lines that could not be read."""
        self.complete = False
        self.seconds = 0.0
        """How long the reading took."""
        self.sum = 0
        """Two readings with the same sum and length found the same."""

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, row: int) -> bytes:
        """What postqueue printed of it."""
        number = bisect_right(self._firsts, row) - 1
        block, start = self._blocks[number], self._starts[row]
        return block[start : block.find(b"\n", start)]

    def entry(self, row: int) -> Entry:
        """A message. Of a line that is damaged behind its beginning, what can be known."""
        line = self.line(row)
        try:
            return parse(line)
        except (ValueError, RecursionError):
            found = _HEAD.match(line)
            assert found is not None  # no other is kept
            queue, queue_id = found[1].decode("utf-8", "replace"), found[2].decode()
            broken = Recipient("", "what postqueue says of it cannot be read")
            return Entry(queue, queue_id, int(found[3]), int(found[4]), "", (broken,))

    def id_of(self, row: int) -> str:
        """The queue id of a message."""
        number = bisect_right(self._firsts, row) - 1
        found = _HEAD.match(self._blocks[number], self._starts[row])
        assert found is not None  # no other is kept
        return found[2].decode("ascii")

    def arrived(self, row: int) -> int:
        """When it arrived, in seconds since 1970."""
        return self._arrivals[row]

    def row_of(self, queue_id: str) -> int | None:
        """The row of a message; None where there is none."""
        return self._rows.get(queue_id)

    def place_of(self, row: int) -> int:
        """Where a row stands in `order`."""
        return self._places[row] if self._places else row

    @property
    def ids(self) -> Iterator[str]:
        """The queue ids in the order of the rows. Not while it is being read."""
        return iter(self._rows)

    # Reading

    def add(self, raw: bytes) -> None:
        """Take whole lines."""
        self.sum = zlib.crc32(raw, self.sum)
        if not all(_HEAD.match(raw, start) for start in _starts(raw)):
            raw = b"".join(_usual(line) + b"\n" for line in raw.split(b"\n") if line)
        first = len(self._starts)
        self._blocks.append(raw)
        self._firsts.append(first)
        for start in _starts(raw):
            self._take(raw, start)
        if len(self._starts) == first:
            self._blocks.pop()
            self._firsts.pop()

    def _take(self, raw: bytes, start: int) -> None:
        found = _HEAD.match(raw, start)
        if found is None:
            self.damaged += 1
            return
        queue_id = found[2].decode("ascii")
        if queue_id in self._rows:  # it went from one queue to another meanwhile
            return
        arrived = int(found[3])
        self._rows[queue_id] = len(self._starts)
        self.counts[found[1].decode("utf-8", "replace")] += 1
        self.size += int(found[4])
        if self.oldest is None or arrived < self.oldest:
            self.oldest = arrived
        self._arrivals.append(min(arrived, 1 << 62))
        self._starts.append(start)

    def end(self) -> None:
        """Sort it: in parts, so that no key waits for all of it."""
        if len(self) < _ROWS:
            numbers: list[int] = []
            for first in range(0, len(self), 8192):
                part = range(first, min(first + 8192, len(self)))
                numbers += sorted(self._arrivals[row] << 24 | row for row in part)
            numbers.sort()  # of sorted parts: quick
            self.order = array("I", (number & (_ROWS - 1) for number in numbers))
            self._places = array("I", bytes(4 * len(self)))
            for place, row in enumerate(self.order):
                self._places[row] = place
        else:
            self.order = range(len(self))
        self.complete = True


def _starts(raw: bytes) -> Iterator[int]:
    """Where each line begins."""
    start = 0
    while start < len(raw):
        yield start
        start = raw.find(b"\n", start) + 1


def _usual(line: bytes) -> bytes:
    """A line as Postfix writes it now, if it is an object at all: with its fields in this order."""
    if _HEAD.match(line):
        return line
    try:
        found = fields(line)
    except (ValueError, RecursionError):
        return line
    if not is_id(str(found.get("queue_id", ""))) or not all(name in found for name in _ORDER):
        return line
    return json.dumps({name: found[name] for name in (*_ORDER, *found)}).encode()


def read(config_dir: str) -> Generator[Listing]:
    """The queue of an instance, block by block; the last time it is complete. Closing the iterator ends it.

    Raises CommandError where postqueue cannot tell.
    """
    begun = time.monotonic()
    listing, rest = Listing(), b""
    argv = ["postqueue", "-c", config_dir, "-j"]
    try:
        with closing(commands.stream(argv)) as blocks:
            for block in blocks:
                whole, newline, last = block.rpartition(b"\n")
                if not newline:
                    rest += block
                    if len(rest) > LONGEST:
                        raise commands.CommandError(argv, "it prints a line without an end")
                    continue
                listing.add(rest + whole + b"\n")
                rest = last
                listing.seconds = time.monotonic() - begun
                yield listing
    except commands.CommandError as error:
        fatal = [line for line in error.what.splitlines() if "fatal: " in line]  # behind any warnings
        words = fatal[-1].partition("fatal: ")[2] if fatal else error.what
        raise commands.CommandError(argv, words) from None
    if rest:
        listing.add(rest + b"\n")
    listing.end()
    listing.seconds = time.monotonic() - begun
    yield listing


def read_all(config_dir: str) -> Listing:
    """The whole queue at once. Raises CommandError."""
    found = Listing()
    for each in read(config_dir):
        found = each
    return found
