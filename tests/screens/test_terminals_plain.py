"""`--plain`, for screen readers and braille lines: words alone, and the terminal's cursor on what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.screens.parts.names import SCREENS
from tests.screens.pty_driver import Pty
from tests.screens.realconsole import started
from tests.screens.test_terminals_screens import ALIAS, demo

__all__ = ["demo"]

DRAWN = re.compile(r"[^\x20-\x7e]|[|+_=~-]{4,}")
"""What nobody needs to hear: anything beyond ASCII, and lines made of signs."""


@pytest.fixture(scope="module")
def term(demo: Path) -> Iterator[Pty]:
    """A console, left by a key at the end, in a window that is wide enough for two columns."""
    with started(demo, demo.parents[1] / "mail.log", options=["--plain"], size=(120, 30)) as up:
        up.wait_until(ALIAS)
        yield up
        up.send("q")
        up.settle(0.5)
        if "not written" in up.text:
            up.send("d")
        assert up.wait() == 0
        assert all(up.restored.values()), up.restored


def here(term: Pty) -> str:
    """The line that the cursor stands on, from there on."""
    assert not term.screen.cursor.hidden
    cursor = term.screen.cursor
    return term.screen.display[cursor.y][cursor.x :].strip()


def quiet(term: Pty) -> None:
    """Nothing but words."""
    term.settle(0.15)
    for line in term.screen.display:
        assert not DRAWN.search(line), line


def test_the_cursor_stands_on_the_row_of_every_screen(term: Pty) -> None:
    for name in SCREENS:
        term.send(name.key)
        term.wait_until(f"\n {name.key} {name.title}\n")
        if name.mode == "overview":  # a state that comes between two keys moves the row
            term.wait_until("STOPPED")
        quiet(term)
        rows = []
        for key in ("g", "down", "up"):
            term.send(key)
            term.settle(0.12)
            rows.append(here(term))
        assert rows[0][:14] == rows[2][:14], (name.mode, rows)  # more may be known of it by now
        if name.mode not in {"auth", "queue"}:  # of which nothing is known without a server
            assert rows[0] != rows[1], (name.mode, rows)
            assert re.match(r"\w", rows[0]), (name.mode, rows)
        quiet(term)


def test_it_follows_what_has_the_keys(term: Pty) -> None:
    term.send("3")
    term.wait_until(ALIAS)
    term.send("g", "/", "contact@")
    term.wait_until("of 79 shown")
    term.settle(0.1)
    cursor = term.screen.cursor
    assert term.screen.display[cursor.y][: cursor.x].endswith("/ contact@")
    term.send("enter")
    term.settle(0.15)
    assert here(term).startswith(ALIAS)
    term.send("enter")
    term.wait_until("edit ")
    term.settle(0.2)
    assert "goes to" in term.screen.display[term.screen.cursor.y - 2]
    quiet(term)
    term.send("escape")
    term.wait_until("q quit")
    term.send("d")
    term.wait_until("1 staged, press w")
    term.settle(0.15)
    assert here(term).startswith(f"deleted, {ALIAS}")
    lines = term.screen.display  # a state has a column of its own: those beside it line up
    title = next(line for line in lines if "GOES TO" in line).index("ADDRESS")
    assert lines[term.screen.cursor.y][title:].startswith(ALIAS)
    term.send("?")
    term.wait_until("EVERYWHERE")
    term.settle(0.15)
    term.send("down")
    term.settle(0.15)
    assert here(term).endswith(".")
    quiet(term)
    term.send("q", "\x10")
    term.wait_until("what to do?")
    term.send("down")
    term.settle(0.15)
    first = here(term)
    term.send("down")
    term.settle(0.15)
    assert here(term) != first
    term.send("escape")
    term.wait_until("3 Aliases")
    assert term.read(1.5) == b"", "it chatters"
