"""Lines that are alike but for their time and ids, as one: `×1240 in 10 s`.

folder = Folder()
for key, line in lines: folder.add(key, line)      # oldest first, keys ascending
folder.runs                                        # Run(keys=…): one line, or several that are alike

A line joins those like it only while it comes soon behind them, with few others between: what happens
once an hour is never hidden. Nothing here reads a file or knows how many lines there are beyond those it
was given; whoever gives it only the newest ones says so.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence

LEAST = 4
"""Alike lines from which on they are one row; fewer tell more as they are."""
REACH = 24
"""Rows between two alike lines, at most."""
PAUSE = 3
"""Seconds between two alike lines, at most."""
LOOKED_AT = 2048
"""Bytes of a line that are compared."""

_HEAD = re.compile(
    rb"(?:[A-Z][a-z]{2} [ \d]\d (\d\d):(\d\d):(\d\d)(?:\.\d+)?|\d{4}-\d\d-\d\d[T ](\d\d):(\d\d):(\d\d)\S*) "
)
_ID = re.compile(rb"(?:[0-9A-F]{5,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,25}): ")
_OWN = (
    (b"delay", re.compile(rb"delays?=[\d./]+")),
    (b" as ", re.compile(rb" as [0-9A-Za-z]{5,25}\b")),
    (b"message-id=", re.compile(rb"message-id=\S+")),
    (b"size=", re.compile(rb"size=\d+")),
    (b"conn_use=", re.compile(rb"conn_use=\d+")),
    (b"]:", re.compile(rb"\]:\d{2,5}")),
    (b"notification: ", re.compile(rb"notification: [0-9A-Za-z]+")),
)
"""What two lines may differ in and still be alike, each with a word without which there is none."""
_LOOP = (b"too many hops", b"mail forwarding loop", b"loops back to myself")
_ADDRESSES = re.compile(rb"\b(?:to|orig_to|from)=<([^>]*)>,? ?")

Sender = Callable[[bytes], bytes | None]
"""The envelope sender of a queue id, where it is known."""


def _nobody(_queue_id: bytes) -> None:
    return None


def signature(line: bytes, sender: Sender = _nobody) -> bytes:
    """What a line says without time, pid, queue ids, delays, sizes and message ids. Lines of a mail loop are
    alike whichever of its addresses they name; other messages' only where the sender is known, and one."""
    return _split(line, sender)[1]


def _split(line: bytes, sender: Sender) -> tuple[int | None, bytes]:
    """A line's clock time in seconds of the day, where it begins with one, and its signature."""
    head = _HEAD.match(line)
    second = None if head is None else _seconds(head)
    process, bracket, text = line[head.end() if head else 0 :].partition(b"]: ")
    queue_id = None
    if bracket:
        found = queue_id = _ID.match(text)
        text = process.rpartition(b"[")[0] + b": " + (text[found.end() :] if found else text)
    else:
        text = process
    for word, pattern in _OWN:
        if word in text:
            text = pattern.sub(word, text)
    if is_loop(text):
        text = _ADDRESSES.sub(b"", text)
    elif queue_id is not None:
        known = sender(queue_id[0][:-2])
        text += b"\0" + (queue_id[0] if known is None else known)
    return second, text


def _seconds(head: re.Match[bytes]) -> int:
    hour, minute, second = head.group(1, 2, 3) if head[1] is not None else head.group(4, 5, 6)
    return int(hour) * 3600 + int(minute) * 60 + int(second)


def is_loop(text: bytes) -> bool:
    """Whether a line tells of mail that goes round in a circle."""
    return (b"hops" in text or b"loop" in text) and any(word in text for word in _LOOP)


def addresses(lines: Iterable[bytes], most: int = 4) -> list[bytes]:
    """The different addresses that lines name, in their order."""
    found: dict[bytes, None] = {}
    for line in lines:
        for address in _ADDRESSES.findall(line):
            if address:
                found.setdefault(address)
        if len(found) >= most:
            break
    return list(found)[:most]


