"""Before many rows are taken out at once: the question, with their number.

def action_delete(self): ask_many(self, self._delete)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.screens.parts.keys import takes_back

if TYPE_CHECKING:
    from mailtui.screens.parts.listscreen import ListScreen

HANDFUL = 5
"""Marked rows that are taken out without a question."""


def ask_many(screen: ListScreen, act: Callable[[], None], verb: str = "Delete", so: str = "") -> None:
    """Do it; where more than a handful of rows is marked, once that is confirmed. `so`: what comes of it,
    where it is not staged."""
    number = len(screen.lines.marked)
    if number <= HANDFUL:
        act()
        return
    from mailtui.screens.parts.dialogs import Confirm

    rows = screen.lines.rows
    hidden = screen.bar.text and any(rows.find(key) is None for key in screen.lines.marked)
    filtered = ["Some of them are not shown: the filter hides them."] if hidden else []
    staged = so or f"It is staged as one change; {takes_back()}."
    question = Confirm(f"{verb} {screen.counted(number)}?", [staged, *filtered], yes=verb.lower())
    screen.app.push_screen(question, lambda yes: act() if yes else None)
