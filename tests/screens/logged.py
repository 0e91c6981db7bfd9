"""Logs to look at: lines of many messages, a file with its rotated siblings, lines that come."""

from __future__ import annotations

import gzip
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

HEAD = b"Nov %2d %02d:%02d:%02d mx postfix/"
CLIENT = b"c.test[192.0.2.1]"


@pytest.fixture
def folder(instance_dir: Any) -> Path:
    """The configuration folder of an instance as it is installed."""
    made: Path = instance_dir()
    return made


def stamp(number: int, day: int = 1) -> bytes:
    """The time of a line: a second a line."""
    return HEAD % (day, number // 3600 % 24, number // 60 % 60, number % 60)


def sent(number: int, to: bytes = b"jean@falcot.com", day: int = 1) -> bytes:
    """A local delivery, each of a message of its own."""
    return stamp(number, day) + (
        b"local[9]: %06XABCD: to=<%s>, relay=local, delay=0.3, delays=0.1/0/0/0.2, dsn=2.0.0, "
        b"status=sent (delivered to mailbox)\n" % (number, to)
    )


def refused(number: int, client: bytes = CLIENT, day: int = 1) -> bytes:
    """A refusal at RCPT."""
    return stamp(number, day) + (
        b"smtpd[7]: NOQUEUE: reject: RCPT from " + client + b": 554 5.7.1 <x@far.test>: Relay access denied; "
        b"from=<spam@bad.test> to=<x@far.test> proto=ESMTP helo=<bad.test>\n"
    )


def looped(number: int, to: bytes) -> bytes:
    """A message that goes round in a circle."""
    return stamp(number) + (
        b"smtp[8]: %06XB00B: to=<%s>, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=5.4.6, "
        b"status=bounced (too many hops)\n" % (number, to)
    )


def message(queue_id: bytes, number: int, day: int = 1) -> list[bytes]:
    """A message that came by SMTP to an alias, was delivered to one and bounced for the other."""
    at = stamp(number, day)
    later = stamp(number + 1, day)
    return [
        at + b"smtpd[20]: connect from " + CLIENT + b"\n",
        at + b"smtpd[20]: " + queue_id + b": client=" + CLIENT + b"\n",
        at + b"cleanup[21]: " + queue_id + b": message-id=<m1@example.net>\n",
        at + b"qmgr[3]: " + queue_id + b": from=<sophie@example.net>, size=4031, nrcpt=2 (queue active)\n",
        at + b"smtpd[20]: disconnect from " + CLIENT + b" ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6\n",
        later + b"local[22]: " + queue_id + b": to=<jean@falcot.com>, orig_to=<webmaster@falcotsbrand.com>, "
        b"relay=local, delay=0.31, delays=0.04/0.01/0/0.26, dsn=2.0.0, status=sent (delivered to maildir)\n",
        later + b"smtp[23]: " + queue_id + b": to=<gone@far.test>, relay=mx.far.test[198.51.100.9]:25, delay=1, "
        b"delays=0.04/0.01/0.5/0.45, dsn=5.1.1, status=bounced (host mx.far.test[198.51.100.9] said: 550 5.1.1 "
        b"no such user (in reply to RCPT TO command))\n",
        later + b"cleanup[21]: 4CCA722E68F: message-id=<b1@mx>\n",
        later + b"bounce[24]: " + queue_id + b": sender non-delivery notification: 4CCA722E68F\n",
        later + b"qmgr[3]: 4CCA722E68F: from=<>, size=6000, nrcpt=1 (queue active)\n",
        later + b"qmgr[3]: " + queue_id + b": removed\n",
        later + b"smtp[25]: 4CCA722E68F: to=<sophie@example.net>, relay=mx.example.net[198.51.100.7]:25, delay=1, "
        b"delays=0.04/0.01/0.5/0.45, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4FY6ms0sWHz3xyz)\n",
        later + b"qmgr[3]: 4CCA722E68F: removed\n",
    ]  # fmt: skip


def put(path: Path, lines: list[bytes], day: int) -> None:
    """Write a log whose newest line is of this day of November."""
    raw = b"".join(lines)
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    newest = datetime(2025, 11, day, 23).astimezone().timestamp()
    os.utime(path, (newest, newest))


def add(log: Path, *lines: bytes) -> None:
    """Lines that the log's writer appends."""
    with log.open("ab") as stream:
        stream.write(b"".join(lines))
