"""What the checks of a change have to say."""

from __future__ import annotations

from dataclasses import dataclass

from mailtui.text.safe import REPLACEMENT_LIMIT, safe

_BRIEF = 120
"""Characters of a key, or of a value, that one line for a terminal shows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an admin must know. `stop`: the change cannot be written while it stands.

    `text` is safe to show. `line` counts from 1, in the file as it would be written.
    """

    stop: bool
    text: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.text


@dataclass(frozen=True, slots=True)
class NotYours:
    """An entry that someone else saved and did not compile, and that would go live with this change.

    None as `live` or `source`: the entry is not in the compiled copy, or no longer in the text.
    """

    spec: str
    key: str
    live: str | None
    source: str | None

    def __str__(self) -> str:
        return self._words(REPLACEMENT_LIMIT)

    @property
    def brief(self) -> str:
        """In one line for a terminal: a long value is cut."""
        return self._words(_BRIEF)

    def _words(self, limit: int) -> str:
        name = f"{self.spec.rpartition('/')[2]} {safe(self.key, limit)}"
        if self.source is None:
            return f"{name} is taken out (live: {safe(self.live or '', limit)})"
        if self.live is None:
            return f"{name} → {safe(self.source, limit)}"
        return f"{name} → {safe(self.source, limit)} (live: {safe(self.live, limit)})"
