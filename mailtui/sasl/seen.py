"""Which accounts the log shows: those that logged in and handed mail in. It is read from its end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from mailtui.maillog.lastblocks import last_blocks
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


def seen(instance: Instance, source: Source | None = None, *, least: float = 0.0) -> Seen:
    """The logins of the log file there is; nothing of a journal. None is counted where the log goes back
    fewer days than `least`. Raises ParameterError."""
    log = source or find(instance.log_file or "")
    if log.kind != "file" or log.why:
        return Seen({}, 0.0, "")
    names: dict[str, int] = {}
    days, since = 0.0, ""
    for number, block in enumerate(last_blocks(log.path, MOST)):
        if not number:
            first = when(block[: block.find(b"\n") + 1])
            if first is not None:
                days = (datetime.now(UTC) - first).total_seconds() / 86400
                since = first.strftime("%Y-%m-%d")
            if days < least:
                break
        for match in _LOGGED_IN.finditer(block):
            name = decode(match[1])
            names[name] = names.get(name, 0) + 1
    return Seen(names, days, since)
