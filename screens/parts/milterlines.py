"""The lists of milters as rows of one list: each milter with its program and its state."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mailtui.milters.alive import Alive
from mailtui.milters.chains import NON_SMTPD, SMTPD, MilterChain, MilterRow
from mailtui.milters.clamav import Scanner
from mailtui.milters.facts import DOUBTFUL, Facts
from mailtui.milters.look import Target, target_of
from mailtui.screens.parts.linelist import Row
from mailtui.text.fewrows import FewRows

Kind = Literal["milter", "map", "reference", "empty"]
"""A milter; a table of smtpd_milter_maps; a `$name` that holds some; a list without any."""
Alives = Mapping[Target, Alive]


@dataclass(frozen=True, slots=True)
class MilterLine:
    """One row. `first`: the first of its list; `does`: what the program's own file has it do, in words;
    `scanner`: of clamav-milter, with its clamd."""

    kind: Kind
    key: Hashable
    chain: MilterChain
    row: MilterRow | None = None
    facts: Facts | None = None
    first: bool = False
    does: tuple[str, ...] = ()
    scanner: Scanner | None = None

    @property
    def target(self) -> Target | None:
        """What is asked whether it is alive; None for what is not asked."""
        if self.row is None or self.facts is None or self.kind != "milter":
            return None
        return target_of(self.row, self.facts)

    @property
    def text(self) -> str:
        """What it says, in one line."""
        if self.row is None:
            return "(no milter is asked)"
        return self.row.rule.text

    def state(self, alives: Alives) -> str:
        """Its state in a word or two."""
        row, found = self.row, self.facts
        if row is None or found is None or self.kind in {"map", "reference"}:
            return ""
        if not row.enabled:
            return "off"
        stopped = found.out_of_reach
        if stopped is not None:
            return stopped.word
        target = self.target
        alive = alives.get(target) if target is not None else None
        if alive is None:
            return "asking…" if row.in_force else ""
        return alive.says

    def marker(self, alives: Alives) -> str:
        """What is staged first, then what is wrong."""
        row, found = self.row, self.facts
        if row is None or found is None:
            mark = self.chain.chain.marker
            return mark if mark in "+-" else " "
        if row.marker.strip():
            return row.marker
        if not row.enabled:
            return "#"
        target = self.target
        alive = alives.get(target) if target is not None else None
        if found.out_of_reach is not None or (alive is not None and not alive.is_whole):
            return "!"
        return "?" if any(state.word in DOUBTFUL for state in found.states) else " "


def _words(line: MilterLine) -> str:
    name = line.facts.name if line.facts is not None else ""
    return f"{line.chain.place.title} {line.text} {name}"


class MilterLines(FewRows[MilterLine]):
    """All rows, with the lists that they were laid from."""

    def __init__(self, chains: Sequence[MilterChain], lines: Sequence[MilterLine]) -> None:
        super().__init__(lines, lambda line: line.key, _words)
        self.chains = list(chains)

    @property
    def milters(self) -> int:
        """How many there are."""
        return sum(line.kind == "milter" for line in self.rows)

    def scanner_of(self, target: Target) -> Scanner | None:
        """Of clamav-milter's address, what is known of it and its clamd."""
        return next((line.scanner for line in self.rows if line.scanner and line.target == target), None)

    @property
    def targets(self) -> list[Target]:
        """All that is to be asked, each once."""
        return list(dict.fromkeys(line.target for line in self.rows if line.target is not None))


def laid(
    chains: Sequence[MilterChain],
    found: Mapping[Any, Facts],
    does: Mapping[str, tuple[str, ...]],
    scanner: Scanner | None = None,
) -> MilterLines:
    """The rows of the lists. `found`: what is known of each milter, by its row's key; `does`: what programs
    are set to do, by their names."""
    lines: list[MilterLine] = []
    for chain in chains:
        if not chain.rows:
            lines.append(MilterLine("empty", ("empty", chain.key), chain, first=True))
        for number, row in enumerate(chain.rows):
            kind: Kind = "map" if row.is_map else "reference" if row.is_reference else "milter"
            known = found.get(row.key)
            set_to = does.get(known.name, ()) if known is not None else ()
            mine = scanner if known is not None and known.name == "clamav-milter" else None
            lines.append(MilterLine(kind, row.key, chain, row, known, number == 0, set_to, mine))
    return MilterLines(chains, lines)


# -- as the list shows them

_LABELS = {SMTPD: "smtpd", NON_SMTPD: "non_smtpd"}


def label(chain: MilterChain) -> str:
    """How a list is called, in few letters."""
    short = _LABELS.get(chain.parameter, "clients")
    if not chain.service:
        return short
    service = chain.service.removesuffix("/inet").removesuffix("/unix")
    service = f":{service.rpartition(':')[2]}" if ":" in service else service
    return service if chain.parameter == SMTPD else f"{short} {service}"


def cells_of(line: MilterLine, alives: Alives, *, labelled: bool) -> Row:
    """A row of the list. `labelled`: name its list in any case, because rows above are hidden."""
    name = label(line.chain) if line.first or labelled else ""
    row = line.row
    dim = row is None or not row.in_force or line.kind == "map"
    style = "dim" if dim else ""
    marker = line.marker(alives)
    state = line.state(alives)
    colour = {"!": "error", "?": "warning"}.get(marker, "good" if state.startswith("alive") else style)
    action = row.actual["default_action"] if row is not None and line.kind == "milter" else ""
    program = line.facts.name if line.facts is not None and line.kind == "milter" else ""
    address = row.address if row is not None and line.kind == "milter" else line.text
    indent = "  " * (row.rule.depth if row is not None else 0)
    return Row(
        ([(name, "bold")], [(indent + address, style)], [(program, "dim")], [(state, colour)],
         [(action, "dim")]),
        marker, style,
    )  # fmt: skip


def as_text(line: MilterLine, alives: Alives) -> str:
    """The row as a line of text."""
    program = line.facts.name if line.facts is not None and line.kind == "milter" else ""
    words = (line.text, program, line.state(alives))
    return f"{line.marker(alives)} {line.chain.place.title}: {'  '.join(word for word in words if word)}"
