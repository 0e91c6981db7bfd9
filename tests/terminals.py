"""A program on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Forked(NamedTuple):
    """Its process, the two ends of its terminal, both open here, and how that was set before it began."""

    pid: int
    master: int
    slave: int
    before: list[Any]


def set_size(terminal: int, columns: int, lines: int) -> None:
    """Give a terminal a size; who is in it is not told."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def forked(argv: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> Forked:
    """Start a program as the leader of a session on a terminal of `size` (columns, lines); it has no other file
    open."""
    master, slave = pty.openpty()
    set_size(slave, *size)
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for number in (0, 1, 2):
                os.dup2(slave, number)
            os.closerange(3, 256)
            os.execvpe(argv[0], list(argv), dict(environment))
        finally:
            os._exit(127)
    return Forked(pid, master, slave, before)
