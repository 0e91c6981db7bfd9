"""Lists in a value: items between commas and blanks, with `{ }` grouping (postconf(5), `mystrtokq`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

SEPARATORS = b", \t\r\n"
"""What stands between the items of a list in main.cf."""

BLANKS = b" \t\r\n"
"""What stands between the fields and arguments of master.cf."""

_OPEN, _CLOSE = 0x7B, 0x7D


class Item(NamedTuple):
    """One item and its place in the text it was split from."""

    text: bytes
    start: int
    end: int


@cache
def _words(separators: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"[^" + re.escape(separators) + rb"]+")


def each(value: bytes, separators: bytes = SEPARATORS, start: int = 0) -> Iterator[Item]:
    """The items of `value` from offset `start` on. Empty items vanish; text within `{ }` is never split.

    A brace may open in mid-item (`inline:{a=b, c=d}` is one item); a `}` without its `{` is plain text;
    a `{` that is never closed takes the rest. There is no escape and no quote.
    """
    if value.find(b"{", start) < 0:  # the short way for nearly all
        yield from (Item(word[0], *word.span()) for word in _words(separators).finditer(value, start))
        return
    at, size = start, len(value)
    while at < size:
        if value[at] in separators:
            at += 1
            continue
        first, depth = at, 0
        while at < size and (depth or value[at] not in separators):
            if value[at] == _OPEN:
                depth += 1
            elif value[at] == _CLOSE and depth:
                depth -= 1
            at += 1
        yield Item(value[first:at], first, at)


def items(value: bytes, separators: bytes = SEPARATORS) -> list[bytes]:
    """The texts of the items alone."""
    return [item.text for item in each(value, separators)]


def payload(text: bytes) -> int:
    """Length of the `{…}` with which `text` begins, both braces included; 0 where it is not closed."""
    depth = 0
    for at, byte in enumerate(text):
        if byte == _OPEN:
            depth += 1
        elif byte == _CLOSE:
            depth -= 1
        if depth <= 0:
            return at + 1 if at else 0
    return 0


def is_one_item(text: bytes, separators: bytes = SEPARATORS) -> bool:
    """Whether `text` written into a list would be read back as this one item."""
    found = items(text, separators)
    return found == [text] and text.count(b"{") == text.count(b"}")
