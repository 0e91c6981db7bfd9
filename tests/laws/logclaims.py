"""What other people's tests and patterns say of log lines, as claims about our records.

A claim is one field of one line: `theirs` is the name that they give it, `expected` their value as text, `ours`
what takes the same thing out of a record. A family of files reads its own form and yields claims.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from mailtui.maillog.record import facts
from tests.corpus import corpus_root

Facts = dict[str, Any]
Taker = Callable[[Facts], object]


@dataclass(frozen=True)
class Claim:
    """`file` is the one that says it; `line` the log line."""

    file: str
    line: bytes
    theirs: str
    expected: str
    ours: Taker | None
    """None: no field of ours is the same thing; the family's list says why."""
    now: datetime | None = None

    def found(self) -> str | None:
        """Our value, as text; None where the record has none."""
        if self.ours is None:
            return None
        try:
            value = self.ours(facts(self.line, self.now))
        except KeyError:  # a field from which it is put together is missing
            return None
        return None if value is None else written(value)

    def holds(self) -> bool:
        return self.found() == self.expected


def written(value: object) -> str:
    """A value as their texts have it: numbers without needless zeros."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(text: str) -> str:
    """A number of theirs, written as ours are."""
    return written(float(text)) if "." in text else text


def field(name: str) -> Taker:
    return lambda found: found.get(name)


def count(name: str) -> Taker:
    return lambda found: found.get("counts", {}).get(name)


def relay(part: int) -> Taker:
    """The name (0), address or socket (1) or port (2) of `name[address]:port`."""

    def take(found: Facts) -> object:
        name, bracket, rest = str(found.get("relay", "")).partition("[")
        address, _closing, port = rest.partition("]")
        pieces = (name, address if bracket else None, port[1:] or None)
        return pieces[part] if "relay" in found else None

    return take


@lru_cache(maxsize=1)
def logs() -> Path | None:
    """The folder of real logs and what is expected of them."""
    root = corpus_root()
    folder = root / "logs" if root is not None else None
    return folder if folder is not None and folder.is_dir() else None


@lru_cache(maxsize=1)
def index() -> dict[str, tuple[str, str]]:
    """Of each file (its name within `logs`) the repository and the path there."""
    root = corpus_root()
    if root is None:
        return {}
    with (root / "index.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            row["file"].removeprefix("logs/"): (row["repo"], row["path"])
            for row in rows
            if row["file"].startswith("logs/")
        }


def named(repo: str, suffix: str) -> list[Path]:
    """The files of a repository whose path there ends so."""
    folder = logs()
    if folder is None:
        return []
    return [folder / name for name, (of, path) in index().items() if of == repo and path.endswith(suffix)]


def log_lines(path: Path) -> list[bytes]:
    """The lines of a log, without comments and empty ones."""
    return [line for line in path.read_bytes().split(b"\n") if line.strip() and not line.startswith(b"#")]
