"""One sitting at a demo: start the server, let mail flow, run the console or another program, stop it all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mailtui.demo import foreground
from mailtui.demo.place import Mode
from mailtui.demo.server import Demo


def console(config_dir: Path) -> list[str]:
    """The command that opens the console on a demo."""
    return [sys.executable, "-m", "mailtui", "--config-dir", str(config_dir)]


def sit(
    directory: Path,
    mode: Mode,
    command: Sequence[str],
    *,
    traffic: bool,
    say: Callable[[str], None],
    on_stop: Callable[[], None],
) -> int:
    """Start the demo in `directory`, run `command` (empty: the console) and return its exit status.

    Raises DemoError where the server cannot be had; it is stopped in every case.
    """
    demo = Demo(directory, mode)
    say(f"starting Falcot Corp's mail server in {directory}")
    with contextlib.ExitStack() as open_:
        open_.enter_context(demo)
        for note in demo.notes:
            say(note)
        if traffic:
            from mailtui.demo.traffic import Traffic

            open_.enter_context(Traffic(demo.deliver, opening=() if mode is Mode.REPLAY else None))
        return foreground.attend(command or console(demo.config_dir), demo.environment(), on_stop)
