"""The keys that every list has: to what is wrong and back, copy, save; and how much a copy shows."""

from __future__ import annotations

from textual.binding import Binding

COPIED = 1000
"""Rows that `y` copies at most: no terminal takes more at once; all are for `s`."""


def list_keys(mode: str, what: str, signs: str = "! ? = *") -> list[Binding]:
    """Bindings for `action_problem`, `action_copy` and `action_save` of the screen `mode`. `what`: its rows,
    as `domains`; `signs`: those that `e` stops at."""
    return [
        Binding("e", "problem(1)", "next problem", show=False, id=f"{mode}.next-problem",
                tooltip=f"Go to the next row with a problem: {signs}"),
        Binding("E", "problem(-1)", "previous problem", show=False, id=f"{mode}.previous-problem",
                tooltip="Go to the previous row with a problem."),
        Binding("y", "copy", "copy", show=False, id=f"{mode}.copy",
                tooltip=f"Copy the marked {what}, or this one, and show them as plain text."),
        Binding("s", "save", "save", show=False, id=f"{mode}.save",
                tooltip=f"Save the {what} that are shown as a text file."),
    ]  # fmt: skip


def first_lines(text: str, left: int) -> tuple[str, str]:
    """Words that say so where a text is not all that was chosen, and as much of it as is shown; `left` rows
    are not in it."""
    lines = text.split("\n", COPIED)
    if len(lines) > COPIED:
        left = max(0, left) + lines.pop().count("\n") + 1
    which = f"First {len(lines):,} of {len(lines) + left:,} lines. " if left > 0 else ""
    return which, "\n".join(lines)
