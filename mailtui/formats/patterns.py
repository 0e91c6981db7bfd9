"""The text of a regexp: or pcre: table: its rules in their order, with if … endif around them.

Nothing is dropped: comments, blanks and lines that Postfix passes over stay where they are. A rule is called
by what stands before its result (`!/x/i`), and by which of those alike it is; rules that are commented out
are counted apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from mailtui.formats.configfile import ConfigFile
from mailtui.formats.lines import COMMENT
from mailtui.formats.logical import Logical
from mailtui.formats.patternline import BLANKS, Kind, ParsedLine, Pattern, parse_line
from mailtui.formats.splice import Problem
from mailtui.text.safe import safe

_OFF = re.compile(rb"#(?:!?[^\s0-9A-Za-z#]|if\b|endif\b)", re.IGNORECASE)
_CONTINUES = re.compile(rb"#(?:\t|[ \t]{2,})[^\s#]")
_ACTION = re.compile(
    rb"(?:BCC|DEFER\w*|DISCARD|DUNNO|FILTER|HOLD|IGNORE|INFO|OK|PASS|PERMIT\w*|PREPEND|REDIRECT|REJECT\w*"
    rb"|REPLACE|STRIP|WARN|[245]\d\d)(?:\s|\Z)",
    re.IGNORECASE,
)
_LOOKS_LIKE_RULE = re.compile(rb"\s+(?:!?/.*/\w*\s|(?:if\s*!?/|endif\b))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A rule, an `if`, an `endif`, or a line that Postfix does not understand.

    `line` to `last_line` are its physical lines, from 1; `start` and `end` their bytes, the last newline
    included. `value_at` is the byte at which the result begins, or would. `depth`: how many `if`s it is in.
    `error`: why Postfix passes it over (`skipped`) or takes it otherwise than it looks.
    """

    kind: Kind
    name: bytes
    number: int
    value: bytes
    pattern: Pattern | None
    line: int
    last_line: int
    start: int
    end: int
    value_at: int
    depth: int
    enabled: bool
    error: str = ""
    skipped: bool = False

    @property
    def text(self) -> bytes:
        """The line as one text: what stands before the result, a blank, and the result."""
        return b" ".join(filter(None, (self.name, self.value)))


