"""Messages that belong together: by SASL user, client, sender, recipient domain, or reason."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, get_args

from mailtui.maillog.reasons import reply
from mailtui.postfix.mailqueue.entry import HOLD, NULL_SENDER, Entry
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.postfix.mailqueue.origins import Origin, Origins
from mailtui.postfix.mailqueue.query import QueueQuery
from mailtui.text.safe import encode

By = Literal["user", "client", "sender", "domain", "reason"]
BYS: tuple[By, ...] = get_args(By)
TITLES: dict[By, str] = {
    "user": "SASL user", "client": "client", "sender": "sender", "domain": "recipient domain",
    "reason": "reason",
}  # fmt: skip
NOT_TRIED = "not tried yet"
PART = 512
"""Messages that are looked at between two moments in which others may go on."""


class Group:
    """Messages with the same key, which is empty where there is nothing to go by. One of several domains or
    reasons is in a group of each."""

    __slots__ = ("by", "clients", "domains", "held", "key", "oldest", "reasons", "rows", "senders", "size")

    def __init__(self, by: By, key: str) -> None:
        self.by, self.key = by, key
        self.rows = array("I")
        """Their rows in the listing."""
        self.held = 0
        self.size = 0
        self.oldest = 0
        """When the one that waits longest arrived."""
        self.domains: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.clients: Counter[str] = Counter()
        self.senders: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: int, entry: Entry, origin: Origin) -> None:
        self.rows.append(row)
        self.held += entry.queue == HOLD
        self.size += entry.size
        self.oldest = min(self.oldest, entry.arrived) if len(self.rows) > 1 else entry.arrived
        self.domains.update(entry.domains)
        if entry.reason:
            self.reasons[bare(entry.reason)] += 1
        if origin.client:
            self.clients[origin.client] += 1
        self.senders[entry.sender] += 1

    @property
    def forged(self) -> int:
        """Messages of a SASL user whose sender is not that user's address."""
        if self.by != "user" or not self.key:
            return 0
        name, at, _ = self.key.lower().partition("@")
        return sum(
            count
            for sender, count in self.senders.items()
            if sender != NULL_SENDER
            and not (sender.lower() == self.key.lower() if at else sender.lower().partition("@")[0] == name)
        )


def bare(reason: str) -> str:
    """A reason without what differs from mail to mail."""
    return reply(encode(reason))


def keys_of(by: By, entry: Entry, origin: Origin) -> list[str]:
    """The keys of the groups that a message is in."""
    match by:
        case "user":
            return [origin.user]
        case "client":
            return [origin.client]
        case "sender":
            return [entry.sender]
        case "domain":
            return entry.domains or [""]
        case _:
            return list(dict.fromkeys(bare(each.reason) for each in entry.recipients if each.reason)) or [""]


def matching(
    listing: Listing, query: QueueQuery, origins: Origins, rows: Iterable[int]
) -> Iterator[tuple[int, Entry] | None]:
    """The messages that satisfy a query, in the order of `rows`; None after each PART of them. Only those are
    parsed whose line holds what a match must."""
    needles = query.needles
    for count, row in enumerate(rows, 1):
        if count % PART == 0:
            yield None
        if needles:
            line = listing.line(row).lower()
            if not all(needle in line for needle in needles):
                continue
        entry = listing.entry(row)
        if query.empty or query.matches(entry, origins.of(entry.queue_id)):
            yield row, entry


def grouped(
    listing: Listing,
    query: QueueQuery,
    origins: Origins,
    by: By,
    rows: Iterable[int] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Group]:
    """The groups of the messages that satisfy a query, the largest first; of `rows`, or all. What there is
    so far, once `stopped` says so."""
    found: dict[str, Group] = {}
    for each in matching(listing, query, origins, listing.order if rows is None else rows):
        if each is None:
            if stopped():
                break
            continue
        row, entry = each
        origin = origins.of(entry.queue_id)
        for key in keys_of(by, entry, origin):
            group = found.get(key)
            if group is None:
                group = found[key] = Group(by, key)
            group.add(row, entry, origin)
    return sorted(found.values(), key=lambda group: (-len(group.rows), group.key))
