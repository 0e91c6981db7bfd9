"""Which other messages a message became, came from, or was tried as before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailtui.maillog.gather import Found, Reader
from mailtui.maillog.head import QUEUE_ID, quick
from mailtui.maillog.lives import Word
from mailtui.maillog.story import Trace
from mailtui.text.safe import decode, encode

REACH = 64 << 20
"""Bytes each way in which a message that this host made of another is looked for."""
ABROAD = 4 << 20
"""The same for an id that another host may have given (`queued as ID`)."""
EARLIER = 16 << 20
"""Bytes before a message in which refused attempts of it are looked for."""
MOST_ABROAD = 16
"""Ids of perhaps other hosts that are looked for at most."""
MOST_ATTEMPTS = 8

_NOTIFIED = re.compile(
    rb"(sender|postmaster) (non-delivery|delay|delivery status) notification: (" + QUEUE_ID + rb")$"
)
_FORWARDED = re.compile(rb"\(forwarded as (" + QUEUE_ID + rb")\)")
_QUEUED_AS = re.compile(rb"\bqueued as (" + QUEUE_ID + rb")\b")
_QUEUED_BY = re.compile(rb"queued_as: (" + QUEUE_ID + rb")\b")
_ORIGINAL = re.compile(rb"\borig_id=(" + QUEUE_ID + rb")\b")
_MESSAGE_ID = re.compile(rb": (" + QUEUE_ID + rb"): message-id=")
REQUEUED = "requeued as this"
REQUEUED_FROM = "was this before it was requeued"
_WHAT = {
    b"non-delivery": "the bounce",
    b"delay": "the warning of its delay",
    b"delivery status": "the report",
}
_LATER = re.compile(rb"(?:: | )4\d\d |milter-reject: [^;]*: 4\.\d")


class Relation(NamedTuple):
    """Another message, near the line with this key; `queue_id` None: an attempt that was refused there."""

    queue_id: str | None
    key: int
    why: str
    limit: int


def relations(reader: Reader, made: Trace, life: list[Word]) -> Iterator[Relation]:
    """What a message is related to, as the lines that hold its id say, and those of the same message-id."""
    yield from _attempts(reader, made)
    for word in life:
        yield from _mentioned(word) if not word.own else _named(word)
    yield from _abroad(life)
    yield from _same_message(reader, made, life)


def _named(word: Word) -> Iterator[Relation]:
    key = word.found.key
    match = _NOTIFIED.match(word.text)
    if match is not None:
        to = "" if match[1] == b"sender" else " to the postmaster"
        yield Relation(match[3].decode(), key, _WHAT[match[2]] + to, REACH)
    for match in _FORWARDED.finditer(word.text):
        yield Relation(match[1].decode(), key, "forwarded as this", REACH)
    match = _ORIGINAL.search(word.text)
    if match is not None:
        yield Relation(match[1].decode(), key, REQUEUED_FROM, REACH)


def _mentioned(word: Word) -> Iterator[Relation]:
    """A line of another message that names this one."""
    other = quick(word.found.line).queue_id
    key, text = word.found.key, word.text
    if other is None:
        if text.startswith(b"proxy-accept: "):  # smtpd_proxy_filter: the client spoke to another smtpd
            yield Relation(None, key, "the session before the filter", REACH)
        return
    if _NOTIFIED.search(text):
        yield Relation(other.decode(), key, "the message that this tells of", REACH)
    elif _FORWARDED.search(text) or _QUEUED_AS.search(text):
        yield Relation(other.decode(), key, "was passed on as this", REACH)
    elif _ORIGINAL.search(text):
        yield Relation(other.decode(), key, REQUEUED, REACH)


def _abroad(life: list[Word]) -> Iterator[Relation]:
    seen: set[bytes] = set()
    for word in life:
        if not word.own or b"status=sent" not in word.text:
            continue
        for match in _QUEUED_AS.finditer(word.text):
            if match[1] not in seen and len(seen) < MOST_ABROAD:
                seen.add(match[1])
                yield Relation(match[1].decode(), word.found.key, "passed on as this", ABROAD)


def _same_message(reader: Reader, made: Trace, life: list[Word]) -> Iterator[Relation]:
    """A filter that pipe(8) runs gives the message back by sendmail(1): only its message-id tells."""
    if not made.message_id or made.sender == "" or len(made.message_id) < 8:
        return
    text = encode(made.message_id)
    for step in made.steps:
        if step.kind == "delivered" and "service)" in step.record.text:
            break
    else:
        return
    last = life[-1].found.key
    for found in [*reader.before(last, text, ABROAD), *reader.after(last, text, ABROAD)]:
        match = _MESSAGE_ID.search(found.line)
        if match is not None and decode(match[1]) != made.queue_id:
            yield Relation(decode(match[1]), found.key, "has the same message-id", ABROAD)


def _attempts(reader: Reader, made: Trace) -> Iterator[Relation]:
    """Earlier attempts of the same message that were told to come again: greylisting, and any other 4xx."""
    if made.sender is None or made.client is None or made.client.startswith("uid "):
        return
    first = made.steps[0].key
    found: dict[int, Found] = {}
    for recipient in made.recipients[:4]:
        text = encode(f"from=<{made.sender}> to=<{recipient}>")
        for line in reader.before(first, text, EARLIER):
            if b"reject" in line.line and _LATER.search(line.line):
                found[line.key] = line
            if len(found) >= MOST_ATTEMPTS:
                break
    for key in sorted(found):
        yield Relation(None, key, "an earlier attempt", EARLIER)
