"""When each key last signed, by the log: `DKIM-Signature field added (s=mail, d=falcot.com)`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import datetime

from mailtui import commands
from mailtui.maillog.source import Source
from mailtui.maillog.stamp import when
from mailtui.text.safe import decode

REACH = 32 << 20
"""Bytes of the end of a log file that are looked through."""
_LINES = 20_000
"""Lines of the journal, likewise."""
_SIGNED = re.compile(rb"DKIM-Signature field added \(s=([^\s,)]+),? d=([^\s,)]+)\)")


def last_used(source: Source, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """The newest signature of each wanted (domain, selector) in the last REACH bytes; those that made none
    there are left out. Takes a while on a large log; never raises."""
    try:
        raw = _tail(source.path) if source.kind == "file" else _journal(source.path)
    except (OSError, commands.CommandError):
        return {}
    return found_in(raw, {(domain.lower(), selector) for domain, selector in wanted})


def found_in(raw: bytes, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """The same for lines that are at hand."""
    lines: dict[tuple[str, str], int] = {}
    for match in _SIGNED.finditer(raw):
        key = decode(match[2]).lower(), decode(match[1])
        if key in wanted:
            lines[key] = match.start()
    found = {key: when(_line(raw, at)) for key, at in lines.items()}
    return {key: moment for key, moment in found.items() if moment is not None}


def _line(raw: bytes, at: int) -> bytes:
    end = raw.find(b"\n", at)
    return raw[raw.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(raw)]


def _tail(path: str) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - REACH))
        return file.read(REACH)


def _journal(place: str) -> bytes:
    where = ["--directory" if os.path.isdir(place) else "--file", place] if place else []
    argv = ["journalctl", "-q", "--no-pager", "-o", "short-iso", "-t", "opendkim", "-n", str(_LINES), *where]
    return commands.ask(argv, timeout=20).out
