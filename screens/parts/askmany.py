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
    """Do it; where more than a handful of marked rows is shown, once that is confirmed. `so`: what comes of
    it, where it is not staged."""
    number, marked = len(screen.lines.chosen()), len(screen.lines.marked)
    if screen.none_shown():
        return
    if number <= HANDFUL:
        act()
        return
    from mailtui.screens.parts.dialogs import Confirm

    hidden = marked - number
    more = "1 more is marked and not shown: it stays." if hidden == 1 else (
        f"{hidden} more are marked and not shown: they stay."
    )  # fmt: skip
    filtered = [more] if hidden > 0 else []
    staged = so or f"It is staged as one change; {takes_back()}."
    question = Confirm(f"{verb} {screen.counted(number)}?", [staged, *filtered], yes=verb.lower())
    screen.app.push_screen(question, lambda yes: act() if yes else None)
