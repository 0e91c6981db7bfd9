"""A short walk at random over a console beside a real server: see `scripts/soak` for the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.demo.lab import Lab
from tests.bench.soak import Failure, Soak, console
from tests.bench.walk import Walk, tour

STEPS = 25


def test_a_walk_over_every_screen_fails_nowhere(lab: Lab, tmp_path: Path) -> None:
    with console(lab, tmp_path) as term:
        soak = Soak(term, Walk(9), lab.place.state)
        try:
            soak.run(len(tour()) + STEPS)
        except Failure as failure:
            pytest.fail(soak.story(str(failure), len(soak.steps)))
    seen = {"Overview", "Domains", "Aliases", "Mailbox", "Rules", "Milters", "Auth", "Log", "Queue", "Param"}
    assert seen <= soak.result.screens
    assert len(soak.result.answers) > STEPS
