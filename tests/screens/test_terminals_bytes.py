"""What a key costs on a slow line, in bytes: only what differs from what stands on the terminal is sent."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from mailtui.screens.parts.names import SCREENS
from tests.screens.realconsole import started
from tests.screens.test_terminals_screens import ALIAS, demo

__all__ = ["demo"]

KEY, FILTER = 2000, 1500
"""Bytes that a key costs at most, at the median; and for opening the filter: a line, the footer, two rows."""
KEYS = ("down", "pagedown", "/", "m", "escape")


def test_a_key_costs_few_bytes_on_every_screen(demo: Path) -> None:
    with started(demo, demo.parents[1] / "mail.log", SSH_CONNECTION="192.0.2.1 5 192.0.2.2 22") as term:
        term.wait_until(ALIAS)
        for name in SCREENS:
            term.send(name.key)
            term.wait_until(f"[{name.key}")  # its tab
            term.settle(0.25)  # what it finds out at first is not the keys'
            sizes = {}
            for key in KEYS:
                before = len(term.raw)
                term.send(key)
                term.settle(0.12 if key == "escape" else 0.05)
                sizes[key] = len(term.raw) - before
            assert median(sizes.values()) <= KEY, (name.mode, sizes)
            assert sizes["/"] <= FILTER, (name.mode, sizes)
        term.send("q")
        assert term.wait() == 0
