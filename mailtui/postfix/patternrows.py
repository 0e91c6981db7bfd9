"""The rules of a table of patterns or networks as a list shows them, a draft laid over the text.

    rows = pattern_rows(before, after, lookup, check)     # check(value) → what is wrong with a result

Rules are tried in order, so a rule that another one hides above it is told of.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from mailtui.formats.patterns import PatternRow, Patterns
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader
from mailtui.postfix.lookups import Lookup
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import decode, safe

Severity = Literal["error", "warning", "advice"]
CheckValue = Callable[[str], Sequence[tuple[str, Severity]]]
"""What there is to say of a result, with how bad it is."""


@dataclass(frozen=True, slots=True)
class PatternLine:
    """A rule, an `if`, an `endif`. `at`: its place among the rows of the document; None for one that the
    draft takes out. `notes`: what is wrong with it, the worst first."""

    row: PatternRow
    at: int | None
    marker: str
    notes: tuple[tuple[str, Severity], ...] = ()

    @property
    def name(self) -> str:
        """What stands before the result."""
        return decode(self.row.name)

    @property
    def value(self) -> str:
        """The result."""
        return decode(self.row.value)

    @property
    def key(self) -> Hashable:
        """What it is called as long as it is the same rule."""
        return (self.name, self.row.number, self.row.enabled, self.at is None)


class PatternLines(FewRows[PatternLine]):
    """All lines of a table, in its order."""

    def __init__(self, lines: Sequence[PatternLine], document: Patterns, target: Target) -> None:
        super().__init__(lines, lambda line: line.key, lambda line: decode(line.row.text))
        self.document, self.target = document, target


def rules_target(lookup: Lookup) -> Target | None:
    """The text of a regexp:, pcre: or cidr: table as a document; None for other tables."""
    if not lookup.has_file:
        return None
    match lookup.type:
        case "regexp" | "pcre" | "cidr":
            return Target(lookup.type, lookup.path, lookup.type)
    return None


def rules_document(reader: Reader, target: Target) -> Patterns:
    """The rules of such a table. Raises OSError."""
    return cast("Patterns", reader.document(target))


def pattern_lines(before: Reader, after: Reader, target: Target, check: CheckValue) -> PatternLines:
    """The rules as the draft has them, with those that it takes out. Raises OSError."""
    now = rules_document(after, target)
    try:
        old = rules_document(before, target)
    except FileNotFoundError:
        old = type(now)(b"")
    hidden = _hidden(now)
    lines = []
    said: dict[bytes, tuple[tuple[str, Severity], ...]] = {}  # many rows of a long table say the same
    for row, at, marker in _merged(old, now):
        notes: tuple[tuple[str, Severity], ...] = (
            ((row.error, "error"),) if row.error and at is not None else ()
        )
        if at is not None and row.kind == "rule" and row.enabled and row.value:
            if row.value not in said:
                said[row.value] = tuple(check(decode(row.value)))
            notes += said[row.value]
        if at is not None and at in hidden:
            notes = (*notes, (f"is never found: line {hidden[at]} comes first and has all of it", "warning"))
        if marker == " " and row.enabled:
            worst = {severity for _, severity in notes}
            marker = "!" if "error" in worst else "?" if "warning" in worst else " "
        lines.append(PatternLine(row, at, marker if row.enabled or marker != " " else "#", notes))
    return PatternLines(lines, now, target)


_Seen = tuple[bytes, bytes, bool]


def _merged(old: Patterns, now: Patterns) -> Iterator[tuple[PatternRow, int | None, str]]:
    """Each row of the text as it will be, and those that go, with what becomes of it."""
    before = [(row.name, row.value, row.enabled) for row in old.rows]
    after = [(row.name, row.value, row.enabled) for row in now.rows]
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    yield from ((now.rows[at], at, " ") for at in range(head))
    for place, at, marker in _middle(before, after, head, tail):
        yield (old.rows[place] if at is None else now.rows[at]), at, marker
    yield from ((now.rows[at], at, " ") for at in range(len(after) - tail, len(after)))


def _middle(
    before: Sequence[_Seen], after: Sequence[_Seen], head: int, tail: int
) -> Iterator[tuple[int, int | None, str]]:
    """The places of the rows between what is the same at both ends: in the old text, and in the new one."""
    was, is_now = before[head : len(before) - tail], after[head : len(after) - tail]
    had, has = set(was), set(is_now)
    for tag, low, high, start, end in difflib.SequenceMatcher(
        None, was, is_now, autojunk=False
    ).get_opcodes():
        pairs = min(high - low, end - start)
        for at in range(start, end):
            changed = at - start < pairs or is_now[at] in had
            yield 0, head + at, " " if tag == "equal" else "~" if changed else "+"
        for place in range(low + pairs, high) if tag != "equal" else ():
            if was[place] not in has:
                yield head + place, None, "-"


def _hidden(document: Patterns) -> dict[int, int]:
    """The rules that are never found, each with the line of the one that hides it."""
    found: dict[int, int] = {}
    known: dict[Hashable, list[tuple[tuple[int, ...], int]]] = {}
    blocks: list[int] = []
    lengths: set[tuple[int, int]] = set()
    is_cidr = document.TABLE == "cidr"
    for at, row in enumerate(document.rows):
        if not row.enabled or row.skipped:
            continue
        if row.kind == "if":
            blocks.append(at)
        elif row.kind == "endif":
            blocks = blocks[:-1]
        elif row.kind == "rule" and row.pattern is not None:
            block = tuple(blocks)
            names = _wider(row, lengths) if is_cidr and not row.pattern.negated else [row.name]
            lines = (
                line for name in names for above, line in known.get(name, ()) if above == block[: len(above)]
            )
            first = min(lines, default=None)
            if first is not None:
                found[at] = first
            else:
                known.setdefault(names[0], []).append((block, row.line))
    return found


def _wider(row: PatternRow, lengths: set[tuple[int, int]]) -> list[Hashable]:
    """A row's network, and those that hold it, as what they are found by; of lengths that occurred."""
    from mailtui.formats.cidr import network_of

    network = network_of(row.pattern)
    if network is None:
        return [row.name]
    found = [
        network.cut(length)
        for version, length in lengths
        if version == network.version and length < network.length
    ]
    lengths.add((network.version, network.length))
    return [network, *found]


def told(line: PatternLine) -> str:
    """A line as plain text."""
    return f"{line.marker} {'  ' * line.row.depth}{safe(decode(line.row.text))}"
