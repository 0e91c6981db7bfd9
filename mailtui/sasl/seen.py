"""Which accounts the log shows: those that logged in and handed mail in. It is read from its end."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple

from mailtui.maillog.source import Source, find
from mailtui.maillog.stamp import when
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode

MOST = 32 << 20
"""Bytes of the log that are looked at, the last ones."""
_BLOCK = 1 << 20
"""Bytes that are looked at at a time, up to the end of their last line."""
_LOGGED_IN = re.compile(rb": client=[^\n]*?, sasl_method=[^\n,]+, sasl_username=([^\n,]+)")


class Seen(NamedTuple):
    """What the log shows. `names`: each sasl_username with how often mail was handed in by it. `days` that
    the log goes back, 0 where that is not known."""

    names: Mapping[str, int]
    days: float
    since: str


def seen(instance: Instance, source: Source | None = None, *, least: float = 0.0) -> Seen:
    """The logins of the log file there is; nothing of a journal. None is counted where the log goes back fewer
    days than `least`. Raises ParameterError."""
    log = source or find(instance.log_file or "")
    if log.kind != "file" or log.why:
        return Seen({}, 0.0, "")
    try:
        with open(log.path, "rb") as stream:
            return _counted(stream, least)
    except OSError:
        return Seen({}, 0.0, "")


def _counted(stream: BinaryIO, least: float) -> Seen:
    left = os.fstat(stream.fileno()).st_size
    if left > MOST:
        stream.seek(left - MOST)
        stream.readline()
        left = MOST
    begin = stream.tell()
    first = when(stream.readline(_BLOCK))
    days = (datetime.now(UTC) - first).total_seconds() / 86400 if first is not None else 0.0
    names: dict[str, int] = {}
    if days >= least:
        stream.seek(begin)
        while left > 0 and (block := stream.read(_BLOCK) + stream.readline(_BLOCK)):
            left -= len(block)
            for match in _LOGGED_IN.finditer(block):
                name = decode(match[1])
                names[name] = names.get(name, 0) + 1
    return Seen(names, days, first.strftime("%Y-%m-%d") if first is not None else "")
