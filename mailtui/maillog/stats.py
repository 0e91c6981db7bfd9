"""What happened in a stretch of the log, counted: received, delivered, deferred, bounced, refused, by whom.

    numbers = Statistics()
    for block in …: numbers.add(block, now)
    print(report(numbers))                         # see `statwords`

A message is received when smtpd takes it from a client (`client=`) or pickup from the sendmail command; what
Postfix makes itself (bounces, forwarded mail) is delivered but not received. Deliveries, deferrals and
bounces count recipients; `deferred` counts messages. A message that a content filter gives back is received
again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mailtui.maillog.counts import Minute, Sums, address_of, domain_of, text_of
from mailtui.maillog.head import head
from mailtui.maillog.reasons import reason, reply
from mailtui.maillog.stamp import PREFIX, when

KEPT_IDS = 200_000
"""Messages in the queue whose sender and size are remembered."""
_LONGEST = 8192
"""Bytes of a line that are looked at."""

_CLIENT = re.compile(rb"client=([^\[\s]*)\[([^\]]*)\]")
_ACTIVE = re.compile(rb"from=<([^>]*)>, size=(\d{1,15}), nrcpt=")
_TO = re.compile(rb"to=<([^>]*)>, (?:orig_to=<[^>]*>, )?relay=[^,]*")
_STATUS = re.compile(rb", status=([a-z-]+)")
_PEER = re.compile(rb" from (\S*?)\[([^\]]*)\]")
_LOGIN = re.compile(rb"(\S+?)\[([^\]]*)\]: SASL \S+ authentication failed")


@dataclass
class Statistics:
    """The numbers; everything is counted from whole lines. Not for two threads at once."""

    lines: int = 0
    received: int = 0
    received_bytes: int = 0
    delivered: int = 0
    delivered_bytes: int = 0
    forwarded: int = 0
    deferred: int = 0
    """Messages that were deferred at least once."""
    deferrals: int = 0
    bounced: int = 0
    expired: int = 0
    rejected: int = 0
    held: int = 0
    discarded: int = 0
    failed_logins: int = 0
    warnings: int = 0
    fatals: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Why mail was refused, without addresses."""
    deferral_reasons: Counter[str] = field(default_factory=Counter)
    bounce_reasons: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    refused_clients: Counter[str] = field(default_factory=Counter)
    login_clients: Counter[str] = field(default_factory=Counter)
    senders: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    recipients: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    sender_domains: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    recipient_domains: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    minutes: dict[bytes, Minute] = field(default_factory=dict)
    first: tuple[bytes, datetime | None] | None = None
    last: tuple[bytes, datetime | None] | None = None
    _sizes: dict[bytes, int] = field(default_factory=dict)
    _came: set[bytes] = field(default_factory=set)
    _put_off: set[bytes] = field(default_factory=set)
    _now: datetime | None = None
    _line: bytes = b""

    def add(self, block: bytes, now: datetime | None = None) -> None:
        """Count a block of whole lines, of which none is later than `now`."""
        self._now = now
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        self.lines += len(lines)
        self._extent(lines, now)
        verbs = _VERBS
        for line in lines:
            _head, bracket, text = line.partition(b"]: ")
            if not bracket or text[:1] == b"[":
                text = _text(line)
            queue_id, colon, said = text.partition(b": ")
            if not colon:
                continue
            verb = verbs.get(said[:4]) or verbs.get(queue_id[:5])
            if verb is not None:
                self._line = line
                verb(self, queue_id, said, text)

    def _extent(self, lines: list[bytes], now: datetime | None) -> None:
        for line in lines:
            match = PREFIX.match(line)
            if match is not None:
                self.first = self.first or (match[0], now)
                break
        for line in reversed(lines):
            match = PREFIX.match(line)
            if match is not None:
                self.last = (match[0], now)
                break

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The times of the first and the last line."""
        first, last = self.first, self.last
        return when(*first) if first is not None else None, when(*last) if last is not None else None

    def minute(self) -> Minute:
        """The counts of the present line's minute."""
        line = self._line
        name = line[:16] if line[4:5] == b"-" else line[:12]
        found = self.minutes.get(name)
        if found is None:
            match = PREFIX.match(line)
            found = self.minutes[name] = Minute(match[0] if match is not None else b"", self._now)
        return found

    # One kind of line each

    def _client(self, queue_id: bytes, said: bytes, _text: bytes) -> None:
        match = _CLIENT.match(said)
        if match is None or queue_id == b"NOQUEUE":  # of a message that smtpd_proxy_filter hands on
            return
        self._received(queue_id)
        self.clients[text_of(b"%s[%s]" % match.groups())] += 1

    def _pickup(self, queue_id: bytes, said: bytes, _text: bytes) -> None:
        if b" orig_id=" in said:
            return  # requeued: it was received before
        self._received(queue_id)
        self.clients["sendmail"] += 1

    def _received(self, queue_id: bytes) -> None:
        self.received += 1
        self.minute().received += 1
        self._sizes.pop(queue_id, None)
        self._put_off.discard(queue_id)
        self._came.add(queue_id)

    def _active(self, queue_id: bytes, said: bytes, _text: bytes) -> None:
        match = _ACTIVE.match(said)
        if match is None:
            if b", status=expired" in said or b", status=force-expired" in said:
                self.expired += 1
            return
        if queue_id in self._sizes:
            return  # tried again
        size = int(match[2])
        if len(self._sizes) >= KEPT_IDS:
            self._forget()
        self._sizes[queue_id] = size
        if queue_id not in self._came:
            return  # made here: a bounce, a forwarded message; or the log begins behind its receipt
        self._came.discard(queue_id)
        self.received_bytes += size
        sender = address_of(match[1])
        for sums in (self.senders[sender or "<>"], self.sender_domains[domain_of(sender)]):
            sums.messages += 1
            sums.size += size

    def _forget(self) -> None:
        """Drop the oldest half of what is remembered of messages in the queue."""
        for queue_id in list(self._sizes)[: KEPT_IDS // 2]:
            del self._sizes[queue_id]
            self._came.discard(queue_id)
            self._put_off.discard(queue_id)

    def _delivery(self, queue_id: bytes, said: bytes, _text: bytes) -> None:
        status, to = _STATUS.search(said), _TO.match(said)
        if status is None or to is None:
            return
        name = status[1]
        if name == b"sent" and b"(forwarded as " in said:
            self.forwarded += 1
            return
        count = {b"sent": self._sent, b"deferred": self._deferral, b"bounced": self._bounce}.get(name)
        if count is not None:
            recipient = address_of(to[1])
            who = (self.recipients[recipient], self.recipient_domains[domain_of(recipient)])
            count(queue_id, said[status.end() :], who)

    def _sent(self, queue_id: bytes, _said: bytes, who: tuple[Sums, Sums]) -> None:
        self.delivered += 1
        self.minute().delivered += 1
        size = self._sizes.get(queue_id, 0)
        self.delivered_bytes += size
        for sums in who:
            sums.messages += 1
            sums.size += size

    def _deferral(self, queue_id: bytes, said: bytes, who: tuple[Sums, Sums]) -> None:
        self.deferrals += 1
        self.minute().deferred += 1
        if queue_id not in self._put_off:
            self._put_off.add(queue_id)
            self.deferred += 1
        for sums in who:
            sums.deferred += 1
        self.deferral_reasons[reply(said)] += 1

    def _bounce(self, _queue_id: bytes, said: bytes, who: tuple[Sums, Sums]) -> None:
        self.bounced += 1
        self.minute().bounced += 1
        for sums in who:
            sums.bounced += 1
        self.bounce_reasons[reply(said)] += 1

    def _removed(self, queue_id: bytes, said: bytes, _text: bytes) -> None:
        if said.rstrip() == b"removed":
            self._sizes.pop(queue_id, None)
            self._came.discard(queue_id)
            self._put_off.discard(queue_id)

    def _reject(self, _queue_id: bytes, said: bytes, _text: bytes) -> None:
        action, _colon, rest = said.partition(b": ")
        if action not in {b"reject", b"milter-reject"}:
            return
        self.rejected += 1
        self.minute().rejected += 1
        self.reasons[reason(rest[:_LONGEST])] += 1
        match = _PEER.search(rest)
        if match is not None:
            self.refused_clients[text_of(b"%s[%s]" % match.groups())] += 1

    def _bare_reject(self, _queue_id: bytes, _said: bytes, text: bytes) -> None:
        if text.startswith(b"reject: "):  # Postfix before 2.1 wrote no NOQUEUE
            self._reject(b"", text, text)

    def _hold(self, _queue_id: bytes, said: bytes, _text: bytes) -> None:
        if said.startswith((b"hold: ", b"milter-hold: ")):
            self.held += 1

    def _discard(self, _queue_id: bytes, said: bytes, _text: bytes) -> None:
        if said.startswith((b"discard: ", b"milter-discard: ")):
            self.discarded += 1

    def _milter(self, queue_id: bytes, said: bytes, text: bytes) -> None:
        self._reject(queue_id, said, text)
        self._hold(queue_id, said, text)
        self._discard(queue_id, said, text)

    def _warning(self, queue_id: bytes, said: bytes, _text: bytes) -> None:
        if queue_id != b"warning":
            return
        self.warnings += 1
        match = _LOGIN.match(said)
        if match is not None:
            self.failed_logins += 1
            self.login_clients[text_of(b"%s[%s]" % match.groups())] += 1

    def _fatal(self, queue_id: bytes, _said: bytes, _text: bytes) -> None:
        if queue_id in {b"fatal", b"panic"}:
            self.fatals += 1


_VERBS: dict[bytes, Callable[[Statistics, bytes, bytes, bytes], None]] = {
    b"clie": Statistics._client,  # noqa: SLF001 - of this class; a table is quicker than methods by name
    b"uid=": Statistics._pickup,  # noqa: SLF001
    b"from": Statistics._active,  # noqa: SLF001
    b"to=<": Statistics._delivery,  # noqa: SLF001
    b"remo": Statistics._removed,  # noqa: SLF001
    b"reje": Statistics._reject,  # noqa: SLF001
    b"milt": Statistics._milter,  # noqa: SLF001
    b"hold": Statistics._hold,  # noqa: SLF001
    b"disc": Statistics._discard,  # noqa: SLF001
    b"rejec": Statistics._bare_reject,  # noqa: SLF001
    b"warni": Statistics._warning,  # noqa: SLF001
    b"fatal": Statistics._fatal,  # noqa: SLF001
    b"panic": Statistics._fatal,  # noqa: SLF001
}
"""What counts a line, by four bytes behind its queue id, or five where the id would be."""


def _text(line: bytes) -> bytes:
    """The text of a line whose head is not of the usual shape."""
    return line[head(line[:_LONGEST]).start_of_text :]
