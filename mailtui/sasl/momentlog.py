"""The log lines of a moment: what smtpd said while a login was tried."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from mailtui import commands
from mailtui.maillog.source import Source, find
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, safe

PATIENCE = 1.5
"""Seconds until the lines of a session that has ended are in the log."""
_LOOK = 0.05
_MOST = 1 << 20
_KEPT = 40
"""Lines that are kept at most, the last ones."""
_TELLING = ("SASL", "fatal", "panic", "warning", "error", "reject")


class Moment(NamedTuple):
    """Where the log stood."""

    source: Source
    size: int
    inode: int
    time: float


def now(instance: Instance, wanted: str = "auto") -> Moment:
    """The log as it stands now. `wanted`: as --log says."""
    try:
        log_file = instance.log_file or ""
    except InstanceError:
        log_file = ""
    source = find(log_file, wanted)
    size = inode = 0
    if source.kind == "file" and not source.why:
        found = os.stat(source.path)
        size, inode = found.st_size, found.st_ino
    return Moment(source, size, inode, time.time())


def since(moment: Moment, *, until: str = "disconnect from ") -> list[str]:
    """What smtpd said since, made safe; it is waited a moment for the line `until`. Empty where there is no
    log to read."""
    end = time.monotonic() + PATIENCE
    while True:
        lines = _lines(moment)
        mine = [line for line in lines if "/smtpd[" in line or "/master[" in line]
        done = any(until in line or "fatal" in line for line in mine)
        if done or time.monotonic() > end or moment.source.why or moment.source.kind == "none":
            return [safe(line) for line in mine if any(word in line for word in _TELLING)][-_KEPT:]
        time.sleep(_LOOK)


def _lines(moment: Moment) -> list[str]:
    source = moment.source
    if source.kind == "journal":
        argv = ["journalctl", "--no-pager", "-q", f"--since=@{moment.time:.0f}", "-o", "short-iso"]
        argv += ["-D", source.path] if source.path else []
        try:
            return decode(commands.ask([*argv, "SYSLOG_FACILITY=2"], timeout=5).out).splitlines()
        except commands.CommandError:
            return []
    if source.kind != "file" or source.why:
        return []
    try:
        with open(source.path, "rb") as stream:
            if os.fstat(stream.fileno()).st_ino == moment.inode:
                stream.seek(moment.size)
            return decode(stream.read(_MOST)).splitlines()
    except OSError:
        return []
