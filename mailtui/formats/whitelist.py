"""postgrey's whitelists (/etc/postgrey/whitelist_clients, whitelist_recipients and their .local): one entry a
line, `#` cuts a line anywhere (postgrey(8))."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from mailtui.formats.configfile import ConfigFile
from mailtui.formats.splice import Missing, Problem, Refused, Splice
from mailtui.text.safe import decode, safe

Listed = Literal["clients", "recipients"]

_ADDRESS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\Z")
_PARTS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){1,2}\Z")
_IPV6 = re.compile(rb"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:/\d{1,3})?\Z")
_HOST = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


_OFF = re.compile(rb"\s*#(?P<text>/[^\s#]+/|[^\s#]*[.@:][^\s#]*)\s*(?P<note>#.*)?\Z", re.DOTALL)
"""An entry that is commented out: no blank behind the `#`, and one word that may be an entry."""


class White(NamedTuple):
    """An entry; `line` counts from 1; `note` is the comment behind it."""

    text: bytes
    line: int
    start: int
    end: int
    note: bytes = b""


class Whitelist(ConfigFile):
    """Such a file. Every byte string is one."""

    @cached_property
    def entries(self) -> Sequence[White]:
        """What postgrey reads, in order."""
        found: list[White] = []
        at = 0
        for number, line in enumerate(self._raw.split(b"\n"), 1):
            cut, _, note = line.partition(b"#")
            text = cut.strip()
            if text:
                start = at + cut.index(text)
                found.append(White(text, number, start, start + len(text), note.strip()))
            at += len(line) + 1
        return found

    @cached_property
    def off(self) -> Sequence[White]:
        """Entries that are commented out, in order."""
        found: list[White] = []
        at = 0
        for number, line in enumerate(self._raw.split(b"\n"), 1):
            match = _OFF.match(line)
            if match is not None:
                start, end = (at + place for place in match.span("text"))
                note = (match["note"] or b"").removeprefix(b"#").strip()
                found.append(White(match["text"], number, start, end, note))
            at += len(line) + 1
        return found

    @property
    def problems(self) -> Sequence[Problem]:
        """Lines that postgrey passes over."""
        return [
            Problem(each.line, f"{safe(each.text, 60)} holds a blank: postgrey passes it over")
            for each in self.entries
            if len(each.text.split()) > 1
        ]

    def find(self, text: bytes) -> White | None:
        """The entry with this text, whatever its case."""
        wanted = text.strip().lower()
        return next((each for each in self.entries if each.text.lower() == wanted), None)

    def find_off(self, text: bytes) -> White | None:
        """The entry with this text that is commented out, whatever its case."""
        wanted = text.strip().lower()
        return next((each for each in self.off if each.text.lower() == wanted), None)

    def switch(self, text: bytes, on: bool) -> list[Splice]:  # as its edit has it
        """Comment an entry out, each time it stands there, or one in again. Raises Missing, and Refused for
        one that could not be told from prose."""
        wanted = text.strip().lower()
        if on:
            found = self.find_off(text)
            if found is None:
                raise Missing(safe(text))
            return [Splice(found.start - 1, found.start, b"")]
        mine = [each for each in self.entries if each.text.lower() == wanted]
        if not mine:
            raise Missing(safe(text))
        if any(not _OFF.match(b"#" + each.text) for each in mine):
            raise Refused(f"“{safe(text)}” as a comment would be prose", "take it out")
        return [Splice(each.start, each.start, b"#") for each in mine]

    def add(self, text: bytes, note: bytes = b"") -> list[Splice]:
        """An entry more, at the end, with a comment behind it; nothing where it is there. Raises Refused."""
        text = text.strip()
        if not text or b"#" in text or len(text.split()) != 1 or b"\0" in text:
            raise Refused(f"“{safe(text)}” is no entry of such a list", "one word, without blanks and #")
        if self.find(text) is not None:
            return []
        newline = self.lines.newline
        at = len(self._raw)
        behind = b"   # " + b" ".join(note.split()) if note.strip() else b""
        return [Splice(at, at, (newline if self.lines.ends_open else b"") + text + behind + newline)]

    def remove(self, text: bytes) -> list[Splice]:
        """Take an entry out, each time it stands there, with its line. Raises Missing."""
        wanted = text.strip().lower()
        mine = [each for each in self.entries if each.text.lower() == wanted]
        if not mine:
            raise Missing(safe(text))
        starts = self.lines.starts
        return [Splice(starts[each.line - 1], starts[each.line], b"") for each in mine]

    def change(self, text: bytes, to: bytes) -> list[Splice]:
        """Another entry in the place of one, with its comment. Raises Missing, Refused."""
        found = self.find(text)
        if found is None:
            raise Missing(safe(text))
        self.add(to)  # for what it refuses
        return [Splice(found.start, found.end, to.strip())]


def means(text: bytes, listed: Listed) -> str:
    """What an entry lets through, in words; Raises Refused for one that can match nothing."""
    text = text.strip()
    shown = decode(text)
    if len(text) > 2 and text.startswith(b"/") and text.endswith(b"/"):
        what = "clients whose name" if listed == "clients" else "recipients who"
        return f"{what} match the pattern {safe(shown)}"
    return _client(text, shown) if listed == "clients" else _recipient(text, shown)


def _client(text: bytes, shown: str) -> str:
    if _ADDRESS.match(text):
        return f"clients in {safe(shown)}" if b"/" in text else f"the client {safe(shown)}"
    if _PARTS.match(text):
        return f"clients whose address begins with {safe(shown)}. (postgrey takes it as a /24)"
    if _IPV6.match(text):
        return f"clients in {safe(shown)}" if b"/" in text else f"the client {safe(shown)}"
    if not _HOST.match(text):
        raise Refused(
            f"“{safe(shown)}” is no client", "a host name, a domain, an address, a.b.c, or /pattern/"
        )
    return f"{safe(shown)} and the hosts below it"


def _recipient(text: bytes, shown: str) -> str:
    user, sign, domain = text.partition(b"@")
    if b"@" in domain or (sign and not user) or (not sign and not _HOST.match(text)):
        raise Refused(f"“{safe(shown)}” is no recipient", "user@domain, user@, a domain, or /pattern/")
    if not sign:
        return f"all recipients in {safe(shown)} and below it"
    if not domain:
        return f"{safe(decode(user))} in every domain, with extensions"
    return f"{safe(shown)}, with extensions"
