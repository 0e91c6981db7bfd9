"""Queues to look at: lines as `postqueue -j` prints them, and lines of the log about the same messages."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.postfix.mailqueue.listing import Listing

REFUSED = "connect to mx.far.test[192.0.2.1]:25: Connection refused"

_QUOTED = {number: f"\\u{number:04X}" for number in range(32)} | {
    ord(sign): f"\\{mark}" for sign, mark in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)
}


def line(
    queue_id: str,
    *,
    queue: str = "deferred",
    arrived: int = 1_763_900_000,
    size: int = 400,
    sender: str = "laure@falcot.com",
    to: Sequence[str] = ("joe@far.test",),
    reason: str = REFUSED,
) -> bytes:
    """One message as Postfix 3.7 prints it (showq_json.c)."""

    def quoted(text: str) -> str:
        return text.translate(_QUOTED)

    why = f', "delay_reason": "{quoted(reason)}"' if reason else ""
    listed = ", ".join(f'{{"address": "{quoted(each)}"{why}}}' for each in to)
    text = (
        f'{{"queue_name": "{queue}", "queue_id": "{queue_id}", "arrival_time": {arrived}, '
        f'"message_size": {size}, "forced_expire": false, "sender": "{quoted(sender)}", '
        f'"recipients": [{listed}]}}\n'
    )
    return text.encode("utf-8", "surrogateescape")


def listed(*lines: bytes) -> Listing:
    """A complete listing of these."""
    made = Listing()
    made.add(b"".join(lines))
    made.end()
    return made


def many(count: int, now: int | None = None) -> Iterator[bytes]:
    """So many messages of three users, their senders forged, to a few domains."""
    start = int(time.time() if now is None else now) - count
    for number in range(count):
        domain = ("gmail.test", "yahoo.test", "far.test")[number % 7 % 3]
        yield line(
            f"{number:06X}ABCDEF", arrived=start + number * 7919 % count, size=300 + number % 5000,
            sender=f"forged{number}@else.test", to=[f"x{number}@{domain}"],
            queue="hold" if number % 1000 == 0 else "deferred",
            reason=f"host mx.{domain}[192.0.2.{number % 250}] said: 450 4.7.0 <x{number}@{domain}>: slow down",
        )  # fmt: skip


def stamp(arrived: int) -> str:
    """A moment as syslog writes it."""
    return datetime.fromtimestamp(arrived).astimezone().isoformat()


def taken(queue_id: str, arrived: int, client: str = "c.test[192.0.2.9]", user: str = "") -> str:
    """smtpd's line about a message."""
    more = f", sasl_method=PLAIN, sasl_username={user}" if user else ""
    return f"{stamp(arrived)} mx postfix/submission/smtpd[9]: {queue_id}: client={client}{more}\n"


_SUPER = """
import json, sys
path, option = sys.argv[1], sys.argv[-2]
wanted = dict.fromkeys(sys.stdin.read().split())
with open(path + ".asked", "a") as asked:
    print(option, *wanted, file=asked)
queue = {"-h": "hold", "-H": "deferred"}.get(option)
words = {"-h": "placed on hold", "-H": "released from hold", "-d": "removed", "-r": "requeued"}[option]
kept = []
for raw in open(path, "rb").read().splitlines(True):
    found = json.loads(raw.decode("utf-8", "surrogateescape"))
    if found["queue_id"] in wanted and found["queue_name"] != queue:
        print(f"postsuper: {found['queue_id']}: {words}", file=sys.stderr)
        if option == "-d":
            continue
        if queue:
            raw = raw.replace(found["queue_name"].encode(), queue.encode(), 1)
    kept.append(raw)
open(path, "wb").write(b"".join(kept))
"""


def fake_postqueue(
    folder: Path, monkeypatch: pytest.MonkeyPatch, lines: Iterator[bytes] | Sequence[bytes]
) -> Path:
    """Programs in postqueue's and postsuper's place, that print and change the lines of a file: it is returned.
    What the second was asked stands beside it, in `queue.json.asked`."""
    printed = folder / "queue.json"
    printed.write_bytes(b"".join(lines))
    work = folder / "super.py"
    work.write_text(_SUPER)
    programs = {
        "postqueue": f"exec cat {printed}",
        "postsuper": f'exec {sys.executable} {work} {printed} "$@"',
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    real = commands.find
    monkeypatch.setattr(commands, "find", lambda name: str(folder / name) if name in programs else real(name))
    return printed
