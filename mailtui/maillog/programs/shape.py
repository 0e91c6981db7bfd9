"""A shape: the pattern of one kind of line, and what its groups are called in a record.

One table serves both ways out: `facts` for a Record, `body` for a JSON line without a dictionary between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

ID = r"(?P<queue_id>[0-9A-F]{5,25}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,25})"
"""A queue id, as `head.QUEUE_ID` has it."""
MAYBE_ID = rf"(?:NOQUEUE|{ID})"
WHOLE = r"(?:0|[1-9]\d{0,17})"
"""A whole number as JSON has it."""
NUMBER = r"-?(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?"
NAMED = r"(?P<client_name>[^ \[\]]*)\[(?P<client_address>[^ \[\]]*)\]"
"""A client as `name[address]`."""
CLIENT = rf"{NAMED}(?::(?P<client_port>{WHOLE}))?"
"""The same with the port, where smtpd_client_port_logging is on."""
PEER = rf"\[(?P<client_address>[^ \[\]]*)\]:(?P<client_port>{WHOLE})"
"""A client that postscreen(8) names."""

LONGEST = 16_384
"""Characters of a text beyond which no shape is tried: patterns would take their time over it."""
FIRST = 2
"""Letters of a text that tell which shapes it may have; with a third, queue ids would begin in 4096 ways."""
BEGINNINGS = 1024
"""Such beginnings that are remembered of a program."""
_ID_LETTERS = frozenset("0123456789ABCDEFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz")
_LITERAL = re.compile(r"(?:[A-Za-z0-9 :=_](?![?*+{]))*")


@lru_cache(maxsize=4096)
def counts(text: str) -> dict[str, int]:
    """`ehlo=2 rcpt=0/1` as {"ehlo": 2, "rcpt_accepted": 0, "rcpt": 1}."""
    found: dict[str, int] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        accepted, slash, total = value.rstrip("%,").partition("/")
        if not equals or not (accepted + total).isdecimal():
            continue
        if slash:
            found[f"{name}_accepted"] = int(accepted)
        found[name] = int(total or accepted)
    return found


def _delays(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split("/"))


@lru_cache(maxsize=4096)
def _counts_json(text: str) -> str:
    return json.dumps(counts(text))


CONVERT: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        (
            "client_port",
            "server_port",
            "code",
            "size",
            "nrcpt",
            "uid",
            "count",
            "signal",
            "tls_bits",
            "conn_use",
            "tls_algorithm_bits",
        ),
        int,
    ),
    **dict.fromkeys(("delay", "elapsed", "elapsed_ms", "score"), float),
    "delays": _delays,
    "counts": counts,
}
"""How the text of a group becomes the value of a field; a field not named here is text."""

_RENDER: dict[str, Callable[[str], str]] = {
    "delays": lambda text: f"[{text.replace('/', ', ')}]",
    "counts": _counts_json,
}
"""Groups that are rewritten for JSON; the other numbers stand there as they were logged."""


class Shape:
    """A pattern whose named groups are fields of the record, and the event that it is.

    `event` is a name, or tells by the group `status` which one it is (`""` for any other). `fixed` are fields
    with the same text in every such line. `wording` puts `text` together from groups (`%(name)s`) where none
    is the text; without it the text is all that was said.
    """

    __slots__ = (
        "_events", "_only", "_parts", "_render", "_rest", "_texted", "_whole", "_wording", "fixed", "level",
        "match", "names", "pattern",
    )  # fmt: skip

    def __init__(
        self,
        pattern: str,
        event: str | Mapping[str, str],
        *,
        level: str = "info",
        wording: str = "",
        **fixed: str,
    ) -> None:
        compiled = re.compile(pattern, re.DOTALL)
        self.pattern = pattern
        self.match = compiled.fullmatch
        self.names = tuple(compiled.groupindex)
        if compiled.groups != len(self.names):
            raise ValueError(f"a group without a name: {pattern}")
        self.level = level
        self.fixed = fixed
        self._wording = wording
        self._events = event if not isinstance(event, str) else {"": event}
        self._render = tuple((n, _RENDER[name]) for n, name in enumerate(self.names) if name in _RENDER)
        self._texted = "text" in self.names
        self._parts = tuple(
            f', "{name}": {"%s" if name in CONVERT else chr(34) + "%s" + chr(34)}' for name in self.names
        )
        self._rest = "".join(f', "{name}": {json.dumps(value)}' for name, value in fixed.items())
        if not self._texted:
            self._rest += ', "text": "%s"'
        whole = "".join(self._parts) + self._rest
        self._whole = {
            status: f'"level": "{level}", "event": "{name}"{whole}' for status, name in self._events.items()
        }
        self._only = self._whole[""] if len(self._whole) == 1 and not wording else ""

    def may_begin(self, start: str) -> bool:
        """Whether a text that begins so may have this shape; a cheap test of the pattern's first letters."""
        for begin, other in ((ID, ""), (MAYBE_ID, "NOQUEUE")):
            if self.pattern.startswith(begin):
                return other.startswith(start) or _ID_LETTERS.issuperset(start)
        letters = _LITERAL.match(self.pattern)
        first = letters[0][: len(start)] if letters is not None else ""
        return start.startswith(first)

    def happened(self, match: re.Match[str]) -> str:
        """The event of a line that matched."""
        return self._events[self._status(match)]

    def _status(self, match: re.Match[str]) -> str:
        if len(self._events) == 1:
            return ""
        status: str | None = match["status"]
        return status if status is not None and status in self._events else ""

    def facts(self, match: re.Match[str]) -> dict[str, Any]:
        """The fields of a line that matched, by name, without those that it lacks."""
        found: dict[str, Any] = {"level": self.level, "event": self.happened(match)}
        for name, text in zip(self.names, match.groups(), strict=True):
            if text is not None:
                convert = CONVERT.get(name)
                found[name] = text if convert is None else convert(text)
        found.update(self.fixed)
        if self._wording:
            found["text"] = self._wording % match.groupdict()
        return found

    def body(self, match: re.Match[str], text: str) -> str:
        """The same as the middle of a JSON object. Only for a line in which JSON escapes nothing."""
        groups: tuple[str | None, ...] = match.groups()
        for index, render in self._render:
            value = groups[index]
            if value is not None:
                groups = groups[:index] + (render(value),) + groups[index + 1 :]  # noqa: RUF005 - the quickest
        if None not in groups and self._only:  # as nearly all are
            return self._only % groups if self._texted else self._only % (*groups, text)
        if self._wording:
            text = self._wording % match.groupdict()
        if None in groups:
            return self._sparse(match, groups, text)
        whole = self._whole[self._status(match)]
        return whole % groups if self._texted else whole % (*groups, text)

    def _sparse(self, match: re.Match[str], groups: tuple[str | None, ...], text: str) -> str:
        said = [part % group for part, group in zip(self._parts, groups, strict=True) if group is not None]
        rest = self._rest if self._texted else self._rest % text
        if self._texted and match["text"] is None:
            rest += f', "text": "{text}"'
        return f'"level": "{self.level}", "event": "{self.happened(match)}"{"".join(said)}{rest}'


class Table:
    """The shapes of a program, the most frequent first."""

    __slots__ = ("_beginning", "shapes")

    def __init__(self, shapes: tuple[Shape, ...] = ()) -> None:
        self.shapes = shapes
        self._beginning: dict[str, tuple[Shape, ...]] = {}

    def candidates(self, text: str) -> tuple[Shape, ...]:
        """The shapes that a text may have, in their order; none for a text longer than any daemon writes."""
        if len(text) > LONGEST:
            return ()
        start = text[:FIRST]
        found = self._beginning.get(start)
        if found is None:
            found = tuple(shape for shape in self.shapes if shape.may_begin(start))
            if len(self._beginning) >= BEGINNINGS:
                self._beginning.clear()
            self._beginning[start] = found
        return found
