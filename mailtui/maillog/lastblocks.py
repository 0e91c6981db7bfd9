"""The end of a log file that is read at once, without all of it in memory.

for block in last_blocks(path, 32 << 20):       # whole lines, oldest first
"""

from __future__ import annotations

import os
from collections.abc import Iterator

SIZE = 1 << 20
"""Bytes of a block, about: it ends with a line's end, or where a line is longer than as many."""


def last_blocks(path: str, most: int) -> Iterator[bytes]:
    """The last lines of a file, `most` bytes of them; none where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            left = os.fstat(stream.fileno()).st_size
            if left > most:
                stream.seek(left - most)
                left = most - len(stream.readline())
            while left > 0 and (block := stream.read(min(SIZE, left)) + stream.readline(SIZE)):
                left -= len(block)
                yield block
    except OSError:
        return
