"""What the log says of processes that ended: a fatal or panic of Postfix is a finding (msg(3))."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailtui.doctor.model import About, Finding
from mailtui.text.safe import decode, safe

_ENDED = re.compile(rb"(?m)^.*? ([\w./-]*postfix[\w./-]*)\[\d+\]: (fatal|panic): (.+)$")
_NUMBERS = re.compile(rb"\d+")
MOST = 20
"""Kinds that are told of one by one."""


@dataclass(slots=True)
class _Ended:
    program: str
    word: str
    text: str
    count: int = 0


class Ends:
    """Counts them, those that differ in numbers alone as one."""

    def __init__(self) -> None:
        self._found: dict[tuple[bytes, bytes], _Ended] = {}

    def add(self, block: bytes) -> None:
        """Look at some lines of a log."""
        if b"fatal: " not in block and b"panic: " not in block:
            return
        for program, word, text in _ENDED.findall(block):
            said = text.rstrip(b"\r")
            key = (program, _NUMBERS.sub(b"0", said))
            known = self._found.setdefault(key, _Ended(decode(program), decode(word), decode(said)))
            known.count += 1
            known.text = decode(said)

    def findings(self, log: str, hours: int) -> Sequence[Finding]:
        """What was counted over the last hours in `log`, the commonest first."""
        common = sorted(self._found.values(), key=lambda each: -each.count)[:MOST]
        return [_finding(each, log, hours) for each in common]


def _finding(each: _Ended, log: str, hours: int) -> Finding:
    times = f"{each.count} times" if each.count > 1 else "once"
    return Finding(
        "log-fatal", "warning", f"{safe(each.program)}: {each.word}: {safe(each.text, 120)}", log, None,
        f"it ended so {times} in the last {hours} hours; it may have been mended since", None,
        "look at it in the log: mailtui log --filter fatal", about=About("log", "level:fatal"),
    )  # fmt: skip
