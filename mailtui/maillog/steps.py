"""A line of Postfix as a step of a message: its kind, a word for it, and what it says in words."""

from __future__ import annotations

import re
from typing import NamedTuple

from mailtui.maillog.head import quick
from mailtui.maillog.record import Record
from mailtui.maillog.story import Delays, Kind
from mailtui.text.safe import decode


class Said(NamedTuple):
    """What a line is as a step."""

    kind: Kind
    title: str
    text: str
    record: Record


_CONNECTION = re.compile(r"(connect|disconnect) from (\S+?)\[([^\]]*)\](?::\d+)?(?: (.*))?$")
_TLS = re.compile(
    r"(?:(\w+) )?TLS connection (?:established|reused) (?:from|to) (\S+?): (\S+) with cipher (\S+)(.*)$"
)
_ENDED = re.compile(r"(?:lost connection|timeout|too many errors) (?:after|while) .*")
_CLIENT = re.compile(r"client=(\S+?)\[([^\]]*)\]")
_ORIGINAL = re.compile(r"orig_client=(\S+?)\[([^\]]*)\]")
_LOGIN = re.compile(r"sasl_method=([^,\s]+)")
_PICKUP = re.compile(r"uid=(\d+) from=<([^>]*)>(?: orig_id=(\w+))?")
_ACTIVE = re.compile(r"from=<([^>]*)>, size=(\d+), nrcpt=(\d+)(?: \(([^)]*)\))?")
_ACTION = re.compile(
    r"(milter-reject|milter-hold|milter-discard|reject_warning|reject|hold|discard|redirect|filter|prepend|bcc"
    r"|replace|strip|pass|warn|warning|info|delay): (?=\S+ (?:from |\S+: ))?(.*)",
    re.DOTALL,
)
_PROXY = re.compile(r"proxy-(accept|reject): \S+: (.*)", re.DOTALL)
"""smtpd_proxy_filter's answer, as smtpd logs it."""
_TRAILER = re.compile(r"; from=<.*$", re.DOTALL)
_FROM = re.compile(r"^(\S+) from \S+?\[[^\]]*\](?::\d+)?: ", re.DOTALL)
_SENT_ON = re.compile(r"\(forwarded as (\w+)\)|\bqueued as (\w+)\)?")
_ACTIONS: dict[str, tuple[Kind, str]] = {
    "reject": ("rejected", "rejected"),
    "milter-reject": ("rejected", "milter"),
    "hold": ("held", "held"),
    "milter-hold": ("held", "milter"),
    "discard": ("discarded", "discarded"),
    "milter-discard": ("discarded", "milter"),
    "reject_warning": ("warning", "would reject"),
    "warn": ("warning", "warn"),
    "warning": ("warning", "warn"),
}
_BY_HAND: dict[str, tuple[Kind, str, str]] = {
    "placed on hold": ("held", "held", "by postsuper"),
    "released from hold": ("released", "released", "from hold, by postsuper"),
    "requeued": ("requeued", "requeued", "by postsuper"),
    "removed": ("removed", "deleted", "by postsuper"),
    "expired": ("bounced", "expired", "by postsuper"),
}


def delays_of(record: Record) -> Delays | None:
    """The four parts of a delivery's delay; None where the line has none (Postfix before 2.3)."""
    if record.delays is None or len(record.delays) != 4:
        return None
    return Delays(*record.delays)


def said(line: bytes, record: Record) -> Said:
    """A line of Postfix as a step."""
    head = quick(line)
    text = decode(line[head.start_of_text :])
    if head.queue_id is not None:
        text = text.partition(f"{decode(head.queue_id)}: ")[2]
    text = text.removeprefix("NOQUEUE: ")
    daemon = decode(head.process).rpartition("/")[2]
    kind, title, words = _said(daemon, text, record)
    return Said(kind, title, words, record)


Words = tuple[Kind, str, str]


def _said(daemon: str, text: str, record: Record) -> Words:
    if record.event == "auth_failed":
        return "login", "login failed", _failed_login(record, text)
    if record.level != "info":
        return "warning", str(record.level), text.removeprefix(f"{record.level}: ")
    if daemon == "postsuper" and text in _BY_HAND:
        return _BY_HAND[text]
    if " status=" in text or text.startswith("status="):
        return _delivery(text, record)
    return (
        _connection(text)
        or _taken(text, record)
        or _action(text, record)
        or _queue(text)
        or ("note", daemon, text)
    )


def _failed_login(record: Record, text: str) -> str:
    method = re.search(r"SASL (\S+) authentication failed(?:: (.*))?", text)
    who = f" as {record.sasl_username}" if record.sasl_username else ""
    if method is None:
        return text
    why = (method[2] or "").partition(", sasl_username=")[0]
    return f"{method[1]}{who}" + (f": {why}" if why else "")


