"""Runs a program on our terminal and waits for it. The console of a demo is such a program.

`commands` runs programs whose output is read; this one is given the keyboard and the screen, so it is
started by posix_spawn with both as they are, and stays in our process group: keys that signal reach it.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from mailtui import commands
from mailtui.demo.place import DemoError

GRACE = 4.0
"""Seconds that a program may take to end after SIGTERM."""
_TO_DEFAULT = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGTSTP)
_LEAVE_SCREEN = b"\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[m"
"""Normal screen, visible cursor, no mouse reports, no bracketed paste: what a killed console cannot undo."""


class Ended(SystemExit):
    """A signal asks this program to end; raised where it is, so that everything is taken down on the way."""


@contextlib.contextmanager
def ending_by_signal() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into Ended, once, and leave SIGINT and SIGQUIT to the program in front."""

    def end(number: int, _frame: object) -> None:
        for later in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(later, _unheard)
        raise Ended(128 + number)

    handlers = {signal.SIGTERM: end, signal.SIGHUP: end, signal.SIGINT: _unheard, signal.SIGQUIT: _unheard}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unheard(_number: int, _frame: object) -> None:
    """A handler that does nothing; unlike SIG_IGN it is not passed on to the programs that are started."""


def _terminate(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)


def attend(
    argv: Sequence[str],
    environment: Mapping[str, str],
    on_stop: Callable[[], None],
    *,
    end: Callable[[int], None] = _terminate,
    patience: float = GRACE,
) -> int:
    """Run a program in front and return its exit status (128 + N after signal N).

    `on_stop` is called when the program stops itself (Ctrl-Z); it must stop us for the shell's sake. When
    we are made to end meanwhile, `end` asks the program to end too, and after `patience` seconds it is
    killed. Raises DemoError where it cannot be started. Only the main thread may call this: it has
    the signals.
    """
    env = {**os.environ, **environment}
    program = shutil.which(argv[0], path=env.get("PATH", commands.SEARCH_PATH))
    if program is None:
        raise DemoError(f"{argv[0]}: no such program")
    try:
        pid = os.posix_spawn(program, list(argv), env, setsigdef=_TO_DEFAULT)
    except OSError as error:
        raise DemoError(f"{argv[0]}: {error.strerror}") from None
    try:
        return _exit_status(_wait(pid, on_stop))
    except BaseException:
        _finish(pid, end, patience)
        raise


def _wait(pid: int, on_stop: Callable[[], None]) -> int:
    with _woken_by_signals() as signalled:
        while True:
            found, status = os.waitpid(pid, os.WUNTRACED | os.WNOHANG)
            if not found:
                select.select([signalled], [], [])
                os.read(signalled, 4096)
            elif os.WIFSTOPPED(status):
                on_stop()
            else:
                return status


@contextlib.contextmanager
def _woken_by_signals() -> Iterator[int]:
    """A descriptor that can be read after every signal, also one that came just before the wait for it."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    child = signal.signal(signal.SIGCHLD, _unheard)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGCHLD, child)
        os.close(reader)
        os.close(writer)


def _exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _finish(pid: int, end: Callable[[int], None], patience: float) -> None:
    """End a program that must end: politely, then for certain."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        end(pid)
        os.kill(pid, signal.SIGCONT)
        limit = time.monotonic() + patience
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > limit:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.01)


def stop_ourselves() -> None:
    """Stop as Ctrl-Z would; the shell's `fg` lets us go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


@contextlib.contextmanager
def terminal_kept() -> Iterator[None]:
    """Give the terminal back as it was, whatever the programs meanwhile did to it."""
    if not sys.stdin.isatty():
        yield
        return
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, termios.error):  # the terminal itself may be gone
            heard = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            if os.tcgetpgrp(fd) != os.getpgrp():
                os.tcsetpgrp(fd, os.getpgrp())
            if termios.tcgetattr(fd) != before:
                os.write(sys.stderr.fileno(), _LEAVE_SCREEN)
                termios.tcsetattr(fd, termios.TCSADRAIN, before)
            signal.signal(signal.SIGTTOU, heard)
