"""A slow line: what keys cost in bytes on each screen, and when the screen stands still over 9.6 kB/s and 300 ms.

A terminal of 80x24 in 256 colours, as most have it over ssh, beside a server that has mail in its queue and log.
Every screen is walked over by the same keys; what the first look at it cost is not theirs.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from mailtui.demo.lab import Lab
from tests.bench.processes import pause_until_idle
from tests.bench.rows import Goal, Row
from tests.bench.start import mailtui
from tests.bench.terminal import Terminal

KEY = 2000
"""Bytes that a key costs at most, at the median."""
RATE, AWAY = 9600.0, 0.3
"""Bytes a second, and the seconds there and back."""
STILL = 0.6
"""Seconds without a byte after which the screen stands still."""
HELD, EVERY = 40, 0.05
"""Keys typed ahead, and the seconds between two."""
AHEAD = 1.5
"""Seconds from the last of them to the screen that they lead to: what the line holds is what is left of it."""
DOWN, UP, PAGE, PAGE_UP = b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[5~"
SCREENS = {
    b"1": "Overview", b"2": "Domains", b"3": "Aliases", b"4": "Mailboxes", b"5": "Restrictions",
    b"6": "Milters", b"7": "Auth", b"8": "Log", b"9": "Queue", b"0": "Parameters",
}  # fmt: skip
MOVING = (DOWN, DOWN, DOWN, UP, DOWN, PAGE, PAGE_UP)
FILTERING = (b"/", b"m", b"a", b"\x7f", b"\x7f", b"\x1b")
OPENING = (b"\r", b"\x1b", b"?", b"\x1b")
OVER_SSH = {"COLORTERM": "", "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}
MAIL = (
    ("webmaster@falcotsbrand.com", "jean@falcot.com"),
    ("laure@falcot.com", "orders@quiet.example"),
    ("jean@falcot.org", "info@dnsdown.example"),
)


class Cost(NamedTuple):
    """What a key was pressed for (switch, move, filter, open), and the bytes that came of it."""

    what: str
    size: int


def walked(press: Callable[[bytes], int]) -> Iterator[tuple[str, Cost]]:
    """Each screen with what every key cost there; `press` gives the bytes."""
    for digit, name in SCREENS.items():
        yield name, Cost("switch", press(digit))
        for what, keys in (("move", MOVING), ("filter", FILTERING), ("open", OPENING)):
            for each in keys:
                yield name, Cost(what, press(each))


def costs(term: Terminal) -> dict[str, list[Cost]]:
    """What keys cost on each screen of a console that stands still."""
    found: dict[str, list[Cost]] = {name: [] for name in SCREENS.values()}
    for digit in SCREENS:
        term.key(digit)
        term.settle(STILL)
    for name, cost in walked(lambda key: term.key(key, 0.15).size):
        found[name].append(cost)
    return found


class Line:
    """A slow line to a terminal: keys arrive half of AWAY after they were pressed, bytes come as RATE lets them
    and are seen half of AWAY later."""

    def __init__(self, term: Terminal) -> None:
        self._term = term
        self._keys: deque[tuple[float, bytes]] = deque()
        self._free = 0.0
        self.bytes = 0

    def press(self, key: bytes) -> None:
        """Press a key here."""
        self._keys.append((time.perf_counter() + AWAY / 2, key))

    def go_on(self, seconds: float) -> float:
        """Let the line work for some seconds; when the last byte was seen (0: none came)."""
        end, seen = time.perf_counter() + seconds, 0.0
        while (now := time.perf_counter()) < end:
            while self._keys and self._keys[0][0] <= now:
                self._term.press(self._keys.popleft()[1])
            if now < self._free:
                time.sleep(min(self._free - now, 0.005))
                continue
            if size := self._term.take(0.005, int(RATE * 0.02)):
                self.bytes += size
                self._free = time.perf_counter() + size / RATE
                seen = self._free + AWAY / 2
        return seen

    def settled(self, *keys: bytes) -> float:
        """Press keys, one each EVERY seconds; seconds from the last until the screen stands still."""
        for key in keys:
            self.press(key)
            self.go_on(EVERY)
        pressed = last = time.perf_counter() - EVERY
        while time.perf_counter() < max(last, pressed + AWAY) + STILL:
            last = max(last, self.go_on(0.05))
        return last - pressed


def over_the_line(term: Terminal) -> dict[str, tuple[float, float, float]]:
    """On each screen: seconds until it stands still after it was opened, a cursor key and a page."""
    line, found = Line(term), {}
    for digit, name in SCREENS.items():
        line.settled(b"1" if digit != b"1" else b"2")
        found[name] = (line.settled(digit), line.settled(DOWN), line.settled(PAGE))
    return found


@contextlib.contextmanager
def console() -> Iterator[Terminal]:
    """The console beside a server that has done something and waits for nothing."""
    with Lab() as lab:
        for sender, to in MAIL:
            lab.send(to, sender=sender)
        lab.logged("status=deferred")
        environment = {**lab.environment(), "XDG_CONFIG_HOME": str(lab.directory), **OVER_SSH}
        with Terminal(lab.inside(mailtui(lab.config_dir)), env=environment) as term:
            term.wait_for(b"Last write")
            term.settle(1.0)
            pause_until_idle(term.pid)
            yield term


def byte_rows(found: dict[str, list[Cost]]) -> Iterator[Row]:
    """A row for each screen: the keys but that which opens it."""
    for name, all_of_it in found.items():
        sizes = sorted(cost.size for cost in all_of_it if cost.what != "switch")
        parts = ", ".join(
            f"{what} {median(cost.size for cost in all_of_it if cost.what == what):.0f}"
            for what in ("switch", "move", "filter", "open")
        )
        high = sizes[int(len(sizes) * 0.95)]
        yield Row(f"link: a key on {name}", median(sizes), "B", goal=Goal(KEY),
                  notes=f"p95 {high}, most {sizes[-1]}; {parts}")  # fmt: skip


def rows(runs: int, config_dir: Path) -> list[Row]:  # its own server, and the line takes its time
    """The rows of this group."""
    with console() as term:
        result = list(byte_rows(costs(term)))
        result += [
            Row(f"link: {name}: cursor key settled over 9.6 kB/s, 300 ms", down, "s",
                notes=f"screen opened {opened:.2f}, page {page:.2f}")
            for name, (opened, down, page) in over_the_line(term).items()
        ]  # fmt: skip
        line = Line(term)
        line.settled(b"3")
        ahead = line.settled(*[DOWN] * HELD)
        result.append(
            Row(f"link: settled after {HELD} cursor keys typed ahead", ahead, "s", goal=Goal(AHEAD),
                notes=f"{line.bytes} bytes in all, with the screen")
        )  # fmt: skip
    return result