def _connection(text: str) -> Words | None:
    match = _CONNECTION.match(text)
    if match is not None:
        verb, name, address, commands = match.groups()
        if verb == "connect":
            return "connect", "connect", f"{name} [{address}]"
        return "disconnect", "disconnect", commands or f"{name} [{address}]"
    match = _TLS.match(text)
    if match is not None:
        trust, peer, protocol, cipher, _rest = match.groups()
        words = f"{protocol.replace('TLSv', 'TLS ')} {cipher}"
        if trust and trust != "Anonymous":
            words += f", {trust.lower()}"
        return "tls", "TLS", words if " from " in text[: match.end(2)] else f"{words} to {peer}"
    if _ENDED.match(text):
        return "warning", "connection", text
    return None


def _taken(text: str, record: Record) -> Words | None:
    """How a message came in."""
    match = _CLIENT.match(text)
    if match is not None:
        origin = _ORIGINAL.search(text)
        words = f"from {match[1]} [{match[2]}]"
        if origin is not None:
            words += f", for {origin[1]} [{origin[2]}]"
        login = _LOGIN.search(text)
        if record.sasl_username:
            words += f", logged in as {record.sasl_username}" + (f" ({login[1]})" if login else "")
        return "accepted", "accepted", words
    match = _PICKUP.match(text)
    if match is not None:
        if match[3]:
            return "requeued", "requeued", f"was {match[3]}"
        return "accepted", "accepted", f"from user id {match[1]} by sendmail, as {match[2] or '<>'}"
    for name in ("message-id=", "resent-message-id="):
        if text.startswith(name):
            return "message-id", name.rstrip("="), text[len(name) :]
    return None


def _action(text: str, record: Record) -> Words | None:
    """What a restriction, a milter or a header check did."""
    match = _PROXY.match(text)
    if match is not None:
        return "milter" if match[1] == "accept" else "rejected", "filter", _TRAILER.sub("", match[2])
    match = _ACTION.match(text)
    if match is None:
        return None
    action, rest = match.groups()
    kind, title = _ACTIONS.get(action, ("note", action))
    command = _FROM.match(rest)
    words = _TRAILER.sub("", rest[command.end() :] if command else rest)
    if not command and rest.partition(" ")[0] in {"header", "body", "content"}:
        words = record.text or words
        if kind == "rejected":
            words += f" ({record.dsn})" if record.dsn and record.dsn not in words else ""
    if command and kind in {"rejected", "warning"}:
        words += f" (after {command[1]})"
    if kind == "rejected" and _is_greylisting(words):
        return "greylisted", "greylisted", words
    return kind, title, words


def _is_greylisting(words: str) -> bool:
    return words[:1] == "4" and re.search(r"gr[ea]y-?list", words, re.IGNORECASE) is not None


def _queue(text: str) -> Words | None:
    match = _ACTIVE.match(text)
    if match is not None:
        sender, size, count, state = match.groups()
        recipients = "1 recipient" if count == "1" else f"{count} recipients"
        return (
            "queued",
            "queued",
            f"{sender or '<>'}, {size} bytes, {recipients}"
            + (f" ({state})" if state and state != "queue active" else ""),
        )
    if text == "removed":
        return "removed", "removed", ""
    for name in ("non-delivery", "delay", "delivery status"):
        for whom in ("sender", "postmaster"):
            start = f"{whom} {name} notification: "
            if text.startswith(start):
                what = {
                    "non-delivery": "bounce",
                    "delay": "warning of the delay",
                    "delivery status": "report",
                }[name]
                return "dsn", "notified", f"the {whom}: {what} sent as {text[len(start) :]}"
    return None


def _delivery(text: str, record: Record) -> Words:
    """What became of the message for one recipient."""
    who = record.recipient if record.recipient is not None else ""
    answer = record.text
    relay = record.relay if record.relay not in {None, "none"} else ""
    if answer.startswith(("host ", "connect to ", "conversation with ", "lost connection with ")):
        relay = ""  # the answer names it
    words = "  ".join(part for part in (who, ", ".join(part for part in (relay, answer) if part)) if part)
    status = record.status
    if status == "expired" or (status is not None and status.endswith("expired")):
        return "bounced", "expired", "returned to the sender: it lay in the queue for too long"
    if record.event == "delivered":
        if _SENT_ON.search(answer) and "forwarded as" in answer:
            return "delivered", "forwarded", words
        return "delivered", "delivered" if status == "sent" else str(status), words
    if record.event == "deferred":
        return "deferred", "deferred", words
    if record.event == "bounced":
        return "bounced", "bounced" if status == "bounced" else str(status), words
    return "note", status or "status", text
