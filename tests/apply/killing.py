"""A process killed, as by kill -9, at the N-th thing it does to the disk, to the journal, or with a program."""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from mailtui import commands
from mailtui.apply import exchange
from mailtui.apply.journal import Journal
from tests.laws.whole import WHOLE

_OS = (
    "open", "rename", "link", "symlink", "unlink", "mkdir", "rmdir", "fsync", "write", "utime", "fchmod", "fchown",
    "ftruncate", "sendfile", "setxattr", "close",
)  # fmt: skip
_JOURNAL = ("prepare", "begin", "update", "finish", "forget", "tidy", "_drop", "_prune")
_COMMANDS = ("ask", "act")


def _count_calls(reached: Callable[[], None]) -> None:
    """Call `reached` before and after each call of the functions named above, in this process for good."""

    def wrap(place: Any, name: str) -> None:
        real = getattr(place, name)

        def call(*args: Any, **named: Any) -> Any:
            reached()
            try:
                return real(*args, **named)
            finally:
                reached()

        setattr(place, name, call)

    for name in _OS:
        wrap(os, name)
    wrap(exchange, "exchange")
    for name in _JOURNAL:
        wrap(Journal, name)
    for name in _COMMANDS:
        wrap(commands, name)


def run(job: Callable[[], Any], at: int) -> int:
    """Do the job in a child that is killed at the point `at` (from 1; 0: never).

    Returns how many points the child passed where it came to its end, and -1 where it was killed.
    """
    with tempfile.TemporaryDirectory(prefix="mt-killed-") as left:
        return _run(job, at, left)


def _run(job: Callable[[], Any], at: int, left: str) -> int:
    """The same; what the killed child leaves in its folder for temporary files is in `left`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.environ["TMPDIR"] = left
        points = 0
        pid, kill, put = os.getpid(), os.kill, os.write

        def reached() -> None:
            nonlocal points
            points += 1
            if points == at and os.getpid() == pid:
                kill(pid, signal.SIGKILL)

        status = 1
        try:
            _count_calls(reached)
            job()
            put(writing, str(points).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return -1
    assert os.WEXITSTATUS(status) == 0, "the job failed by itself"
    return int(told)


def points(total: int, sample: int, seed: int) -> Iterator[int]:
    """Every point up to `total` in a whole run of the laws, else a seeded sample of them."""
    if WHOLE:
        yield from range(1, total + 1)
    else:
        yield from sorted(random.Random(seed).sample(range(1, total + 1), min(sample, total)))


def run_until_exit(job: Callable[[], Any]) -> None:
    """Do the job in a child, which must end itself by os._exit(0) in the middle of it."""
    child = os.fork()
    if child == 0:
        try:
            job()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status)
    assert os.WEXITSTATUS(status) == 0, "the job came to its end"
