"""The chains of a service as rows of one list: the rules in the order of the conversation, classes under the
rule that first leads to them, header and body checks at the end."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mailtui.doctor.model import Finding
from mailtui.postfix.chainrows import Chain, Chains, CheckRow, RuleRow
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Span
from mailtui.text.fewrows import FewRows

Kind = Literal["rule", "empty", "use", "check"]
"""A rule; a list without any; a class that stands further up; a table of header_checks and its like."""

BAD = frozenset(("unknown", "undefined", "no argument"))
"""States of a rule by which mail is refused with 451, or smtpd stops."""
DOUBTFUL = frozenset(("unreachable", "no effect", "old name", "closed", "twice", "empty"))
LETTERS = {"error": "!", "warning": "?", "advice": " "}
"""The letter of a finding, by its weight."""
_CLASS = "class:"


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One row. `chain`: the list that it stands in (None for header and body checks); `depth`: how deep it
    lies in classes; `first`: the first row of its list."""

    kind: Kind
    key: Hashable
    chain: Chain | None = None
    row: RuleRow | None = None
    check: CheckRow | None = None
    depth: int = 0
    first: bool = False
    name: str = ""

    @property
    def class_name(self) -> str:
        """The restriction class that it stands in, or is the use of; empty for none."""
        if self.kind == "use":
            return self.name
        stage = self.chain.stage if self.chain is not None else ""
        return stage.removeprefix(_CLASS) if stage.startswith(_CLASS) else ""

    @property
    def text(self) -> str:
        """What it says, in one line: for filters and for copying."""
        if self.row is not None:
            return self.row.text
        if self.check is not None:
            return f"{self.check.parameter} {self.check.table}".rstrip()
        return self.name if self.kind == "use" else ""

    @property
    def marker(self) -> str:
        """What is staged first, then what is wrong, then whether it only warns."""
        row = self.row
        if row is None:
            if self.check is not None:
                return "?" if self.check.problem else " "
            return self.chain.marker if self.chain is not None and self.chain.marker in "+-" else " "
        if row.marker.strip():
            return row.marker
        if not row.enabled:
            return "#"
        words = {state.word for state in row.states}
        if words & BAD:
            return "!"
        if words & DOUBTFUL:
            return "?"
        return "w" if row.warn_only else " "


