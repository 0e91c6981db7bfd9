"""Which accounts the log shows: those that logged in and handed mail in. It is read from its end."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from mailtui.maillog.source import Source, find
from mailtui.maillog.stamp import when
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode

MOST = 32 << 20
"""Bytes of the log that are looked at, the last ones."""
_LOGGED_IN = re.compile(rb": client=[^\n]*?, sasl_method=[^\n,]+, sasl_username=([^\n,]+)")


class Seen(NamedTuple):
    """What the log shows. `names`: each sasl_username with how often mail was handed in by it. `days` that
    the log goes back, 0 where that is not known."""

    names: Mapping[str, int]
    days: float
    since: str


def seen(instance: Instance, source: Source | None = None) -> Seen:
    """The logins of the log file there is; nothing of a journal. Raises ParameterError."""
    log = source or find(instance.log_file or "")
    if log.kind != "file" or log.why:
        return Seen({}, 0.0, "")
    try:
        with open(log.path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - MOST))
            raw = stream.read(MOST)
    except OSError:
        return Seen({}, 0.0, "")
    if size > MOST:
        raw = raw[raw.find(b"\n") + 1 :]
    names: dict[str, int] = {}
    for match in _LOGGED_IN.finditer(raw):
        name = decode(match[1])
        names[name] = names.get(name, 0) + 1
    first = when(raw[: raw.find(b"\n") + 1])
    if first is None:
        return Seen(names, 0.0, "")
    days = (datetime.now(UTC) - first).total_seconds() / 86400
    return Seen(names, days, first.strftime("%Y-%m-%d"))
