"""One entry of master.cf (master(5)): eight fields, then arguments, `-o name=value` among them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mailtui.formats.lists import BLANKS, Item, each, payload
from mailtui.formats.values import SPACE, Layout, Parts, split
from mailtui.text.safe import decode, safe

FIELDS = ("service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command")
"""The columns in order, by the names that Postfix gives them."""

TYPES = ("inet", "unix", "unix-dgram", "fifo", "pass")
"""What a service can listen on."""

_GRAMMAR: Mapping[str, re.Pattern[bytes]] = {
    "service": re.compile(rb"[^#\s].*", re.DOTALL),
    "type": re.compile("|".join(TYPES).encode()),
    "private": re.compile(rb"[yn-]"),
    "unprivileged": re.compile(rb"[yn-]"),
    "chroot": re.compile(rb"[yn-]"),
    "wakeup": re.compile(rb"[0-9]+\??|-"),
    "process_limit": re.compile(rb"[0-9]+|-"),
    "command": re.compile(rb"(?!-$)[^{\s]+"),
}
_SHOULD_BE = {
    "type": "must be one of " + ", ".join(TYPES),
    "private": "must be y, n or -",
    "unprivileged": "must be y, n or -",
    "chroot": "must be y, n or -",
    "wakeup": "must be a number of seconds, with an optional ? behind it, or -",
    "process_limit": "must be a number or -",
    "command": "must be the name of a program",
    "service": "must be a name or a port",
}

_NO_ARGUMENTS = frozenset(
    b"anvil bounce cleanup discard dnsblog error flush lmtp local oqmgr pickup postlogd postscreen proxymap"
    b" qmgr scache showq smtp smtpd tlsmgr tlsproxy trivial-rewrite verify virtual".split()
)
"""Daemons of Postfix that take options alone; any other argument is fatal to them."""


class Option(NamedTuple):
    """One `-o name=value`. Of several with one name the last that is enabled counts.

    `line` counts from 1; `start` and `end` are the bytes from the `-o` to the end of its value.
    """

    name: str
    value: bytes
    line: int
    start: int
    end: int
    enabled: bool


class Service(NamedTuple):
    """One entry, in force or commented out.

    `fields`: the eight columns (`FIELDS`) as written; `-` stands for the default. `arguments`: all that
    follows the command, as master(8) hands it on (braces and blanks just inside taken off). `options`:
    its `-o` in the order of the file, those that are commented out included. `start` and `end`: the
    bytes from the first line to the end of the last continuation.
    """

    fields: tuple[str, ...]
    arguments: tuple[bytes, ...]
    options: tuple[Option, ...]
    line: int
    start: int
    end: int
    enabled: bool

    @property
    def name(self) -> str:
        """What is listened on: a port, `host:port`, or a socket's name."""
        return self.fields[0]

    @property
    def type(self) -> str:
        return self.fields[1]

    @property
    def private(self) -> str:
        return self.fields[2]

    @property
    def unprivileged(self) -> str:
        return self.fields[3]

    @property
    def chroot(self) -> str:
        return self.fields[4]

    @property
    def wakeup(self) -> str:
        """Seconds, or with a `?` only once the service has been used."""
        return self.fields[5]

    @property
    def process_limit(self) -> str:
        return self.fields[6]

    @property
    def command(self) -> str:
        """The daemon, found in daemon_directory."""
        return self.fields[7]

    def option(self, name: str) -> Option | None:
        """The `-o` of that name that counts, None where main.cf holds."""
        return next((o for o in reversed(self.options) if o.name == name and o.enabled), None)

    @property
    def values(self) -> dict[str, bytes]:
        """What the options set, as the daemon sees it."""
        return {option.name: option.value for option in self.options if option.enabled}


class Setting(NamedTuple):
    """Where a `-o name=value` stands in the text: `flag` and `argument` are item numbers, `flag` equal to
    `argument` where they are one (`-oname=value`). `start` and `end` enclose the value's bytes, `inner` the
    text that holds `name=value`. A faulty one has `wrong` set, and no name."""

    flag: int
    argument: int
    name: bytes
    start: int
    end: int
    inner: tuple[int, int]
    wrong: str = ""


def stripped(item: Item) -> tuple[int, int]:
    """The part of an argument that master(8) hands on: within the braces, if it begins with one."""
    size = payload(item.text)
    if not item.text.startswith(b"{"):
        return item.start, item.end
    inner = item.text[1 : size - 1] if size else item.text[1:]
    left = len(inner) - len(inner.lstrip(SPACE))
    kept = inner.strip(SPACE)
    return item.start + 1 + left, item.start + 1 + left + len(kept)


def settings(text: bytes, items: Sequence[Item]) -> tuple[list[Setting], int]:
    """The `-o` among the arguments, and the number of the first item that is neither option nor value."""
    result: list[Setting] = []
    at = len(FIELDS)
    while at < len(items):
        start, end = stripped(items[at])
        word = text[start:end]
        if not word.startswith(b"-") or word in (b"-", b"--"):
            break
        flag = word.find(b"o", 1)
        if flag < 0:
            at += 1
        elif flag + 1 < len(word):
            result.append(_setting(text, at, at, start + flag + 1, end))
            at += 1
        elif at + 1 < len(items):
            result.append(_setting(text, at, at + 1, *stripped(items[at + 1])))
            at += 2
        else:
            result.append(Setting(at, at, b"", end, end, (end, end), "-o without a name=value behind it"))
            at += 1
    return result, at


