"""What the pane beside the queue says about a message, or about a group of them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mailtui.postfix.mailqueue.entry import Entry
from mailtui.postfix.mailqueue.groups import TITLES, Group
from mailtui.postfix.mailqueue.origins import Origin
from mailtui.postfix.mailqueue.stuck import Lifetimes, lasting, stuck
from mailtui.postfix.mailqueue.usual import Usual
from mailtui.postfix.mailqueue.words import age, amount
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.queuerows import is_suspicious, sender_of, title_of, top
from mailtui.screens.parts.text import Span, Spans

SHOWN = 4
"""Recipients with their reasons that are told."""
_WHEN = "%d %b %H:%M:%S"

Told = tuple[Spans, Spans, list[Spans]]
"""A title, what stands at its right end, and lines."""


def _bytes(size: int) -> str:
    """`914 bytes`, `4 kB`."""
    return f"{size} byte{'s' * (size != 1)}" if size < 1000 else f"{amount(size)}B"


def said(label: str, text: str, style: str = "") -> Spans:
    """A labelled line."""
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def about_message(entry: Entry, origin: Origin, no_origins: str, lives: Lifetimes) -> Told:
    """A message."""
    now = time.time()
    waits = f"{entry.queue}, {age(now - entry.arrived)}"
    style = {"hold": "warning", "active": "good"}.get(entry.queue, "dim")
    return (
        [(entry.queue_id, "bold"), (f"  {_bytes(entry.size)}", "dim")],
        [(waits, style)],
        list(_message_lines(entry, origin, no_origins, lives)),
    )


def _message_lines(entry: Entry, origin: Origin, no_origins: str, lives: Lifetimes) -> Iterator[Spans]:
    wrong = stuck(entry, time.time(), lives)
    if wrong is not None:
        yield said("stuck", wrong.why, "error" if wrong.sign == "!" else "warning")
    yield said("from", sender_of(entry))
    for place, each in enumerate(entry.recipients[:SHOWN]):
        yield said("" if place else "to", each.address)
        if each.reason and (not place or each.reason != entry.recipients[place - 1].reason):
            yield said("", each.reason, "warning")
    if len(entry.recipients) > SHOWN:
        yield said("", f"and {len(entry.recipients) - SHOWN} more", "dim")
    yield said("user", _user_words(origin, no_origins), "" if origin.user else "dim")
    if origin.client:
        yield said("client", origin.client)
    yield said("arrived", time.strftime(_WHEN, time.localtime(entry.arrived)))


def _user_words(origin: Origin, no_origins: str) -> str:
    if origin.user:
        return origin.user
    if not origin.known:
        return no_origins or "looked for in the log…"
    return "no SASL user" if origin.client else "the log does not say who handed it in"


def about_group(group: Group, usual: Usual) -> Told:
    """A group of messages. `usual`: what each user hands in on other days."""
    span = age(time.time() - group.oldest)
    held = f", {group.held:,} on hold" if group.held else ""
    return (
        [(title_of(group), "bold"), (f"  {TITLES[group.by]}", "dim")],
        [(f"{len(group):,} message{'s' if len(group) != 1 else ''}{held}", "dim")],
        list(_group_lines(group, span, usual)),
    )


def _group_lines(group: Group, span: str, usual: Usual) -> Iterator[Spans]:
    yield said("oldest", f"{span}; {_bytes(group.size)} in all")
    if group.by == "user" and group.key and (words := usual.words(group.key)):
        yield said("usual", words)
    if group.by == "reason" and (why := lasting(group.key)):
        yield said("stuck", why, "warning")
    if group.forged:
        of: Span = (f"{group.forged:,} of {len(group):,} bear another sender than this user", "")
        yield [("forged".ljust(LABEL), "dim"), of]
    if is_suspicious(group):
        fix = f"{key_for('queue.fix', 'f')} has what can be done"
        yield said("", f"the account may be in other hands: {fix}", "warning")
    if group.by != "domain":
        yield said("to", top(group.domains, 4))
    if group.by != "reason" and group.reasons:
        for place, (reason, count) in enumerate(group.reasons.most_common(2)):
            yield said("" if place else "refused", f"{count:,} × {reason}")
    if group.by != "sender":
        yield said("from", top(group.senders, 3))
    if group.by != "client" and group.clients:
        yield said("clients", top(group.clients, 3))
