"""What a line can be filtered by: its values, each as the filter's words for it.

for value in values(record, sender): value.name, value.text, value.term        # client  203.0.113.9  client:…
with_term("from:a@b", "client:1.2.3.4", negated=True) == "from:a@b !client:1.2.3.4"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailtui.maillog.logquery import word
from mailtui.maillog.record import Record

_BLANKS = re.compile(r"(?<!\\) +")


class LineValue(NamedTuple):
    """A value of a line under its name, and the word that finds lines with it."""

    name: str
    text: str
    term: str


def values(record: Record, sender: str | None = None) -> Iterator[LineValue]:
    """The values of a line, those first that are asked for most. `sender`: of its message, where the line
    itself does not name it."""
    if record.client_address is not None:
        name = record.client_name if record.client_name not in {None, "unknown"} else ""
        address = record.client_address if record.client_address != "unknown" else name or "unknown"
        yield LineValue("client", f"{address}  {name}".rstrip(), word("client", address))
    origin = record.sender if record.sender is not None else sender
    if origin is not None:
        yield LineValue("from", origin or "<>", word("from", origin))
        domain = origin.rpartition("@")[2]
        if "@" in origin and domain:
            yield LineValue("from", f"@{domain}", f"from:{_escaped(f'@{domain}')}$")
    for target in dict.fromkeys((record.recipient, record.orig_to)):
        if target:
            yield LineValue("to", target, word("to", target))
    if record.status:
        yield LineValue("status", record.status, word("status", record.status))
    if record.queue_id and record.queue_id != "NOQUEUE":
        yield LineValue("id", record.queue_id, word("id", record.queue_id))
    if record.relay and record.relay != "none":
        yield LineValue("relay", record.relay, _escaped(record.relay.partition("[")[0]))
    if record.sasl_username:
        yield LineValue("login", record.sasl_username, _escaped(f"sasl_username={record.sasl_username}"))
    if record.process:
        yield LineValue("process", record.process, _escaped(f"{record.process}["))
    if record.level != "info":
        yield LineValue("level", record.level, f"level:{record.level}")


def _escaped(value: str) -> str:
    return value.replace(" ", "\\ ")


def with_term(text: str, term: str, *, negated: bool) -> str:
    """A filter with a word added; the same word the other way round is replaced, so that in and out are
    each other's undoing."""
    wanted = f"!{term}" if negated else term
    other = term if negated else f"!{term}"
    words = [one for one in _BLANKS.split(text.strip()) if one and one not in {wanted, other}]
    return " ".join([*words, wanted])
