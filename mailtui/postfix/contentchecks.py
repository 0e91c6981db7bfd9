"""The header and body checks of an instance: their tables, their rules, and what is wrong with them.

Postfix passes over a rule that it cannot compile, and over an action that it does not know, with no more than
a line in the log: the mail passes. Here both are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailtui import commands
from mailtui.formats.patterns import PatternRow, Patterns
from mailtui.formats.target import Target
from mailtui.postfix.contentactions import DELIVERING, MILTER, RECEIVING, read_action
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.patternask import compile_problems, pattern_target, patterns_of
from mailtui.text.safe import decode, safe

_GROUP = re.compile(r"\$(?:\{\w+\}|\(\w+\)|\w+)")
_ANYTHING = "x@example.com:x"

Severity = Literal["error", "warning"]

FALL_BACK = {"mime_header_checks": "header_checks", "nested_header_checks": "header_checks"}
"""Parameters that are by default another's tables."""

WHAT = {
    "header_checks": "the first headers of a message",
    "mime_header_checks": "MIME headers, wherever they stand",
    "nested_header_checks": "the headers of attached messages",
    "body_checks": "every other line, the boundaries of parts too",
    "milter_header_checks": "headers that milters add",
    "smtp_header_checks": "the first headers, as mail is handed on by SMTP",
    "smtp_mime_header_checks": "MIME headers, as mail is handed on by SMTP",
    "smtp_nested_header_checks": "headers of attached messages, as mail is handed on by SMTP",
    "smtp_body_checks": "every other line, as mail is handed on by SMTP",
}
"""What the tables of each parameter see."""


class RuleProblem(NamedTuple):
    """What is wrong with a rule; `line` of its file, None for the table as a whole."""

    severity: Severity
    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class CheckTable:
    """A table of checks. `parameters`: who asks it (with mime_ and nested_ where they follow header_checks).
    `target`: its text, None where it cannot be edited here. `line`: of main.cf."""

    lookup: Lookup
    parameters: tuple[str, ...]
    target: Target | None
    line: int | None

    @property
    def name(self) -> str:
        """As lists show it."""
        return safe(self.lookup.path.rsplit("/", 1)[-1] if self.lookup.has_file else self.lookup.written, 60)


def check_tables(instance: Instance, parameter: str = "") -> list[CheckTable]:
    """The tables of header and body checks in use, each once; those of one parameter if it is named. Raises
    ParameterError where a value cannot be expanded."""
    found: dict[str, tuple[Lookup, list[str], int | None]] = {}
    for name in (*RECEIVING, MILTER, *DELIVERING):
        if parameter and name != parameter:
            continue
        definition = instance.parameters.definition(name)
        for lookup in instance.lookups(name):
            line = definition.line if definition is not None else None
            entry = found.setdefault(lookup.spec, (lookup, [], line))
            entry[1].append(name)
    return [
        CheckTable(lookup, tuple(names), pattern_target(lookup), line)
        for lookup, names, line in found.values()
    ]


def problems(instance: Instance, table: CheckTable) -> list[RuleProblem]:
    """What is wrong with a table and its rules, in the order of the file: what Postfix itself says when it
    opens it, and actions without effect. Raises CommandError where postmap cannot be run."""
    lookup = table.lookup
    if lookup.error:
        return [RuleProblem("error", None, lookup.error)]
    try:
        document = patterns_of(lookup, instance.files)
    except OSError as error:
        return [RuleProblem("error", None, problem_words(error, lookup.path, table.parameters[0]))]
    if document is None:
        return []
    return rule_problems(document, table.parameters, instance.config_dir)


def rule_problems(document: Patterns, parameters: Sequence[str], config_dir: str = "") -> list[RuleProblem]:
    """As `problems`, of the rules alone; those that only postmap finds are in its words."""
    found = [RuleProblem("error", each.line, each.text) for each in document.problems]
    told = {each.line for each in found}
    found += (
        RuleProblem("error", each.line, f"Postfix passes over it: {each.text}")
        for each in compile_problems(document, config_dir)
        if each.line not in told
    )
    for row in document.rules:
        found += action_problems(row, parameters)
    return sorted(dict.fromkeys(found), key=lambda each: each.line or 0)


def action_problems(row: PatternRow, parameters: Sequence[str]) -> Iterator[RuleProblem]:
    """What is wrong with the action of a rule where the tables of these parameters are asked. What a group
    (`$1`) puts into it is taken to be right."""
    if not row.value:
        return
    value = decode(row.value)
    word = value.split(None, 1)[0]
    if "$" in word:
        return
    for parameter in parameters:
        action = read_action(_GROUP.sub(_ANYTHING, value), parameter)
        if not action.problem:
            continue
        yield RuleProblem("error" if action.effect == "error" else "warning", row.line, action.problem)
        return


def all_problems(instance: Instance) -> Iterator[tuple[CheckTable, RuleProblem]]:
    """Everything that is wrong with the checks of an instance. Raises CommandError."""
    try:
        tables = check_tables(instance)
    except ParameterError as error:
        lookup = Lookup("", "", "", error=str(error))
        yield CheckTable(lookup, ("header_checks",), None, error.line), RuleProblem("error", None, str(error))
        return
    for table in tables:
        for problem in problems(instance, table):
            yield table, problem


def try_rule(document: Patterns, text: bytes, config_dir: str = "") -> str:
    """What Postfix says of a rule as it is typed, empty where it takes it."""
    made = type(document)(text.strip() + b"\n")
    wrong = next((row.error for row in made.rows if row.error), "")
    if wrong or not made.rows:
        return wrong or "write /pattern/ ACTION text"
    try:
        said = compile_problems(made, config_dir)
    except commands.CommandError as error:
        return str(error)
    return said[0].text if said else ""
