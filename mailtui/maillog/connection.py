"""The lines of the SMTP session that brought a message, and those that others wrote about it meanwhile.

A session's lines carry no queue id: they are its smtpd's (by host, program and process id) from `connect`
to `disconnect`.
"""

from __future__ import annotations

import re

from mailtui.maillog.gather import Found, Reader, hits, needle
from mailtui.maillog.head import head, quick
from mailtui.maillog.outsiders import policy, text_of

REACH = 64 << 20
"""Bytes in which the rest of a session is looked for, each way."""
NEAR = 4 << 20
"""Bytes before a session in which postscreen's lines of it are looked for, and after it the filters'."""

_SESSION = re.compile(r"connect from |disconnect from |.*TLS connection |.*SASL |setting up TLS connection ")
_AFTER = re.compile(r"disconnect from |lost connection |timeout after |too many errors after ")
_PEER = re.compile(r"\[([0-9A-Fa-f.:]+)\]")


class Session:
    """What was found of one: `lines` in order; `whole` is False where its beginning is not in the log."""

    def __init__(self, lines: list[Found], *, whole: bool) -> None:
        self.lines, self.whole = lines, whole


def _mine(found: Found, host: bytes) -> bool:
    return head(found.line).host == host


def session(reader: Reader, line: Found, *, all_of_it: bool = False) -> Session:
    """The session of a line of smtpd. Where it brought several messages: what belongs to the one that `line`
    accepts (`client=`), unless `all_of_it` is wanted."""
    text, host = needle(line.line), head(line.line).host
    if not text:
        return Session([line], whole=False)
    before, whole = _before(reader, line, text, host, all_of_it)
    return Session([*before, line, *_after(reader, line, text, host, all_of_it)], whole=whole)


def _before(
    reader: Reader, line: Found, text: bytes, host: bytes, all_of_it: bool
) -> tuple[list[Found], bool]:
    if text_of(line.line).startswith("connect from "):
        return [], True
    taken: list[Found] = []
    ours = True
    for found in reader.before(line.key, text, REACH):
        if not _mine(found, host):
            continue
        said = text_of(found.line)
        if said.startswith("disconnect from "):
            return taken[::-1], False
        if not all_of_it and (ours := ours and not said.startswith("client=")) is False:
            if _SESSION.match(said):
                taken.append(found)
        elif quick(found.line).queue_id is None or all_of_it:
            taken.append(found)
        if said.startswith("connect from "):
            return taken[::-1], True
    return taken[::-1], False


def _after(reader: Reader, line: Found, text: bytes, host: bytes, all_of_it: bool) -> list[Found]:
    if text_of(line.line).startswith("disconnect from "):
        return []
    taken: list[Found] = []
    for found in reader.after(line.key, text, REACH):
        if found.key <= line.key or not _mine(found, host):
            continue
        said = text_of(found.line)
        if said.startswith("connect from "):
            break
        if all_of_it or (quick(found.line).queue_id is None and _AFTER.match(said)):
            taken.append(found)
        if said.startswith("disconnect from "):
            break
    return taken


def postscreen(reader: Reader, connect: Found) -> list[Found]:
    """What postscreen logged of a client (by its address and port) before it handed it to smtpd."""
    match = _PEER.search(text_of(connect.line))
    if match is None:
        return []
    peer = b"[%s]:" % match[1].encode()
    screened: list[Found] = []
    port = b""
    for found in reader.before(connect.key, peer, NEAR):
        if b"postscreen" not in quick(found.line).process:
            continue
        at = found.line.find(peer) + len(peer)
        this = re.match(rb"\d+", found.line[at:])
        if not port:
            port = this[0] if this is not None else b""
        if this is None or this[0] != port:
            break
        screened.append(found)
        if b": CONNECT from " in found.line:
            break
    return screened[::-1] if screened and b": CONNECT from " in screened[-1].line else []


def policies(
    reader: Reader, since: int, until: int, address: str, sender: str | None, recipients: frozenset[str]
) -> list[Found]:
    """What policy services (SPF, greylisting) logged of a client while it was connected, about these
    addresses."""
    taken = []
    for block in reader.newer(since, REACH):
        if block.first > until:
            break
        for text in (b"client-ip=", b"grey["):
            about = (found for found in hits(block, text) if _about(found, address, sender, recipients))
            taken += [found for found in about if found.key <= until]
    return taken


def _about(found: Found, address: str, sender: str | None, recipients: frozenset[str]) -> bool:
    whom = policy(found.line)
    if whom is None or (whom.address is None and whom.recipient is None):
        return False
    if whom.address is not None and whom.address != address:
        return False
    if whom.sender and sender and not _same_sender(whom.sender, sender):
        return False
    return whom.recipient is None or not recipients or whom.recipient.lower() in recipients


def _same_sender(one: str, other: str) -> bool:
    """Whether two senders are one; a rewritten one (SRS) may stand for any."""
    return one.lower() == other.lower() or other[:5].upper() in {"SRS0=", "SRS1=", "SRS0+", "SRS1+"}
