"""Messages that belong together: by SASL user, client, sender, recipient domain, or reason."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
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
SUSPENDED = "delivery temporarily suspended: "
"""Before the reason of another message to the same destination."""
PART = 512
"""Messages between two questions whether anybody still waits."""


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
    said = reply(encode(reason.removeprefix(SUSPENDED)))
    return said.removeprefix("connect to : ")  # an address literal stood there


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


def matched(listing: Listing, query: QueueQuery, origins: Origins, row: int) -> Entry | None:
    """A message if it satisfies a query. It is parsed only if its line holds what a match must."""
    if query.needles:
        line = listing.line(row).lower()
        if not all(needle in line for needle in query.needles):
            return None
    entry = listing.entry(row)
    return entry if query.empty or query.matches(entry, origins.of(entry.queue_id)) else None


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
    for count, row in enumerate(listing.order if rows is None else rows):
        if count % PART == 0 and stopped():
            break
        entry = matched(listing, query, origins, row)
        if entry is None:
            continue
        origin = origins.of(entry.queue_id)
        for key in keys_of(by, entry, origin):
            group = found.get(key)
            if group is None:
                group = found[key] = Group(by, key)
            group.add(row, entry, origin)
    return sorted(found.values(), key=lambda group: (-len(group.rows), not group.key, group.key))


def inside(
    listing: Listing, origins: Origins, by: By, key: str, stopped: Callable[[], bool] = lambda: False
) -> array[int]:
    """The rows of one group, the oldest first; as far as it came, once `stopped` says so."""
    found = array("I")
    for count, row in enumerate(listing.order):
        if count % PART == 0 and stopped():
            break
        entry = listing.entry(row)
        if key in keys_of(by, entry, origins.of(entry.queue_id)):
            found.append(row)
    return found
