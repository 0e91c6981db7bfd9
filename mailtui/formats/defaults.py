"""/etc/default/NAME: assignments of the shell, read by an init script or as systemd's EnvironmentFile.

Only what both read alike is written: `NAME="text"` on one line. The last assignment counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from mailtui.formats.configfile import ConfigFile
from mailtui.formats.splice import Missing, Problem, Refused, Splice
from mailtui.text.safe import encode, safe

_LINE = re.compile(
    rb"(?P<off>#?)(?P<export>[ \t]*export[ \t]+)?[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)"
)
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*\Z")
_DOUBLE = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_SINGLE = re.compile(rb"'([^']*)'")
_BARE = re.compile(rb"[^\s;&|<>()\"'#`$\\]*")
_SHELL = re.compile(rb"[$`\\]")


class Assignment(NamedTuple):
    """One assignment. `value` is the text without its quotes; `start` to `end` its bytes, quotes included.
    `odd`: why the shell makes another text of it. `counts`: False where one below it is the one in force."""

    name: bytes
    value: bytes
    line: int
    start: int
    end: int
    enabled: bool
    odd: str = ""
    counts: bool = True
    name_start: int = 0

    @property
    def last(self) -> int:
        """The last line, which is the first one."""
        return self.line

    @property
    def problem(self) -> str:
        """The same as `odd`."""
        return self.odd


class Defaults(ConfigFile):
    """Such a file. Every byte string is one."""

    @cached_property
    def assignments(self) -> Sequence[Assignment]:
        """All of them in order, those that are commented out (`#NAME=`) too."""
        found: list[Assignment] = []
        at = 0
        for number, line in enumerate(self._raw.split(b"\n"), 1):
            match = _LINE.match(line)
            if match is not None:
                value, length, odd = _value(match["value"])
                start = at + match.start("value")
                on = not match["off"]
                name_start = at + match.start("name")
                found.append(
                    Assignment(match["name"], value, number, start, start + length, on, odd, on, name_start)
                )
            at += len(line) + 1
        winner = {each.name: number for number, each in enumerate(found) if each.enabled}
        return [
            each._replace(counts=False) if each.enabled and winner[each.name] != number else each
            for number, each in enumerate(found)
        ]

    @property
    def entries(self) -> Sequence[Assignment]:
        """The same as `assignments`."""
        return self.assignments

    def get(self, name: str | bytes) -> Assignment | None:
        """The assignment that counts, None where there is none in force."""
        name = _raw(name)
        mine = [each for each in self.assignments if each.name == name and each.enabled]
        return mine[-1] if mine else None

    def value(self, name: str | bytes) -> bytes | None:
        """What the variable is set to; None where it is not."""
        found = self.get(name)
        return found.value if found is not None else None

    @property
    def problems(self) -> Sequence[Problem]:
        """Assignments that a shell and systemd do not read alike, and those that one below makes void."""
        found = [Problem(each.line, each.odd) for each in self.assignments if each.enabled and each.odd]
        void = [each for each in self.assignments if each.enabled and not each.counts]
        return sorted([*found, *(Problem(a.line, f"{safe(a.name)} is set again below") for a in void)])

    def set(self, name: str | bytes, value: bytes) -> list[Splice]:
        """Write a value, where it stands, else below its commented-out default, else at the end. Raises
        Refused for a text that shell and systemd would not read alike."""
        name = _raw(name)
        if not _NAME.match(name):
            raise Refused(f"“{safe(name)}” is no name of a variable")
        if _SHELL.search(value) or b'"' in value or b"\n" in value or b"\0" in value or b"\r" in value:
            raise Refused(f"“{safe(value)}” cannot be written here", 'a text without " $ ` \\ and line ends')
        standing = self.get(name)
        if standing is not None:
            if standing.value == value and not standing.odd:
                return []
            return [Splice(standing.start, standing.end, b'"%s"' % value)]
        newline = self.lines.newline
        text = b'%s="%s"%s' % (name, value, newline)
        off = [each for each in self.assignments if each.name == name]
        at = self.lines.starts[off[-1].line] if off else len(self._raw)
        ends_open = at == len(self._raw) and self.lines.ends_open
        return [Splice(at, at, (newline if ends_open else b"") + text)]

    def switch(self, name: str | bytes, on: bool, value: bytes | None = None) -> list[Splice]:
        """Comment every assignment out, or bring back the last that is (with this value, if one is given).
        Raises Missing, and Refused where it is in force already."""
        name = _raw(name)
        mine = [each for each in self.assignments if each.name == name]
        live = [each for each in mine if each.enabled]
        starts = self.lines.starts
        if not on:
            if not live:
                raise Missing(safe(name))
            return [Splice(starts[each.line - 1], starts[each.line - 1], b"#") for each in live]
        off = [each for each in mine if not each.enabled and value in (None, each.value)]
        if not off:
            raise Missing(f"{safe(name)}, commented out,")
        if live:
            raise Refused(f"{safe(name)} is set already, in line {live[0].line}", "change it there")
        start = starts[off[-1].line - 1]
        return [Splice(start, start + 1, b"")]

    def unset(self, name: str | bytes) -> list[Splice]:
        """Take every assignment in force out. Raises Missing."""
        name = _raw(name)
        mine = [each for each in self.assignments if each.name == name and each.enabled]
        if not mine:
            raise Missing(safe(name))
        starts = self.lines.starts
        return [Splice(starts[each.line - 1], starts[each.line], b"") for each in mine]


def _raw(name: str | bytes) -> bytes:
    return encode(name) if isinstance(name, str) else name


def _value(text: bytes) -> tuple[bytes, int, str]:
    """The value at the beginning of a text, how long it is as written, and what is odd about it."""
    text = text.rstrip(b"\r")
    quoted = _DOUBLE.match(text) or _SINGLE.match(text)
    found = quoted or _BARE.match(text)
    assert found is not None  # the last matches nothing at least
    value = found[1] if quoted else found[0]
    rest = text[found.end() :]
    if rest and not rest[:1].isspace() and not rest.startswith(b";"):
        whole = text.rstrip()
        return whole, len(whole), "it is a text that only a shell reads"
    if rest.strip() and not rest.strip().startswith((b"#", b";")):
        return value, found.end(), "what stands behind the text is run as a command"
    if _SHELL.search(value) and not text.startswith(b"'"):
        return value, found.end(), "it holds $, ` or \\, which shell and systemd read differently"
    return value, found.end(), ""
