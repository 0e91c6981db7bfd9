"""The first paint: two lines written while Textual is still being imported.

    show(host, config_dir, mode, plan)    # before `from mailtui.screens.app import run_console`

Until the console takes over, a signal that ends the process puts the terminal back first.
"""

from __future__ import annotations

import os
import signal

from mailtui.screens.parts.names import status_text, tab_line

TYPE_CHECKING = False  # that of typing, which the first paint would wait for
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

    from mailtui.screens.parts.terminal import Plan

RESTORE = b"\x1b[0m\x1b[?25h\x1b[?1049l"
"""Leaves what `skeleton` entered; harmless where it was left already."""

_DARK, _LIGHT = "\x1b[38;5;252;48;5;233m", "\x1b[38;5;235;48;5;231m"
"""Text and ground of the console's own colours, by their numbers; see `paint.py`."""

SIGNALS = (
    signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
    signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
)  # fmt: skip
"""Signals that end a program which takes no notice of them: the terminal is restored first."""


def skeleton(
    size: tuple[int, int], host: str = "", config_dir: str = "", mode: str = "", plan: Plan | None = None
) -> bytes:
    """What to write: the alternate screen with the status line and the line of screens, `size` is
    columns and lines."""
    width = max(1, size[0])
    ground = "" if plan is None or plan.ansi else _LIGHT if plan.light else _DARK
    top = status_text(host, config_dir)[:width].ljust(width)
    tabs = tab_line(mode, width)[:width]
    reverse = "" if plan is not None and plan.plain else "\x1b[7m"
    text = f"\x1b[?1049h\x1b[?25l{ground}\x1b[2J\x1b[H{reverse}{top}\x1b[0m{ground}\x1b[2;1H{tabs}\x1b[0m"
    return text.encode("utf-8", "replace")


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, RESTORE)
    os._exit(128 + number)


def show(host: str, config_dir: str, mode: str, plan: Plan) -> None:
    """Draw it on standard error now, and see to it that a signal leaves no alternate screen behind."""
    for number in SIGNALS:
        signal.signal(number, _leave)
    os.write(2, skeleton(os.get_terminal_size(2), host, config_dir, mode, plan))


def hide() -> None:
    """Take it back: the console could not be started after all."""
    os.write(2, RESTORE)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
