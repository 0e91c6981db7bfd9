"""What a console does that nobody touches: bytes to the terminal, and CPU."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.processes import cpu_seconds, pause_until_idle
from tests.bench.rows import Goal, Row
from tests.bench.start import LAST_ALIAS, mailtui
from tests.bench.terminal import Terminal

SECONDS = 10.0
CPU = 0.5
"""Percent of one core at most."""


def idle(config_dir: Path, *keys: bytes) -> tuple[float, float]:
    """Bytes and percent of one core in SECONDS, after these keys."""
    with Terminal(mailtui(config_dir, "aliases")) as term:
        term.wait_for(LAST_ALIAS)
        for key in keys:
            term.key(key)
        term.settle(1.0)
        pause_until_idle(term.pid)
        before, begun = cpu_seconds(term.pid), time.perf_counter()
        written = term.quiet_for(SECONDS)
        used = cpu_seconds(term.pid) - before
        return written, used / (time.perf_counter() - begun) * 100


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group, each measured once: ten seconds say enough."""
    written, used = idle(config_dir)
    typing, _ = idle(config_dir, b"/", b"w")
    return [
        Row("idle for 10 s: written", written, "B", goal=Goal(0)),
        Row("idle for 10 s in the filter: written", typing, "B", goal=Goal(0)),
        Row("idle for 10 s: CPU", used, "%", goal=Goal(CPU)),
    ]
