"""A connection that is lost: the console ends soon, and what was staged is offered at the next start."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import shop, tmp_path
from tests.screens.pty_driver import Pty
from tests.screens.realconsole import started

__all__ = ["instance_dir", "tmp_path"]

BLOCKED = (
    "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Runs a program that no SIGHUP reaches, as below sudo with a terminal of its own."""
ADDRESS = "contact@falcotsbrand.com"


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return shop(instance_dir, tmp_path)


def stage_one(term: Pty) -> None:
    """Stage the removal of an alias."""
    term.wait_until(ADDRESS)
    term.send("/", "contact@", "enter")
    term.wait_until("1 of ")
    term.send("d")
    term.wait_until("1 staged · w")


def ended(pid: int, seconds: float) -> tuple[int, float]:
    """The exit code of a process and the processor time it used, once it is gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    pytest.fail(f"still there {seconds} s after its terminal went away")


def hang_up(term: Pty, *, within: float = 3.0) -> int:
    """Close the other end; the exit code."""
    used = sum(float(field) for field in _stat(term.pid)[13:15]) / os.sysconf("SC_CLK_TCK")
    os.close(term._master)
    os.close(term._slave)
    code, after = ended(term.pid, within)
    assert after - used < 1.5, "it was busy after its terminal went away"
    return code


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].join(["x x", ""]).split()


def test_what_was_staged_is_offered_again_and_accepted(folder: Path) -> None:
    term = started(folder)
    stage_one(term)
    assert hang_up(term) == 128 + signal.SIGHUP
    with started(folder) as again:
        screen = again.wait_until("1 change is still staged, kept from")
        assert f"- virtual {ADDRESS}" in screen
        assert "⏎ go on" in screen
        time.sleep(0.6)  # the first half second is not taken
        again.send("enter")
        again.wait_until(lambda text: "still staged" not in text and "1 staged · w" in text)
        again.send("w")
        again.wait_until("Write 1 change")
        time.sleep(0.6)
        again.send("d")
        again.wait_until("Nothing is staged")
        again.send("q")
        again.wait_until(ADDRESS)
        again.send("q")
        assert again.wait() == 0
    with started(folder) as last:
        assert "kept from" not in last.wait_until(ADDRESS)
        last.settle(0.5)
        assert "kept from" not in last.text


def test_what_is_offered_is_dropped_only_after_a_question(folder: Path) -> None:
    term = started(folder)
    stage_one(term)
    term.kill(signal.SIGTERM)
    assert term.wait() == 128 + signal.SIGTERM
    with started(folder) as again:
        again.wait_until("still staged")
        again.send("d")  # in the first half second: meant for the list
        again.settle(0.6)
        assert "Take back" not in again.text
        again.send("d")
        again.wait_until("Take back 1 staged change?")
        again.send("y")
        again.wait_until(lambda text: "staged" not in text.split("\n")[0])
        again.send("q")
        assert again.wait() == 0
    assert not list(folder.rglob("draft-*.json"))


def test_without_a_signal_it_notices_too(folder: Path) -> None:
    term = started(folder, program=[sys.executable, "-c", BLOCKED])
    stage_one(term)
    assert hang_up(term) == 128 + signal.SIGHUP
    assert list(folder.rglob("draft-*.json"))
    assert not list(folder.rglob("crash-*"))


def test_a_terminal_that_read_nothing_for_a_while_and_goes_away(folder: Path) -> None:
    term = started(folder)
    stage_one(term)
    for _ in range(60):
        term.send("9", "8", "3")
    time.sleep(1)  # nobody reads: the terminal's buffer is full, frames wait
    assert hang_up(term, within=4) == 128 + signal.SIGHUP
    assert list(folder.rglob("draft-*.json"))


def test_sigterm_ends_it_while_the_terminal_reads_nothing(folder: Path) -> None:
    term = started(folder)
    stage_one(term)
    for _ in range(60):
        term.send("9", "8", "3")
    time.sleep(0.5)
    term.kill(signal.SIGTERM)
    code, _ = ended(term.pid, 6)
    os.close(term._master)
    os.close(term._slave)
    assert code == 128 + signal.SIGTERM
    assert list(folder.rglob("draft-*.json"))
