"""The `=filter` behind a DNS list's zone: `127.0.0.2`, `127.0.0.[2..11]`, `127.0.[1;3].[0..255]`."""

from __future__ import annotations

import re

_FIELD = re.compile(r"\[([^\[\]]*)\]|([0-9]+)")
_RANGE = re.compile(r"([0-9]+)(?:\.\.([0-9]+))?")


class FilterError(ValueError):
    """A filter that smtpd cannot read: the process stops where it is first needed."""


def parse(text: str) -> tuple[frozenset[int], ...]:
    """The octets that a filter allows in each of the four places. Raises FilterError."""
    if text.startswith("[") and _closes(text) == len(text) - 1:
        text = text[1:-1]
    places: list[frozenset[int]] = []
    at = 0
    while len(places) < 4:
        field = _FIELD.match(text, at)
        if field is None:
            raise FilterError(f"{text} wants a number or [ ] in place {len(places) + 1}")
        places.append(_octets(field[1]) if field[2] is None else frozenset({_octet(field[2])}))
        at = field.end()
        if len(places) < 4:
            if text[at : at + 1] != ".":
                raise FilterError(f"{text} needs four places with dots between them")
            at += 1
    if at != len(text):
        raise FilterError(f"something follows the fourth place of {text}")
    return tuple(places)


def _closes(text: str) -> int:
    """Where the bracket closes that opens at the start; -1 where it does not."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if depth == 0:
            return at
    raise FilterError(f"the ] is missing in {text}")


def _octets(text: str) -> frozenset[int]:
    allowed: set[int] = set()
    for part in text.split(";"):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise FilterError(f"{part or 'nothing'} is no number and no range such as 2..11")
        first = _octet(found[1])
        last = first if found[2] is None else _octet(found[2])
        if last < first:
            raise FilterError(f"{part} ends before it begins")
        allowed.update(range(first, last + 1))
    return frozenset(allowed)


def _octet(text: str) -> int:
    value = int(text) if len(text) < 12 else 256
    if value > 255:
        raise FilterError(f"{text} is above 255")
    return value


def matches(places: tuple[frozenset[int], ...], address: str) -> bool:
    """Whether an IPv4 address (four decimal octets) is one of those that a filter allows."""
    octets = address.split(".")
    return len(octets) == 4 and all(
        int(octet) in allowed for octet, allowed in zip(octets, places, strict=True)
    )
