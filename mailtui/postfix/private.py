"""Folders of our own that no crash leaves lying about: locked while their maker lives, so that the next one
knows a dead one's by its lock and removes it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MARK = ".mailtui-"
"""How the name of everything temporary begins that mailtui makes."""
COPY_AGE = 60.0
"""Seconds by which the copies are dated back: Postfix programs wait on a file younger than two."""


def temporary() -> str:
    """The folder for temporary files (TMPDIR of environ(7), else /tmp). tempfile(3)'s own way to find it
    writes a file of a nameless kind there, which a crash would leave."""
    chosen = os.environ.get("TMPDIR", "")
    return chosen if os.path.isabs(chosen) and os.path.isdir(chosen) else "/tmp"  # noqa: S108


def make(parent: str) -> tuple[str, int]:
    """A new 0700 folder in `parent`, held open and locked: its path and descriptor. OSError passes."""
    while True:
        path = os.path.join(parent, f"{MARK}{os.urandom(4).hex()}")
        os.mkdir(path, 0o700)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # swept before it was locked
        except BaseException:
            os.rmdir(path)
            raise
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if still_named(path, fd):
                return path, fd
        except BaseException:
            os.close(fd)
            os.rmdir(path)
            raise
        os.close(fd)


def still_named(path: str, fd: int) -> bool:
    """Whether the path stands for the folder that is held open."""
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False


def sweep(parent: str) -> list[str]:
    """Remove the folders in `parent` that a dead mailtui made; the paths removed. OSError passes."""
    removed = []
    for entry in os.listdir(parent):
        path = os.path.join(parent, entry)
        if entry.startswith(MARK) and os.path.isdir(path) and not os.path.islink(path) and _remove_dead(path):
            removed.append(path)
    return removed


def _remove_dead(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False  # its maker removed it meanwhile
    try:
        if os.fstat(fd).st_uid != os.geteuid():
            return False
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not still_named(path, fd):
            return False
        shutil.rmtree(path)  # under its lock: a maker who waits for that sees that his folder is gone
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


@contextmanager
def folder() -> Iterator[str]:
    """A private folder that is gone afterwards; what a killed mailtui left goes first. OSError passes."""
    parent = temporary()
    with suppress(OSError):  # what lies about there is no reason not to look
        sweep(parent)
    path, fd = make(parent)
    try:
        yield path
    finally:
        with suppress(OSError):
            shutil.rmtree(path)
        os.close(fd)


@contextmanager
def copied(main: bytes, master: bytes) -> Iterator[str]:
    """A private folder with these bytes as main.cf and master.cf, for postconf(1) to read at once.

    OSError passes; what a killed mailtui left is removed first.
    """
    with folder() as path:
        past = time.time() - COPY_AGE
        for name, raw in (("main.cf", main), ("master.cf", master)):
            place = os.path.join(path, name)
            try:
                with open(place, "wb") as stream:
                    stream.write(raw)
                os.utime(place, (past, past))
            except OSError as error:
                error.filename = temporary()  # what the admin knows of it
                raise
        yield path
