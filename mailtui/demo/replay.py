"""A log for those who may not start Postfix: the demo's messages as Postfix would have logged them."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

from mailtui.demo import traffic
from mailtui.demo.traffic import Message

HISTORY = 900.0
"""Seconds before now at which the replayed log begins."""
_REFUSED = {
    "Cheap watches": "554 5.7.1 Service unavailable; Client host [203.0.113.67] blocked using "
    "dnsbl.falcot.test; spam seen from 203.0.113.67",
    "Hello": "550 5.1.1 <{to}>: Recipient address rejected: User unknown in local recipient table",
    "Urgent transfer": "554 5.7.1 <{helo}>: Helo command rejected: that is our own name",
    "Relay this": "554 5.7.1 <{to}>: Relay access denied",
    "Your prize": "554 5.7.1 <{client}>: Client host rejected: Access denied",
    "Me again": "554 5.7.1 Service unavailable; Client host [203.0.113.77] blocked using "
    "dnsbl.falcot.test; dial-up pool",
}
"""Why a message is refused at RCPT TO, by its subject."""
_GREYLISTED = "450 4.7.1 <{to}>: Recipient address rejected: greylisted, please try again in 5 seconds"
_OTHERWISE = "504 5.5.2 <{helo}>: Helo command rejected: need fully-qualified hostname"
_CONTENT = {
    "You won the lottery": ("Subject: You won the lottery", "we do not gamble"),
    "Offer": ("X-Mailer: BulkCannon 2", "bulk mailers are not welcome here"),
}
"""Which header is refused, and with which words, by subject."""
_LATER = {
    "quiet.example": "connect to mx.quiet.example[203.0.113.26]:2525: Connection refused",
    "bigmail.example": "host mx.bigmail.example[203.0.113.25] said: 450 4.7.0 too many messages from your "
    "network, try again later (in reply to RCPT TO command)",
    "dnsdown.example": "Host or domain name not found. Name service error for name=dnsdown.example type=MX: "
    "Host not found, try again",
    "falcot.com": "temporary failure. Command output: modem busy",
}
_NEVER = (
    "host mx.bigmail.example[203.0.113.25] said: 550 5.1.1 no such user here (in reply to RCPT TO command)"
)
_AGENTS = {
    "falcot.com": ("local", "local", "delivered to mailbox"),
    "falcotsbrand.com": ("local", "local", "delivered to mailbox"),
    "falcot.org": ("virtual", "virtual", "delivered to maildir"),
    "bigmail.example": ("smtp", "mx.bigmail.example[203.0.113.25]:2525", "250 2.0.0 taken"),
    "quiet.example": ("smtp", "none", ""),
    "dnsdown.example": ("smtp", "none", ""),
}
_ALPHABET = "0123456789ABCDEF"


class Replay:
    """Appends to `log` what Postfix would have written, one message at a time."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._chance = random.Random(11)  # noqa: S311 - the same story each time
        self._pids = itertools.count(2100, 3)

    def history(self, now: float) -> None:
        """Write what would have happened in the minutes before `now` (seconds since the epoch)."""
        step = HISTORY / (len(traffic.OPENING) + 1)
        for number, message in enumerate(traffic.OPENING):
            self.deliver(message, now - HISTORY + number * step)

    def deliver(self, message: Message, when: float | None = None) -> None:
        """Append the lines of one message, dated `when`, by default now."""
        stamp = time.strftime("%b %e %H:%M:%S", time.localtime(when))
        with self.log.open("a") as file:
            for process, text in self._lines(message):
                file.write(f"{stamp} mail postfix/{process}: {text}\n")

    def _lines(self, message: Message) -> Iterator[tuple[str, str]]:
        name, address = message.client
        client = f"{name or 'unknown'}[{address}]"
        smtpd = f"smtpd[{next(self._pids)}]"
        yield smtpd, f"connect from {client}"
        content = _CONTENT.get(message.subject)
        refused = message in traffic.REJECTED or message in traffic.GREYLISTED
        if refused and content is None:
            why = _REFUSED.get(message.subject, _OTHERWISE)
            if message in traffic.GREYLISTED:
                why = _GREYLISTED
            why = why.format(to=message.recipients[0], helo=message.greeting, client=client)
            yield smtpd, f"NOQUEUE: reject: RCPT from {client}: {why}; {self._session(message)}"
            yield smtpd, f"disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"
            return
        queue_id = "".join(self._chance.choices(_ALPHABET, k=11))
        qmgr, cleanup = "qmgr[2087]", f"cleanup[{next(self._pids)}]"
        yield smtpd, f"{queue_id}: client={client}"
        yield cleanup, f"{queue_id}: message-id=<{self._chance.randrange(10**12)}@{message.greeting}>"
        if content is not None:
            header, words = content
            session = self._session(message)
            yield cleanup, f"{queue_id}: reject: header {header} from {client}; {session}: 5.7.1 {words}"
            yield smtpd, f"disconnect from {client} ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5"
            return
        yield smtpd, f"disconnect from {client} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
        count = len(message.recipients)
        size = self._chance.randrange(400, 9000)
        yield qmgr, f"{queue_id}: from=<{message.sender}>, size={size}, nrcpt={count} (queue active)"
        for recipient in message.recipients:
            yield self._delivery(message, queue_id, recipient)
        if message not in traffic.DEFERRED:
            yield qmgr, f"{queue_id}: removed"

    def _session(self, message: Message) -> str:
        to = message.recipients[0]
        return f"from=<{message.sender}> to=<{to}> proto=ESMTP helo=<{message.greeting}>"

    def _delivery(self, message: Message, queue_id: str, recipient: str) -> tuple[str, str]:
        domain = recipient.rpartition("@")[2]
        delay = self._chance.randrange(2, 90) / 100
        agent, relay, told = _AGENTS.get(domain, _AGENTS["bigmail.example"])
        dsn, status = "2.0.0", "sent"
        if message in traffic.DEFERRED:
            dsn, status, told = "4.4.1", "deferred", _LATER[domain]
        elif message in traffic.BOUNCED:
            dsn, status, told = "5.1.1", "bounced", _NEVER
        text = (
            f"{queue_id}: to=<{recipient}>, relay={relay}, delay={delay:.2f}, "
            f"delays={delay / 2:.2f}/0/0/{delay / 2:.2f}, dsn={dsn}, status={status} ({told})"
        )
        return f"{agent}[{next(self._pids)}]", text
