"""Which messages of the queue need somebody: no further try delivers them, or they are returned soon.

What heals by itself (a greylist, a host that is down, a rate limit) is none of them: most of a queue is that.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mailtui.formats.milteritem import seconds as seconds_of
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailqueue.entry import HOLD, NULL_SENDER, Entry
from mailtui.postfix.mailqueue.groups import SUSPENDED
from mailtui.postfix.mailqueue.words import age

Sign = Literal["!", "?"]
SOON = 10
"""A message in the last of so many parts of its lifetime is returned soon."""
TAKEN = 900.0
"""Seconds after which pickup(8) and qmgr(8) have taken a message, if they run."""

_OWN = {
    re.compile(pattern): words
    for pattern, words in {
        r"SASL (?:\[CACHED\] )?authentication fail": "the other server does not take this one's login",
        r"^mail for .* loops back to myself": "DNS leads to this server, which does not take it as its own",
        r"mail transport unavailable|unknown mail transport error": (
            "the service that should deliver it is missing or fails"
        ),
        r"Server certificate not (?:trusted|verified)|TLS is required, but|TLS configuration problem": (
            "TLS to that host does not come about as this server demands it"
        ),
        r"(?:^| )[Cc]onfiguration (?:error|problem)|alias database unavailable|"
        r"(?:table|map|user|policy) lookup (?:error|failure)": "a setting or a table of this server fails",
        r"cannot update mailbox|delivery failed to mailbox|maildir (?:delivery failed|access problem)|"
        r"create maildir file": "the mailbox cannot be written",
        r"^connect to \S*\[?(?:private|public)?/\S*: (?:No such file|Permission denied|Connection refused)": (
            "a socket of this server does not answer: is its service running?"
        ),
    }.items()
}
"""What Postfix itself says (smtp(8), qmgr(8), local(8), virtual(8)) where something here is to be mended."""
_REFUSED = re.compile(r"(?:^| said: | refused to talk to me: )5\d\d[ -]")
_SAYS = (" said: ", " refused to talk to me: ")
"""What stands before the words of another host, which may be anything."""


class Lifetimes(NamedTuple):
    """Seconds after which a message, or a bounce, that was not delivered is returned; None: not known."""

    mail: int | None = None
    bounces: int | None = None

    @classmethod
    def of(cls, instance: Instance) -> Lifetimes:
        """maximal_queue_lifetime and bounce_queue_lifetime, whose unit is the day."""

        def read(name: str) -> int | None:
            try:
                value = instance.parameters.effective(name)
            except InstanceError:
                return None
            return seconds_of(f"{value}d" if value.isdigit() else value)

        return cls(read("maximal_queue_lifetime"), read("bounce_queue_lifetime"))


class Stuck(NamedTuple):
    """`sign`: as a row shows it. `why`: in words."""

    sign: Sign
    why: str


def stuck(entry: Entry, now: float, lives: Lifetimes) -> Stuck | None:
    """What is wrong with a message, if it needs somebody; `now` in seconds since 1970."""
    waits = now - entry.arrived
    if entry.queue == "corrupt":
        return Stuck("!", "its file is damaged: Postfix keeps it and never delivers it")
    if entry.expires:
        return Stuck("?", "it was forced to expire: it is returned at the next try")
    if entry.queue == HOLD:
        return None
    if entry.queue in ("maildrop", "incoming") and waits > TAKEN:
        return Stuck(
            "?", f"{'pickup' if entry.queue == 'maildrop' else 'qmgr'} should have taken it long ago"
        )
    why = next((found for each in entry.recipients if (found := lasting(each.reason))), "")
    if why:
        return Stuck("?", why)
    life = lives.bounces if entry.sender == NULL_SENDER else lives.mail
    if life and entry.queue == "deferred" and waits > life - life / SOON:
        left = life - waits
        return Stuck("?", f"it is returned in {age(left)}" if left > 0 else "it is returned at the next try")
    return None


def lasting(reason: str) -> str:
    """Why a reason does not pass by itself, in words; empty where it may."""
    text = reason.removeprefix(SUSPENDED)
    if _REFUSED.search(text) and "SASL " not in text:
        return "the other host refuses it for good: it will say the same again"
    own = text if "SASL " in text else _own(text)
    return next((words for pattern, words in _OWN.items() if pattern.search(own)), "") if own else ""


def _own(text: str) -> str:
    """A reason that is this server's own; empty where another host gave it."""
    return "" if any(mark in text for mark in _SAYS) else text
