"""Who guesses passwords: the logins that failed in the last day of the log, by client and by account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mailtui.maillog.lastblocks import last_blocks
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

_PATTERNS = ((_FAILED, b" authentication failed"), (_SAID, b"auth failure: [user="))
"""With what stands in every line that one of them finds."""


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
    since = (now or datetime.now(UTC)) - DAY
    found, path = _Found(), ""
    if log.kind == "file" and not log.why:
        for block in last_blocks(log.path, MOST):
            path = log.path
            for pattern, mark in _PATTERNS:
                if mark in block:  # quicker than the pattern, and most blocks have none
                    found.add(pattern, block, since)
    return Guesses(found.clients, found.accounts, found.last, found.total, path)


class _Found:
    """What was counted so far."""

    def __init__(self) -> None:
        self.clients: dict[str, int] = {}
        self.accounts: dict[str, int] = {}
        self.last: dict[str, bytes] = {}
        self.total = 0

    def add(self, pattern: re.Pattern[bytes], block: bytes, since: datetime) -> None:
        """Count what a block of lines says of failures since then."""
        for match in pattern.finditer(block):
            line = block[block.rfind(b"\n", 0, match.start()) + 1 : match.end()]
            at = when(line)
            if at is None or at < since:
                continue
            if "address" in pattern.groupindex:
                self.total += 1
                client = decode(match["address"])
                self.clients[client] = self.clients.get(client, 0) + 1
                self.last[client] = line
            if match["user"]:
                user = decode(match["user"])
                self.accounts[user] = self.accounts.get(user, 0) + 1