class RuleLines(FewRows[RuleLine]):
    """All rows for one service, with what they were laid from. `services`: all there are."""

    def __init__(
        self,
        chains: Chains | None,
        services: Sequence[str],
        config_dir: str,
        own: Mapping[str, Collection[str]] | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        """`own`: by the name of a list, the services that have their own. `findings`: what is wrong with the
        chains."""
        super().__init__(list(_laid(chains)) if chains is not None else [], lambda line: line.key, _words)
        self.chains, self.services, self.config_dir = chains, list(services), config_dir
        self._own = own or {}
        self._findings = findings

    def shared_by(self, line: RuleLine) -> list[str]:
        """The other services that use the very list in which a row stands."""
        chain = line.chain
        if chain is None or chain.place.service or self.chains is None:
            return []
        own = self._own.get(chain.place.name, ())
        return [each for each in self.services if each != self.chains.service and each not in own]

    def findings(self, line: RuleLine) -> list[Finding]:
        """What is wrong with the rule of a row, the worst first."""
        row = line.row
        if row is None or self.chains is None or not row.enabled or row.marker == "-":
            return []
        name, service = (row.stage, row.text), self.chains.service
        return [
            each for each in self._findings
            if name in each.rules and (not each.services or service in each.services)
        ]  # fmt: skip

    def marker(self, line: RuleLine) -> str:
        """A row's letter: what is staged, what is wrong by its states or its findings, warn only."""
        found = self.findings(line)
        worst = LETTERS[found[0].severity] if found else " "
        weaker = " w?" if worst == "!" else " w"
        return worst if worst.strip() and line.marker in weaker else line.marker

    @property
    def rules(self) -> int:
        """How many rules there are."""
        return sum(line.kind == "rule" for line in self.rows)


def _words(line: RuleLine) -> str:
    chain, row = line.chain, line.row
    parts = [line.text, line.class_name]
    if chain is not None:
        parts += [chain.command, chain.stage, chain.title]
    if row is not None:
        parts += [row.cost.text, *(state.word for state in row.states), *row.comments]
        parts.append("warns only" if row.warn_only else "")
    return " ".join(parts)


def _laid(chains: Chains) -> Iterator[RuleLine]:
    shown: set[str] = set()
    classes = {chain.stage.removeprefix(_CLASS): chain for chain in chains.classes}

    def laid(chain: Chain, depth: int) -> Iterator[RuleLine]:
        if not chain.rows:
            yield RuleLine("empty", ("empty", chain.stage), chain, depth=depth, first=True)
        for number, row in enumerate(chain.rows):
            yield RuleLine("rule", row.key, chain, row, depth=depth, first=number == 0)
            for place, name in enumerate(row.classes):
                inner = classes.get(name)
                if inner is None or name in shown:
                    key = ("use", row.key, place)
                    yield RuleLine("use", key, chain, depth=depth + 1, name=name)
                else:
                    shown.add(name)
                    yield from laid(inner, depth + 1)

    for chain in chains.stages:
        yield from laid(chain, 0)
    for name, chain in classes.items():
        if name not in shown:
            shown.add(name)
            yield from laid(chain, 0)
    for number, check in enumerate(chains.checks):
        yield RuleLine("check", ("check", check.parameter, number), check=check, first=number == 0)


# -- as the list shows them


def short(text: str, config_dir: str) -> str:
    """A rule's text without the folder that most tables lie in."""
    return text.replace(f":{config_dir}/", ":")


def _labels(line: RuleLine, before: RuleLine | None, *, labelled: bool) -> tuple[str, str]:
    """The command and the list, where this is the first row of either."""
    if line.check is not None:
        first = line.first or labelled
        return ("content" if first else "", line.check.parameter.removesuffix("_checks"))
    chain = line.chain
    if chain is None or (line.depth and not labelled):
        return "", ""
    if not (line.first or labelled):
        return "", ""
    if chain.stage.startswith(_CLASS):
        return "class", line.class_name
    above = before.chain if before is not None else None
    same = above is not None and above.command == chain.command and not labelled
    if chain.stage == "end_of_data":
        return "END", "end"
    return ("" if same else chain.command.upper(), chain.stage)


def cells_of(lines: RuleLines, line: RuleLine, *, labelled: bool) -> Row:
    """A row of the list. `labelled`: name its list in any case, because rows above are hidden."""
    command, stage = _labels(line, _stage_above(lines, line), labelled=labelled)
    style = "" if _in_force(line) else "dim"
    lead: list[Span] = []
    if line.depth:
        lead.append(("  " * line.depth, ""))
        if line.kind != "use" and line.class_name:
            name = f"{line.class_name} → "
            lead.append((name if line.first or labelled else " " * len(name), "dim"))
    return Row(
        ([(command, "bold")], [(stage, "bold" if line.depth == 0 else "dim")],
         [*lead, (_rule(lines, line), style)], [(_note(line), "dim")]),
        lines.marker(line), style,
    )  # fmt: skip


def _stage_above(lines: RuleLines, line: RuleLine) -> RuleLine | None:
    """The last row of the stage before."""
    place = lines.find(line.key)
    if not line.first or line.depth or not place:
        return None
    return next((lines.rows[at] for at in range(place - 1, -1, -1) if not lines.rows[at].depth), None)


def _in_force(line: RuleLine) -> bool:
    row = line.row
    if row is None:
        return line.kind == "check"
    return row.enabled and row.marker != "-" and not row.unreachable and row.kind != "reference"


def _rule(lines: RuleLines, line: RuleLine) -> str:
    row = line.row
    if row is not None:
        words = " ".join(word for word in (row.name, row.argument) if word) or row.text
        return short("  " * row.depth + words, lines.config_dir)
    if line.check is not None:
        return short(line.check.table or "(cannot be read)", lines.config_dir)
    if line.kind == "use":
        return f"{line.name}: as above"
    assert line.chain is not None  # only checks have none
    if line.class_name:
        return "(empty: smtpd stops)"
    return "(nothing is asked)"


def _note(line: RuleLine) -> str:
    """What stands at the end of the row: the state, the cost, that it only warns."""
    row = line.row
    if line.check is not None:
        rules = line.check.rules
        return "" if rules is None else f"{rules} rule{'' if rules == 1 else 's'}"
    if row is None:
        return ""
    if not row.enabled:
        return "off"
    found = next((state.word for state in row.states if state.word in BAD | DOUBTFUL), "")
    words = [found or row.cost.text, "warns only" if row.warn_only else ""]
    return ", ".join(word for word in words if word)


def as_text(line: RuleLine) -> str:
    """The row as a line of text: the list, the rule, and what is to be known of it."""
    stage = line.check.parameter if line.check is not None else line.chain.stage if line.chain else ""
    text = line.text or ("(nothing is asked)" if line.kind == "empty" else "")
    note = _note(line)
    said = f"{line.marker} {stage:<12} {'  ' * line.depth}{text}"
    return f"{said}  ({note})" if note else said
