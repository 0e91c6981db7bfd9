"""The queue's screen over a hundred thousand messages, listed by the real postqueue beside `postqueue -j | wc`.

The messages are one that Postfix deferred, linked under as many names: showq(8) reads each of them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from mailtui.demo.lab import Lab
from tests.bench.milters import at_95
from tests.bench.rows import Goal, Row
from tests.bench.start import environment, mailtui
from tests.bench.terminal import Terminal

MANY = 100_000
LINKS = 20_000
"""Names of one file; file systems allow more."""
FIRST, ALL, MEMORY, KEY = 0.5, 2.0, 110.0, 1.5
"""First rows within as many seconds more than an empty queue takes; all within so many times what postqueue takes
by itself, and the start; MB above the empty console; so many times the key to paint once all is read."""
PAINT = 20.0
"""Milliseconds more that a key may take while it is read."""
KEYS = 40


def filled(lab: Lab) -> None:
    """Put MANY messages into the deferred queue of a server that does not run any more."""
    lab.send("bench@partner.example")
    lab.logged("status=deferred")
    lab.postfix("stop")
    spool = lab.place.spool
    (mail,) = [path for path in (spool / "deferred").rglob("*") if path.is_file()]
    why = (spool / "defer").joinpath(*mail.relative_to(spool / "deferred").parts)
    raws = mail.read_bytes(), why.read_bytes()
    sources: list[Path] = []
    for number in range(MANY):
        name = f"{number % 16:X}{number:05X}ABCDE"
        here = [spool / queue / name[0] / name for queue in ("deferred", "defer")]
        for path, raw, old in zip(here, raws, sources if number % LINKS else [None, None], strict=True):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            if old is not None:
                os.link(old, path)
                continue
            path.write_bytes(raw)
            path.chmod(0o700)
        if number % LINKS == 0:
            sources = here
    for path in (spool / "deferred", spool / "defer"):
        subprocess.run(["chown", "-R", "--reference", str(mail), str(path)], check=True)


def listed(lab: Lab) -> float:
    """Seconds that `postqueue -j | wc -l` takes."""
    begun = time.perf_counter()
    command = shlex.join(["postqueue", "-c", str(lab.config_dir), "-j"]) + " 2>/dev/null | wc -l"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, env=environment())
    if int(done.stdout) < MANY:
        raise RuntimeError(f"postqueue lists {done.stdout!r} messages")
    return time.perf_counter() - begun


@contextmanager
def busy(config_dir: Path) -> Iterator[None]:
    """The queue is listed beside, as it is while the console reads it."""
    with subprocess.Popen(
        ["postqueue", "-c", str(config_dir), "-j"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as listing:
        yield
        listing.kill()


class Shown:
    """One start of the console on the queue: seconds to the first and to all rows, memory, keys meanwhile."""

    def __init__(self, config_dir: Path, count: int) -> None:
        self.keys: list[float] = []
        with Terminal(mailtui(config_dir, "9")) as term:
            self.first = term.wait_for(b"Connection refused" if count else b"empty") / 1000
            end = time.perf_counter() + 60
            while count and f"{count:,} deferred" not in term.text and time.perf_counter() < end:
                taken = term.key(b"j" if len(self.keys) // 8 % 2 == 0 else b"k", 0.02)
                self.keys.append(taken.first)
            self.all = time.perf_counter() - term.begun
            term.settle()
            with busy(config_dir):
                self.idle = [term.key(b"j" if at // 8 % 2 == 0 else b"k", 0.02).first for at in range(KEYS)]
            self.memory = term.memory[1]


def rows(runs: int, config_dir: Path) -> list[Row]:  # its own server
    """The rows of this group."""
    with Lab() as lab:
        lab.postfix("stop")
        none = [Shown(lab.config_dir, 0) for _ in range(2)]
    with Lab() as lab:
        filled(lab)
        alone = [listed(lab) for _ in range(2)]
        shown = [Shown(lab.config_dir, MANY + 1) for _ in range(2)]
        alone += [listed(lab)]
    floor = median(alone)
    keys = sorted(key for each in shown for key in each.keys)
    idle = sorted(key for each in shown for key in each.idle)
    start = median(each.first for each in none)
    grown = median(each.memory for each in shown) - median(each.memory for each in none)
    return [
        Row("queue of 100,000: first rows", median(each.first for each in shown), unit="s", floor=start,
            goal=Goal(1.0, "floor", FIRST), notes="floor: the console on an empty queue"),
        Row("queue of 100,000: all of it", median(each.all for each in shown), unit="s", floor=floor,
            goal=Goal(ALL, "floor", start), notes="floor: postqueue -j | wc -l; and the start"),
        Row("queue of 100,000: memory for it", grown, unit="MB", goal=Goal(MEMORY)),
        Row("queue of 100,000: key to paint while it is read, p95", at_95(keys), floor=at_95(idle),
            goal=Goal(KEY, "floor", PAINT),
            notes=f"floor: once it is read, as postqueue -j runs beside; {len(keys)} keys, longest {keys[-1]:.0f} ms"),
    ]  # fmt: skip
