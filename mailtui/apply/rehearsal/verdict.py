"""What a rehearsal came to, as reviews, commands and the history show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["running", "passed", "failed", "impossible", "skipped", "not needed"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal came to. `lines` are safe to show, worst first."""

    state: State
    why: str = ""
    lines: tuple[str, ...] = ()
    not_tried: tuple[str, ...] = ()
    seconds: float = 0.0
    key: str = ""
    """A digest of the bytes that were tried; empty where none were."""

    @property
    def stops(self) -> bool:
        """Whether the change must be overruled to be written."""
        return self.state in ("failed", "impossible")

    def __str__(self) -> str:
        match self.state:
            case "passed":
                return f"passed in {self.seconds:.1f} s; not tried: {', '.join(self.not_tried) or 'delivery'}"
            case "failed":
                more = f" (and {len(self.lines) - 1} more)" if self.lines[1:] else ""
                return f"failed: {self.lines[0]}{more}" if self.lines else "failed"
            case "impossible":
                return f"not possible here: {self.why}"
            case "running":
                return "running: the new configuration is tried where nothing live can be reached"
        return f"{self.state}: {self.why}" if self.why else self.state

    def as_json(self) -> dict[str, Any]:
        """What commands print with --json; a field that does not apply is absent."""
        plain: dict[str, Any] = {"state": self.state}
        said = {"why": self.why, "lines": list(self.lines), "not_tried": list(self.not_tried)}
        plain |= {name: value for name, value in said.items() if value}
        return plain | ({"ms": round(self.seconds * 1000, 1)} if self.seconds else {})

    @property
    def overruled(self) -> str:
        """What the history says of a change that was written in spite of it."""
        if self.state == "failed":
            return f"in spite of a failed rehearsal: {'; '.join(self.lines)}"
        return f"without a rehearsal, which was not possible: {self.why}"


NOT_NEEDED = Rehearsal("not needed", "main.cf and master.cf unchanged")
SKIPPED = Rehearsal("skipped", "as you asked")
SWITCHED_OFF = Rehearsal("skipped", "switched off in settings")
STOPPED = Rehearsal("skipped", "the checks stop this change already")
RUNNING = Rehearsal("running")
