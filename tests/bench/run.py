"""The benchmark table: what, ours, a peer's, the floor, their ratio, the goal and whether it is met.

python -m tests.bench.run [RUNS] [GROUP…]     all groups where none is named
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from mailtui.demo import files
from mailtui.demo.place import Mode, Place
from tests.bench.rows import Row, printed

RUNS = 7
GROUPS = (
    "start",
    "large",
    "domains",
    "dns",
    "explain",
    "milters",
    "filter",
    "log",
    "logparse",
    "trace",
    "queue",
    "idle",
    "link",
    "apply",
    "importing",
    "rehearsal",
)
"""Modules of this folder, in the order of the table."""


def written_demo(folder: Path) -> Path:
    """The demo's configuration with its compiled tables, no server; returns its directory."""
    folder.mkdir(parents=True)
    place = Place(folder, Mode.REPLAY)
    files.write(place)
    files.compile_tables(place)
    return place.etc


def rows_of(group: str, runs: int, config_dir: Path) -> list[Row]:
    """The rows of one group, measured now."""
    measured: list[Row] = importlib.import_module(f"tests.bench.{group}").rows(runs, config_dir)
    return measured


def arguments(words: list[str]) -> tuple[int, list[str]]:
    """The runs and the groups that were asked for. Raises SystemExit for what is neither."""
    numbers = [int(word) for word in words if word.isdecimal()]
    names = [word for word in words if not word.isdecimal()]
    unknown = [name for name in names if name not in GROUPS]
    if unknown or len(numbers) > 1:
        raise SystemExit(f"bench [RUNS] [GROUP…]: the groups are {', '.join(GROUPS)}")
    return (numbers or [RUNS])[0], names or list(GROUPS)


def main() -> int:
    runs, groups = arguments(sys.argv[1:])
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    begun, before = time.monotonic(), os.getloadavg()[0]
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mt-bench-") as folder:
        os.environ["MAILTUI_STATE_DIR"] = str(Path(folder, "state"))
        config_dir = written_demo(Path(folder, "demo"))
        for group in groups:
            print(f"measuring {group} …", file=sys.stderr, flush=True)
            found += rows_of(group, runs, config_dir)
    print(printed(found))
    unmet = sum(row.met is False for row in found)
    print(
        f"medians of {runs} runs in turn; {sum(row.met is True for row in found)} goals met, {unmet} not; "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {before:.1f} before and "
        f"{os.getloadavg()[0]:.1f} after {time.monotonic() - begun:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
