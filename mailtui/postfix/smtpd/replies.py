"""Replies as smtpd(8) words them: the code, the status code of RFC 3463 that fits it, and a text."""

from __future__ import annotations

import re
from typing import NamedTuple

CLIENT, REVERSE_CLIENT, HELO = "Client host", "Unverified Client host", "Helo command"
SENDER, RECIPIENT, ETRN = "Sender address", "Recipient address", "Etrn command"
DATA, END_OF_DATA = "Data command", "End-of-data"
CERTIFICATE, LOGIN = "Client certificate", "SASL login name"

LONGEST = 510
"""Bytes of a reply at most; the rest is cut off (smtpd_check_reject)."""
GENERIC = "450 4.7.1 Service unavailable"
"""What is said in place of a reply whose code is none."""

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:[ \t\n\v\f\r]+|$)")

_FOR_SENDER = {
    "1": "1.7", "2": "1.8", "3": "1.7", "4": "1.7", "5": "1.0", "6": "1.7", "7": "1.7", "8": "1.8",
}  # fmt: skip
_FOR_RECIPIENT = {
    "1": "1.1", "2": "1.2", "3": "1.3", "4": "1.4", "5": "1.5", "6": "1.6", "7": "1.3", "8": "1.2",
}  # fmt: skip


class Reply(NamedTuple):
    """A refusal as the client gets it."""

    code: int
    enhanced: str
    text: str

    @property
    def line(self) -> str:
        """The whole reply."""
        return f"{self.code} {self.enhanced} {self.text}"


def split_status(default: str, text: str) -> tuple[str, str]:
    """The status code with which a text begins, or the default; and the rest (dsn_split)."""
    match = _STATUS.match(text)
    return (match[1], text[match.end() :]) if match else (default, text)


def fitted(status: str, subject_class: str) -> str:
    """A status code about an address (`x.1.y`) made to fit what is refused: a sender, a recipient, or no
    address at all (smtpd_dsn_fix). The first digit is set by the reply's code later."""
    if status[1:4] != ".1.":
        return status
    if subject_class == SENDER:
        return f"4.{_FOR_SENDER.get(status[4:], '1.0')}"
    if subject_class == RECIPIENT:
        return f"4.{_FOR_RECIPIENT.get(status[4:], '1.0')}"
    return "4.0.0"


def reply(code: int, status: str, text: str) -> Reply:
    """The reply of a refusal: cut to length, without control characters, the status code's first digit that
    of the code. A code outside 400 to 599 or a status that is none gives smtpd's generic answer."""
    line = f"{code} {status} {text}"
    if not 400 <= code <= 599 or not _STATUS.match(line[4:]):
        line = GENERIC
    raw = line.encode("utf-8", "surrogateescape")[:LONGEST]
    line = "".join(char if char.isprintable() else " " for char in raw.decode("utf-8", "surrogateescape"))
    said_code, _blank, rest = line.partition(" ")
    enhanced, _blank, said = rest.partition(" ")
    return Reply(int(said_code), said_code[0] + enhanced[1:], said)


def softened(refusal: Reply) -> Reply:
    """With soft_bounce every 5xx becomes a 4xx."""
    if refusal.code < 500:
        return refusal
    return refusal._replace(code=refusal.code - 100, enhanced=f"4{refusal.enhanced[1:]}")
