"""How a new line of a table is laid out: like the lines above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mailtui.text.safe import decode

TAB = 8
"""Columns from one tab stop to the next."""

_GAP = re.compile(rb"[ \t]*:?[ \t]*")


def column(text: bytes) -> int:
    """The column behind `text` on a line that begins with it."""
    return len(decode(text).expandtabs(TAB))


def _fill(width: int, above: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The blanks behind a text that is so wide, given texts and blanks of the lines above."""
    near, blanks = above[-1]
    if not blanks:
        return b""
    columns = {column(each + gap) for each, gap in above}
    if len(columns) > 1 and len({gap for _, gap in above}) == 1:
        return blanks  # always the same blanks, whatever the column
    target = column(near + blanks)
    if b"\t" in blanks:
        return b"\t" * max(1, -(-target // TAB) - width // TAB)
    shared = {len(each) for each, gap in above if column(each + gap) == target}
    if len(blanks) == 1 and len(shared) == 1:
        return blanks
    return b" " * max(1, target - width)


def separator(key: bytes, above: Sequence[tuple[bytes, bytes]], default: bytes) -> bytes:
    """What to write between `key` and its value, given keys and separators of the lines above, nearest last.

    Where they always have the same blanks, these are used; else the value (or a colon that stands apart from
    its name) comes in the column of the nearest line, by tabs if that line has tabs.
    """
    return _separator(column(key), tuple(above), default)


@lru_cache(maxsize=1024)
def _separator(width: int, above: Sequence[tuple[bytes, bytes]], default: bytes) -> bytes:
    above = [(name, gap) for name, gap in above if gap and _GAP.fullmatch(gap)]
    if not above:
        return default
    lead, colon, after = above[-1][1].rpartition(b":")
    if lead:
        return _fill(width, [(name, gap.rpartition(b":")[0]) for name, gap in above]) + colon + after
    below = [(name + colon, gap.rpartition(b":")[2]) for name, gap in above]
    return colon + _fill(width + len(colon), below)
