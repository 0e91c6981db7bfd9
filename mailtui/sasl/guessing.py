"""Who guesses passwords: the logins that failed in the last day of the log, by client and by account."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mailtui.maillog.source import Source, find
from mailtui.maillog.stamp import when
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode

DAY = timedelta(days=1)
MOST = 32 << 20
"""Bytes of the log that are looked at, the last ones."""
MANY = 10
"""Failures of one client or of one account in a day that are no slip of the finger."""
_FAILED = re.compile(
    rb": warning: (?P<name>[^\s\[\]]+)\[(?P<address>[^\]\s]+)\]: SASL [\w-]+ authentication failed"
    rb"[^\n]*?(?:, sasl_username=(?P<user>[^\n,]+))?(?=\r?\n|$)"
)
_SAID = re.compile(rb"saslauthd\[\d+\]: [^\n]*auth failure: \[user=(?P<user>[^\]\n]*)\]")


class Guesses(NamedTuple):
    """Failed logins in the last day. `last`: the last line of each client."""

    clients: Mapping[str, int]
    accounts: Mapping[str, int]
    """As clients gave them; empty where nothing logs the name (Postfix does from 3.8 on, saslauthd does)."""
    last: Mapping[str, bytes]
    total: int
    path: str

    @property
    def by_client(self) -> list[tuple[str, int]]:
        """Those with MANY, the busiest first."""
        return _many(self.clients)

    @property
    def by_account(self) -> list[tuple[str, int]]:
        return _many(self.accounts)


def _many(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((who, count) for who, count in found.items() if count >= MANY), key=lambda each: -each[1])


def guesses(instance: Instance, source: Source | None = None, now: datetime | None = None) -> Guesses:
    """The failures in the log file there is; nothing of a journal. Raises ParameterError."""
    log = source or find(instance.log_file or "")
    raw = _tail(log.path) if log.kind == "file" and not log.why else b""
    since = (now or datetime.now(UTC)) - DAY
    clients: dict[str, int] = {}
    accounts: dict[str, int] = {}
    last: dict[str, bytes] = {}
    total = 0
    for match in reversed([*_FAILED.finditer(raw), *_SAID.finditer(raw)]):
        start = raw.rfind(b"\n", 0, match.start()) + 1
        line = raw[start : match.end()]
        at = when(line)
        if at is None or at < since:
            continue
        if "address" in match.re.groupindex:
            total += 1
            client = decode(match["address"])
            clients[client] = clients.get(client, 0) + 1
            last.setdefault(client, line)
        if match["user"]:
            user = decode(match["user"])
            accounts[user] = accounts.get(user, 0) + 1
    return Guesses(clients, accounts, last, total, log.path if raw else "")


def _tail(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - MOST))
            raw = stream.read(MOST)
    except OSError:
        return b""
    return raw[raw.find(b"\n") + 1 :] if size > MOST else raw
