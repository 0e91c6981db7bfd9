"""Filtering a million lines as one types, letter by letter, and back; beside it fzf over the same file.

`settled` is when the list and its count were what they then remained; what the detail pane adds later about
the row under the cursor is no part of it. Every round is a console of its own: what one typed is remembered,
and a letter taken back is found at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench import peers
from tests.bench.data import large
from tests.bench.large import SIZES, ready
from tests.bench.rows import Goal, Row
from tests.bench.start import mailtui
from tests.bench.terminal import Terminal

WORDS = "ivan.horvath1"
"""What is typed and taken back: 13 letters, of which the first stands in most lines and the last in few."""
ERASE = b"\x7f"
QUIET = 0.5
"""Seconds of silence after which a search has ended; it tells of what it found each 0.1 s."""
OTHERS = ("!a", "a | b", "!ivan", "ivan | sophie", "falcot.org !roy", "^ivan", "com$")
"""Queries that no single word of the file answers: the time of their last letter counts."""
FILE_TIMES, PROGRAM = 2.0, 45.0
"""The memory allowed: times the file, and MB beside it."""

Part = Callable[[list[str]], object]


def list_part(size: tuple[int, int]) -> Part:
    """The filter's line and the list, without the detail pane: below it, or right of it in a wide window."""
    columns, lines = size
    if columns >= 110:
        return lambda screen: [screen[2], *(line[: columns // 2] for line in screen[3 : lines - 1])]
    return lambda screen: screen[2 : lines * 6 // 10]


def typed(term: Terminal, part: Part) -> list[tuple[float, float]]:
    """First byte and settled, in ms, of each letter typed and each taken back."""
    keys = [letter.encode() for letter in WORDS] + [ERASE] * len(WORDS)
    return [term.settled(key, part, QUIET) for key in keys]


def other_queries(term: Terminal, part: Part) -> float:
    """The longest of the last letters of OTHERS, settled."""
    longest = 0.0
    for query in OTHERS:
        for letter in query[:-1]:
            term.key(letter.encode(), QUIET)
        longest = max(longest, term.settled(query[-1].encode(), part, QUIET)[1])
        for _ in query:
            term.key(ERASE, QUIET)
    return longest


def fzf(table: Path, size: tuple[int, int]) -> tuple[list[tuple[float, float]], float] | None:
    """The same letters in fzf, and its memory in MB at most; None where it is missing."""
    argv = peers.fzf(table)
    if argv is None:
        return None
    with Terminal(argv, size=size) as term:
        term.wait_for(b"@falcot")
        term.settle(1.0)
        times = typed(term, lambda screen: screen)
        return times, term.memory[1]


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    instance = large(config_dir.parent)
    megabytes = (instance / "virtual").stat().st_size / 1e6
    allowed = FILE_TIMES * megabytes + PROGRAM
    result: list[Row] = []
    for size in SIZES:
        part, name = list_part(size), "{}x{}".format(*size)
        other = fzf(instance / "virtual", size)
        times: list[tuple[float, float]] = []
        longest = resident = 0.0
        for _ in range(max(1, runs // 4)):
            with Terminal(mailtui(instance, "aliases"), size=size) as term:
                ready(term)
                term.key(b"/")
                times += typed(term, part)
                longest = max(longest, other_queries(term, part))
                resident = max(resident, *term.memory)
        peer = [settled for _, settled in other[0]] if other else None
        against = f"peer: fzf, {other[1]:.0f} MB" if other else "fzf is missing"
        settled = [one for _, one in times]
        result += [
            Row(f"filter, {name}: letter echoed, longest", max(first for first, _ in times), goal=Goal(30)),
            Row(f"filter, {name}: settled, median", median(settled), goal=Goal(70), notes=against,
                peer=median(peer) if peer else None),
            Row(f"filter, {name}: settled, longest", max(settled), goal=Goal(250), notes=against,
                peer=max(peer) if peer else None),
            Row(f"filter, {name}: !a, a | b, ^a, a$: longest", longest, goal=Goal(250)),
            Row(f"filter, {name}: memory, at most", resident, "MB", floor=megabytes, goal=Goal(allowed),
                notes=f"floor: the file; goal: {FILE_TIMES:.0f} x it + {PROGRAM:.0f} MB"),
        ]  # fmt: skip
    return result
