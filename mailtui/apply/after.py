"""What runs after a change was written: the command of the setting `after_write`."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui import commands
from mailtui.text.safe import safe_lines

TIMEOUT = 120.0
"""Seconds that the command may take."""
WORDS = 20
"""Lines of a failed command's own words that are told."""


def after_write(command: Sequence[str], cwd: str) -> tuple[str, ...]:
    """Run the command (a program and its arguments; nothing where it is empty) in the folder `cwd`.

    The change stays whatever comes of it. Returns the lines to tell: none if all went well, else why it
    failed and the program's own words, safe to show.
    """
    if not command:
        return ()
    try:
        done = commands.act(command, timeout=TIMEOUT, cwd=cwd)
    except commands.CommandError as error:
        return (f"after_write: {' '.join(safe_lines(str(error)))}; the change itself is written",)
    if done.ok:
        return ()
    words = [line for line in safe_lines(done.words) if line]
    status = f"status {done.status}" if done.status >= 0 else f"signal {-done.status}"
    return (f"after_write: {command[0]} ended with {status}; the change itself is written", *words[:WORDS])
