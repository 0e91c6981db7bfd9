"""The lines of a log feed as rows of a LineList, those that are alike folded to one. A row is known by the
key of its (newest) line.

Only what is near the screen is folded: the newest lines as they come, older ones once they are scrolled
to. Of a flood that is faster than it can be looked at, the rest stays lines of their own above.
"""

from __future__ import annotations

import sys
import threading
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence

from mailtui.maillog.feed import Feed
from mailtui.maillog.folding import REACH, Folder, Run, addresses, is_loop, merged, opened
from mailtui.maillog.record import parse
from mailtui.maillog.view import Severity, may_be_problem, row
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.logkeys import Keys
from mailtui.screens.parts.text import Span, cells, show
from mailtui.text.safe import decode

STYLES: dict[Severity, str] = {
    "good": "good", "plain": "", "quiet": "dim", "warning": "warning", "error": "error",
}  # fmt: skip
"""A row's severity as a style's name."""
AT_ONCE = 150
"""New lines that are folded between two paints, at most: of a flood the newest."""
CHUNK = 1000
"""Lines that are folded together where one scrolls back, and of a burst after some calm."""
CALM = 1.0
"""Seconds without a burst."""
KEPT = 2000
"""Folded rows that are kept at most; what lies before is folded again when it is scrolled to."""
LINES = 500_000
"""Lines that the folded rows stand for at most; the same."""
PARSED = 16_384
"""Bytes of a line that are shown in words; a longer one is a mistake or an attack, and Enter shows it."""


class LogRows:
    """Rows over `keys`; they stay the same lines while others come."""

    def __init__(
        self,
        feed: Feed,
        keys: Keys,
        *,
        raw: bool = False,
        fold: bool = True,
        peer_room: Callable[[], int] = int,
    ) -> None:
        """`peer_room`: the cells of the column of clients now, 0 where the list has none. In the place of a
        sender that is not known stands what of the client has no room there."""
        self.feed, self.keys, self.raw, self.fold = feed, keys, raw, fold
        self._peer_room = peer_room
        self.cut = len(keys)
        """As many of the keys, from the oldest on, are rows of their own."""
        self._before: list[Run] = []
        self._flooded = 0.0
        self._folder = Folder(feed.remembered)
        if fold:
            self._cut_at(max(0, len(keys) - CHUNK))

    # As rows

    def __len__(self) -> int:
        return self.cut + len(self._before) + len(self._folder.runs)

    def run(self, index: int) -> Run | None:
        """What is folded into a row; None for one line."""
        if index < self.cut:
            return None
        index -= self.cut
        before = len(self._before)
        return self._before[index] if index < before else self._folder.runs[index - before]

    def key(self, index: int) -> int:
        run = self.run(index)
        return self.keys[index] if run is None else run.last

    def members(self, index: int) -> Sequence[int]:
        """The keys of all lines that a row stands for."""
        run = self.run(index)
        return (self.keys[index],) if run is None else run.keys

    def find(self, key: Hashable) -> int | None:
        """The row that a line is in."""
        if not isinstance(key, int):
            return None
        place = self.keys.place(key)
        if place < self.cut:
            return self.keys.find(key)
        runs = [*self._before, *self._folder.runs]
        index = bisect_left(runs, key, key=lambda run: run.last)
        if index < len(runs) and runs[index].last == key:
            return self.cut + index
        holds = (place for place in range(index, len(runs)) if _holds(runs[place], key))
        found = next(holds, None)
        return None if found is None else self.cut + found

    def line(self, index: int) -> bytes:
        """The (newest) line of a row as it is in the file."""
        return line_at(self.feed, self.key(index))

    def cells(self, index: int) -> Row:
        key, run = self.key(index), self.run(index)
        line = line_at(self.feed, key)
        folded = run if run is not None and run.folded else None
        more = folded is not None and (folded.earlier > 0 or self._is_cut(folded))
        if self.raw:
            return Row(
                ([(_times(folded, more), "bold"), (decode(line[:PARSED]), "")],) if folded else (line,)
            )
        record = parse(line[:PARSED])
        shown = row(record, lambda queue_id: self.feed.sender(queue_id, key))
        what: list[Span] = [(f"{shown.letter} {shown.what}", STYLES[shown.severity])]
        path = shown.path or unsaid(shown.peer, self._peer_room())
        style = "dim" if shown.severity == "quiet" else ""
        says = shown.result.removeprefix("warning: ") if shown.letter == "?" else shown.result
        says = says.removeprefix(f"{record.queue_id}: ").removeprefix(": ")
        result: list[Span] = [(says, style)]
        if folded is not None:
            result = [(_times(folded, more), "bold"), (says, style)]
            path = self._loop(folded, line) or path
        return Row((shown.clock, what, shown.peer, path, result), style=style)

    def _is_cut(self, run: Run) -> bool:
        """Whether a row begins where folding began: there may be more like it before."""
        return self.cut > 0 and self.keys.place(run.keys[0]) < self.cut + REACH

    def _loop(self, run: Run, line: bytes) -> str:
        """The addresses that mail goes round between, where it does."""
        if not is_loop(line):
            return ""
        newest = (line_at(self.feed, key) for key in run.keys[-8:])
        return " ↔ ".join(decode(address) for address in addresses(newest))

    # As they grow

    @property
    def end(self) -> int:
        """The number after the newest."""
        return self.keys.end

    def grow(self, keys: Keys) -> None:
        """Take in what `keys` has more, at its end or before its beginning. The rows have other indices
        then: whoever shows them asks for the key of a row before."""
        old, self.keys = self.keys, keys
        if not self.fold:
            self.cut = len(keys)
            return
        self.cut = keys.place(old[self.cut] if self.cut < len(old) else old.end)
        fresh = keys.place(old.end)
        now = time.monotonic()
        most = AT_ONCE if now - self._flooded < CALM else CHUNK
        if len(keys) - fresh > most:
            self._flooded = now
            self._cut_at(len(keys) - most, after=self._folder)
            return
        for index in range(fresh, len(keys)):
            self._folder.add(keys[index], line_at(self.feed, keys[index]))
        if len(self) - self.cut > KEPT or len(keys) - self.cut > LINES:
            self._cut_at(max(self.cut, len(keys) - CHUNK), after=self._folder)

    def folded_back(self) -> bool:
        """Fold some more of what lies before; False where nothing does."""
        if not self.fold or not self.cut:
            return False
        start = max(0, self.cut - CHUNK)
        folder = Folder(self.feed.remembered)
        for index in range(start, self.cut):
            folder.add(self.keys[index], line_at(self.feed, self.keys[index]))
        before = folder.runs
        later = self._before or self._folder.runs
        self._before = merged(before, later) + self._before
        self.cut = start
        return True

    def _cut_at(self, place: int, after: Folder | None = None) -> None:
        self._before, self.cut = [], place
        self._folder = Folder(self.feed.remembered, after)
        for index in range(place, len(self.keys)):
            key = self.keys[index]
            self._folder.add(key, line_at(self.feed, key))

    def unfold(self, index: int) -> bool:
        """Show a row line by line; False where it is one line."""
        run = self.run(index)
        if run is None or not run.folded:
            return False
        if index - self.cut < len(self._before):
            self._before = opened(self._before, run)
        else:
            self._folder.runs = opened(self._folder.runs, run)
        return True

    def standing(self) -> Standing:
        """The rows as they stand now, for a thread: they do not change when these grow."""
        last = array("q", (run.last for run in (*self._before, *self._folder.runs)))
        return Standing(self.keys, self.cut, last)


