"""A signal that asks to stop is heard between two steps, never in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def between_steps(cancel: threading.Event) -> Iterator[None]:
    """While this lasts, Ctrl+C, SIGTERM and SIGHUP set `cancel`, where Python lets this thread say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        cancel.set()

    before = {number: signal.signal(number, heard) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: a handler that Python did not install, which it cannot put back either
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