def _setting(text: bytes, flag: int, argument: int, start: int, end: int) -> Setting:
    left = len(text[start:end]) - len(text[start:end].lstrip(SPACE))
    start += left
    parts = split(text[start:end])
    if isinstance(parts, Parts):
        name = text[start : start + parts.name_end]
        return Setting(flag, argument, name, start + parts.start, start + parts.end, (start, end))
    shown = safe(text[start:end], 60)
    wrong = f"-o {shown}: {parts}; blanks around the = need {{ }} around it all"
    return Setting(flag, argument, b"", end, end, (start, end), wrong)


def arguments(text: bytes, items: Sequence[Item]) -> tuple[bytes, ...]:
    """What follows the command, as master(8) hands it on."""
    return tuple(text[slice(*stripped(item))] for item in items[len(FIELDS) :])


def left_over(text: bytes) -> tuple[bytes, ...]:
    """The arguments of an entry that are no `-o name=value`, as they are written."""
    items = split_entry(text)
    taken = {number for setting in settings(text, items)[0] for number in (setting.flag, setting.argument)}
    return tuple(item.text for at, item in enumerate(items) if at >= len(FIELDS) and at not in taken)


def split_entry(text: bytes) -> list[Item]:
    """Fields and arguments of a logical line."""
    return list(each(text, BLANKS))


def options(layout: Layout, items: Sequence[Item], *, enabled: bool = True) -> list[Option]:
    """The `-o name=value` of an entry."""
    text = layout.text
    return [
        Option(
            decode(setting.name),
            text[setting.start : setting.end],
            layout.line(items[setting.flag].start) + 1,
            layout.start(items[setting.flag].start),
            layout.end(items[setting.argument].end),
            enabled,
        )
        for setting in settings(text, items)[0]
        if not setting.wrong
    ]


def looks_like_service(text: bytes) -> bool:
    """Whether the text of a comment line has the fields of an entry."""
    words = [item.text for item in each(text, BLANKS)]
    if len(words) < len(FIELDS):
        return False
    return all(_GRAMMAR[field].fullmatch(word) for field, word in zip(FIELDS, words, strict=False))


def wrong_field(field: str, value: bytes) -> str:
    """What is wrong with the value of a field; empty if nothing."""
    if _GRAMMAR[field].fullmatch(value):
        return ""
    return f"{field} “{safe(value)}” {_SHOULD_BE[field]}"


def faults(text: bytes) -> list[tuple[int, str]]:
    """What is wrong with an entry, each with its offset in the text, and what dies of it."""
    items = split_entry(text)
    if len(items) < len(FIELDS):
        count = f"{len(items)} field{'s' if len(items) != 1 else ''} where {len(FIELDS)} are needed"
        return [(0, f"{count}; {_ALL_DIE}")]
    result: list[tuple[int, str]] = []
    for field, item in zip(FIELDS, items, strict=False):
        wrong = wrong_field(field, item.text)
        # postconf lets pass what it does not look at: the command, and a lone question mark
        ends = _MASTER_EXITS if field in ("command", "service") or item.text in (b"?", b"-?") else _ALL_DIE
        if wrong:
            result.append((item.start, f"{wrong}; {ends}"))
    if items[1].text == b"inet" and items[2].text in (b"y", b"-"):
        result.append((items[2].start, f"an inet service cannot be private: write n; {_MASTER_EXITS}"))
    return result + _argument_faults(text, items)


_ALL_DIE = "postconf dies of it, and so does every postfix command"
_MASTER_EXITS = "master exits when it reads this"
_DAEMON_DIES = "the daemon dies of it"


def _argument_faults(text: bytes, items: Sequence[Item]) -> list[tuple[int, str]]:
    result: list[tuple[int, str]] = []
    for item in items[len(FIELDS) :]:
        if item.text.startswith(b"{") and payload(item.text) != len(item.text):
            what = "text directly behind a }" if payload(item.text) else "a { that is not closed"
            result.append((item.start, f"{what}; {_MASTER_EXITS}"))
        elif item.text.count(b"{") > item.text.count(b"}"):
            result.append((item.start, "a { that is not closed takes in all that follows"))
    found, rest = settings(text, items)
    result += [(items[s.flag].start, f"{s.wrong}; {_DAEMON_DIES}") for s in found if s.wrong]
    command = items[len(FIELDS) - 1].text
    for item in items[rest:]:
        if item.text.startswith(b"#"):
            result.append((item.start, f"# is no comment behind other text; {_DAEMON_DIES}"))
            break
        if command in _NO_ARGUMENTS and not any(s.wrong for s in found):
            result.append((item.start, f"“{safe(item.text)}” is no option; {_DAEMON_DIES}"))
            break
    return result