def unsaid(peer: str, room: int) -> str:
    """What of a client is not said in so many cells: all of it, nothing, or the address behind its name."""
    if room == 0 or cells(show(peer)) <= room:
        return "" if room else peer
    address = peer.find("[")
    return peer[address:] if address > 0 else peer


class Standing:
    """The keys of rows, which do not change any more."""

    def __init__(self, keys: Keys, cut: int, last: array[int]) -> None:
        self._keys, self._cut, self._last = keys, cut, last

    def __len__(self) -> int:
        return self._cut + len(self._last)

    def __getitem__(self, index: int) -> int:
        return self._keys[index] if index < self._cut else self._last[index - self._cut]


def next_problem(
    feed: Feed,
    rows: Standing,
    index: int,
    step: int,
    stop: threading.Event | None = None,
    most: int = sys.maxsize,
) -> tuple[int | None, int]:
    """The key of the nearest row before or behind `index` that tells of a problem, and where it was looked
    last; `most` rows are looked at."""
    index += step
    while 0 <= index < len(rows) and most > 0 and not (stop is not None and stop.is_set()):
        if is_problem(line_at(feed, rows[index])):
            return rows[index], index
        index += step
        most -= 1
    return None, index


def _holds(run: Run, key: int) -> bool:
    place = bisect_left(run.keys, key)
    return place < len(run.keys) and run.keys[place] == key


def is_problem(line: bytes) -> bool:
    """Whether a line's row is a warning or an error."""
    line = line[:PARSED]
    return may_be_problem(line) and row(parse(line)).severity in {"warning", "error"}


def _times(run: Run, more: bool) -> str:
    """`×1240 in 10 s  `; `+` where there may be more of them that were not looked at."""
    return f"×{len(run.keys) + run.earlier:,}{'+' if more else ''} in {_lasted(run.lasted)}  "


def _lasted(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def line_at(feed: Feed, key: int) -> bytes:
    """A line by its key; empty where it cannot be read any more."""
    try:
        return feed.line(key)
    except (LookupError, OSError):
        return b"(gone from the log)"
