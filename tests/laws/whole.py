"""Laws are tried on everything there is by `scripts/laws`, and on a seeded sample by `scripts/test`.

`corpus` and `sample` choose; `tally` counts what was tried and `differs` names what differs and why, for the
report that `scripts/laws` prints at the end: python -m tests.laws.whole REPORT.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from tests.corpus import corpus_files

T = TypeVar("T")

WHOLE = os.environ.get("MAILTUI_LAWS") == "whole"
REPORT = "MAILTUI_LAWS_REPORT"
SEED = int(os.environ.get("MAILTUI_LAWS_SEED", "1"))


def sample(things: Sequence[T], few: int, salt: object = "") -> list[T]:
    """All of them in a whole run; else `few` of them, the same each time, in their order."""
    if WHOLE or few >= len(things):
        return list(things)
    chosen = sorted(random.Random(f"{SEED}{salt}").sample(range(len(things)), few))
    return [things[index] for index in chosen]


def corpus(kind: str, few: int = 40, *, templated: bool = False) -> list[Path]:
    """The real files of a kind (`main.cf`, `tables`, …), with their templated kin if asked: all, or `few`."""
    return sample(corpus_files(kind) + (corpus_files(f"{kind}.templated") if templated else []), few, kind)


def tally(law: str, **counts: int) -> None:
    """Add to the numbers that the report shows for a law: files=1, entries=20, edits=60, …"""
    _report({"law": law, "counts": counts})


def differs(law: str, where: str, why: str) -> None:
    """Say in the report that a file is read or written otherwise than the real program does, and why."""
    _report({"law": law, "where": where, "why": why})


def _report(line: dict[str, object]) -> None:
    path = os.environ.get(REPORT)
    if not path:
        return
    # One write to a file opened for appending: lines of several processes do not mix.
    with open(path, "ab", buffering=0) as file:
        file.write(json.dumps(line).encode() + b"\n")


def summary(lines: Sequence[str]) -> str:
    """The report as text: a line of sums for each law, and below it what differs, equal reasons together."""
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        told = json.loads(line)
        sums[told["law"]].update(told.get("counts", {}))
        if "why" in told:
            reasons[told["law"]][told["why"]].append(told["where"])
    text = []
    for law in sorted(sums):
        text.append(f"{law}: " + ", ".join(f"{count:,} {name}" for name, count in sums[law].items()))
        for why, places in sorted(reasons[law].items(), key=lambda item: -len(item[1])):
            text.append(
                f"    {len(places)} x {why}: {', '.join(sorted(places)[:6])}{' …' if len(places) > 6 else ''}"
            )
    return "\n".join(text)


if __name__ == "__main__":
    print(summary(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()))
