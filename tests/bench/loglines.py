"""A mail log of any length, as a busy server writes it: fourteen kinds of lines in the shares of a real one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

_HEX = "0123456789ABCDEF"
_PEOPLE = ("jean", "laure", "sophie", "roland", "marie", "pierre", "camel", "paul", "anne", "hugo")
_FAR = ("example.net", "mail.example.org", "gmx.example", "list.falcot.com", "shop.example.com")
_PER_SECOND = 40


def lines(count: int, begin: datetime, seed: int = 5, *, modern: bool = False) -> Iterator[str]:
    """So many lines, each with its newline, in order of time; the same each time. `modern`: RFC 3339."""
    made = 0
    maker = _Maker(random.Random(seed))
    while made < count:
        at = begin + timedelta(seconds=made / _PER_SECOND)
        stamp = (
            at.isoformat(timespec="microseconds") + "+00:00"
            if modern
            else f"{at:%b} {at.day:2} {at:%H:%M:%S}"
        )
        for line in maker.some():
            yield f"{stamp} mx1 {line}\n"
            made += 1
            if made == count:
                return


@lru_cache(maxsize=4)
def written(folder: Path, count: int, *, modern: bool = False) -> Path:
    """A log of `count` lines in the folder, made at the first call."""
    path = folder / f"mail-{'iso-' if modern else ''}{count}.log"
    with path.open("w", encoding="ascii", buffering=1 << 20) as file:
        file.writelines(lines(count, datetime(2026, 1, 5, 6, 0), modern=modern))  # noqa: DTZ001 - a syslog time is local
    return path


class _Maker:
    """Makes the lines of one connection or delivery at a time."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        pids = [chance.randrange(1000, 99999) for _ in range(40)]
        self._pid: Callable[[], int] = lambda: pids[chance.randrange(40)]
        self._kinds: tuple[Callable[[], list[str]], ...] = (
            *[self._mail] * 10, *[self._rejected] * 6, *[self._screened] * 5, *[self._login] * 3, *[self._lost] * 4,
            *[self._deferred] * 2, self._peak, self._doubtful,
        )  # fmt: skip

    def some(self) -> list[str]:
        return self._chance.choice(self._kinds)()

    def _id(self) -> str:
        return "".join(self._chance.choices(_HEX, k=11))

    def _who(self) -> str:
        chance = self._chance
        return f"{chance.choice(_PEOPLE)}{chance.randrange(900)}@{chance.choice(_FAR)}"

    def _client(self) -> str:
        part = self._chance.randrange
        address = f"{part(1, 223)}.{part(256)}.{part(256)}.{part(256)}"
        return (
            f"host-{address.replace('.', '-')}.example.net[{address}]" if part(3) else f"unknown[{address}]"
        )

    def _mail(self) -> list[str]:
        queue, smtpd, client, sender, to = self._id(), self._pid(), self._client(), self._who(), self._who()
        size = self._chance.randrange(900, 90000)
        tls = "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
        relay = f"mx.{to.partition('@')[2]}[192.0.2.{size % 250}]:25"
        return [
            f"postfix/smtpd[{smtpd}]: connect from {client}",
            f"postfix/smtpd[{smtpd}]: Anonymous TLS connection established from {client}: {tls}",
            f"postfix/smtpd[{smtpd}]: {queue}: client={client}",
            f"postfix/cleanup[{self._pid()}]: {queue}: message-id=<{queue}.{size}@{sender.partition('@')[2]}>",
            f"postfix/qmgr[812]: {queue}: from=<{sender}>, size={size}, nrcpt=1 (queue active)",
            f"postfix/smtpd[{smtpd}]: disconnect from {client} ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7",
            f"postfix/smtp[{self._pid()}]: {queue}: to=<{to}>, relay={relay}, delay=0.{size % 90 + 10}, "
            f"delays=0.05/0.01/0.02/0.{size % 90 + 10}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {self._id()})",
            f"postfix/qmgr[812]: {queue}: removed",
        ]

    def _rejected(self) -> list[str]:
        smtpd, client, sender, to = self._pid(), self._client(), self._who(), self._who()
        return [
            f"postfix/smtpd[{smtpd}]: connect from {client}",
            f"postfix/smtpd[{smtpd}]: NOQUEUE: reject: RCPT from {client}: 550 5.1.1 <{to}>: Recipient address rejected: "
            f"User unknown in virtual mailbox table; from=<{sender}> to=<{to}> proto=ESMTP helo=<{client[:9]}>",
            f"postfix/smtpd[{smtpd}]: disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
        ]

    def _screened(self) -> list[str]:
        peer = f"[{self._client().partition('[')[2]}:{self._chance.randrange(1024, 65535)}"
        return [
            f"postfix/postscreen[611]: CONNECT from {peer} to [192.0.2.1]:25",
            f"postfix/postscreen[611]: PASS OLD {peer}",
        ]

    def _login(self) -> list[str]:
        return [
            f"postfix/submission/smtpd[{self._pid()}]: warning: {self._client()}: SASL LOGIN authentication failed: "
            f"UGFzc3dvcmQ6, sasl_username={self._who()}"
        ]

    def _lost(self) -> list[str]:
        smtpd, client = self._pid(), self._client()
        return [
            f"postfix/smtpd[{smtpd}]: connect from {client}",
            f"postfix/smtpd[{smtpd}]: lost connection after AUTH from {client}",
            f"postfix/smtpd[{smtpd}]: disconnect from {client} ehlo=1 auth=0/1 commands=1/2",
        ]

    def _deferred(self) -> list[str]:
        queue, sender, to = self._id(), self._who(), self._who()
        relay = f"mx.{to.partition('@')[2]}[198.51.100.7]"
        return [
            f"postfix/pickup[{self._pid()}]: {queue}: uid=33 from=<www-data>",
            f"postfix/cleanup[{self._pid()}]: {queue}: message-id=<{queue}@mx1.falcot.com>",
            f"postfix/qmgr[812]: {queue}: from=<{sender}>, size=1834, nrcpt=1 (queue active)",
            f"postfix/smtp[{self._pid()}]: {queue}: to=<{to}>, relay={relay}:25, delay=12, delays=0.1/0.02/9/2.9, "
            f"dsn=4.7.1, status=deferred (host {relay} said: 450 4.7.1 <{to}>: Recipient address rejected: Greylisted "
            "for 5 minutes (in reply to RCPT TO command))",
        ]

    def _peak(self) -> list[str]:
        address = self._client().partition("[")[2].rstrip("]")
        return [
            f"postfix/anvil[{self._pid()}]: statistics: max connection rate 3/60s for (smtp:{address}) at Jan  5 06:10:00"
        ]

    def _doubtful(self) -> list[str]:
        address = self._client().partition("[")[2].rstrip("]")
        return [
            f"postfix/smtpd[{self._pid()}]: warning: hostname mail.example.net does not resolve to address {address}",
            f"dovecot: imap-login: Login: user=<{self._who()}>, method=PLAIN, rip={address}, lip=192.0.2.1, mpid=77, TLS, "
            f"session=<{self._id()}>",
        ]
