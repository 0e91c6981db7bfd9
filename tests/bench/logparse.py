"""A log of a million lines as JSON, beside the programs that read such a log for their summaries."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

from tests.bench.loglines import written
from tests.bench.peers import pflogsumm, postfix_logsums
from tests.bench.rows import Goal, Row, turns
from tests.bench.start import mailtui

LINES = 1_000_000
SOONER = Goal(1.0, "peer")


def _run(words: list[str]) -> float:
    """Milliseconds of CPU that a command takes, its output going nowhere. All of these compute alone from
    beginning to end, so what else the machine does shall not count."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return (used.ru_utime + used.ru_stime) * 1000


def _rate(milliseconds: float) -> str:
    return f"{LINES / milliseconds:,.0f}k lines/s"


def _rows(what: str, log: Path, peers: dict[str, str | None], runs: int, config_dir: Path) -> list[Row]:
    there = {name: program for name, program in peers.items() if program is not None}
    ours = partial(_run, mailtui(config_dir, "log", "--json", str(log)))
    floor = partial(_run, ["wc", "-l", str(log)])
    took, least, *others = turns(
        runs, ours, floor, *(partial(_run, [program, str(log)]) for program in there.values())
    )
    theirs = dict(zip(there, others, strict=True))
    return [
        Row(
            f"log --json, 1M lines, {what}", took, floor=least, peer=theirs.get(name), goal=SOONER,
            notes=f"CPU; {_rate(took)}; floor: wc -l; peer: {name}"
            + (f" {_rate(theirs[name])}" if name in theirs else ", not installed"),
        )
        for name in peers
    ]  # fmt: skip


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    turns_made = max(2, runs // 3)
    old = written(config_dir.parent, LINES)
    found = _rows("traditional", old, {"pflogsumm": pflogsumm()}, turns_made, config_dir)
    old.unlink()
    new = written(config_dir.parent, LINES, modern=True)
    # postfix-logsums 0.9 finds nothing in lines with a traditional time.
    peers = {"pflogsumm": pflogsumm(), "postfix-logsums": postfix_logsums()}
    found += _rows("RFC 3339", new, peers, turns_made, config_dir)
    new.unlink()
    return found
