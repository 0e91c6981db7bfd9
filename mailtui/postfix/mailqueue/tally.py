"""How many messages are in each queue, and which of them wait longest: nothing else is kept of them."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

from mailtui import commands
from mailtui.postfix.mailqueue.entry import Entry, parse

_HEAD = re.compile(rb'\{"queue_name": "([a-z]+)", "queue_id": "[0-9A-Za-z]+", "arrival_time": (\d+),[^\n]*')
LONGEST = 8 << 20
"""Bytes of a line above which its beginning is enough."""


@dataclass(slots=True)
class Tally:
    """`counts`: messages by queue. `oldest`: the arrival of the oldest of each, in seconds since 1970."""

    counts: Counter[str] = field(default_factory=Counter)
    oldest: dict[str, int] = field(default_factory=dict)
    _lines: dict[str, bytes] = field(default_factory=dict)

    def add(self, lines: bytes) -> None:
        """Take whole lines of `postqueue -j`."""
        for found in _HEAD.finditer(lines):
            queue, arrived = found[1].decode("ascii"), int(found[2])
            self.counts[queue] += 1
            if queue not in self.oldest or arrived < self.oldest[queue]:
                self.oldest[queue], self._lines[queue] = arrived, found[0]

    def entry(self, queue: str) -> Entry | None:
        """The oldest message of a queue; None where there is none, or postqueue tells it oddly."""
        line = self._lines.get(queue)
        try:
            return parse(line) if line is not None else None
        except (ValueError, RecursionError):
            return None


def tally(config_dir: str) -> Tally:
    """Count the queue of an instance. Raises CommandError where postqueue cannot tell."""
    found, rest = Tally(), b""
    with closing(commands.stream(["postqueue", "-c", config_dir, "-j"])) as blocks:
        for block in blocks:
            whole, newline, last = (rest + block).rpartition(b"\n")
            found.add(whole + newline)
            rest = last if len(last) < LONGEST else last[:1024]
    found.add(rest)
    return found
