"""The log as JSON lines on standard output."""

from __future__ import annotations

import sys
from datetime import datetime

from mailtui.cli.output import unwritable
from mailtui.maillog.jsonlines import JsonLines


class JsonLog:
    """Writes blocks of whole lines as records, one JSON object a line."""

    def __init__(self) -> None:
        self._lines = JsonLines()

    def give(self, block: bytes, now: datetime | None = None) -> None:
        """Write a block's lines. `now` is the moment that none of them is later than (its file's time), which
        dates lines without a year. Raises Failed, or BrokenPipeError where the reader went away."""
        try:
            sys.stdout.write(self._lines.block(block, now))
            sys.stdout.flush()
        except OSError as error:
            raise unwritable(error) from None
