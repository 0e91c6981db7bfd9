"""The journal as lines of a log file, so that one parser reads both."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from mailtui import commands

MAIL_FACILITY = "SYSLOG_FACILITY=2"
"""What syslog(3) calls LOG_MAIL: Postfix and its milters log there."""


def argv(*, lines: int, follow: bool = False, since: str = "") -> list[str]:
    """The journalctl call for the newest `lines` mail entries."""
    words = ["journalctl", "--quiet", "--no-pager", "--output=json", f"--lines={lines}", MAIL_FACILITY]
    if since:
        words.append(f"--since={since}")
    if follow:
        words.append("--follow")
    return words


def _text(value: object) -> str:
    """A journal field: text, or a list of byte values where it is not UTF-8 or holds control characters."""
    if isinstance(value, list):
        return bytes(value).decode("utf-8", "surrogateescape")
    return value if isinstance(value, str) else ""


def line(entry: bytes) -> bytes | None:
    """A syslog line with an RFC 3339 time from one JSON entry; None where the entry is damaged."""
    try:
        fields = json.loads(entry)
        stamp = datetime.fromtimestamp(int(fields["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    pid = _text(fields.get("SYSLOG_PID")) or _text(fields.get("_PID"))
    name = _text(fields.get("SYSLOG_IDENTIFIER")) or _text(fields.get("_COMM")) or "unknown"
    head = f"{stamp.isoformat()} {_text(fields.get('_HOSTNAME')) or '-'} {name}{f'[{pid}]' if pid else ''}: "
    message = _text(fields.get("MESSAGE")).replace("\n", "\\n")
    return (head + message + "\n").encode("utf-8", "surrogateescape")


def newest(count: int) -> bytes:
    """The newest `count` entries. Raises CommandError where there is no journalctl."""
    result = commands.ask(argv(lines=count))
    return b"".join(_lines(result.out.splitlines()))


def _lines(entries: Sequence[bytes]) -> Iterator[bytes]:
    for entry in entries:
        made = line(entry)
        if made is not None:
            yield made


def follow(give: Callable[[bytes], None], stop: threading.Event, backlog: int = 1000) -> None:
    """Hand each new entry as a line to `give` until `stop` is set. Runs in a thread of its own."""

    def take(text: str) -> None:
        made = line(text.encode("utf-8", "surrogateescape"))
        if made is not None:
            give(made)

    commands.follow(argv(lines=backlog, follow=True), take, stop)
