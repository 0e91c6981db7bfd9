"""Flat files of opendkim and opendmarc: KeyTable, SigningTable, and lists of hosts; a row a line.

A row is `key`, blanks, `value`; `#` cuts a line anywhere, and a line is read in pieces of 1023 bytes
(opendkim-db.c). In a `refile:` a line that begins with a blank is passed over.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, NamedTuple

from mailtui.formats.configfile import ConfigFile
from mailtui.formats.keywordlines import SPACES, pieces
from mailtui.formats.layout import separator
from mailtui.formats.splice import Missing, Problem, Refused, Splice
from mailtui.text.safe import safe

LIMIT = 1023
"""Bytes that the programs read at once."""

_ROW = re.compile(rb"([ \t\r\v\f]*)([^ \t\r\v\f]+)(?:([ \t\r\v\f]+)(.*?))?[ \t\r\v\f]*\Z", re.DOTALL)
_OFF = re.compile(rb"#(?![#!]*\s)")


class Row(NamedTuple):
    """A row. `line` counts from 1; `key_start` to `end` are its bytes, from `start` those of the value.
    `counts`: False for one that a row above it with this key makes void. `indented`: a `refile:` passes it
    over."""

    key: bytes
    value: bytes
    line: int
    key_start: int
    start: int
    end: int
    enabled: bool
    indented: bool
    whole: bool
    counts: bool = True


class DataSet(ConfigFile, ABC):
    """Such a file. Every byte string is one."""

    valued: ClassVar[bool] = True
    """Whether a row has a value, or is a key alone."""
    unique: ClassVar[bool] = False
    """Whether a second row with a key is void whatever the configuration says."""
    folds: ClassVar[bool] = False
    """Whether keys are the same in any case."""

    @cached_property
    def rows(self) -> Sequence[Row]:
        """All rows in order, those that are commented out too."""
        found = []
        seen: set[bytes] = set()
        for piece in pieces(self._raw, LIMIT):
            off = bool(_OFF.match(piece.text)) and piece.whole
            text = piece.text[1:] if off else piece.text
            cut = min((n for n in (text.find(b"#"), text.find(b"\0")) if n >= 0), default=len(text))
            match = _ROW.match(text[:cut])
            if match is None:
                continue
            at = piece.start + off
            value = match[4] or b""
            if off and not self.plausible(match[2], value):
                continue
            start = at + (match.start(4) if match[4] else match.end(2))
            key = self.fold(match[2])
            void = self.unique and not off and key in seen
            found.append(
                Row(
                    match[2], value, piece.line, at + match.start(2), start, start + len(value), not off,
                    bool(match[1]), piece.whole, not void,
                )
            )  # fmt: skip
            if not off:
                seen.add(key)
        return found

    @classmethod
    def fold(cls, key: bytes) -> bytes:
        """A key as it is compared."""
        return key.lower() if cls.folds else key

    @property
    def entries(self) -> Sequence[Row]:
        """The same as `rows`."""
        return self.rows

    @abstractmethod
    def plausible(self, key: bytes, value: bytes) -> bool:
        """Whether a comment with these words is a row that is commented out, and no prose."""

    @abstractmethod
    def fault(self, key: bytes, value: bytes) -> str:
        """Why a row cannot be right; "" where it can."""

    @property
    def problems(self) -> Sequence[Problem]:
        """Rows that cannot be right, and those that a row above them makes void."""
        found = []
        for row in self.rows:
            if not row.enabled:
                continue
            why = self.fault(row.key, row.value)
            if why:
                found.append(Problem(row.line, why))
            if not row.counts:
                found.append(Problem(row.line, f"{safe(row.key, 60)} stands above already: that row counts"))
            if not row.whole:
                found.append(Problem(row.line, "the line is longer than what the program reads at once"))
        return found

    # -- looking

    def every(self, key: bytes, value: bytes | None = None, *, enabled: bool = True) -> list[Row]:
        """The rows with this key (and value), in order."""
        wanted = self.fold(key)
        return [
            row
            for row in self.rows
            if row.enabled is enabled and self.fold(row.key) == wanted and value in (None, row.value)
        ]

    def get(self, key: bytes) -> Row | None:
        """The first row with this key."""
        return next(iter(self.every(key)), None)

    # -- changing

    def add(self, key: bytes, value: bytes = b"", before: bytes | None = None) -> list[Splice]:
        """One row more: at the end, or above the first row with the key `before`. Raises Refused; nothing
        where it is there."""
        self._require(key, value)
        if self.every(key, value):
            return []
        if self.unique and self.every(key):
            raise Refused(f"{safe(key)} is there already", "change that row")
        near = [row for row in self.rows if row.enabled] or list(self.rows)
        above = [(row.key, self._raw[row.key_start + len(row.key) : row.start]) for row in near]
        newline = self.lines.newline
        text = key + (separator(key, above, b" ") + value if value else b"") + newline
        if len(text) > LIMIT:
            raise Refused(
                f"the row would be longer than the {LIMIT} bytes that are read at once", "shorten it"
            )
        at = len(self._raw)
        place = self.get(before) if before is not None else None
        if place is not None:
            at = self.lines.starts[place.line - 1]
        opens = at == len(self._raw) and self.lines.ends_open
        return [Splice(at, at, (newline if opens else b"") + text)]

    def set(self, key: bytes, value: bytes, was: bytes | None = None) -> list[Splice]:
        """Another value for the first row with this key (and the value `was`). Raises Missing and Refused."""
        self._require(key, value)
        mine = self.every(key, was)
        if not mine:
            raise Missing(safe(key))
        row = mine[0]
        if row.value == value:
            return []
        self._require_whole([row])
        gap = b"" if row.value else b" "
        return [Splice(row.start, row.end, gap + value)]

    def remove(self, key: bytes, value: bytes | None = None) -> list[Splice]:
        """Take out every row with this key (and value), with its line. Raises Missing."""
        mine = self.every(key, value)
        if not mine:
            raise Missing(safe(key))
        self._require_whole(mine)
        starts = self.lines.starts
        return [Splice(starts[row.line - 1], starts[row.line], b"") for row in mine]

    def switch(self, key: bytes, value: bytes | None, *, on: bool) -> list[Splice]:
        """Comment every row with this key (and value) out, or bring back the last such. Raises Missing."""
        if on:
            off = self.every(key, value, enabled=False)
            if not off:
                raise Missing(f"{safe(key)}, commented out,")
            start = self.lines.starts[off[-1].line - 1]
            return [Splice(start, start + 1, b"")]
        mine = self.every(key, value)
        if not mine:
            raise Missing(safe(key))
        self._require_whole(mine)
        starts = self.lines.starts
        return [Splice(starts[row.line - 1], starts[row.line - 1], b"#") for row in mine]

    def _require(self, key: bytes, value: bytes) -> None:
        bad = {byte for byte in key + value if byte in b"#\n\r\0"}
        if bad:
            raise Refused(f"{safe(bytes(sorted(bad)[:1]))} cannot stand in such a file", "leave it out")
        if not key or key.split() != [key]:
            raise Refused(f"“{safe(key)}” is no name of a row", "one word, without blanks")
        if value != value.strip(SPACES):
            raise Refused(f"a blank at the beginning or end of “{safe(value)}” would be lost", "leave it out")
        why = self.fault(key, value)
        if why:
            raise Refused(why)

    def _require_whole(self, mine: Sequence[Row]) -> None:
        long = next((row for row in mine if not row.whole), None)
        if long is not None:
            raise Refused(f"line {long.line} is longer than what is read at once", "break it up in an editor")
