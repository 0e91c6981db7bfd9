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
from mailtui.text.safe import safe

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
    `odd`: why the shell makes another text of it."""

    name: bytes
    value: bytes
    line: int
    start: int
    end: int
    enabled: bool
    odd: str = ""


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
                off = bool(match["off"])
                found.append(Assignment(match["name"], value, number, start, start + length, not off, odd))
            at += len(line) + 1
        return found

    def get(self, name: bytes) -> Assignment | None:
        """The assignment that counts, None where there is none in force."""
        mine = [each for each in self.assignments if each.name == name and each.enabled]
        return mine[-1] if mine else None

    @property
    def problems(self) -> Sequence[Problem]:
        """Assignments that a shell and systemd do not read alike."""
        return [Problem(each.line, each.odd) for each in self.assignments if each.enabled and each.odd]

    def set(self, name: bytes, value: bytes) -> list[Splice]:
        """Write a value, where it stands, else below its commented-out default, else at the end. Raises
        Refused for a text that shell and systemd would not read alike."""
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

    def unset(self, name: bytes) -> list[Splice]:
        """Take every assignment in force out. Raises Missing."""
        mine = [each for each in self.assignments if each.name == name and each.enabled]
        if not mine:
            raise Missing(safe(name))
        starts = self.lines.starts
        return [Splice(starts[each.line - 1], starts[each.line], b"") for each in mine]


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
