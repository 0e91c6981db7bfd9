"""What of the log a command works on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mailtui.maillog.source import Source


class Wanted(NamedTuple):
    """What of the log is wanted: `files` as they are named, or `source`; from `since` on, before `until`."""

    files: tuple[str, ...]
    source: Source | None
    since: datetime | None
    until: datetime | None

    @property
    def title(self) -> str:
        """Where it is looked for, in words."""
        return ", ".join(self.files) if self.source is None else self.source.title
