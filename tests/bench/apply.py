"""How long one change takes to be live, beside what the machine needs at least and what other programs take."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from mailtui.demo import lab as harness
from tests.bench import data, tables
from tests.bench.rows import Goal, Row, turns
from tests.bench.tables import Site

KINDS = ("hash", "lmdb", "cdb")
PLAIN_KEY = "user500@falcotsbrand.com"
AUGEAS_LINES = 10_000
"""Augeas needs 3 s for this many lines, half a minute for three times as many: its saving is quadratic."""
HALF_SECOND = 500.0
_FLOOR = "floor: its own postmap, text written, fsync"
_SED = "peer: sed -i, postmap in place"


@contextmanager
def _site(folder: Path, kind: str, text: bytes, key: str) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        yield tables.made(Path(place, "etc"), kind, text, key)


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    folder, few = config_dir.parent, max(2, runs // 3)
    demo = Site(config_dir, "hash", "webmaster@falcotsbrand.com")
    ours, floor, sed = turns(runs, demo.one_alias, demo.floor, demo.sed)
    found = [Row("one alias to live, demo", ours, floor=floor, peer=sed, notes=f"{_FLOOR}; {_SED}")]
    found += _augeas(folder, few)
    for kind in KINDS:
        found += _compiled(folder, kind, 100_000, tables.plain_text(100_000), PLAIN_KEY, max(3, runs // 2))
    large = data.text()
    key = next(line.split()[0].decode() for line in large.splitlines() if line[:1] not in b"# \n")
    for kind in KINDS:
        found += _compiled(folder, kind, data.LINES, large, key, few, whole=True)
    return [*found, *_live(runs)]


def _compiled(
    folder: Path, kind: str, lines: int, text: bytes, key: str, runs: int, *, whole: bool = False
) -> list[Row]:
    """One alias of a table of this type; with `whole` also what readers, memory and the interpreter feel."""
    name = f"one alias of {lines:,} ({kind})"
    with _site(folder, kind, text, key) as site:
        ours, floor, sed = turns(runs, site.one_alias, site.floor, site.sed)
        goal = Goal(1.25, "floor") if whole and kind == "hash" else None
        found = [Row(name, ours, floor=floor, peer=sed, goal=goal, notes=f"{_FLOOR}; {_SED}")]
        if whole:
            found.append(_blocked(site))
        if whole and kind == "hash":
            found += _memory(site)
    return found


def _blocked(site: Site) -> Row:
    quiet = site.longest_lookup(lambda: time.sleep(1))
    ours, sed = site.longest_lookup(site.one_alias), site.longest_lookup(site.sed)
    return Row(
        "  longest lookup meanwhile", ours, floor=quiet, peer=sed, notes=f"floor: with no change; {_SED}"
    )


def _memory(site: Site) -> list[Row]:
    argv = [sys.executable, "-m", "tests.bench.memory", str(site.config_dir), site.kind, site.key]
    told = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    size = site.text.stat().st_size / 1e6
    notes = f"floor: viewing it; the file has {size:.0f} MB"
    return [
        Row("  memory", told["peak"], "MB", floor=told["viewing"], goal=Goal(4 * size + 45), notes=notes),
        Row("  interpreter held by a draft", told["held"], notes="longest delay of a 5 ms tick"),
    ]


def _augeas(folder: Path, runs: int) -> list[Row]:
    name = f"one alias of {AUGEAS_LINES:,} (hash)"
    if shutil.which("augtool") is None:
        return [Row(name, float("nan"), notes="augtool is not installed")]
    with _site(folder, "hash", tables.plain_text(AUGEAS_LINES), PLAIN_KEY) as site:
        ours, floor, augeas = turns(runs, site.one_alias, site.floor, lambda: site.augtool() or 0.0)
        slow = site.longest_lookup(site.augtool)
        notes = f"{_FLOOR}; peer: augtool, postmap in place (lookups wait up to {slow:.0f} ms)"
    return [Row(name, ours, floor=floor, peer=augeas, notes=notes)]


def _live(runs: int) -> list[Row]:
    name = "a main.cf change to live"
    why = harness.unavailable()
    if why is not None:
        return [Row(name, float("nan"), notes=f"no running server: {why}")]
    with harness.Lab() as lab:
        done = lab.run(sys.executable, "-m", "tests.bench.live", str(runs), timeout=120)
        if not done.ok:
            raise RuntimeError(done.words)
        reload = [lab.postfix("reload").seconds * 1000 for _ in range(runs)]
    notes = "written, reloaded, verified, on the demo; floor: postfix reload"
    return [
        Row(name, median(json.loads(done.out)), floor=median(reload), goal=Goal(HALF_SECOND), notes=notes)
    ]
