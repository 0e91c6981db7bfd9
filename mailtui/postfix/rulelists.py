"""One restriction list as it is written: its rules, those commented out, and the comments beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtui.formats.lines import COMMENT, Lines
from mailtui.formats.lists import each
from mailtui.formats.values import Token
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.smtpd.chain import Rule, parse_rules
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from mailtui.formats.maincf import MainCf
    from mailtui.formats.mastercf import MasterCf

_TABLE = re.compile(r"[a-z][a-z0-9]*:[/{$A-Za-z0-9.].*", re.DOTALL)
_ENDPOINT = re.compile(r"inet:[\[:].*|\{\s*(?:inet|unix|local):.*\}", re.DOTALL)
"""A milter that is no table: an IPv6 address, or one with settings of its own."""


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """One rule where it is written. Its `first` and `last` count the items of the list; for one that is
    commented out, those of `disabled`. `number`: which of those alike, on and off counted apart. `rows` are
    the numbers of the lines it stands on, from 0; `comments` the lines directly above that tell of it, with
    their `#` and the blanks before it, and `comment_rows` their numbers."""

    rule: Rule
    enabled: bool
    number: int
    rows: tuple[int, ...]
    comments: tuple[str, ...] = ()
    comment_rows: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return self.rule.written

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.rows[0] + 1


@dataclass(frozen=True, slots=True)
class WrittenList:
    """The rules in the order of the file. `head`: the line, from 0, on which the list begins."""

    rules: tuple[WrittenRule, ...]
    head: int
    items: tuple[str, ...]

    def find(self, text: str, number: int, *, enabled: bool = True) -> WrittenRule | None:
        """The rule that is written so."""
        return next((r for r in self.rules if (r.text, r.number, r.enabled) == (text, number, enabled)), None)

    @property
    def live(self) -> list[WrittenRule]:
        """Those in force."""
        return [each for each in self.rules if each.enabled]


def rule_text(items: Sequence[str]) -> str:
    """Items as one rule's text."""
    return " ".join(items)


def main_list(document: MainCf, name: str, classes: Collection[str] = ()) -> WrittenList | None:
    """A list of main.cf; None where it is not set."""
    if document.get(name) is None:
        return None
    head = document.place(name)[0]
    tokens = document.tokens(name)
    return _read(document.lines, head, tokens, document.disabled_tokens(name), classes)


def option_list(
    document: MasterCf, service: str, name: str, classes: Collection[str] = ()
) -> WrittenList | None:
    """The list in a service's `-o`; None where it has none. `service`: as `smtp/inet`."""
    from mailtui.formats.optionlist import option_place, option_remarks, option_tokens

    where, _, type_ = service.rpartition("/")
    found = document.get(where, type_)
    if found is None or found.option(name) is None:
        return None
    place = option_place(document, where, type_, name)
    remarks = option_remarks(document, where, type_, name)
    off = _comment_tokens(document.lines, remarks)
    head = place.layout.line(place.flag_start)
    return _read(document.lines, head, option_tokens(document, where, type_, name), off, classes)


def _comment_tokens(lines: Lines, numbers: Sequence[int]) -> list[Token]:
    result: list[Token] = []
    for number in numbers:
        line, start = lines.line(number), lines.starts[number]
        mark = line.index(b"#") + 1
        result += [
            Token(item.text, start + item.start, start + item.end, number + 1)
            for item in each(line, start=mark)
        ]
    return result


def _read(
    lines: Lines, head: int, tokens: Sequence[Token], off: Sequence[Token], classes: Collection[str]
) -> WrittenList:
    items = tuple(decode(token.text) for token in tokens)
    found = [
        (rule, True, _rows(lines, tokens[rule.first : rule.last + 1])) for rule in parse_rules(items, classes)
    ]
    disabled = [
        (rule, False, _rows(lines, off[rule.first : rule.last + 1])) for rule in _off_rules(off, classes)
    ]
    off_rows = {row for _, _, rows in disabled for row in rows}
    counts: dict[tuple[str, bool], int] = {}
    result: list[WrittenRule] = []
    taken: set[int] = {head}
    for rule, enabled, rows in sorted([*found, *disabled], key=lambda one: (one[2][0], one[0].first)):
        number = counts[rule.written, enabled] = counts.get((rule.written, enabled), -1) + 1
        above = () if rows[0] in taken else tuple(_above(lines, rows[0], off_rows, head))
        taken.update(rows)
        comments = tuple(decode(lines.line(row).rstrip(b"\r\n")) for row in above)
        result.append(WrittenRule(rule, enabled, number, rows, comments, above))
    return WrittenList(tuple(result), head, items)


def _rows(lines: Lines, tokens: Sequence[Token]) -> tuple[int, ...]:
    found = {row for token in tokens for row in (token.line - 1, lines.at(max(token.end - 1, token.start)))}
    return tuple(sorted(found))


def _above(lines: Lines, row: int, off: Collection[int], head: int) -> list[int]:
    """The comment lines directly above a line that are no rules themselves."""
    first = row
    while first - 1 > head and lines.kinds[first - 1] == COMMENT and first - 1 not in off:
        first -= 1
    return list(range(first, row))


# -- rules that are commented out


def _off_rules(tokens: Sequence[Token], classes: Collection[str]) -> Iterator[Rule]:
    """The rules in comment lines: those lines that hold nothing but rules that smtpd knows."""
    by_line: dict[int, list[int]] = {}
    for at, token in enumerate(tokens):
        by_line.setdefault(token.line, []).append(at)
    lines = sorted(by_line)
    done = -1
    for line in lines:
        if line <= done:
            continue
        for span in ([line], [line, line + 1]):  # a rule may have its argument on the next line
            if span[-1] not in by_line:
                continue
            numbers = [at for each_line in span for at in by_line[each_line]]
            rules = parse_rules([decode(tokens[at].text) for at in numbers], classes)
            if all(is_rule(rule, classes) for rule in rules) and (len(span) == 1 or len(rules) == 1):
                for rule in rules:
                    yield Rule(
                        rule.name, rule.argument, numbers[rule.first], numbers[rule.last],
                        rule.warn_only, rule.is_class,
                    )  # fmt: skip
                done = span[-1]
                break


def is_rule(rule: Rule, classes: Collection[str]) -> bool:
    """Whether this can be nothing but a rule: a name that smtpd knows with its argument, a class, a table;
    or a milter of smtpd_milters and its like."""
    if not rule.name:
        return bool(_TABLE.fullmatch(rule.argument) or _ENDPOINT.fullmatch(rule.argument))
    if rule.name in classes:
        return True
    kind = ARGUMENTS.get(rule.name.lower())
    if kind is None:
        return False
    if not kind:
        return True
    return bool(rule.argument) and (kind not in {"table", "policy"} or ":" in rule.argument)
