"""What came of an apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from mailtui.apply.finding import Finding, NotYours
from mailtui.apply.report import Report
from mailtui.apply.review import Review
from mailtui.edits.candidate import Stopped
from mailtui.edits.model import Conflict

OutcomeState = Literal["applied", "nothing", "refused", "conflict", "rolled-back", "unfinished"]

_EXIT = {"applied": 0, "nothing": 0, "refused": 1, "conflict": 3, "rolled-back": 4, "unfinished": 4}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an apply.

    `nothing`: every file said so already. `refused`, `conflict`: nothing was changed. `rolled-back`: it
    failed, and everything is as it was. `unfinished`: it failed and could not be taken back whole; the
    journal knows, and `mailtui history recover` tries again.
    """

    state: OutcomeState
    steps: tuple[Report, ...] = ()
    history_id: int | None = None
    error: str = ""
    """Why, in words, with what to do; empty if all is well."""
    review: Review | None = None
    """What was found when the files were read again."""
    told: tuple[str, ...] = field(default=())
    """What else an admin should know: changes recovered first, a journal moved aside, alarms in the log."""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """As the command line ends."""
        return _EXIT[self.state]

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return self.review.conflicts if self.review else ()

    @property
    def stopped(self) -> tuple[Stopped, ...]:
        return self.review.stopped if self.review else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.review.findings if self.review else ()

    @property
    def not_yours(self) -> tuple[NotYours, ...]:
        return self.review.not_yours if self.review else ()

    def as_json(self) -> dict[str, Any]:
        """What a changing command prints with --json."""
        plain: dict[str, Any] = {"edits": [], "diff": "", "plan": [], "not_yours": []}
        if self.review is not None:
            plain = self.review.as_json()
        plain |= {"applied": self.state == "applied", "state": self.state}
        if self.steps:
            done = {report.number: report.as_json() for report in self.steps if report.number >= 0}
            plain["plan"] = [done.get(number, step) for number, step in enumerate(plain["plan"])]
            plain["plan"] += [report.as_json() for report in self.steps if report.number < 0]
        if self.history_id is not None:
            plain["history_id"] = self.history_id
        if self.error:
            plain["reason"] = self.error
        if self.told:
            plain["told"] = list(self.told)
        return plain
