"""Starting the console: what must happen before Textual is imported, and after it is done.

sys.exit(run_console(lambda: Session(…), config_dir="/etc/postfix", start="aliases"))
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from functools import partial

from mailtui.screens.parts import skeleton
from mailtui.screens.parts.terminal import plan_for, prepare, refusal

TYPE_CHECKING = False  # that of typing, which the first paint would wait for
if TYPE_CHECKING:
    from collections.abc import Callable

    from mailtui.screens.app import MailtuiApp
    from mailtui.screens.parts.session import Session
    from mailtui.screens.parts.terminal import Colours, Ground, Plan

_TURN = 0.001
"""Seconds of Python after which a thread that works beside the screens gives them a turn: keys come first."""


def run_console(
    open_session: Callable[..., Session],
    *,
    config_dir: str = "",
    start: str = "overview",
    colours: Colours = "auto",
    ascii_only: bool | None = None,
    mouse: bool | None = None,
    background: Ground = "auto",
    plain: bool = False,
    crash_dir: Callable[[], str] | None = None,
) -> int:
    """Run the console until it ends and return the process's exit code: 0 left by a key, 1 refused or
    failed (the reason is on standard error), 128 + n ended by signal n. `crash_dir` says where a crash report
    goes, once there is one; None: nowhere.

    `open_session` is called once the first lines are painted; whatever it raises passes, after the terminal
    is itself again. Where another instance is chosen in the console, this one's ends as if it were left, and
    `open_session` is called with the other's directory. None for `ascii_only` and `mouse` leaves them to the
    environment.
    """
    why = refusal(os.environ)
    if why is not None:
        print(f"mailtui: {why}", file=sys.stderr)
        return 1
    plan = plan_for(
        os.environ, colours=colours, ascii_only=ascii_only, mouse=mouse, background=background, plain=plain
    )
    prepare(os.environ, plan, colours)
    sys.setswitchinterval(_TURN)
    gc.disable()  # until the first screen is up: nothing that a start makes is garbage
    skeleton.show("", config_dir, start, plan)
    app = _run(open_session, plan, start, crash_dir)
    while app.other and not app.return_code:
        config_dir, start = app.other, app.current_mode
        skeleton.show("", config_dir, start, plan)
        del app
        gc.unfreeze()  # what the console on the one instance held is garbage now
        gc.collect()
        gc.disable()
        app = _run(partial(open_session, config_dir), plan, start, crash_dir)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if app.crashed:
        os.write(2, skeleton.RESTORE)
        print(app.crashed, file=sys.stderr)
    return app.return_code or 0


def _run(
    open_session: Callable[[], Session], plan: Plan, start: str, crash_dir: Callable[[], str] | None
) -> MailtuiApp:
    """A console on one instance, from its first lines to its end."""
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
    return app


def _made(
    open_session: Callable[[], Session], plan: Plan, start: str, crash_dir: Callable[[], str] | None
) -> MailtuiApp:
    """The app and what it shows. All but waiting for programs is done in this one thread: two that work hand
    Python to and fro at every file they open, and the time of a start lies between their turns."""
    session = open_session()
    session.read_ahead()
    from threading import Thread

    from mailtui.screens.parts.heap import one_arena

    one_arena()
    Thread(target=session.look_ahead, name="ahead", daemon=True).start()
    from mailtui.screens.app import MailtuiApp
    from mailtui.screens.parts.built import import_screen

    import_screen(start)
    return MailtuiApp(session, plan, start, crash_dir)
