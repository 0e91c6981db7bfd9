"""How long the rehearsal of a change of main.cf takes, which runs while the admin reads the diff."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from mailtui.apply.rehearsal.rehearse import rehearse
from mailtui.apply.rehearsal.verdict import State
from mailtui.edits.candidate import Candidate
from mailtui.edits.parameters import SetParameter
from mailtui.postfix.instance import Instance
from tests.bench.rows import Goal, Row, turns

GOAL = 1500.0
"""Milliseconds on the demo."""


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    instance = Instance.open(str(config_dir))
    right = _rehearsing(instance, "delay_warning_time", "4h", "passed")
    wrong = _rehearsing(instance, "smtpd_helo_required", "maybe", "failed")
    ours, found = turns(runs, right, wrong)
    before = os.times()
    right()
    after = os.times()
    used = sum(after[:4]) - sum(before[:4])
    notes = f"a change of main.cf on the demo; {used * 1000:.0f} ms of processor time"
    return [
        Row("a rehearsal that passes", ours, goal=Goal(GOAL), notes=notes),
        Row("a rehearsal that fails", found, notes="tried twice, beside the present configuration"),
    ]


def _rehearsing(instance: Instance, name: str, value: str, state: State) -> Callable[[], float]:
    """One rehearsal, in milliseconds. Raises RuntimeError where it does not come to this."""
    edit = SetParameter(instance.main, name, value, instance.parameters.get(name))
    after = instance.over(Candidate(instance.files, [edit]))

    def once() -> float:
        begun = time.perf_counter()
        done = rehearse(instance, after)
        if done.state != state:
            raise RuntimeError(f"{name} = {value}: {done}")
        return (time.perf_counter() - begun) * 1000

    return once
