"""A record as a row: what an admin wants to see of a line, in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailtui.maillog.record import Event, Record

Severity = Literal["good", "plain", "quiet", "warning", "error"]


@dataclass(frozen=True, slots=True)
class LogRow:
    """`letter` and `severity` say the same, so that it can be read without colours. `what` is the daemon
    or the event, `peer` the client or the relay, `path` the addresses, `result` what became of it."""

    clock: str
    letter: str
    severity: Severity
    what: str
    peer: str
    path: str
    result: str


_LETTERS: dict[Event, tuple[str, Severity]] = {
    "connect": ("·", "quiet"),
    "disconnect": ("·", "quiet"),
    "received": ("A", "plain"),
    "queued": ("Q", "quiet"),
    "delivered": ("S", "good"),
    "deferred": ("D", "warning"),
    "bounced": ("B", "error"),
    "reject": ("R", "warning"),
    "milter_reject": ("R", "warning"),
    "removed": ("·", "quiet"),
    "auth_failed": ("?", "warning"),
    "warning": ("?", "warning"),
    "fatal": ("!", "error"),
    "other": (" ", "quiet"),
}

LEGEND = "A accepted  S sent  D deferred  B bounced  R rejected  ? warning  ! fatal"
"""What the letters mean, for the help page."""


_PROBLEM = re.compile(
    rb"status=(?!sent|deliverable)|NOQUEUE|reject|warning|error|fatal|panic|authentication failed"
)


def may_be_problem(line: bytes) -> bool:
    """Whether a line's row may be a warning or an error; where it says no, it is none. Much quicker than to
    parse it."""
    return _PROBLEM.search(line) is not None


def row(record: Record, sender: Callable[[str], str | None] = lambda _queue_id: None) -> LogRow:
    """The row of a record. `sender` finds the sender of a queue id that this line does not name."""
    letter, severity = _LETTERS[record.event]
    if record.level in {"fatal", "panic"} or record.level == "error":
        letter, severity = "!", "error"
    return LogRow(
        clock=record.time[11:19] if record.time else "",
        letter=letter,
        severity=severity,
        what=_what(record),
        peer=_peer(record),
        path=_path(record, sender),
        result=_result(record),
    )


def _what(record: Record) -> str:
    if record.event in {"delivered", "bounced", "received", "queued", "removed", "connect", "disconnect"}:
        names = {"delivered": "sent", "received": "accepted", "disconnect": "closed"}
        return names.get(record.event, record.event)
    if record.event in {"deferred", "reject"}:
        return record.event
    if record.event == "milter_reject":
        return "milter"
    if record.status == "reject_warning":
        return "warned"
    if record.event == "auth_failed":
        return "login"
    return (record.process or "").rpartition("/")[2]


def _peer(record: Record) -> str:
    if record.client_address is not None:
        return f"{record.client_name}[{record.client_address}]"
    if record.relay is not None:
        return record.relay
    return ""


def _path(record: Record, sender: Callable[[str], str | None]) -> str:
    origin = record.sender
    if origin is None and record.queue_id is not None:
        origin = sender(record.queue_id)
    target = record.recipient
    if record.orig_to is not None and record.orig_to != target:
        target = f"{record.orig_to} → {target}"
    if origin is None and target is None:
        return record.sasl_username or ""
    said = "<>" if origin == "" else origin
    if target is None:
        return f"{said} →"
    return f"{said} → {target}" if said is not None else f"→ {target}"


def _result(record: Record) -> str:
    if record.event == "delivered":
        took = f"{record.delay:g} s" if record.delay is not None else ""
        return f"{took} {record.text}".strip()
    if record.event in {"reject", "milter_reject", "deferred", "bounced"}:
        code = str(record.code) if record.code else record.dsn or ""
        return f"{code} {_reason(record.text)}".strip()
    if record.event == "received":
        return f"as {record.sasl_username}" if record.sasl_username else record.queue_id or ""
    if record.event == "queued":
        return f"{record.size} bytes" if record.size is not None else ""
    if record.event in {"connect", "disconnect", "removed"}:
        return record.queue_id or ""
    return record.text


def _reason(text: str) -> str:
    """A refusal without the address that stands before it: `<joe@x>: Recipient address rejected: why`."""
    _address, colon, rest = text.partition(">: ")
    return rest if colon and text.startswith("<") else text
