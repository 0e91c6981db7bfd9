"""The journal as lines of a log file, so that one parser reads both.

Where a `place` is given it is a journal file or a folder of them, as of another machine or a rescued disk.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from mailtui import commands

MAIL_FACILITY = "SYSLOG_FACILITY=2"
"""What syslog(3) calls LOG_MAIL: Postfix and its milters log there."""
_HINT = re.compile("insufficient permissions|not seeing messages|permission denied", re.IGNORECASE)


class Entry(NamedTuple):
    """A line with its newline, and where it stands in the journal."""

    line: bytes
    cursor: str


def argv(
    *,
    lines: int | Literal["all"] | None = None,
    follow: bool = False,
    since: str = "",
    place: str = "",
    after: str = "",
    back_from: str = "",
) -> list[str]:
    """The journalctl call for the newest `lines` mail entries (None: all, or ten where it follows); those
    `after` a cursor; or backwards from one, itself the first."""
    words = ["journalctl", "--quiet", "--no-pager", "--output=json", MAIL_FACILITY]
    if place:
        words.append(f"--directory={place}" if os.path.isdir(place) else f"--file={place}")
    if lines is not None:
        words.append(f"--lines={lines}")
    if since:
        words.append(f"--since={since}")
    if after:
        words.append(f"--after-cursor={after}")
    if back_from:
        words += [f"--cursor={back_from}", "--reverse"]
    if follow:
        words.append("--follow")
    return words


def _text(value: object) -> str:
    """A journal field: text, or a list of byte values where it is not UTF-8 or holds control characters."""
    if isinstance(value, list):
        try:
            return bytes(value).decode("utf-8", "surrogateescape")
        except (ValueError, TypeError):  # several values of one field
            return _text(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _fields(entry: bytes) -> dict[str, object]:
    """Raises ValueError."""
    fields = json.loads(entry)
    if not isinstance(fields, dict):
        raise ValueError("no journal entry")  # noqa: TRY004  # damaged text, no wrong type
    return fields


def _made(fields: dict[str, object]) -> Entry:
    stamp = datetime.fromtimestamp(int(_text(fields.get("__REALTIME_TIMESTAMP"))) / 1e6, UTC).astimezone()
    pid = _text(fields.get("SYSLOG_PID")) or _text(fields.get("_PID"))
    name = _text(fields.get("SYSLOG_IDENTIFIER")) or _text(fields.get("_COMM")) or "unknown"
    head = f"{stamp.isoformat()} {_text(fields.get('_HOSTNAME')) or '-'} {name}{f'[{pid}]' if pid else ''}: "
    message = _text(fields.get("MESSAGE")).replace("\n", "\\n")
    line = (head + message + "\n").encode("utf-8", "surrogateescape")
    return Entry(line, _text(fields.get("__CURSOR")))


def entry(raw: bytes) -> Entry | None:
    """A syslog line with an RFC 3339 time from one JSON entry; None where the entry is damaged."""
    try:
        return _made(_fields(raw))
    except (ValueError, OverflowError, OSError):
        return None


def line(raw: bytes) -> bytes | None:
    """The line alone."""
    made = entry(raw)
    return None if made is None else made.line


def entries(words: list[str]) -> Generator[Entry]:
    """What a journalctl call prints, as it comes. Raises CommandError where it is missing or fails."""
    rest = b""
    with closing(commands.stream(words)) as blocks:
        for block in blocks:
            *whole, rest = (rest + block).split(b"\n")
            yield from _entries(whole)
    yield from _entries([rest])


def _entries(raw: Iterable[bytes]) -> Iterator[Entry]:
    for one in raw:
        made = entry(one) if one else None
        if made is not None:
            yield made


def newest(count: int, place: str = "") -> bytes:
    """The newest `count` entries. Raises CommandError where there is no journalctl."""
    return b"".join(made.line for made in entries(argv(lines=count, place=place)))


def readable(place: str = "") -> str:
    """Why the journal shows nothing, in words; empty where it does, or holds no mail at all. Raises
    CommandError where there is no journalctl."""
    words = [word for word in argv(lines=1, place=place) if word != "--quiet"]
    said = commands.ask(words).err.decode("utf-8", "replace")
    if not _HINT.search(said):
        return ""
    return (
        "the journal may not be read; run mailtui with sudo, or join the group systemd-journal or adm "
        "(usermod -aG systemd-journal NAME) and log in again"
    )


def follow(
    give: Callable[[Entry], None],
    stop: threading.Event,
    backlog: int = 1000,
    place: str = "",
    after: str = "",
) -> None:
    """Hand each entry to `give` until `stop` is set: the newest `backlog`, or those after a cursor, and all
    that come. Runs in a thread of its own."""

    def take(text: str) -> None:
        made = entry(text.encode("utf-8", "surrogateescape"))
        if made is not None:
            give(made)

    if place and not os.path.isdir(place):  # journalctl cannot wait for a single file
        for made in entries(argv(lines=backlog, place=place, after=after)):
            give(made)
        stop.wait()
        return
    lines: int | Literal["all"] = "all" if after else backlog
    commands.follow(argv(lines=lines, follow=True, place=place, after=after), take, stop)
