"""A line of which no shape is known: its level, and the queue id where it begins with one."""

from __future__ import annotations

import re
from typing import Any

_COMPLAINT = re.compile(r"(warning|error|fatal|panic): ", re.IGNORECASE)
_ID = re.compile(
    r"(?:(?:warning|error|fatal|panic): )?"
    r"(?P<queue_id>[0-9A-F]{5,25}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,25}): "
)


def plain(text: str) -> dict[str, Any]:
    """Level, event and queue id of a text (msg(3): what follows `warning: ` and the like)."""
    complaint = _COMPLAINT.match(text)
    level = complaint[1].lower() if complaint is not None else "info"
    event = "other" if level == "info" else "fatal" if level in {"fatal", "panic"} else "warning"
    found: dict[str, Any] = {"level": level, "event": event}
    match = _ID.match(text)
    if match is not None:
        found["queue_id"] = match["queue_id"]
    return found
