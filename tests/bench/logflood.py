"""Following a log that grows fast, or slowly, in the console and in others.

How old what the console shows is, is read off its screen: the writer puts the clock into its lines.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench import peers
from tests.bench.rows import NAN
from tests.bench.start import LAST_ALIAS, environment, mailtui
from tests.bench.terminal import Burst, Terminal

RATE = 100_000
"""Lines a second."""
SIZE = (120, 40)

_CLOCK = re.compile(rb"t(\d{13})@")


class Cost(NamedTuple):
    """What following takes: seconds, percent of a core, KiB a second to the terminal, ms, MB."""

    backlog: float
    cpu: float
    traffic: float
    key: float
    memory: float


@contextmanager
def console(config_dir: Path, log: Path, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
    """The console on another screen, with this log; `8` shows it."""
    with Terminal(mailtui(config_dir, "--log", str(log), "aliases"), size=size) as term:
        term.wait_for(LAST_ALIAS.partition(b"@")[0])
        term.settle()
        yield term


@contextmanager
def writer(log: Path, rate: float, seconds: float, rotated: float = 0.0) -> Iterator[subprocess.Popen[bytes]]:
    """The log is written meanwhile."""
    words = [
        sys.executable,
        "-m",
        "tests.bench.logwriter",
        log,
        rate,
        seconds,
        *([rotated] if rotated else []),
    ]
    with subprocess.Popen(
        [str(word) for word in words], stdout=subprocess.PIPE, env=environment()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def p95(values: list[float]) -> float:
    """What 95 of 100 stay within."""
    return sorted(values)[int(len(values) * 0.95)] if values else NAN


def ages(burst: Burst, offset: float) -> list[float]:
    """How old the newest line of each paint was when it came, in seconds. `offset`: from the terminal's clock
    to that of the lines."""
    found = []
    for chunk in burst.chunks:
        clocks = _CLOCK.findall(chunk.data)
        if clocks:
            found.append(chunk.at + offset - max(map(int, clocks)) / 1000)
    return found


def flood(config_dir: Path, log: Path, seconds: float, rotated: float) -> Cost:
    """The log screen while the log grows, and is rotated; then keys, pressed as it still does."""
    log.write_bytes(b"")
    with console(config_dir, log) as term:
        term.key(b"8", 0.5)
        before = term.memory[0]
        with writer(log, RATE, seconds + 12, rotated):
            term.collect(0.05, most=2.0)
            used, begun = term.cpu, time.perf_counter()
            burst = term.collect(5.0, most=seconds)
            took, used = time.perf_counter() - begun, term.cpu - used
            keys = []
            for key in (b"G", b"k", b"j", b"k", b"G") * 6:
                answer = term.key(key, 0.03)
                keys.append(answer.first)
            grown = term.memory[1] - before
    old = ages(burst, time.time() - time.perf_counter())
    return Cost(p95(old), used / took * 100, burst.size / took / 1024, p95(keys), grown)


def kept(log: Path, seconds: float, rotated: float) -> tuple[int, int, float]:
    """Lines that came and lines that were written, over rotations; memory in MB."""
    log.write_bytes(b"")
    words = [sys.executable, "-m", "tests.bench.logfeed", str(log)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as feed:
        time.sleep(1.0)
        with writer(log, RATE, seconds, rotated) as process:
            written = int(process.communicate()[0])
        told = json.loads(feed.communicate()[0])
    return told["lines"], written, told["memory"]


def tail_kept(log: Path, seconds: float, rotated: float) -> tuple[int, int]:
    """The same of `tail -F`."""
    log.write_bytes(b"")
    with subprocess.Popen(
        ["tail", "-n", "+1", "-F", str(log)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as tail:
        count = 0

        def read() -> None:
            nonlocal count
            assert tail.stdout is not None
            while raw := os.read(tail.stdout.fileno(), 1 << 20):
                count += raw.count(b"\n")

        reader = threading.Thread(target=read)
        reader.start()
        with writer(log, RATE, seconds, rotated) as process:
            written = int(process.communicate()[0])
        time.sleep(3.0)
        tail.kill()
        reader.join()
    return count, written


def rich_log(folder: Path, log: Path) -> float:
    """Lines a second that Textual's own widget shows of a flood."""
    log.write_bytes(b"")
    with Terminal(peers.rich_log(folder, log), size=SIZE) as term:
        term.wait_for(b"")
        term.settle()
        with writer(log, RATE, 8.0):
            burst = term.collect(2.0, most=8.0)
            last = [clock for chunk in burst.chunks for clock in _CLOCK.findall(chunk.data)]
            first = log.open("rb").read(1 << 20)
            begun = int(_CLOCK.findall(first)[0])
    return (max(map(int, last)) - begun) / 8000 * RATE if last else NAN


def slow(config_dir: Path, log: Path, rate: float, seconds: float) -> tuple[float, float]:
    """Bytes to the terminal for each line where few come; and in as long where none does."""
    log.write_bytes(b"")
    with console(config_dir, log, (80, 24)) as term:
        term.key(b"8", 0.5)
        with writer(log, rate, seconds + 3):
            term.collect(0.05, most=2.0)
            size = term.quiet_for(seconds)
        term.settle(1.5)
        return size / (rate * seconds), term.quiet_for(seconds)