class Run:
    """One row: the keys of its lines, ascending; it stands where the last of them is."""

    __slots__ = ("before", "earlier", "keys", "lasted", "second", "signature")

    def __init__(self, signature: bytes, key: int, second: int | None, before: Run | None = None) -> None:
        self.signature, self.second, self.before = signature, second, before
        self.keys = array("q", (key,))
        self.lasted = 0
        """Seconds from its first line to its last."""
        self.earlier = 0
        """Lines like these that came before and are no part of it: they were counted, or most of them."""

    @property
    def last(self) -> int:
        """The key of the newest line."""
        return self.keys[-1]

    @property
    def folded(self) -> bool:
        """Whether it stands for several lines."""
        return len(self.keys) > 1


class Folder:
    """Folds lines as they come. `runs` are in the order of their newest lines."""

    def __init__(self, sender: Sender = _nobody, after: Folder | None = None) -> None:
        """`after`: what was folded before, where the lines in between were not looked at: what goes on
        remembers how many there were."""
        self.runs: list[Run] = []
        self._sender = sender
        self._earlier: dict[bytes, Run] = {}
        if after is not None:
            self._earlier = {run.signature: run for run in after.runs[-REACH:] if run.folded}

    def add(self, key: int, line: bytes) -> None:
        """The next line."""
        second, sign = _split(line[:LOOKED_AT], self._sender)
        before = self._alike(sign, second)
        if before is None:
            self.runs.append(Run(sign, key, second))
            return
        run = Run(sign, key, second, before)
        run.lasted = before.lasted + _gap(before.second, second)
        if before.folded:
            self._take_out(before)
            before.keys.append(key)
            before.second, before.lasted = second, run.lasted
            self.runs.append(before)
        else:
            self._join(run)

    def _alike(self, sign: bytes, second: int | None) -> Run | None:
        for run in reversed(self.runs[-REACH:]):
            if run.signature == sign:
                return run if _gap(run.second, second) <= PAUSE else None
        return None

    def _join(self, run: Run) -> None:
        """A row like one before it; together with those before that one they may be enough."""
        chain = [run]
        while chain[-1].before is not None:
            chain.append(chain[-1].before)
        if len(chain) >= LEAST:
            for one in chain[1:]:
                self._take_out(one)
            run.keys, run.before = array("q", [one.last for one in reversed(chain)]), None
            gone = self._earlier.get(run.signature)
            if gone is not None:
                run.earlier = gone.earlier + len(gone.keys)
                run.lasted += gone.lasted
        self.runs.append(run)

    def _take_out(self, run: Run) -> None:
        for place in range(len(self.runs) - 1, -1, -1):
            if self.runs[place] is run:
                del self.runs[place]
                return


def opened(runs: Sequence[Run], run: Run) -> list[Run]:
    """The same rows with one of them shown line by line."""
    singles = [Run(b"\n", key, None) for key in run.keys]
    return sorted([one for one in runs if one is not run] + singles, key=lambda one: one.last)


def merged(older: Sequence[Run], newer: Sequence[Run]) -> list[Run]:
    """The older of two stretches of rows, which were folded apart, without the rows that go on in the newer
    one: their lines are put to the rows there."""
    begun = {run.signature: run for run in newer[: 2 * REACH] if run.folded}
    kept = list(older)
    for run in older[-REACH:]:
        goes_on = begun.get(run.signature) if run.folded else None
        if goes_on is None:
            continue
        began = None if goes_on.second is None else (goes_on.second - goes_on.lasted) % 86_400
        pause = _gap(run.second, began)
        if pause <= PAUSE:
            goes_on.keys = run.keys + goes_on.keys
            goes_on.lasted += run.lasted + pause
            goes_on.earlier += run.earlier
            kept.remove(run)
            del begun[run.signature]
    return kept


def _gap(before: int | None, now: int | None) -> int:
    """Seconds between two clock times of lines that follow each other; 0 where a clock jumped back, and
    where neither has a time."""
    if before is None or now is None:
        return 0 if before is now else PAUSE + 1
    passed = (now - before) % 86_400
    return passed if passed < 43_200 else 0
