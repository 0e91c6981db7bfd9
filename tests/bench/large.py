"""A table of a million lines: until it is there, what it takes of memory, what a key costs."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from tests.bench import peers
from tests.bench.data import large
from tests.bench.processes import pause_until_idle
from tests.bench.rows import Goal, Row, turns
from tests.bench.start import import_textual, mailtui
from tests.bench.terminal import Burst, Terminal

SIZES = ((80, 24), (120, 40))
ENTRY = b"@falcot"
"""What the first entry on the screen holds."""
PAGE_DOWN, DOWN = b"\x1b[6~", b"j"
PEER_SECONDS = 40.0
"""How long a peer may take to open the table before the row says that it had not."""


def usable(config_dir: Path) -> float:
    """Until the first entries are on the screen."""
    with Terminal(mailtui(config_dir, "aliases")) as term:
        return term.wait_for(ENTRY)


def ready(term: Terminal) -> None:
    """Wait until a console over the large table has nothing more to do by itself."""
    term.wait_for(ENTRY)
    term.settle()
    pause_until_idle(term.pid)
    term.settle()


def pressed(term: Terminal, key: bytes, times: int) -> tuple[float, float, float]:
    """A key pressed again and again: milliseconds to the last byte, bytes, ms of CPU; medians. The CPU is the
    mean, as the clock of /proc is coarse."""
    bursts: list[Burst] = []
    used = 0.0
    for _ in range(times):
        before = term.cpu
        bursts.append(term.key(key))
        used += term.cpu - before
        term.settle(0.25)
    return (
        median(burst.last for burst in bursts),
        median(burst.size for burst in bursts),
        used * 1000 / times,
    )


def keys(runs: int, config_dir: Path, size: tuple[int, int]) -> list[Row]:
    """What cursor and page cost in a window of this size."""
    name = "{}x{}".format(*size)
    with Terminal(mailtui(config_dir, "aliases"), size=size) as term:
        ready(term)
        down, down_bytes, down_cpu = pressed(term, DOWN, max(20, runs * 2))
        page, page_bytes, page_cpu = pressed(term, PAGE_DOWN, max(20, runs * 2))
    return [
        Row(f"1M lines, {name}: cursor key", down, goal=Goal(5), notes=f"{down_cpu:.1f} ms of CPU"),
        Row(f"1M lines, {name}: cursor key", down_bytes, "B", goal=Goal(500)),
        Row(f"1M lines, {name}: page", page, goal=Goal(15), notes=f"{page_cpu:.1f} ms of CPU"),
        Row(f"1M lines, {name}: page", page_bytes, "B", goal=Goal(8000)),
    ]


def data_table(config_dir: Path) -> Row:
    """Textual's own table with the same file: whether it shows anything within PEER_SECONDS."""
    argv = peers.data_table(config_dir, config_dir / "virtual")
    with Terminal(argv) as term:
        taken = term.seconds_to(ENTRY, PEER_SECONDS) * 1000
        resident = term.memory[0]
    word = "shown" if taken < PEER_SECONDS * 1000 else "not there yet, given up"
    return Row("  the same in a DataTable", taken, notes=f"{word}; {resident:.0f} MB by then")


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    instance = large(config_dir.parent)
    megabytes = (instance / "virtual").stat().st_size / 1e6
    imported, there = turns(max(3, runs // 2), import_textual, lambda: usable(instance))
    result = [
        Row("1M lines: Aliases usable", there, floor=imported, goal=Goal(3, "floor"),
            notes=f"floor: import textual.app; the table has {megabytes:.1f} MB"),
        data_table(instance),
    ]  # fmt: skip
    for size in SIZES:
        result += keys(runs, instance, size)
    print("  cursor and page measured", file=sys.stderr)
    return result
