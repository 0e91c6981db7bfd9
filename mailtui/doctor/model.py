"""What a finding is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mailtui.edits.plan import Plan

Severity = Literal["error", "warning", "advice"]
WEIGHT: dict[Severity, int] = {"error": 0, "warning": 1, "advice": 2}


class About(NamedTuple):
    """What a finding is about, as the console shows it: its screen's word (`milters`), and what that screen
    is filtered by. Without a screen the file tells where to go."""

    screen: str = ""
    filter: str = ""


_FILE = About()


class RuleName(NamedTuple):
    """A rule of a restriction list: the stage (`client`, `class:NAME`) and the rule's text."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `error`: strangers get what they must not, or mail is refused that should not be;
    `warning`: something hardly does what is meant; `advice`: it works, and could be better.

    `id` names the kind, for silencing. `file` and `line` (from 1) are where to look. `fix`: the edits that
    put it right, `fix_words` what they do; without a fix, why there is none and what else to do. All texts
    are safe to show.
    """

    id: str
    severity: Severity
    title: str
    file: str
    line: int | None
    why: str
    fix: Plan | None = None
    fix_words: str = ""
    services: tuple[str, ...] = ()
    """The services of master.cf that it is about, as `submission/inet`; none where it is about all."""
    rules: tuple[RuleName, ...] = ()
    """The rules of the restriction lists that it is about."""
    about: About = _FILE

    @property
    def name(self) -> tuple[str, str, str]:
        """What it is called as long as it is the same finding: wherever its line is."""
        return self.id, self.file, self.title

    @property
    def weight(self) -> tuple[int, str, int]:
        """By which findings are sorted: the worst first, then by place."""
        return WEIGHT[self.severity], self.file, self.line or 0

    def as_json(self) -> dict[str, Any]:
        """In the names of `mailtui doctor --json`."""
        fields: dict[str, Any] = {
            "id": self.id, "severity": self.severity, "title": self.title, "file": self.file,
            "line": self.line, "why": self.why, "services": list(self.services),
        }  # fmt: skip
        told = {name: value for name, value in fields.items() if value not in (None, "", [])}
        told["fix"] = self.fix_words if self.fix is not None else None
        if self.fix is None and self.fix_words:
            told["do"] = self.fix_words
        return told
