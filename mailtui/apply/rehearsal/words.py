"""What a rehearsal's log says, in a form that two rehearsals can be compared in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

_LINE = re.compile(r"(?P<tag>[^\[\s]+)\[\d+\]: (?P<text>(?P<level>warning|error|fatal|panic): .*)", re.DOTALL)
_PASSING = re.compile(
    r"\bpid \d+|\bprocess id \d+|\bline \d+|\b[0-9A-F]{6,}\b(?=:)|127\.0\.0\.1:\d{5}|\[127\.0\.0\.1\]:\d{5}"
)
_NOISE = re.compile(
    r"Must issue a STARTTLS|premature end-of-input|unexpected end-of-input|end of file while reading|"
    r"reading input attribute|malformed request|end-of-input while|timeout on|lost connection|"
    r"private/(?:rewrite|proxymap|tlsmgr|anvil) socket: (?:Connection reset|malformed)"
)
"""What our own knocking makes daemons say."""


class Alarm(NamedTuple):
    """One complaint: the program, how bad, and its words. Ordered as first said."""

    program: str
    level: str
    text: str

    def __str__(self) -> str:
        return f"{self.program}: {self.text}"


def program_of(tag: str) -> str:
    """`postfix/submission/smtpd` → `smtpd`."""
    return tag.rpartition("/")[2]


def alarms(lines: Iterable[str]) -> list[Alarm]:
    """The complaints among log lines, each once."""
    found: dict[Alarm, None] = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None or _NOISE.search(match["text"]):
            continue
        text = _PASSING.sub("…", match["text"])
        found[Alarm(program_of(match["tag"]), match["level"], text)] = None
    return list(found)


def new(before: Iterable[Alarm], after: Iterable[Alarm]) -> list[Alarm]:
    """The complaints that only the second rehearsal gave. What a program that ended in the first warns of now
    is not counted: it lived too short to say it then, and a change that mends it makes nothing worse. With
    master(8) all of them ended."""
    old = Counter(before)
    ended = {alarm.program for alarm in old if alarm.level in {"fatal", "panic"}}
    found = [alarm for alarm in after if not old[alarm]]
    return [
        alarm for alarm in found if alarm.level != "warning" or ended.isdisjoint({alarm.program, "master"})
    ]


def causes(found: Iterable[Alarm]) -> list[Alarm]:
    """The complaints without those of master(8) about a program that says itself why it ends."""
    found = list(found)
    ended = {alarm.program for alarm in found if alarm.level in {"fatal", "panic"}} - {"master"}
    return [
        alarm
        for alarm in found
        if not (alarm[:2] == ("master", "warning") and any(f"/{program}" in alarm.text for program in ended))
    ]
