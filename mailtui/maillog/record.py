"""One log line as a record. Parsed on demand, so a busy log costs nothing until it is looked at.

The shapes are those that Postfix's daemons print (syslog or postlogd(8)), with a traditional or an
RFC 3339 time. A line of another program, or one nobody knows, is honestly `other`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from mailtui.text.safe import decode

Event = Literal[
    "connect", "disconnect", "reject", "received", "queued", "delivered", "deferred", "bounced", "removed",
    "auth_failed", "milter_reject", "warning", "fatal", "other",
]  # fmt: skip
Level = Literal["info", "warning", "error", "fatal", "panic"]


@dataclass(frozen=True, slots=True)
class Record:
    """What a line says, in the names of `mailtui log --json`. A field that does not apply is None.

    `time` is RFC 3339 with zone, `delay` in seconds, `size` in bytes, `code` the SMTP reply code.
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
    client_name: str | None = None
    client_address: str | None = None
    helo: str | None = None
    sender: str | None = None
    recipient: str | None = None
    orig_to: str | None = None
    relay: str | None = None
    delay: float | None = None
    dsn: str | None = None
    status: str | None = None
    code: int | None = None
    sasl_username: str | None = None
    message_id: str | None = None
    size: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The record without the fields that do not apply."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value is not None}


_TRADITIONAL = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? ")
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(Z|[+-]\d\d:?\d\d)? ")
_HEAD = re.compile(r"(?:(\S+) )?([^\s\[\]:]+)(?:\[(\d+)\])?: ?(.*)", re.DOTALL)
_MONTHS = {
    name: n
    for n, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}

_QUEUE_ID = re.compile(
    r"([0-9A-F]{5,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,25}|NOQUEUE): (.*)", re.DOTALL
)
_CLIENT = re.compile(r"(\S+?)\[([0-9A-Fa-f.:]+|unknown)\]")
_REFUSED = re.compile(
    r"(milter-reject|reject_warning|reject|discard|hold|filter|redirect|warn|info|prepend|bcc|strip|replace)"
    r": (\S+) from (\S+?)\[([^\]]*)\](?::\d+)?: ?(?:(\d{3}) )?(?:(\d\.\d+\.\d+) )?(.*)",
    re.DOTALL,
)
_CONTENT = re.compile(
    r"(reject|warning|hold|discard|redirect|filter|prepend|replace|strip|bcc|info):"
    r" ((?:header|body|content) .*) from (?:(\S+?)\[([^\]]*)\]|local);"
    r"((?: (?:from|to|proto|helo)=(?:<[^>]*>|\S+?))*)(?:: (?:(\d\.\d+\.\d+) )?(.*))?",
    re.DOTALL,
)
"""What cleanup(8) logs for an action of header_checks and body_checks (cleanup_message.c)."""
_PAIR = re.compile(r"([a-z_-]+)=(<[^>]*>|[^,\s]*)")
_STATUS = re.compile(r"\bstatus=(\w+)(?: \((.*)\))?$", re.DOTALL)
_AUTH = re.compile(r"(\S+?)\[([^\]]+)\]: SASL (\S+) authentication failed")
_AUTH_NAME = re.compile(r"sasl_username=([^,\s]+)")
_LEVELS: dict[str, Level] = {"warning": "warning", "error": "error", "fatal": "fatal", "panic": "panic"}
_DELIVERIES: dict[str, Event] = {
    "sent": "delivered",
    "deliverable": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "undeliverable": "bounced",
    "expired": "bounced",
}


def _iso(year: int, match: re.Match[str]) -> datetime | None:
    month, day, hour, minute, second, fraction = match.groups()
    try:
        naive = datetime(  # noqa: DTZ001 - a syslog time is local; the zone is added below
            year,
            _MONTHS[month],
            int(day),
            int(hour),
            int(minute),
            int(second),
            int((fraction or "0").ljust(6, "0")),
        )
    except (KeyError, ValueError):
        return None
    return naive.astimezone()


def _traditional(match: re.Match[str], now: datetime) -> str | None:
    """A time without a year: this year's, or last year's where that would lie in the future."""
    found = _iso(now.year, match)
    if found is None or found > now + timedelta(days=1):
        found = _iso(now.year - 1, match)
    return found.isoformat() if found is not None else None


def _rfc3339(match: re.Match[str]) -> str | None:
    day, clock, zone = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{clock.replace(',', '.')}{zone or ''}")
    except ValueError:
        return None
    return (found if found.tzinfo is not None else found.astimezone()).isoformat()


def _time(line: str, now: datetime) -> tuple[str | None, str]:
    match = _TRADITIONAL.match(line)
    if match is not None:
        return _traditional(match, now), line[match.end() :]
    match = _RFC3339.match(line)
    if match is not None:
        return _rfc3339(match), line[match.end() :]
    return None, line