class Patterns(ConfigFile):
    """A table of patterns. Every byte string is one."""

    TABLE: ClassVar[Literal["regexp", "pcre", "cidr"]]
    _OFF: ClassVar[re.Pattern[bytes]] = _OFF

    @classmethod
    def _parse(cls, text: bytes) -> ParsedLine:
        """A logical line taken apart."""
        assert cls.TABLE != "cidr", "its lines are read otherwise"
        return parse_line(text, cls.TABLE)

    @staticmethod
    def _plausible(parsed: ParsedLine) -> bool:
        """Whether what stands behind a `#` is an entry that was commented out, and no prose."""
        return _plausible(parsed)

    @cached_property
    def rows(self) -> Sequence[PatternRow]:
        """All of it in the order of the file, what is commented out too."""
        counted: dict[bool, Counter[bytes]] = {True: Counter(), False: Counter()}
        rows: list[PatternRow] = []
        depth = off_depth = 0
        for numbers, enabled, text, parsed in self._lines():
            ends = parsed.kind == "endif"
            if enabled:
                unmatched = ends and depth == 0
                depth -= ends and depth > 0
            else:
                unmatched = ends and off_depth == 0
                off_depth -= ends and off_depth > 0
            error, skipped = parsed.error, parsed.skipped
            if unmatched and enabled:
                error, skipped = "there is no if above that it ends", True
            counts = counted[enabled]
            rows.append(
                PatternRow(
                    parsed.kind,
                    parsed.name,
                    counts[parsed.name],
                    parsed.value,
                    parsed.pattern,
                    numbers[0] + 1,
                    numbers[-1] + 1,
                    self.lines.starts[numbers[0]],
                    self.lines.starts[numbers[-1] + 1],
                    text.end(parsed.value_at) if not parsed.value else text.start(parsed.value_at),
                    depth + off_depth,
                    enabled,
                    error,
                    skipped,
                )
            )
            counts[parsed.name] += 1
            if parsed.kind == "if" and not parsed.skipped:
                depth, off_depth = depth + enabled, off_depth + (not enabled)
        return rows

    def _lines(self) -> Iterator[tuple[list[int], bool, Logical, ParsedLine]]:
        """The logical lines with what they say, those that are commented out among them."""
        lines = self.lines
        number = 0
        while number < len(lines):
            off = self._off_at(number)
            if off is not None:
                yield off[0], False, off[1], off[2]
                number = off[0][-1] + 1
                continue
            place = number
            number += 1
            if lines.kinds[place] != 3:
                continue
            members = lines.logical(place)
            text = Logical(lines, members)
            if text.text.rstrip(BLANKS):
                yield members, True, text, self._parse(text.text)
                number = members[-1] + 1

    def _off_at(self, number: int) -> tuple[list[int], Logical, ParsedLine] | None:
        """What is commented out at a line, None for a comment in words."""
        lines = self.lines
        if lines.kinds[number] != COMMENT or not self._OFF.match(lines.line(number)):
            return None
        members = [number]
        while (
            members[-1] + 1 < len(lines)
            and lines.kinds[members[-1] + 1] == COMMENT
            and _CONTINUES.match(lines.line(members[-1] + 1))
        ):
            members.append(members[-1] + 1)
        for count in range(len(members), 0, -1):
            text = Logical(lines, members[:count], 1)
            parsed = self._parse(text.text)
            if self._plausible(parsed) and (count == 1 or parsed.kind == "rule"):
                return members[:count], text, parsed
        return None

    @property
    def rules(self) -> Iterator[PatternRow]:
        """The rules that Postfix reads."""
        return (row for row in self.rows if row.kind == "rule" and row.enabled and not row.skipped)

    def find(self, name: bytes, number: int = 0, *, enabled: bool = True) -> int | None:
        """The place among `rows` of what is called so; None where it is not there."""
        wanted = (name, number, enabled)
        return next(
            (at for at, row in enumerate(self.rows) if (row.name, row.number, row.enabled) == wanted), None
        )

    def at_line(self, line: int) -> PatternRow | None:
        """What begins at a line, counted from 1."""
        return next((row for row in self.rows if row.line == line), None)

    def last_of(self, at: int) -> int:
        """The place of the last row that belongs to row `at`: for an `if` its endif, or the end of the file
        where that is missing."""
        first = self.rows[at]
        if first.kind != "if" or first.skipped:
            return at
        for place in range(at + 1, len(self.rows)):
            row = self.rows[place]
            if row.kind == "endif" and row.enabled == first.enabled and row.depth == first.depth:
                return place
        return len(self.rows) - 1

    def is_closed(self, at: int) -> bool:
        """Whether row `at`, if it is an `if` that Postfix reads, has an endif of its own."""
        first, last = self.rows[at], self.rows[self.last_of(at)]
        if first.kind != "if" or first.skipped:
            return True
        return last.kind == "endif" and last.depth == first.depth and last.enabled == first.enabled

    @property
    def problems(self) -> Sequence[Problem]:
        """Lines that Postfix passes over or reads otherwise than they look, in the order of the file."""
        found = [Problem(row.line, row.error) for row in self.rows if row.enabled and row.error]
        found += (
            Problem(number + 1, "it begins with a blank, and there is no rule above that it goes on with")
            for number in self.lines.orphans()
        )
        open_ifs: list[PatternRow] = []
        for row in self.rows:
            if not row.enabled:
                continue
            if row.kind == "if" and not row.skipped:
                open_ifs.append(row)
            elif row.kind == "endif" and open_ifs:
                open_ifs.pop()
            found += self._indented(row)
        found += (Problem(row.line, "it has no endif: all rules below hang on it") for row in open_ifs)
        return sorted(found)

    def _indented(self, row: PatternRow) -> Iterator[Problem]:
        """Lines of a rule that look like rules of their own."""
        for number in range(row.line, row.last_line):
            line = self.lines.line(number)
            if self.lines.kinds[number] == 2 and _LOOKS_LIKE_RULE.match(line):
                text = safe(line.strip(), 40)
                yield Problem(number + 1, f"{text} begins with a blank: it is a part of the rule above")


def _plausible(parsed: ParsedLine) -> bool:
    """Whether what stands behind a `#` is an entry that was commented out, and no prose."""
    if parsed.skipped or (parsed.error and parsed.kind != "rule"):
        return False
    pattern = parsed.pattern
    if parsed.kind == "endif":
        return True
    if pattern is None or not pattern.inner.strip():
        return False
    if parsed.kind == "if":
        return not parsed.value and not pattern.delimiter.isalnum()
    if not parsed.value or parsed.name[:1] == b"#":
        return False
    return pattern.delimiter == b"/" or bool(_ACTION.match(parsed.value))


class Regexp(Patterns):
    """A table of POSIX regular expressions."""

    TABLE = "regexp"


class Pcre(Patterns):
    """A table of Perl compatible regular expressions."""

    TABLE = "pcre"
