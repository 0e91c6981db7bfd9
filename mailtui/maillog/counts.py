"""What is counted of a minute, a domain or an address, and how an address is named there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from mailtui.maillog.stamp import when


@dataclass(slots=True)
class Sums:
    """Counts of one domain or address."""

    messages: int = 0
    size: int = 0
    deferred: int = 0
    bounced: int = 0


@dataclass(slots=True)
class Minute:
    """Counts of one minute; `stamp` is the time of its first counted line as it stands there, `now` what it
    cannot be later than."""

    stamp: bytes
    now: datetime | None
    received: int = 0
    delivered: int = 0
    deferred: int = 0
    bounced: int = 0
    rejected: int = 0

    def at(self) -> datetime | None:
        """Its beginning."""
        moment = when(self.stamp, self.now)
        return moment.replace(second=0, microsecond=0) if moment is not None else None


@lru_cache(maxsize=65536)
def text_of(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=65536)
def address_of(raw: bytes) -> str:
    """An address as it is counted: the domain in lower case."""
    local, at, domain = raw.decode("utf-8", "surrogateescape").rpartition("@")
    return f"{local}{at}{domain.lower()}" if at else domain


def domain_of(address: str) -> str:
    _local, at, domain = address.rpartition("@")
    return domain if at else "<>" if not address else "(no domain)"
