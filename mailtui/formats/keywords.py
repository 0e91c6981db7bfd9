"""Files that set keywords: opendkim.conf, opendmarc.conf, clamav-milter.conf, policyd-spf.conf, smtpd.conf.

Documents of /etc/default are `formats.defaults.Defaults`, which offers the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple, Self

from mailtui.formats.configfile import ConfigFile
from mailtui.formats.keywordgrammar import GRAMMARS, Grammar, Kind
from mailtui.formats.keywordlines import Junk, Piece, Words, pieces
from mailtui.formats.layout import separator
from mailtui.formats.splice import Missing, Problem, Refused, Splice, apply_splices
from mailtui.text.safe import decode, encode, safe

_OFF = re.compile(rb"(?:[\s\x1c-\x1f]|\xc2[\x85\xa0])*#([ \t]*)(?=[A-Za-z])")
_WIDE = re.compile(rb"\t|  ")


class Keyword(NamedTuple):
    """One line that sets a keyword. `value` is what the program makes of it, without quotes; `start` to `end`
    the bytes as written, quotes included. `line` counts from 1. `enabled`: False where it is commented
    out. `counts`: False for one that another line of the same name makes void. `problem`: why the program
    refuses it."""

    name: str
    value: bytes
    line: int
    start: int
    end: int
    name_start: int
    enabled: bool
    counts: bool
    whole: bool
    problem: str = ""

    @property
    def last(self) -> int:
        """The last line, which is the first one."""
        return self.line


class KeywordDocument(ConfigFile):
    """Such a file. Every byte string is one. Names are compared as their program does: `Grammar.folds`."""

    def __init__(self, raw: bytes, kind: Kind = "opendkim.conf") -> None:
        super().__init__(raw)
        self.kind = kind

    @classmethod
    def parse(cls, raw: bytes, kind: Kind = "opendkim.conf") -> Self:
        return cls(raw, kind)

    def spliced(self, splices: Iterable[Splice]) -> Self:
        return type(self)(apply_splices(self._raw, splices), self.kind)

    @property
    def grammar(self) -> Grammar:
        return GRAMMARS[self.kind]

    # -- reading

    @cached_property
    def _read(self) -> tuple[list[Keyword], list[Problem]]:
        grammar = self.grammar
        found: list[Keyword] = []
        problems: list[Problem] = []
        for piece in pieces(self._raw, grammar.limit, universal=grammar.universal):
            reading = grammar.read(piece)
            if isinstance(reading, Junk):
                problems.append(Problem(piece.line, reading.problem))
            elif reading is None:
                off = self._off(piece)
                found += [off] if off is not None else []
            else:
                found.append(self._keyword(piece, reading, 0, enabled=True))
        return self._counted(found), problems

    def _keyword(self, piece: Piece, words: Words, shift: int, *, enabled: bool) -> Keyword:
        at = piece.start + shift
        text = piece.text[shift:]
        name, value = decode(text[slice(*words.name)]), text[slice(*words.value)]
        problem = "" if words.stops else self.grammar.refuses(name, value)
        if self.grammar.closed and self.grammar.shape(name) is None:
            problem = f"{self.grammar.program} knows no keyword {safe(name, 40)}"
        problem = "; ".join(filter(None, (problem, words.problem)))
        start, end = words.written
        begin = at + words.name[0]
        return Keyword(
            name, value, piece.line, at + start, at + end, begin, enabled, enabled, piece.whole, problem
        )  # fmt: skip

    def _off(self, piece: Piece) -> Keyword | None:
        """The keyword that is commented out on this line; None where it is prose."""
        mark = _OFF.match(piece.text)
        if mark is None or not piece.whole:
            return None
        shift = mark.end()
        reading = self.grammar.read(piece._replace(text=piece.text[shift:], start=0))
        if not isinstance(reading, Words) or reading.problem or reading.name[0]:
            return None
        found = self._keyword(piece, reading, shift, enabled=False)
        if self.grammar.shape(found.name) is None or (mark[1] and self._prose(found)):
            return None
        return found

    def _prose(self, found: Keyword) -> bool:
        """Whether a comment that begins with the name of a keyword is a sentence about it."""
        if found.problem:
            return True
        shape = self.grammar.shape(found.name)
        gap = self._raw[found.name_start + len(encode(found.name)) : found.start]
        typed = shape in {"boolean", "integer", "number", "size"}
        return len(found.value.split()) > 1 and not _WIDE.search(gap) and not typed and b"=" not in gap

    def _counted(self, found: list[Keyword]) -> list[Keyword]:
        """With `counts` False for each that a twin makes void."""
        grammar = self.grammar
        winner: dict[str, int] = {}
        for number, each in enumerate(found):
            if each.enabled and not (grammar.first and grammar.fold(each.name) in winner):
                winner[grammar.fold(each.name)] = number
        return [
            each._replace(counts=False)
            if each.enabled and winner[grammar.fold(each.name)] != number and not self._repeats(each.name)
            else each
            for number, each in enumerate(found)
        ]

    def _repeats(self, name: str) -> bool:
        return self.grammar.spelled(name) in self.grammar.repeated or self.grammar.shape(name) == "include"

    @property
    def entries(self) -> Sequence[Keyword]:
        """All keywords in order, those that are commented out too."""
        return self._read[0]

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Lines that the program refuses, passes over or misreads."""
        found = list(self._read[1])
        for each in self.entries:
            if each.enabled and each.problem:
                found.append(Problem(each.line, each.problem))
            if each.enabled and not each.counts:
                counts = self.get(each.name)
                where = f"line {counts.line}" if counts is not None else "another line"
                found.append(Problem(each.line, f"{safe(each.name)} stands twice: {where} counts"))
        return sorted(found)

    def every(self, name: str) -> list[Keyword]:
        """The lines in force that set this keyword, in order."""
        wanted = self.grammar.fold(name)
        return [each for each in self.entries if each.enabled and self.grammar.fold(each.name) == wanted]

    def get(self, name: str) -> Keyword | None:
        """The line that counts; the first one of a keyword that may repeat. None where it is not set."""
        mine = self.every(name)
        if not mine:
            return None
        return next((each for each in mine if each.counts), mine[-1])

    def value(self, name: str) -> bytes | None:
        """What the keyword is set to; None where it is not."""
        found = self.get(name)
        return found.value if found is not None else None

    def values(self, name: str) -> list[bytes]:
        """All values of a keyword that may repeat, of any other the one that counts."""
        return [each.value for each in self.every(name) if each.counts]

    def _commented(self, name: str) -> list[Keyword]:
        wanted = self.grammar.fold(name)
        return [each for each in self.entries if not each.enabled and self.grammar.fold(each.name) == wanted]

    # -- changing

    def set(self, name: str, value: bytes) -> list[Splice]:
        """Write a value: in the line that counts, else in a new line below the commented-out example, else at
        the end. Raises Refused for a value that the program would not take."""
        standing = self.get(name)
        if standing is None:
            return self._new(name, value)
        if standing.value == value:
            return []
        quoted = self._raw[
            standing.start : standing.start + 1
        ] == b'"' and standing.end - standing.start > len(standing.value)
        text = self.grammar.written(name, value, quoted=quoted)
        self._require_whole([standing])
        self._require_short(standing, text)
        gap = (
            self.grammar.default
            if standing.start == standing.name_start + len(encode(standing.name))
            else b""
        )
        return [Splice(standing.start, standing.end, gap + text)]

    def add(self, name: str, value: bytes) -> list[Splice]:
        """One more value of a keyword that may repeat, below the others. Raises Refused."""
        mine = self.every(name)
        if not mine:
            return self._new(name, value)
        if value in (each.value for each in mine):
            return []
        if not self._repeats(name):
            raise Refused(f"{safe(name)} stands once only", "set it instead")
        return self._new(name, value, below=mine[-1])

    def remove(self, name: str, value: bytes) -> list[Splice]:
        """Take out each line that gives the keyword this value. Raises Missing."""
        mine = [each for each in self.every(name) if each.value == value]
        if not mine:
            raise Missing(f"{safe(name)} {safe(value)}")
        return self._out(mine)

    def unset(self, name: str) -> list[Splice]:
        """Take out every line in force that sets the keyword. Raises Missing."""
        mine = self.every(name)
        if not mine:
            raise Missing(safe(name))
        return self._out(mine)

    def switch(self, name: str, on: bool, value: bytes | None = None) -> list[Splice]:
        """Comment every line of the keyword out, or bring back the last that is commented out (with this
        value, if one is given). Raises Missing, and Refused where it is in force already."""
        mine = self.every(name)
        if not on:
            if not mine:
                raise Missing(safe(name))
            self._require_whole(mine)
            return [Splice(each.name_start, each.name_start, b"#") for each in mine]
        off = [each for each in self._commented(name) if value is None or each.value == value]
        if not off:
            raise Missing(f"{safe(name)}, commented out,")
        if mine and not self._repeats(name):
            raise Refused(f"{safe(name)} is set already, in line {mine[0].line}", "change it there")
        plain = [each for each in off if self._raw[each.name_start - 1 : each.name_start] == b"#"]
        chosen = (plain or off)[-1]  # as we comment out ourselves, rather than an example in the text
        return [Splice(self._raw.rindex(b"#", 0, chosen.name_start), chosen.name_start, b"")]

    def _out(self, mine: Sequence[Keyword]) -> list[Splice]:
        self._require_whole(mine)
        starts = self.lines.starts
        return [Splice(starts[each.line - 1], starts[each.line], b"") for each in mine]

    def _new(self, name: str, value: bytes, below: Keyword | None = None) -> list[Splice]:
        grammar = self.grammar
        text = grammar.written(name, value)
        if not name or any(byte in b' \t\r\n\0#:="' for byte in encode(name)):
            raise Refused(f"“{safe(name)}” is no keyword")
        examples = [below] if below is not None else self._commented(name)[-1:]
        near = examples or [each for each in self.entries if each.enabled]
        above = [(encode(each.name), self._gap(each)) for each in near]
        gap = above[-1][1] if examples and above[-1][1] else self._laid(encode(name), above)
        newline = self.lines.newline if grammar.dos else b"\n"
        line = encode(name) + gap + text + newline
        if grammar.limit and len(line) > grammar.limit:
            raise Refused(
                f"the line would be longer than the {grammar.limit} bytes that {grammar.program} reads"
            )
        at = self.lines.starts[examples[0].line] if examples else len(self._raw)
        opens = at == len(self._raw) and self.lines.ends_open
        return [Splice(at, at, (newline if opens else b"") + line)]

    def _gap(self, each: Keyword) -> bytes:
        gap = self._raw[each.name_start + len(encode(each.name)) : each.start]
        return gap if not gap.strip(self.grammar.separator) else b""

    def _laid(self, name: bytes, above: Sequence[tuple[bytes, bytes]]) -> bytes:
        """What stands between a name and its value in a new line: as in the lines there are."""
        default = self.grammar.default
        if default.strip():  # a sign: as the nearest line has it
            return above[-1][1] if above and above[-1][1] else default
        return separator(name, above, default)

    def _require_whole(self, mine: Sequence[Keyword]) -> None:
        for each in mine:
            if not each.whole:
                raise Refused(
                    f"line {each.line} is not one line to {self.grammar.program}", "break it up in an editor"
                )

    def _require_short(self, standing: Keyword, text: bytes) -> None:
        grammar = self.grammar
        starts = self.lines.starts
        length = (
            starts[standing.line] - starts[standing.line - 1] + len(text) - (standing.end - standing.start)
        )
        if grammar.limit and length > grammar.limit:
            raise Refused(
                f"the line would be longer than the {grammar.limit} bytes that {grammar.program} reads"
            )
