"""The live log: following a flood, opening and searching large logs; beside what else can do it."""

from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path
from statistics import median

from tests.bench import logflood, peers
from tests.bench.loglarge import (
    NEEDLE,
    followed,
    grep,
    less_search,
    open_peer,
    opened,
    opened_at_once,
    searched,
    text,
    write,
)
from tests.bench.rows import Goal, Row, turns

SECONDS, ROTATED = 30.0, 5.0
"""How long a flood is followed, and after how many seconds the log is rotated each time."""
BACKLOG, CPU, TRAFFIC, KEY, GROWTH = 0.2, 25.0, 150.0, 60.0, 60.0
"""Seconds, percent of a core, KiB a second, ms at the 95th percentile, MB: what following may cost."""
SLOW, SLOW_SECONDS, A_LINE = 20, 10.0, 1024.0
LARGE, NEEDED, SEARCHED = 10_000_000_000, 15_000_000_000, 2_000_000_000
"""Bytes: of the log that is opened, free on the disk for that, of the log that is searched."""
OPENS, HELD, FILTER_FIRST = 20.0, 100.0, 200.0
"""Milliseconds that a large log may take more to open than a small one, MB, ms to the first screenful."""
NEWEST, SCREENFUL = 1_000_000, 60
LESS_MOST = 20.0
"""Seconds for which less is waited for."""


def _said(what: str) -> None:
    print(f"  {what} …", file=sys.stderr, flush=True)


def following(config_dir: Path, folder: Path) -> list[Row]:
    """The rows about a log that grows."""
    log = folder / "mail.log"
    _said("following a flood")
    cost = logflood.flood(config_dir, log, SECONDS, ROTATED)
    _said("the same without a screen, over rotations")
    came, written, _ = logflood.kept(log, SECONDS / 3, 1.0)
    tail_came, tail_written = logflood.tail_kept(log, SECONDS / 3, 1.0)
    rich = logflood.rich_log(folder, log)
    few, idle = logflood.slow(config_dir, log, SLOW, SLOW_SECONDS)
    rate = f"{logflood.RATE:,} lines/s"
    return [
        Row(f"log at {rate}: backlog, p95", cost.backlog, "s", goal=Goal(BACKLOG)),
        Row(f"log at {rate}: CPU", cost.cpu, "%", goal=Goal(CPU), notes="of one core"),
        Row(f"log at {rate}: to the terminal", cost.traffic, "KiB/s", goal=Goal(TRAFFIC)),
        Row(f"log at {rate}: key, p95", cost.key, goal=Goal(KEY)),
        Row(f"log at {rate}: memory grown", cost.memory, "MB", goal=Goal(GROWTH)),
        Row(f"log at {rate}: lines shown a second", logflood.RATE, "lines/s", peer=rich,
            notes="peer: RichLog"),
        Row("log rotated each second: lines lost", written - came, "lines", peer=tail_written - tail_came,
            goal=Goal(0), notes=f"of {written:,}; peer: tail -F"),
        Row(f"log at {SLOW} lines/s, 80x24: written a line", few, "B", goal=Goal(A_LINE)),
        Row("log that does not grow: written", idle, "B", goal=Goal(0), notes=f"in {SLOW_SECONDS:.0f} s"),
    ]  # fmt: skip


def opening(runs: int, config_dir: Path, folder: Path) -> list[Row]:
    """The rows about a log of ten gigabytes; none where the disk has no room."""
    if shutil.disk_usage(folder).free < NEEDED:
        print("  under 15 GB are free: no log of 10 GB", file=sys.stderr)
        return []
    _said("opening 10 GB")
    small = write(folder / "small.log", text(10_000))
    large = write(folder / "large.log", text(50_000_000), at=LARGE)
    memory: list[float] = []

    def ours(log: Path) -> float:
        taken, held = opened(config_dir, log)
        memory.append(held)
        return taken

    runs = max(3, runs // 2)
    little, much = turns(runs, lambda: ours(small), lambda: ours(large))
    large.unlink()
    return [
        Row("log of 10 GB: shown after 8", much, floor=little, goal=Goal(1, "floor", OPENS),
            notes="floor: one of 10 kB"),
        Row("log of 10 GB: memory", median(memory), "MB", goal=Goal(HELD)),
    ]  # fmt: skip


def _seconds(taken: float) -> str:
    if math.isnan(taken):
        return "is missing"
    return f"over {LESS_MOST:.0f} s" if taken >= LESS_MOST * 1000 else f"{taken / 1000:.1f} s"


def searching(runs: int, config_dir: Path, folder: Path) -> list[Row]:
    """The rows about searching backwards."""
    _said("searching 2 GB")
    log = write(folder / "search.log", text(SEARCHED, needle_at=1000))
    with followed(log) as feed:
        word = NEEDLE.decode()
        ours, theirs = turns(runs, lambda: searched(feed, word)[1], lambda: grep(NEEDLE, log))
        folded, theirs_folded = turns(
            max(1, runs // 3),
            lambda: searched(feed, word.lower())[1],
            lambda: grep(NEEDLE, log, "-i"),
        )
        [late] = turns(runs, lambda: searched(feed, "status=sent")[0])
    less = less_search(log, LESS_MOST)
    toolong = peers.toolong()
    said = ", ".join(
        f"{name} {_seconds(open_peer(argv, b'queue active', LESS_MOST))}"
        for name, argv in (
            ("less +G", ["less", "+G", str(log)]),
            ("lnav", ["lnav", str(log)]),
            ("toolong", [toolong, str(log)] if toolong else None),
        )
    )
    shown = median(opened_at_once(config_dir, log) for _ in range(3))
    log.unlink()
    newest = write(folder / "newest.log", text(NEWEST * 107))
    with followed(newest) as feed:
        firsts = {
            words: turns(runs, lambda words=words: searched(feed, words, SCREENFUL)[0])[0]  # type: ignore[misc]
            for words in ("status=sent", "status:sent", "from:t17 !removed", "!status:sent !qmgr")
        }
    newest.unlink()
    slowest = max(firsts, key=lambda words: firsts[words])
    return [
        Row("log of 2 GB: a rare word", ours, peer=theirs, goal=Goal(1, "peer"),
            notes=f"peer: grep -c; less: {_seconds(less)}"),
        Row("log of 2 GB: the whole console at its end", shown, notes=f"from the start; {said}"),
        Row("log of 2 GB: in any letter case", folded, peer=theirs_folded, notes="peer: grep -ci"),
        Row("log of 2 GB: first hit of a common word", late),
        Row("log of 1,000,000 lines: first screen of a filter", firsts[slowest], goal=Goal(FILTER_FIRST),
            notes=f"the slowest of {len(firsts)}: {slowest}"),
    ]  # fmt: skip


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    folder = config_dir.parent / "measured-log"
    folder.mkdir()
    return [
        *following(config_dir, folder),
        *opening(runs, config_dir, folder),
        *searching(runs, config_dir, folder),
    ]
