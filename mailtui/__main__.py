"""The entry point. A plain command never imports Textual; the console paints before it does."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

SCREENS = (
    "overview", "domains", "aliases", "mailboxes", "restrictions",
    "milters", "auth", "log", "queue", "parameters",
)  # fmt: skip
"""The screens in the order of their keys 1 … 9, 0."""

_WITH_VALUE = ("--config-dir", "--log", "--color")
_FLAGS = ("--read-only", "--mouse", "--no-mouse", "--ascii")


def wanted_screen(arguments: Sequence[str]) -> str | None:
    """The screen that these arguments ask to open ("" where they name none); None for a plain command.

    `log` and `queue` are commands too and win; their screens start as `mailtui 8` and `mailtui 9`.
    """
    rest = list(arguments)
    screen = ""
    while rest:
        word = rest.pop(0)
        if word in _WITH_VALUE:
            rest[:1] = []
        elif word.startswith(tuple(f"{option}=" for option in _WITH_VALUE)) or word in _FLAGS:
            continue
        elif not screen and word.isdecimal() and len(word) == 1:
            screen = SCREENS[int(word) - 1]
        elif not screen and word in SCREENS and word not in {"log", "queue"}:
            screen = word
        else:
            return None
    return screen


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command or the console; returns the exit code (interface: 0, 1, 2, 3 or 4)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    screen = wanted_screen(arguments)
    if screen is None:
        from mailtui.cli.main import run

        return run(arguments)
    return _console(arguments, screen)


def _console(arguments: Sequence[str], screen: str) -> int:
    """Open the console. The skeleton is on the terminal before the first slow import."""
    if not (os.isatty(0) and os.isatty(2)) or os.environ.get("TERM", "dumb") == "dumb":
        print(
            "mailtui: the console needs a terminal (standard input is none, or TERM is dumb); "
            "every function is there as a command: mailtui --help",
            file=sys.stderr,
        )
        return 1
    from mailtui.screens.parts.skeleton import leave, paint

    paint()
    try:
        from mailtui.cli.main import open_console

        prepared = open_console(arguments, screen)
    except BaseException:
        leave()
        raise
    if isinstance(prepared, int):
        return prepared
    from mailtui.screens.app import run_console

    return run_console(prepared)


if __name__ == "__main__":
    sys.exit(main())
