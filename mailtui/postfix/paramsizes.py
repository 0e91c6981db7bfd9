"""The rules between parameters: sizes of which one may not be below another, times in a wrong order, a log
file that Postfix may not write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mailtui.postfix.errors import ParameterError
from mailtui.postfix.paramvalues import Asked, Finding, error, quoted, warning
from mailtui.text.safe import safe

_NEEDS = ("mailbox_size_limit", "virtual_mailbox_limit", "message_size_limit", "queue_minfree")
_TIMES = ("minimal_backoff_time", "maximal_backoff_time", "queue_run_delay", "maximal_queue_lifetime")
_LOGS = (LOG_FILE, LOG_PREFIXES) = ("maillog_file", "maillog_file_prefixes")
_TIME = re.compile(r"(\d+)([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
QUEUE_SHARE = 1.5
"""smtpd(8) wants this many times message_size_limit free in the queue."""


def check_sizes(asked: Asked) -> Iterator[Finding]:
    """What the value means together with others that are in force."""
    if asked.name in _NEEDS:
        yield from _mailboxes(asked)
        yield from _queue(asked)
    elif asked.name in _TIMES:
        yield from _times(asked)
    elif asked.name in _LOGS:
        yield from _log(asked)


def may_log_to(path: str, prefixes: str) -> bool:
    """Whether maillog_file may be `path`: every program begins with this comparison of characters, and ends
    fatally where it fails (postconf(5), maillog_file_prefixes)."""
    return not path or path.startswith(tuple(filter(None, re.split(r"[\s,]+", prefixes))))


def _log(asked: Asked) -> Iterator[Finding]:
    path, prefixes = (_text(asked, name) for name in _LOGS)
    if prefixes and not may_log_to(path, prefixes):
        what = quoted(path) if asked.name == LOG_FILE else f"{LOG_FILE} {quoted(path)}"
        within = f"{LOG_PREFIXES} ({safe(prefixes)})"
        yield error(f"{what} begins with nothing in {within}: no program of Postfix starts", "others")


def _text(asked: Asked, name: str) -> str:
    if name == asked.name:
        return asked.value
    try:
        return asked.instance.parameters.values.expanded(name, asked.over).strip()
    except ParameterError:
        return ""


def _number(asked: Asked, name: str) -> int | None:
    text = _text(asked, name)
    return int(text) if text.isdigit() else None


def _mailboxes(asked: Asked) -> Iterator[Finding]:
    """local(8) and virtual(8) stop where a mailbox is smaller than a message, and defer all mail."""
    message = _number(asked, "message_size_limit")
    limits = ["mailbox_size_limit"] if _text(asked, "mydestination") else []
    if _text(asked, "virtual_mailbox_maps") and _text(asked, "virtual_transport").startswith("virtual"):
        limits.append("virtual_mailbox_limit")
    for name in limits:
        limit = _number(asked, name)
        if not limit or message is None or asked.name not in {name, "message_size_limit"}:
            continue
        program = "local" if name == "mailbox_size_limit" else "virtual"
        if not message:
            yield error(f"{name} is {limit} and message_size_limit is unlimited: {program} stops", "others")
        elif limit < message:
            yield error(
                f"{name} ({limit}) is smaller than message_size_limit ({message}): {program} stops", "others"
            )


def _queue(asked: Asked) -> Iterator[Finding]:
    message, free = _number(asked, "message_size_limit"), _number(asked, "queue_minfree")
    if message and free and free < QUEUE_SHARE * message and asked.name != "mailbox_size_limit":
        yield warning(f"queue_minfree ({free}) should be 1.5 times message_size_limit ({message})", "others")


def _seconds(asked: Asked, name: str) -> int | None:
    found = _TIME.match(_text(asked, name))
    if found is None:
        return None
    unit = found[2] or ("d" if name == "maximal_queue_lifetime" else "s")
    return int(found[1]) * _SECONDS[unit]


def _times(asked: Asked) -> Iterator[Finding]:
    """In their order: queue_run_delay, minimal_backoff_time, maximal_backoff_time, maximal_queue_lifetime."""
    order = ("queue_run_delay", "minimal_backoff_time", "maximal_backoff_time", "maximal_queue_lifetime")
    known = [(name, _seconds(asked, name)) for name in order]
    for (less, low), (more, high) in pairwise(known):
        if asked.name not in {less, more} or low is None or not high:
            continue
        if low > high:
            yield warning(f"{less} ({low} s) is longer than {more} ({high} s)", "others")
