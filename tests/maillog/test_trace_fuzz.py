"""Damaged and mixed-up logs: a trace may tell less, it never fails, and its words are safe for a terminal."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from mailtui.maillog.stats import Statistics
from mailtui.maillog.statwords import as_json as statistics_json
from mailtui.maillog.statwords import report
from mailtui.maillog.trace import trace, trace_of
from mailtui.maillog.tracewords import as_json, as_text, rows
from tests.corpus import corpus_root
from tests.laws.whole import sample, tally
from tests.maillog.memorylog import MemoryLog

_ID = re.compile(rb": ([0-9A-F]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{12,17}): ")
_NASTY = (b"\0", b"\xff", b"\x1b[2J", b"[bold]", b"[/]", "\u202e".encode(), b"=<", b">", b": ", b"]: ", b"\r", b"]",
          b"9" * 400, b"status=", b" from=<", b"; ")  # fmt: skip


def log_files() -> list[Path]:
    root = corpus_root()
    return sample(sorted((root / "logs").glob("*.log")), 14, "traces") if root is not None else []


def damaged(raw: bytes, chance: random.Random) -> bytes:
    """The same lines: some cut, some altered, some swapped with a neighbour, some doubled."""
    lines = raw.split(b"\n")
    for place in range(len(lines)):
        what, line = chance.random(), lines[place]
        at = chance.randrange(len(line) + 1)
        if what < 0.15:
            lines[place] = line[:at]
        elif what < 0.35:
            lines[place] = line[:at] + chance.choice(_NASTY) + line[at + chance.randrange(4) :]
        elif what < 0.5 and place:
            lines[place - 1], lines[place] = line, lines[place - 1]
        elif what < 0.55:
            lines[place] = line + b"\n" + line
    return b"\n".join(lines)


def told_safely(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.law
@pytest.mark.parametrize("file", log_files() or [None])
def test_no_log_breaks_a_trace(file: Path | None) -> None:
    if file is None:
        pytest.skip("no corpus of logs")
    chance = random.Random(file.name)
    raw = file.read_bytes()[: 256 << 10]
    for _ in range(3):
        source = MemoryLog(raw, size=chance.choice((200, 5000, 1 << 20)), live=chance.random() < 0.3)
        ids = sorted(set(_ID.findall(raw)))
        for queue_id in chance.sample(ids, min(len(ids), 8)):
            for one in trace(source, queue_id.decode()):
                assert told_safely(as_text(one, lines=True))
                assert as_json(one)["queue_id"] == queue_id.decode()
                assert {row.key for row in rows(one)} <= {step.key for step in one.steps}
        keys = [key for key, _raw in source.blocks()]
        for key in chance.sample(keys, min(len(keys), 8)):
            assert told_safely(as_text(trace_of(source, key), every=True))
        numbers = Statistics()
        numbers.add(raw)
        assert told_safely(report(numbers))
        assert max(map(len, report(numbers).split("\n"))) <= 80
        assert statistics_json(numbers)["lines"] == numbers.lines
        raw = damaged(raw, chance)
    tally("no log breaks a trace", files=1, entries=raw.count(b"\n"))
