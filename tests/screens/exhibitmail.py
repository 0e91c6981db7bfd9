"""The log and the queue of the console that is pictured: the last three quarters of an hour at Falcot Corp."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from tests.postfix.queues import line

NOW = datetime.datetime(2026, 3, 1, 20, 14, 30, tzinfo=datetime.UTC)


def at(before: float) -> datetime.datetime:
    """A moment so many seconds before NOW."""
    return NOW - datetime.timedelta(seconds=before)


def log() -> str:
    """Three quarters of an hour: mail in and out, a robot refused, a hacked account, a host that does not answer."""

    def said(before: float, process: str, words: str) -> tuple[float, str]:
        pid = 4000 + sum(map(ord, process + next(iter(re.findall(r"\[[\d.]+\]", words)), "")))
        return before, f"{at(before).isoformat()} mail postfix/{process}[{pid}]: {words}\n"

    def mail(
        before: float, queue_id: str, sender: str, to: str, size: int, *ends: tuple[str, str]
    ) -> list[tuple[float, str]]:
        lines = [
            said(before - 0.1, "cleanup", f"{queue_id}: message-id=<{queue_id}@{sender.partition('@')[2]}>"),
            said(before - 0.2, "qmgr", f"{queue_id}: from=<{sender}>, size={size}, nrcpt=1 (queue active)"),
        ]
        lines += [said(before - 0.6, agent, f"{queue_id}: to=<{to}>, {end}") for agent, end in ends]
        if not any("deferred" in end for _, end in ends):
            lines.append(said(before - 0.7, "qmgr", f"{queue_id}: removed"))
        return lines

    found: list[tuple[float, str]] = []
    for n in range(24):
        before = 2690.0 - 110 * n
        found.append(said(before, "smtpd", "connect from mx1.partner.example[198.51.100.7]"))
        found.append(
            said(before - 0.05, "smtpd", f"3FCA7{n:02d}E68E: client=mx1.partner.example[198.51.100.7]")
        )
        found += mail(before, f"3FCA7{n:02d}E68E", f"desk{n % 4}@partner.example", ("jean", "laure", "sophie")[n % 3] + "@falcot.com",
                      2000 + 317 * n, ("local", "relay=local, delay=0.61, delays=0.5/0.01/0/0.1, dsn=2.0.0, status=sent (delivered to mailbox)"))  # fmt: skip
        found.append(
            said(
                before - 0.8,
                "smtpd",
                "disconnect from mx1.partner.example[198.51.100.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
            )
        )
        found.append(
            said(
                before - 31,
                "smtpd",
                f"NOQUEUE: reject: RCPT from unknown[203.0.113.{9 + n % 3}]: 554 5.7.1 Service unavailable; Client host [203.0.113.{9 + n % 3}] blocked using dnsbl.falcot.test; from=<a{n}@nowhere.test> to=<joe@falcot.com> proto=ESMTP helo=<ylmf-pc>",
            )
        )
    for n, (queue_id, before, user, sender, to, reason) in enumerate(QUEUE):
        if before < 2700 and user:
            found.append(
                said(
                    before,
                    "submission/smtpd",
                    f"{queue_id}: client=dial-{n % 3}.pool.example[203.0.113.{70 + n % 3}], sasl_method=PLAIN, sasl_username={user}",
                )
            )
            found += mail(
                before,
                queue_id,
                sender,
                to,
                1500 + n,
                ("smtp", f"relay=none, delay=1, delays=0.1/0/0.9/0, dsn=4.7.0, status=deferred ({reason})"),
            )
    found.append(
        said(
            45,
            "smtpd",
            "warning: hostname dial-77.pool.example does not resolve to address 203.0.113.77: Name or service not known",
        )
    )
    found.append(said(12, "smtpd", "3FCA799E68E: client=mail.supplier.example[198.51.100.20]"))
    found += mail(12, "3FCA799E68E", "orders@supplier.example", "contact@falcotsbrand.com", 40310,
                  ("local", "orig_to=<contact@falcotsbrand.com>, relay=local, delay=0.3, delays=0.2/0/0/0.1, dsn=2.0.0, status=sent (delivered to mailbox)"))  # fmt: skip
    return "".join(text for _, text in sorted(found, key=lambda each: -each[0]))


_SLOW = "host mx.bigmail.example[203.0.113.25] said: 450 4.7.0 too many messages from your network, try again later (in reply to RCPT TO command)"
_DOWN = "connect to mx.quiet.example[203.0.113.26]:25: Connection refused"
QUEUE = (
    *((f"5A1B{n:02d}C7D", 1290.0 - 61 * n, "laure@falcot.com", f"win{n}@else.example", f"x{n}@bigmail.example", _SLOW) for n in range(14)),
    ("4B0001C7D", 8100.0, "", "jean@falcot.com", "info@quiet.example", _DOWN),
    ("4B0002C7D", 30_600.0, "", "sophie@falcot.org", "sales@quiet.example", _DOWN),
    ("4B0003C7D", 401_000.0, "", "claire@falcot.com", "old@quiet.example", _DOWN),
    ("4B0004C7D", 5000.0, "", "roland@falcot.com", "list@strict.example",
     "host mx.strict.example[203.0.113.40] refused to talk to me: 554 5.7.1 no service for you"),
    ("4B0005C7D", 3800.0, "", "MAILER-DAEMON", "desk@partner.example", ""),
)  # fmt: skip
"""Id, seconds before NOW, SASL user, sender, recipient, reason; the last is on hold."""


def waiting() -> Iterator[bytes]:
    for n, (queue_id, before, _user, sender, to, reason) in enumerate(QUEUE):
        queue = "deferred" if reason else "hold"
        yield line(
            queue_id,
            arrived=int(at(before).timestamp()),
            size=1500 + 97 * n,
            sender=sender,
            to=[to],
            reason=reason,
            queue=queue,
        )
