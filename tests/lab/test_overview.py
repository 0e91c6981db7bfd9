"""The overview beside a real server: a milter that is stopped, and comes back; a server that stops."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from tests.lab.test_walk import Terminal

pytestmark = pytest.mark.skipif(commands.find("opendkim") is None, reason="opendkim is not installed")


def line(screen: str, label: str) -> str:
    """A line of the overview by its label."""
    return next((each for each in screen.splitlines() if each[3:].startswith(f"{label} ")), "")


def test_a_milter_stops_and_comes_back(lab: Lab, tmp_path: Path) -> None:
    filters = Filters(lab)
    dkim = filters.opendkim()
    filters.attach(dkim)
    assert lab.send("jean@falcot.com").accepted
    lab.logged(r"status=sent")
    term = Terminal(tmp_path)
    env = [f"{name}={value}" for name, value in lab.environment().items()]
    argv = ["env", *env, sys.executable, "-m", "mailtui", "--config-dir", str(lab.config_dir)]
    try:
        term.start(shlex.join(lab.inside(argv)))
        term.until(lambda screen: "alive opendkim" in line(screen, "Milters"), within=30)
        shown = term.until(lambda screen: "last delivery" in line(screen, "Mail"), within=30)
        assert "flows" in line(shown, "Mail")
        assert "running" in line(shown, "Postfix")
        assert "deferred" in line(shown, "Queue") or "empty" in line(shown, "Queue")
        assert "answers" in line(
            term.until(lambda screen: "answers" in line(screen, "Name server")), "Name server"
        )

        dkim.stop()
        shown = term.until(lambda screen: "DOWN" in line(screen, "Milters"), within=30)
        assert line(shown, "Milters").startswith(" ! ")
        assert "opendkim DOWN since " in line(shown, "Milters")
        assert "before" not in line(shown, "Milters")

        dkim.restart()
        shown = term.until(lambda screen: "alive opendkim" in line(screen, "Milters"), within=30)
        assert line(shown, "Milters").startswith("   ")

        lab.postfix("stop")
        shown = term.until(lambda screen: "NOT RUNNING since " in line(screen, "Postfix"), within=30)
        assert "before" not in line(shown, "Postfix")
        term.press("r")
        term.until(lambda screen: "STOPPED" in line(screen, "Mail"), within=30)
        lab.postfix("start")
        term.until(lambda screen: "running" in line(screen, "Postfix").split(), within=30)
        term.press("q")
    finally:
        term.kill()