def parse(line: bytes, now: datetime | None = None) -> Record:
    """The record of one line (without its newline). `now` dates lines that carry no year."""
    raw = decode(line.rstrip(b"\r\n"))
    time, rest = _time(raw, now or datetime.now().astimezone())
    head = _HEAD.match(rest) if time is not None else None
    if head is None:
        return Record(time, None, None, None, "info", "other", rest, raw)
    host, process, pid, text = head.groups()
    level: Level = "info"
    word, colon, said = text.partition(": ")
    if colon and word in _LEVELS:
        level = _LEVELS[word]
    known = _facts(process, text if level == "info" else said, level)
    event: Event = known.pop("event")
    known.setdefault("text", text)
    return Record(
        time=time,
        host=host,
        process=process,
        pid=int(pid) if pid else None,
        level=level,
        event=event,
        raw=raw,
        **known,
    )


def _facts(process: str, text: str, level: Level) -> dict[str, Any]:
    if level != "info":
        return _complaint(text, level)
    match = _QUEUE_ID.match(text)
    if match is not None:
        queue_id, said = match.groups()
        facts = _queued(process, said)
        return facts if queue_id == "NOQUEUE" else {"queue_id": queue_id, **facts}
    for event in ("connect", "disconnect"):
        if text.startswith(f"{event} from "):
            return {"event": event, **_client(text[len(event) + 6 :])}
    return {"event": "other"}


def _client(text: str) -> dict[str, Any]:
    match = _CLIENT.match(text)
    if match is None:
        return {}
    return {"client_name": match[1], "client_address": match[2]}


def _complaint(text: str, level: Level) -> dict[str, Any]:
    match = _AUTH.search(text)
    if match is not None:
        name = _AUTH_NAME.search(text)
        facts: dict[str, Any] = {"event": "auth_failed", "client_name": match[1], "client_address": match[2]}
        return {**facts, "sasl_username": name[1]} if name else facts
    found = _QUEUE_ID.match(text)
    event = "fatal" if level in {"fatal", "panic"} else "warning"
    return {"event": event, "queue_id": found[1]} if found and found[1] != "NOQUEUE" else {"event": event}


def _pairs(text: str) -> dict[str, str]:
    return {name: value[1:-1] if value[:1] == "<" else value for name, value in _PAIR.findall(text)}


_NAMES = {"from": "sender", "to": "recipient", "orig_to": "orig_to", "helo": "helo", "relay": "relay",
          "dsn": "dsn", "sasl_username": "sasl_username", "message-id": "message_id"}  # fmt: skip


def _named(pairs: dict[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {_NAMES[name]: value for name, value in pairs.items() if name in _NAMES}
    if pairs.get("size", "").isdecimal():
        facts["size"] = int(pairs["size"])
    if re.fullmatch(r"\d+(\.\d+)?", pairs.get("delay", "")):
        facts["delay"] = float(pairs["delay"])
    return facts


def _queued(process: str, text: str) -> dict[str, Any]:
    if text == "removed":
        return {"event": "removed"}
    refusal = _REFUSED.match(text)
    if refusal is not None:
        return _refusal(refusal)
    content = _CONTENT.fullmatch(text)
    if content is not None:
        return _content(content)
    status = _STATUS.search(text)
    if status is not None:
        facts = _named(_pairs(text[: status.start()]))
        event = _DELIVERIES.get(status[1], "other")
        return {"event": event, "status": status[1], "text": status[2] or status[1], **facts}
    pairs = _pairs(text)
    if "client" in pairs:
        return {"event": "received", **_client(pairs["client"]), **_named(pairs)}
    if "from" in pairs and "nrcpt" in pairs:
        return {"event": "queued", **_named(pairs)}
    if "from" in pairs and process.endswith("pickup"):
        return {"event": "received", **_named(pairs)}
    if "message-id" in pairs:
        return {"event": "other", **_named(pairs)}
    return {"event": "other"}


def _refusal(match: re.Match[str]) -> dict[str, Any]:
    action, _command, name, address, code, dsn, rest = match.groups()
    said, _semicolon, trailer = rest.rpartition("; from=<")
    facts = _named(_pairs(f"from=<{trailer}")) if said else {}
    event: Event = {"reject": "reject", "milter-reject": "milter_reject"}.get(action, "warning")  # type: ignore[assignment]
    if action not in {"reject", "milter-reject", "reject_warning", "warn"}:
        event = "other"
    return {
        "event": event, "client_name": name, "client_address": address, "status": action,
        "code": int(code) if code else None, "dsn": dsn, "text": (said or rest).rstrip(";"), **facts,
    }  # fmt: skip


def _content(match: re.Match[str]) -> dict[str, Any]:
    action, found, name, address, envelope, dsn, said = match.groups()
    events: dict[str, Event] = {"reject": "reject", "warning": "warning"}
    return {
        "event": events.get(action, "other"), "status": action, "dsn": dsn,
        "client_name": name, "client_address": address,
        "text": f"{said} ({found})" if said else found, **_named(_pairs(envelope)),
    }  # fmt: skip
