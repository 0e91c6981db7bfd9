"""The `/file` of a match list: items between commas and blanks, one or more a line (match_list(3)).

Lines are physical ones: there is no continuation. `#` begins a comment in the first column only; where an
item begins with it, Postfix ends that line with a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from mailtui.formats.configfile import ConfigFile
from mailtui.formats.lists import SEPARATORS, each, is_one_item
from mailtui.formats.splice import Missing, Problem, Refused, Splice
from mailtui.formats.values import Token
from mailtui.text.safe import safe

_BETWEEN = b", \t"


class ListFile(ConfigFile):
    """The items of such a file. Every byte string is one."""

    @cached_property
    def tokens(self) -> Sequence[Token]:
        """The items that count, in order."""
        found: list[Token] = []
        at = 0
        for number, line in enumerate(self._raw.split(b"\n"), 1):
            if not line.startswith(b"#"):
                for item in each(line):
                    if item.text.startswith(b"#"):
                        break
                    found.append(Token(item.text, at + item.start, at + item.end, number))
            at += len(line) + 1
        return found

    @property
    def problems(self) -> Sequence[Problem]:
        """Lines of which Postfix reads a part only."""
        found = []
        for number, line in enumerate(self._raw.split(b"\n"), 1):
            if line.startswith(b"#"):
                continue
            cut = next((item for item in each(line) if item.text.startswith(b"#")), None)
            if cut is not None:
                rest = safe(line[cut.start :].rstrip(), 40)
                found.append(Problem(number, f"Postfix reads no further than {rest}: # is for whole lines"))
        return found

    def find(self, item: bytes) -> int | None:
        """The number of the first item with this text, case folded as Postfix compares; None if absent."""
        wanted = item.lower()
        return next((n for n, token in enumerate(self.tokens) if token.text.lower() == wanted), None)

    def add(self, item: bytes, before: bytes | None = None) -> list[Splice]:
        """One item more: on a line of its own below the last, or above the line that `before` begins; among
        others on their line directly before it. Raises Refused where it would be read as something else."""
        if not is_one_item(item) or item.startswith(b"#") or b"\0" in item:
            raise Refused(f"“{safe(item)}” is not one item of such a list", "one name, without blanks and #")
        newline = b"\r\n" if b"\r\n" in self._raw else b"\n"
        place = self.find(before) if before is not None else None
        if place is not None:
            token = self.tokens[place]
            start = self._raw.rfind(b"\n", 0, token.start) + 1
            if not self._raw[start : token.start].strip(SEPARATORS):
                return [Splice(start, start, item + newline)]
            return [Splice(token.start, token.start, item + b" ")]
        at = len(self._raw)
        if self.tokens:
            below = self._raw.find(b"\n", self.tokens[-1].end)
            at = below + 1 if below >= 0 else at
        gap = newline if at == len(self._raw) and self._raw and not self._raw.endswith(b"\n") else b""
        return [Splice(at, at, gap + item + newline)]

    def remove(self, item: bytes) -> list[Splice]:
        """Take out every item with this text; a line that becomes empty goes with it. Raises Missing."""
        wanted = item.lower()
        mine = [token for token in self.tokens if token.text.lower() == wanted]
        if not mine:
            raise Missing(safe(item))
        return [
            splice for line in sorted({token.line for token in mine}) for splice in self._out(line, wanted)
        ]

    def _out(self, number: int, wanted: bytes) -> list[Splice]:
        """The splices that take an item out of one line."""
        line = [token for token in self.tokens if token.line == number]
        start = self._raw.rfind(b"\n", 0, line[0].start) + 1
        end = self._raw.find(b"\n", line[-1].end)
        end = len(self._raw) if end < 0 else end + 1
        kept = [token for token in line if token.text.lower() != wanted]
        if not kept and not self._raw[line[-1].end : end].strip(SEPARATORS):
            return [Splice(start, end, b"")]
        result: list[Splice] = []
        for token in line:
            if token.text.lower() != wanted:
                continue
            stop = token.end
            while stop < len(self._raw) and self._raw[stop] in _BETWEEN:
                stop += 1
            first = token.start
            if self._raw[stop : stop + 1] in (b"\n", b"\r", b""):
                stop = token.end
                while first > start and self._raw[first - 1] in _BETWEEN:
                    first -= 1
            floor = result[-1].end if result else start
            result.append(Splice(max(first, floor), stop, b""))
        return result
