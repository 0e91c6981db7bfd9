"""Ages, sizes and counts of a queue in few words."""

from __future__ import annotations

from mailtui.postfix.mailqueue.listing import Listing

QUEUES = ("active", "incoming", "deferred", "hold", "maildrop", "corrupt")
"""The queues in the order in which they are told."""
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def age(seconds: float) -> str:
    """`22 m`, `2 h`, `5 d`; of less than a minute `9 s`, of a time to come `0 s`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def amount(size: int) -> str:
    """`914`, `4 k`, `12 M`."""
    if size < 1000:
        return str(size)
    return f"{size / 1024:.0f} k" if size < 1000 << 10 else f"{size / (1 << 20):.1f} M"


def counts(listing: Listing) -> list[tuple[str, int]]:
    """The queues that hold anything, and how many messages; one that nobody knows comes last."""
    known = [(name, listing.counts[name]) for name in QUEUES if listing.counts.get(name)]
    return known + sorted(item for item in listing.counts.items() if item[0] not in QUEUES)


def counts_words(listing: Listing, now: float) -> str:
    """`1,318 deferred · 2 active · 1 hold · oldest 2 h`."""
    parts = [f"{count:,} {name}" for name, count in counts(listing)]
    if listing.oldest is not None:
        parts.append(f"oldest {age(now - listing.oldest)}")
    return " · ".join(parts) or "the queue is empty"
