"""The queue as rows of a list: messages, or groups of them."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Hashable, Sequence

from mailtui.postfix.mailqueue.entry import HOLD, NULL_SENDER, Entry
from mailtui.postfix.mailqueue.groups import SUSPENDED, TITLES, By, Group, bare
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.postfix.mailqueue.origins import Origin, Origins
from mailtui.postfix.mailqueue.stuck import Lifetimes, lasting, stuck
from mailtui.postfix.mailqueue.words import age, amount
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.linelist import Row

MESSAGES = (
    Column("ID", least=11, share=0, drop=130),
    Column("QUEUE", least=6, share=0),
    Column("AGE", least=4, share=0, right=True),
    Column("SIZE", least=6, share=0, right=True, drop=104),
    Column("USER", least=8, share=2, most=24, drop=84),
    Column("FROM", least=10, share=4),
    Column("TO", least=10, share=4),
    Column("REASON", least=10, share=5),
)
_QUEUES = {"deferred": "defer", "incoming": "incom", "maildrop": "drop", "corrupt": "corr"}
_SAID = re.compile(r"host \S+ (?:said|refused to talk to me): (.+)", re.DOTALL)
_CONNECT = re.compile(r"connect to (\S+?)(?:\[[^\]]*\])?(?::\d+)?: (.+)", re.DOTALL)
FORGED = 10
"""From so many forged messages on, if they are most of a user's, the user is marked."""


def group_columns(by: By) -> tuple[Column, ...]:
    """The columns of groups."""
    more = "REASON (TOP)" if by == "domain" else "TO (TOP)"
    who = "SENDERS" if by == "client" else "CLIENTS"
    return (
        Column(
            TITLES[by].upper() if by != "domain" else "DOMAIN", least=10, share=3 if by != "reason" else 5
        ),
        Column("MESSAGES", least=8, share=0, right=True),
        Column("OLDEST", least=6, share=0, right=True),
        Column(who, least=9, share=2, most=28, drop=76),
        Column(more, least=12, share=4),
    )


def top(counter: Counter[str], most: int = 3) -> str:
    """`gmail.com 611, yahoo.com 40, …`"""
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked[:most]) + (
        ", …" if len(ranked) > most else ""
    )


def several(counter: Counter[str]) -> str:
    """`3 (mail.example.net[203.0.113.9] …)`: how many there are, and the one of most messages."""
    if not counter:
        return "–"
    first = min(counter.items(), key=lambda item: (-item[1], item[0]))[0]
    return first if len(counter) == 1 else f"{len(counter)} ({first} …)"


def short(reason: str) -> str:
    """A reason with what matters first: of a refusal the words, of a connection what came of it."""
    text = reason.removeprefix(SUSPENDED)
    said = _SAID.match(text)
    if said is not None:
        return said[1]
    failed = _CONNECT.fullmatch(text)
    return f"{failed[2]}: {failed[1]}" if failed is not None else text


def sender_of(entry: Entry) -> str:
    """The sender as it is shown."""
    return "<>" if entry.sender == NULL_SENDER else entry.sender


def recipients_of(entry: Entry) -> str:
    """The first recipient, and how many more there are."""
    if not entry.recipients:
        return "–"
    more = len(entry.recipients) - 1
    return entry.recipients[0].address + (f" +{more}" if more else "")


def user_of(origin: Origin) -> str:
    """The SASL user; `…` while it is looked for."""
    return origin.user or ("–" if origin.known else "…")


def is_suspicious(group: Group) -> bool:
    """Whether most mail of a SASL user bears another sender: the account may be in other hands."""
    return group.forged >= FORGED and group.forged * 2 > len(group)


def needs_somebody(group: Group) -> bool:
    """Whether a group is marked: its user may be another, or its reason does not pass by itself."""
    return is_suspicious(group) or (group.by == "reason" and bool(lasting(group.key)))


class MessageRows:
    """Messages in the order of `order` (rows of the listing)."""

    def __init__(
        self, listing: Listing, origins: Origins, order: Sequence[int], lives: Lifetimes | None = None
    ) -> None:
        self.listing, self._origins, self.order = listing, origins, order
        self._lives = lives or Lifetimes()
        self._places: dict[int, int] | None = None

    def __len__(self) -> int:
        return len(self.order)

    def key(self, index: int) -> Hashable:
        return self.listing.id_of(self.order[index])

    def find(self, key: Hashable) -> int | None:
        row = self.listing.row_of(key) if isinstance(key, str) else None
        if row is None:
            return None
        if self.order is self.listing.order:
            return self.listing.place_of(row)
        if isinstance(self.order, range):  # as it is being read
            return row if row < len(self.order) else None
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self.order)}
        return self._places.get(row)

    def cells(self, index: int) -> Row:
        entry = self.listing.entry(self.order[index])
        origin = self._origins.of(entry.queue_id)
        held, now = entry.queue == HOLD, time.time()
        wrong = stuck(entry, now, self._lives)
        queue = _QUEUES.get(entry.queue, entry.queue) + ("!" if entry.expires else "")
        return Row(
            (
                entry.queue_id, queue, age(now - entry.arrived), amount(entry.size),
                user_of(origin), sender_of(entry), recipients_of(entry), short(entry.reason),
            ),
            wrong.sign if wrong is not None else "#" if held else " ",
            "dim" if held else "",
        )  # fmt: skip


class GroupRows:
    """Groups, the largest first."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups
        self._places = {group.key: place for place, group in enumerate(groups)}

    def __len__(self) -> int:
        return len(self.groups)

    def key(self, index: int) -> Hashable:
        group = self.groups[index]
        return (group.by, group.key)

    def find(self, key: Hashable) -> int | None:
        match key:
            case (str(by), str(name)) if self.groups and self.groups[0].by == by:
                return self._places.get(name)
        return None

    def cells(self, index: int) -> Row:
        group = self.groups[index]
        held = group.held == len(group)
        who = f"{len(group.senders):,}" if group.by == "client" else several(group.clients)
        more = top(group.reasons, 1) if group.by == "domain" else top(group.domains)
        return Row(
            (title_of(group), f"{len(group):,}", age(time.time() - group.oldest), who, more),
            "?" if needs_somebody(group) else "#" if held else " ",
            "dim" if held else "",
        )


def title_of(group: Group) -> str:
    """What a group's messages have in common; of those that have nothing, why."""
    if group.key:
        return "<>" if group.by == "sender" and group.key == NULL_SENDER else group.key
    return "not tried yet" if group.by == "reason" else "–"


def whose(group: Group) -> str:
    """The messages of a group, behind “of”."""
    if group.key:
        return f"{TITLES[group.by]} {title_of(group)}"
    return "those that were not tried yet" if group.by == "reason" else f"no {TITLES[group.by]}"


def as_text(entry: Entry, origin: Origin) -> str:
    """A message in one line, for copying and saving."""
    sender, to = sender_of(entry), ", ".join(each.address for each in entry.recipients)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.arrived))
    words = [entry.queue_id, entry.queue, when, str(entry.size), origin.user or "-", origin.client or "-"]
    return "\t".join([*words, sender, to, bare(entry.reason) if entry.reason else "-"])
