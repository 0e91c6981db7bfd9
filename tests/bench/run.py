"""The benchmark table: ours, the peer, the ratio; medians of runs that take turns, so that drift hits both.

python -m tests.bench.run [RUNS]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from mailtui.demo import files
from mailtui.demo.place import Mode, Place
from tests.bench import apply, start

RUNS = 7


@dataclass(frozen=True)
class Row:
    """A line of the table. Times in milliseconds; `peer` None where there is nothing to compare with."""

    what: str
    ours: float
    peer: float | None = None
    against: str = ""
    goal: str = ""

    def cells(self) -> tuple[str, ...]:
        ratio = f"{self.ours / self.peer:.2f}" if self.peer else ""
        peer = f"{self.peer:.1f}" if self.peer is not None else ""
        return (self.what, f"{self.ours:.1f}", peer, ratio, self.goal, self.against)


def turns(runs: int, *measures: Callable[[], float]) -> list[float]:
    """The medians of several measures made in turn, after one round that does not count."""
    for measure in measures:
        measure()
    taken = [[measure() for measure in measures] for _ in range(runs)]
    return [median(column) for column in zip(*taken, strict=True)]


def written_demo(folder: Path) -> Path:
    """The demo's configuration with its compiled tables, no server; returns its directory."""
    folder.mkdir(parents=True)
    place = Place(folder, Mode.REPLAY)
    files.write(place)
    files.compile_tables(place)
    return place.etc


def rows(runs: int, config_dir: Path) -> list[Row]:
    imported, first, usable, plain = turns(
        runs,
        start.import_textual,
        lambda: start.first_bytes(config_dir),
        lambda: start.aliases_usable(config_dir),
        lambda: start.plain_command(config_dir),
    )
    one, own = turns(runs, lambda: apply.one_alias(config_dir), lambda: apply.postmap_alone(config_dir))
    large, large_own, sed = apply.large_table(config_dir, max(3, runs // 2))
    return [
        Row("start: first bytes", first, None, "", "<= 30 ms"),
        Row("start: Aliases usable", usable, imported, "import textual.app", "<= 1.4"),
        Row("mailtui alias list", plain, imported, "import textual.app", "<= 0.7"),
        Row("one alias to live (demo)", one, own, "postmap of the file, fsync", ""),
        Row("one alias of 100,000", large, large_own, "postmap of the file, fsync", "<= 1.25"),
        Row("  sed -i + postmap in place", sed, large_own, "postmap of the file, fsync", ""),
    ]


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="mailtui-bench-") as folder:
        os.environ["MAILTUI_STATE_DIR"] = str(Path(folder, "state"))
        found = rows(runs, written_demo(Path(folder, "demo")))
    table = [("", "ours ms", "peer ms", "ratio", "goal", "peer"), *(row.cells() for row in found)]
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"medians of {runs} runs in turn; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
