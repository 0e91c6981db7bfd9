"""The story of one message in a log of a million lines, and the numbers of all of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mailtui.maillog.span import Span
from mailtui.maillog.stats import Statistics
from mailtui.maillog.trace import trace
from tests.bench.loglines import written
from tests.bench.rows import Goal, Row, turns
from tests.bench.start import environment

LINES = 1_000_000
AGAINST_GREP, AGAINST_PFLOGSUMM = 2.0, 1.0
START = 60.0
"""Milliseconds that a Python program takes before it does anything."""
_RECEIVED = re.compile(rb": ([0-9A-F]{11}): client=")


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """How long a call takes, in milliseconds."""

    def once() -> float:
        begun = time.perf_counter()
        call()
        return (time.perf_counter() - begun) * 1000

    return once


def program(*argv: str | Path) -> Callable[[], float]:
    """How long a program takes, its output read to the end: grep stops early where it goes nowhere."""
    return timed(lambda: subprocess.run(argv, env=environment(), check=True, stdout=subprocess.PIPE))


def queue_id(log: Path) -> str:
    """The id of a message in the middle of a log."""
    with log.open("rb") as file:
        file.seek(os.fstat(file.fileno()).st_size // 2)
        found = _RECEIVED.search(file.read(1 << 20))
    if found is None:
        raise RuntimeError(f"{log}: no message in its middle")
    return found[1].decode()


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    log = written(config_dir.parent, LINES)
    wanted = queue_id(log)
    return [*_traces(runs, log, wanted), _numbers(min(runs, 3), log)]


def _traces(runs: int, log: Path, wanted: str) -> list[Row]:
    def told() -> None:
        (one,) = trace(Span.of_files([str(log)]), wanted)
        if one.state != "delivered" or one.steps[0].kind != "connect":
            raise RuntimeError(f"{wanted}: {one}")

    command = (sys.executable, "-m", "mailtui", "log", "--trace", wanted, str(log))
    library, whole, grep, nothing = turns(
        runs, timed(told), program(*command), program("grep", wanted, log),
        program(sys.executable, "-m", "mailtui", "log", "--help"),
    )  # fmt: skip
    goal = Goal(AGAINST_GREP, "peer")
    notes = "grep ID; with session, attempts before and related messages"
    return [
        Row("the story of one message of 1,000,000 lines", library, peer=grep, goal=goal, notes=notes),
        Row("the same by command, from exec", whole, peer=grep, floor=nothing,
            goal=Goal(AGAINST_GREP, "peer", plus=START), notes="grep ID; floor: mailtui log --help"),
    ]  # fmt: skip


def _numbers(runs: int, log: Path) -> Row:
    def counted() -> None:
        numbers = Statistics()
        for _first, raw in Span.of_files([str(log)]).blocks():
            numbers.add(raw)
        if numbers.lines != LINES:
            raise RuntimeError(f"{numbers.lines} lines")

    if shutil.which("pflogsumm") is None:
        (ours,) = turns(runs, timed(counted))
        return Row("numbers of 1,000,000 lines", ours / 1000, "s", notes="pflogsumm is not installed")
    ours, theirs = turns(runs, timed(counted), program("pflogsumm", log))
    return Row("numbers of 1,000,000 lines", ours / 1000, "s", peer=theirs / 1000,
               goal=Goal(AGAINST_PFLOGSUMM, "peer"), notes="pflogsumm")  # fmt: skip
