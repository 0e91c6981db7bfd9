"""Following the log in a real terminal: lines as they come, leaving the tail, a filter, a flood."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import tmp_path
from tests.screens.logged import add, folder, put, refused, sent
from tests.screens.realconsole import started, unknown

__all__ = ["folder", "instance_dir", "tmp_path"]


@pytest.mark.parametrize("term", ["xterm-256color", "linux"])
def test_following_leaving_and_coming_back(folder: Path, tmp_path: Path, term: str) -> None:
    log = tmp_path / "mail.log"
    put(log, [sent(n) for n in range(40)], 1)
    with started(folder, log, TERM=term) as up:
        up.wait_until("3Aliases]", 30)
        up.send("8")
        up.wait_until("live", 30)
        add(log, refused(50))
        up.wait_until("R reject")
        up.send("k")
        up.wait_until("G follow")
        add(log, *(sent(60 + n) for n in range(12)))
        up.wait_until("12 newer")
        assert "00:01:11" not in up.text
        up.send("G")
        up.wait_until(lambda text: "live" in text and "00:01:11" in text)
        up.send("/", "status:reject", "enter")
        up.wait_until("1 found")
        add(log, refused(80, b"other[192.0.2.9]"))
        up.wait_until("2 found")
        up.send("enter")
        up.wait_until("refused")
        up.send("q")
        up.wait_until("2 found")
        up.settle()
        up.send("q")
        assert up.wait() == 0
        assert not unknown(up.raw)
        assert all(up.restored.values())


def test_a_flood_is_followed_with_few_bytes(folder: Path, tmp_path: Path) -> None:
    """20,000 lines a second for two seconds: the end is there soon after, and the terminal got little."""
    log = tmp_path / "mail.log"
    put(log, [sent(n) for n in range(40)], 1)
    with started(folder, log) as up:
        up.wait_until("3Aliases]", 30)
        up.send("8")
        up.wait_until("live", 30)
        up.settle()
        before = len(up.raw)
        for tenth in range(20):
            add(log, *(sent(n, b"u%d@x.test" % n) for n in range(tenth * 2000, tenth * 2000 + 2000)))
            end = time.monotonic() + 0.1
            while time.monotonic() < end:
                up.read(max(0.01, end - time.monotonic()))
        add(log, refused(86_399))
        up.wait_until("R reject", 5)
        assert len(up.raw) - before < 4 * 150 * 1024
        up.send("q")
        assert up.wait() == 0
