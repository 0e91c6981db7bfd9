"""One log line as a record. Parsed on demand, so a busy log costs nothing until it is looked at.

The shapes are those that Postfix's daemons print (syslog or postlogd(8)) and the programs beside them
(`programs`). A line of another program, or one nobody knows, is honestly `other`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from mailtui.maillog import programs
from mailtui.maillog.head import Quick, head, quick
from mailtui.maillog.plain import plain
from mailtui.maillog.stamp import moment, stamp, when
from mailtui.text.safe import decode

__all__ = ["Event", "Level", "Quick", "Record", "facts", "parse", "quick", "said", "stamp", "when"]

Event = Literal[
    "connect", "disconnect", "reject", "received", "queued", "delivered", "deferred", "bounced", "removed",
    "auth_failed", "milter_reject", "warning", "fatal", "other",
]  # fmt: skip
Level = Literal["info", "warning", "error", "fatal", "panic"]


@dataclass(frozen=True, slots=True)
class Record:
    """What a line says, in the names of `mailtui log --json`. A field that does not apply is None.

    `time` is RFC 3339 with zone. `delay` in seconds, `delays` its parts: before the queue manager, in the
    queue, connecting, transmitting. `size` in bytes, `code` the SMTP reply code, `elapsed` seconds and
    `elapsed_ms` milliseconds that something took.
    """

    time: str | None
    host: str | None
    process: str | None
    pid: int | None
    level: Level
    event: Event
    text: str
    raw: str
    queue_id: str | None = None
    next_id: str | None = None
    """The id under which the mail goes on: a notification's, or in the queue of the server that took it."""
    orig_queue_id: str | None = None
    client_name: str | None = None
    client_address: str | None = None
    client_port: int | None = None
    orig_client: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    helo: str | None = None
    proto: str | None = None
    sender: str | None = None
    recipient: str | None = None
    orig_to: str | None = None
    relay: str | None = None
    conn_use: int | None = None
    """The how manyeth message it is over this connection."""
    delay: float | None = None
    delays: tuple[float, ...] | None = None
    dsn: str | None = None
    status: str | None = None
    """Of a delivery its status; else what was done: `reject`, `hold`, `PASS OLD`, `Blocked` …"""
    code: int | None = None
    stage: str | None = None
    """The SMTP command, or the moment, at which it happened."""
    about: str | None = None
    """What a reply, verdict or complaint is about: an address, a header, a file."""
    reason: str | None = None
    sasl_method: str | None = None
    sasl_username: str | None = None
    sasl_sender: str | None = None
    message_id: str | None = None
    size: int | None = None
    nrcpt: int | None = None
    uid: int | None = None
    tls: str | None = None
    tls_trust: str | None = None
    tls_protocol: str | None = None
    tls_cipher: str | None = None
    tls_bits: int | None = None
    tls_algorithm_bits: int | None = None
    tls_key_exchange: str | None = None
    tls_signature: str | None = None
    tls_digest: str | None = None
    dnsbl: str | None = None
    dnsbl_answer: str | None = None
    verdict: str | None = None
    """Of a filter: pass, fail, signed, greylist, CLEAN, infected …"""
    score: float | None = None
    domain: str | None = None
    selector: str | None = None
    service: str | None = None
    mailbox: str | None = None
    session: str | None = None
    elapsed: float | None = None
    elapsed_ms: float | None = None
    counts: dict[str, int] | None = None
    """Named numbers: the commands of a session (`rcpt`, and `rcpt_accepted` where not all were), a cache's
    statistics."""
    count: int | None = None
    period: str | None = None
    at: str | None = None
    signal: int | None = None
    version: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The record without the fields that do not apply."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value is not None}


def facts(line: bytes, now: datetime | None = None) -> dict[str, Any]:
    """What `parse` finds, by name and without what does not apply; `raw` is last."""
    line = line.rstrip(b"\r\n")
    time, host, process, pid, start = head(line)
    found: dict[str, Any] = {}
    moment_of_line = moment(time, now) if time is not None else None
    if moment_of_line is not None:
        found["time"] = moment_of_line.isoformat()
    if host:
        found["host"] = decode(host)
    if process:
        found["process"] = decode(process)
    if pid:
        found["pid"] = int(pid)
    text = decode(line[start:])
    found.update(said(found.get("process"), text))
    found.setdefault("text", text)
    found["raw"] = decode(line)
    return found


def said(process: str | None, text: str) -> dict[str, Any]:
    """Level, event and fields of what a program said."""
    if process is None:
        return {"level": "info", "event": "other"}
    for shape in programs.table(process).candidates(text):
        match = shape.match(text)
        if match is not None:
            return shape.facts(match)
    return plain(text)


def parse(line: bytes, now: datetime | None = None) -> Record:
    """The record of one line (without its newline). `now` is the moment it cannot be later than, which dates
    lines that carry no year."""
    found = facts(line, now)
    return Record(
        time=found.pop("time", None),
        host=found.pop("host", None),
        process=found.pop("process", None),
        pid=found.pop("pid", None),
        **found,
    )
