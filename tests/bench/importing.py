"""100,000 aliases of a CSV file: from the file to a draft with its report, and to the tables written."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tests.bench.data import MAIN_CF
from tests.bench.rows import Goal, Row, turns

MANY = 100_000
REPORT = 5000.0
"""Milliseconds from the file to the draft with its report."""
_FLOOR = """\
import csv, subprocess, sys
with open(sys.argv[1], newline="") as stream, open(sys.argv[2], "w") as out:
    rows = csv.reader(stream)
    next(rows)
    out.writelines(f"{address} {to}\\n" for address, to in rows)
subprocess.run(["postmap", "-c", sys.argv[3], "lmdb:" + sys.argv[2]], check=True)
"""
"""What nobody can do without: read the file, write the table, compile it."""
_OURS = """\
import sys
from mailtui.edits.candidate import Candidate
from mailtui.edits.importing import report_of
from mailtui.postfix.instance import Instance
instance = Instance.open(sys.argv[1])
with open(sys.argv[2], "rb") as stream:
    report = report_of(instance, "aliases", stream.read(), "csv", "aliases.csv", mirror=True)
assert not report.refused, report.refused[0]
assert sum(report.counts[marker] for marker in "+~=") == 100_000, report.words
assert not Candidate(instance.files, report.edits).stopped
"""


def made(folder: Path) -> dict[str, Path]:
    """Two instances, one with 100,000 aliases and one with none; and the files to import."""
    found: dict[str, Path] = {}
    names = [f"user{n:06}@d{n % 500:03}.example" for n in range(MANY)]
    texts = {"empty": "", "full": "".join(f"{name} u{n}@elsewhere.example\n" for n, name in enumerate(names))}
    for name, text in texts.items():
        config_dir = found[name] = folder / name
        for each in ("queue", "data"):
            (config_dir / each).mkdir(parents=True)
        values = {"queue": config_dir / "queue", "data": config_dir / "data", "folder": config_dir}
        (config_dir / "main.cf").write_text(MAIN_CF.format(**values))
        (config_dir / "master.cf").write_bytes(b"")
        (config_dir / "virtual").write_text(text)
        subprocess.run(["postmap", "-c", str(config_dir), f"lmdb:{config_dir / 'virtual'}"], check=True)
    for name, to in (
        ("same", "u{n}@elsewhere.example"),
        ("changed", '"jean@d000.example, u{n}@elsewhere.example"'),
    ):
        rows = (f"{address},{to.format(n=n)}\n" for n, address in enumerate(names))
        found[name] = folder / f"{name}.csv"
        found[name].write_text("address,destinations\n" + "".join(rows))
    return found


def run(script: str, *words: object) -> float:
    """Milliseconds of a Python process, its start included."""
    command = [sys.executable, "-c", script, *map(str, words)]
    begun = time.perf_counter()
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    return (time.perf_counter() - begun) * 1000


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    folder = config_dir.parent / "importing"
    there = made(folder)
    floor = partial(run, _FLOOR, there["changed"], folder / "floor", config_dir)
    cases = {
        "into an empty table": (there["empty"], there["changed"]),
        "over 100,000, none changes": (there["full"], there["same"]),
        "over 100,000, all change": (there["full"], there["changed"]),
    }
    ours = [partial(run, _OURS, *case) for case in cases.values()]
    least, *taken = turns(max(3, runs // 2), floor, *ours)
    notes = "file to draft, report and new text; floor: csv, write, postmap"
    return [
        Row(f"import 100k aliases {name}", value, floor=least, goal=Goal(REPORT), notes=notes)
        for name, value in zip(cases, taken, strict=True)
    ]
