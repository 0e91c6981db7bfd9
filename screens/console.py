"""Starting the console: what must happen before Textual is imported, and after it is done.

sys.exit(run_console(lambda: Session(…), config_dir="/etc/postfix", start="aliases", crash_dir=folder))
sys.exit(start(prepared))          # the command line's way; its skeleton is on the terminal already
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.screens.parts import skeleton
from mailtui.screens.parts.terminal import Colours, Plan, plan_for, prepare, refusal

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp
    from mailtui.screens.parts.session import Session

_TURN = 0.001
"""Seconds of Python after which a thread that works beside the screens gives them a turn: keys come first."""


def run_console(
    open_session: Callable[[], Session],
    *,
    config_dir: str = "",
    start: str = "overview",
    colours: Colours = "auto",
    ascii_only: bool | None = None,
    mouse: bool | None = None,
    crash_dir: str = "",
) -> int:
    """Run the console until it ends and return the process's exit code: 0 left by a key, 1 refused or
    failed (the reason is on standard error), 128 + n ended by signal n. A crash report goes to `crash_dir`.

    `open_session` is called in a thread once the first lines are painted; whatever it raises passes, after
    the terminal is itself again. None for `ascii_only` and `mouse` leaves them to the environment.
    """
    why = refusal(os.environ)
    if why is not None:
        print(f"mailtui: {why}", file=sys.stderr)
        return 1
    plan = plan_for(os.environ, colours=colours, ascii_only=ascii_only, mouse=mouse)
    prepare(os.environ, plan, colours)
    sys.setswitchinterval(_TURN)
    gc.disable()  # until the first screen is up: nothing that a start makes is garbage
    skeleton.show("", config_dir, start, plan)
    try:
        app = _made(open_session, plan, start, crash_dir)
    except BaseException:
        skeleton.hide()
        raise
    try:
        app.run(mouse=plan.mouse)
    except BaseException:
        os.write(2, skeleton.RESTORE)
        raise
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if app.crashed:
        os.write(2, skeleton.RESTORE)
        print(app.crashed, file=sys.stderr)
    return app.return_code or 0


def _made(open_session: Callable[[], Session], plan: Plan, start: str, crash_dir: str) -> MailtuiApp:
    """The app and what it shows; the one is imported while the other is opened."""
    from mailtui.screens.parts.opening import Opening

    opening = Opening(open_session)
    opening.start()
    from pathlib import Path

    from mailtui.screens.app import MailtuiApp, import_screen

    import_screen(start)
    return MailtuiApp(opening.session(), plan, start, Path(crash_dir) if crash_dir else None)
