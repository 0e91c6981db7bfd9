"""A short walk at random over a console beside a real server: see `scripts/soak` for the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.demo.lab import Lab
from tests.bench.soak import Failure, Soak, console
from tests.bench.walk import Deaf, Walk, key, tour

STEPS = 25


def test_a_walk_over_every_screen_fails_nowhere(lab: Lab, tmp_path: Path) -> None:
    with console(lab, tmp_path) as term:
        soak = Soak(term, Walk(9, apply=False), lab.place.state)
        try:
            soak.run(len(tour(apply=False)) + STEPS)
        except Failure as failure:
            pytest.fail(soak.story(str(failure), len(soak.steps)))
    seen = {"Overview", "Domains", "Aliases", "Mailbox", "Rules", "Milters", "Auth", "Log", "Queue", "Param"}
    assert seen <= soak.result.screens
    assert len(soak.result.answers) > STEPS


def test_a_walk_leaves_the_console_by_no_key() -> None:
    palette = ["│   :e!      e!       take back everything that is staged; asks  │"]
    assert not key("enter").leaves(palette)
    assert key("enter").leaves([*palette, "│   :wq      wq       see the staged changes; le…  │"])
    assert key("enter").leaves([*palette, "│  leave; asks while changes are staged  │"])
    assert key("q").leaves([" ⏎ open  q quit  ? keys"])
    assert not key("q").leaves([" ⏎ open  q back  ? keys"])


def test_a_console_that_hears_no_key_is_noticed() -> None:
    tabs, field = "1Overview 2Domains[3Aliases]4Mailbox", " ⏎ next line  Esc close"
    deaf = Deaf()
    for name in ("escape", "j", "escape"):
        deaf.heard(key(name), ["", tabs, field], ["", tabs, field])
    assert deaf.keys == 2
    deaf.heard(key("2"), ["", tabs, " n new"], ["", tabs, " n new"])
    assert deaf.keys == 3
    deaf.heard(key("escape"), ["", tabs, field], ["", tabs, " n new"])
    assert deaf.keys == 0
