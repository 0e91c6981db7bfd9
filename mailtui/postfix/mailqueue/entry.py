"""One message of the queue, from a line of `postqueue -j` (postqueue(1), JSON OBJECT FORMAT).

Postfix escapes control characters and passes other bytes as they are: what is not UTF-8 comes back as
`\\udcXX`. The sender of a bounce is written MAILER-DAEMON.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from mailtui.text.safe import decode

NULL_SENDER = "MAILER-DAEMON"
"""How postqueue writes the empty sender."""
HOLD = "hold"
"""The queue of messages that are not tried."""

_LONG = re.compile(r"[0-9A-Za-z]{10,}z[0-9A-Za-z]+")
"""A long id (enable_long_queue_ids): seconds, four signs of microseconds, z, the inode."""
_ID = re.compile(r"[0-9A-Za-z]{5,25}")


class Recipient(NamedTuple):
    """One that is still to be delivered to. `reason`: why that failed last, empty where it was not tried."""

    address: str
    reason: str


class Entry(NamedTuple):
    """A message: `queue` is its queue's name, `arrived` its arrival in seconds since 1970, `size` bytes of
    header and body. Its texts are as postqueue has them: not yet safe for a terminal."""

    queue: str
    queue_id: str
    arrived: int
    size: int
    sender: str
    recipients: tuple[Recipient, ...]
    expires: bool = False
    """Whether it was forced to expire (postsuper -e)."""

    @property
    def held(self) -> bool:
        return self.queue == HOLD

    @property
    def reason(self) -> str:
        """Why it is still here: what its first recipient with a reason has."""
        return next((each.reason for each in self.recipients if each.reason), "")

    @property
    def domains(self) -> list[str]:
        """The domains of its recipients in lower case, each once, in their order."""
        return list(dict.fromkeys(domain_of(each.address) for each in self.recipients))


class Seen(NamedTuple):
    """What a message was known by when somebody chose it: another one may get its id later."""

    arrived: int
    size: int
    sender: str

    @classmethod
    def of(cls, entry: Entry) -> Seen:
        return cls(entry.arrived, entry.size, entry.sender)


def comes_again(queue_id: str) -> bool:
    """Whether this id may be given to another message: a short one; in a long one is the time."""
    return _LONG.fullmatch(queue_id) is None


def domain_of(address: str) -> str:
    """The domain of an address in lower case; of a name alone, that."""
    return address.rpartition("@")[2].lower()


def is_id(text: str) -> bool:
    """Whether a text can be a queue id."""
    return text.isascii() and _ID.fullmatch(text) is not None


def fields(line: bytes) -> dict[str, Any]:
    """The object of a line, in postqueue's own names. Raises ValueError where it is none."""
    found = json.loads(decode(line), strict=False)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  # a wrong text, not a wrong call
    return found


def parse(line: bytes) -> Entry:
    """The message of a line. Raises ValueError where it is none; a field that is missing is empty."""
    found = fields(line)
    given = found.get("recipients")
    listed = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return Entry(
        _text(found, "queue_name"),
        _text(found, "queue_id"),
        _number(found, "arrival_time"),
        _number(found, "message_size"),
        _text(found, "sender"),
        tuple(Recipient(_text(each, "address"), _text(each, "delay_reason")) for each in listed),
        found.get("forced_expire") is True,
    )


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name, "")
    return value if isinstance(value, str) else ""


def _number(found: dict[str, Any], name: str) -> int:
    value = found.get(name, 0)
    return int(value) if isinstance(value, int | float) else 0
