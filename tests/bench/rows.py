"""A line of the benchmark table, and measures that take turns, so that a busy machine slows all alike.

Each group of the table is a module of this folder with `rows(runs, config_dir) -> list[Row]`: `config_dir`
is the demo's configuration with compiled tables and no server, in a folder that is thrown away (its parent
may be written to); `runs` are the turns whose median counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal, NamedTuple

NAN = float("nan")


class Goal(NamedTuple):
    """What a row should reach: at most `most` in the row's unit, or at most `most` times its floor or peer,
    `plus` some of its unit."""

    most: float
    times: Literal["", "floor", "peer"] = ""
    plus: float = 0.0

    def words(self, unit: str) -> str:
        """The goal as the table has it."""
        if not self.times:
            return f"<= {_figure(self.most)} {unit}"
        more = f" + {_figure(self.plus)} {unit}" if self.plus else ""
        return f"<= {_figure(self.most)} x {self.times}{more}"


@dataclass(frozen=True)
class Row:
    """One thing measured. `floor`: what the machine takes for it at least; `peer`: what another program takes;
    both in `unit`, None where there is none. A program that is missing has no peer and says so in `notes`."""

    what: str
    ours: float
    unit: str = "ms"
    floor: float | None = None
    peer: float | None = None
    goal: Goal | None = None
    notes: str = ""
    """What floor and peer are, or what else there is to know."""

    @property
    def against(self) -> float | None:
        """What the ratio is against: what the goal speaks of, else the floor, else the peer."""
        if self.goal is not None and self.goal.times:
            return self.floor if self.goal.times == "floor" else self.peer
        return self.peer if self.floor is None else self.floor

    @property
    def ratio(self) -> float | None:
        return self.ours / self.against if self.against else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is no goal, or nothing to hold it against."""
        if self.goal is None:
            return None
        if not self.goal.times:
            return self.ours <= self.goal.most
        return None if self.against is None else self.ours <= self.goal.most * self.against + self.goal.plus

    def cells(self) -> tuple[str, ...]:
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        goal = self.goal.words(self.unit) if self.goal is not None else ""
        met = {True: "met", False: "NOT MET", None: ""}[self.met]
        numbers = (
            _figure(self.ours),
            *(_figure(one) if one is not None else "" for one in (self.peer, self.floor)),
        )
        return (self.what, self.unit, *numbers, ratio, goal, met, self.notes)


HEAD = ("", "", "ours", "peer", "floor", "ratio", "goal", "", "floor and peer")


def _figure(number: float) -> str:
    """Three figures that count; no more digits than a run can be trusted with."""
    if not number < 100 or float(number).is_integer():
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def turns(runs: int, *measures: Callable[[], float]) -> list[float]:
    """The medians of several measures made in turn, after one round that does not count."""
    for measure in measures:
        measure()
    taken = [[measure() for measure in measures] for _ in range(runs)]
    return [median(column) for column in zip(*taken, strict=True)]


def printed(rows: list[Row]) -> str:
    """The rows as a table of text."""
    table = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(row[n]) for row in table) for n in range(len(HEAD))]
    right = range(2, 6)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )
