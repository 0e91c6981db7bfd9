"""One sitting at a demo: start the server, let mail flow, run the console or another program, stop it all."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mailtui.demo import foreground
from mailtui.demo.place import Mode
from mailtui.demo.server import Demo


def console(config_dir: Path) -> list[str]:
    """The command that opens the console on a demo."""
    return [sys.executable, "-m", "mailtui", "--config-dir", str(config_dir)]


@contextlib.contextmanager
def _errors_to(path: Path) -> Iterator[None]:
    """Errors of the demo's own threads go to a file while another program has the terminal."""
    path.parent.mkdir(mode=0o755, exist_ok=True)
    handler = logging.FileHandler(path, delay=True)
    logging.getLogger().addHandler(handler)
    before, threading.excepthook = threading.excepthook, _log_uncaught
    try:
        yield
    finally:
        threading.excepthook = before
        logging.getLogger().removeHandler(handler)
        handler.close()


def _log_uncaught(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else "?"
    logging.getLogger(__name__).error("thread %s ended", name, exc_info=failed.exc_value)


def sit(
    directory: Path,
    mode: Mode,
    command: Sequence[str],
    *,
    traffic: bool,
    filters: bool,
    keep: bool,
    say: Callable[[str], None],
    on_stop: Callable[[], None],
) -> int:
    """Start the demo in `directory`, run `command` (empty: the console) and return its exit status.

    Raises DemoError where the server cannot be had; it is stopped in every case.
    """
    demo = Demo(directory, mode, keep=keep, filters=filters)
    say(f"starting Falcot Corp's mail server in {directory}")
    with contextlib.ExitStack() as open_:
        open_.enter_context(_errors_to(demo.place.errors))
        open_.enter_context(demo)
        for note in demo.notes:
            say(note)
        if traffic:
            from mailtui.demo import traffic as mail

            replayed = mode is Mode.REPLAY
            messages = mail.OPENING if replayed else mail.opening(demo.place)
            open_.enter_context(
                mail.Traffic(demo.deliver, messages, at_once=not replayed, begun=demo.settled)
            )
        else:
            threading.Thread(target=demo.settled, name="settled", daemon=True).start()
        return foreground.attend(command or console(demo.config_dir), demo.environment(), on_stop)
