"""A line of the overview, and its words for times.

Line("milters", (said("opendkim DOWN since 20:10", "error"), said("opendmarc alive 2 ms", "good")), "error")
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Weight = Literal["", "warning", "error"]
Style = Literal["", "good", "warning", "error", "dim", "bold"]
Item = tuple[tuple[str, Style], ...]
"""Pieces of text, each with how it is meant."""
Curve = tuple[str, tuple[int, ...], Style]
"""A name, a count a minute (oldest first), and how it is meant."""

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of one thing. `items` are told side by side, the weightiest first; where they are `alike`
    (milters, domains) those without room are counted. `more`: sentences for whoever asks. Texts from outside
    are not yet safe to show."""

    name: str
    items: tuple[Item, ...]
    weight: Weight = ""
    more: tuple[str, ...] = ()
    alike: bool = False
    curves: tuple[Curve, ...] = ()

    @property
    def text(self) -> str:
        """All items in one line."""
        told = [f"{name} {sum(counts)}" for name, counts, _ in self.curves]
        return " · ".join([*told, *("".join(text for text, _ in item) for item in self.items)])


def said(text: str, style: Style = "") -> Item:
    """An item of one piece."""
    return ((text, style),)


def unknown(name: str, why: str, weight: Weight = "warning") -> Line:
    """That nothing can be known, and why."""
    return Line(name, (said(why, weight),), weight)


def span(seconds: float) -> str:
    """A time in its greatest unit: `8 s`, `4 min`, `2 h`, `12 days`."""
    for size, unit in ((DAY, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def days(count: int) -> str:
    """`1 day`, `12 days`."""
    return f"{count} day{'s' * (abs(count) != 1)}"


def many(count: int, one: str, more: str = "") -> str:
    """`1 change`, `3 changes`."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def clock(moment: float, now: float) -> str:
    """A moment as a time of the day, with its date where that is not today's."""
    there, here = time.localtime(moment), time.localtime(now)
    form = "%H:%M" if there[:3] == here[:3] else "%Y-%m-%d %H:%M"
    return time.strftime(form, there)


def worst(weights: Sequence[Weight]) -> Weight:
    """The worst of some."""
    return next((weight for weight in ("error", "warning") if weight in weights), "")


class Downs:
    """Since when things are down, as far as it was seen from here. For one thread at a time."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[float, bool]] = {}
        self._names: dict[str, str] = {}
        self._up: set[str] = set()

    def called(self, address: str, name: str) -> str:
        """The name of what is asked at an address. It is kept: some tell it by one answer, and not by the
        next; empty: not told now."""
        if name:
            self._names[address] = name
        return self._names.get(address, address)

    def since(self, name: str, now: float | None = None, *, up: bool) -> str:
        """Take a look's result; empty for what is up, else `since 20:10`, or `since before 20:10` for what
        was down when it was first looked at."""
        moment = time.time() if now is None else now
        if up:
            self._up.add(name)
            self._since.pop(name, None)
            return ""
        begun, seen = self._since.setdefault(name, (moment, name in self._up))
        return f"since {'' if seen else 'before '}{clock(begun, moment)}"
