"""A program on a terminal of its own."""

from __future__ import annotations

import contextlib
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
    # the terminal that a session's leader opens first is the session's own
    opened = [(os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0)]
    copied = [(os.POSIX_SPAWN_DUP2, 0, number) for number in (1, 2)]
    closed = [(os.POSIX_SPAWN_CLOSE, number) for number in _inheritable()]
    pid = os.posix_spawnp(  # a fork would copy what the kernel keeps about a test process's memory
        argv[0], list(argv), dict(environment), setsid=True, file_actions=[*closed, *opened, *copied]
    )
    return Forked(pid, master, slave, before)


def _inheritable() -> list[int]:
    """The files that a program would be given beside its terminal."""
    given = []
    for number in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError):  # the folder itself, closed by now
            if number > 2 and os.get_inheritable(number):
                given.append(number)
    return given
