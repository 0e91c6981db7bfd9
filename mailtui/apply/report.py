"""How an apply tells what it is doing: one report as a step of the plan begins, and one as it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from mailtui.apply.plan import Action, Plan, Step
from mailtui.text.safe import safe_lines

StepState = Literal["running", "ok", "failed"]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a step. `number` is its place in the plan, -1 for a step of a roll-back.

    `words` are a program's own, or ours, safe to show; seconds are 0 while it runs.
    """

    number: int
    step: Step
    state: StepState
    seconds: float = 0.0
    words: str = ""

    def as_json(self) -> dict[str, Any]:
        """A step of the plan as commands print it."""
        return step_json(self.step) | {
            "result": f"{self.state}: {self.words}" if self.words else self.state,
            "ms": round(self.seconds * 1000, 1),
        }


def step_json(step: Step) -> dict[str, Any]:
    return {"action": step.action, "target": step.target, "why": step.why}


Progress = Callable[[Report], None]


class Failed(Exception):
    """A step that did not succeed: `words` say why, and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(slots=True)
class Doing:
    """A step that runs: what it says, and whether it failed without ending everything."""

    words: list[str] = field(default_factory=list)
    failed: bool = False


class Reporter:
    """Keeps the last report of each step and hands every report on."""

    def __init__(self, plan: Plan, progress: Progress | None) -> None:
        self.plan = plan
        self._progress = progress
        self._last: dict[int, Report] = {}
        self.extra: list[Report] = []
        """Steps that are not in the plan: those of a roll-back."""

    @property
    def reports(self) -> tuple[Report, ...]:
        """What came of the steps so far, in the plan's order, then of a roll-back."""
        return (*(self._last[number] for number in sorted(self._last)), *self.extra)

    def tell(self, report: Report) -> None:
        """Keep a report and hand it on."""
        if report.number >= 0:
            self._last[report.number] = report
        elif report.state != "running":
            self.extra.append(report)
        if self._progress is not None:
            self._progress(report)

    def find(self, action: Action, target: str) -> tuple[int, Step]:
        """The step of the plan; an unplanned one has the number -1."""
        for number, step in enumerate(self.plan.steps):
            if (step.action, step.target) == (action, target):
                return number, step
        return -1, Step(action, target, "")

    @contextmanager
    def step(self, action: Action, target: str = "") -> Iterator[Doing]:
        """Run a step. An exception makes it `failed`, and passes."""
        number, step = self.find(action, target)
        self.tell(Report(number, step, "running"))
        begun = time.monotonic()
        doing = Doing()
        try:
            yield doing
        except BaseException as error:
            text = _text([*doing.words, str(error)])
            self.tell(Report(number, step, "failed", time.monotonic() - begun, text))
            raise
        state: StepState = "failed" if doing.failed else "ok"
        self.tell(Report(number, step, state, time.monotonic() - begun, _text(doing.words)))


def _text(words: list[str]) -> str:
    return "\n".join(line for part in words for line in safe_lines(part) if line)
