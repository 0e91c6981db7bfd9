"""Folders of our own that no crash leaves lying about: locked while their maker lives, so that the next one
knows a dead one's by its lock and removes it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from mailtui.postfix.statefolder import StateError, base, checked

MARK = ".mailtui-"
"""How the name of everything temporary begins that mailtui makes."""
_TRIES = 2
"""How often a folder is removed where that fails; what stays all the same the next one sweeps."""
COPY_AGE = 60.0
"""Seconds by which the copies are dated back: Postfix programs wait on a file younger than two."""


def temporary() -> str:
    """The folder for temporary files (TMPDIR of environ(7), else /tmp). tempfile(3)'s own way to find it
    writes a file of a nameless kind there, which a crash would leave."""
    chosen = os.environ.get("TMPDIR", "")
    return chosen if os.path.isabs(chosen) and os.path.isdir(chosen) else "/tmp"  # noqa: S108


def places() -> Iterator[str]:
    """Where a copy that is only to be looked at may lie, the best first: the state folder, because looking
    writes nowhere else, then, where that cannot be had or is full, the folder for temporary files."""
    with suppress(StateError):
        yield checked(base(), make=True)
    yield temporary()


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
def folder(parent: str = "") -> Iterator[str]:
    """A private folder (in `parent`; else in the one for temporary files) that is gone afterwards; what a
    killed mailtui left goes first. OSError passes."""
    with filled({}, parent or temporary()) as path:
        yield path


@contextmanager
def copied(main: bytes, master: bytes) -> Iterator[str]:
    """A private folder with these bytes as main.cf and master.cf, for postconf(1) to read at once.

    OSError passes; what a killed mailtui left is removed first.
    """
    with filled({"main.cf": main, "master.cf": master}, temporary()) as path:
        yield path


@contextmanager
def looked_at(files: Mapping[str, bytes]) -> Iterator[str]:
    """A private folder with copies of these files by their names, for a program that only looks: in the state
    folder, or, where that has no room for them, in the one for temporary files. OSError passes."""
    first, *others = places()
    try:
        made = _filled(files, first)
    except OSError:
        if not others:
            raise
        made = _filled(files, others[0])
    with _gone_afterwards(*made) as path:
        yield path


@contextmanager
def filled(files: Mapping[str, bytes], parent: str) -> Iterator[str]:
    """A private folder in `parent` with copies of these files, as `looked_at`."""
    with _gone_afterwards(*_filled(files, parent)) as path:
        yield path


@contextmanager
def _gone_afterwards(path: str, fd: int) -> Iterator[str]:
    try:
        yield path
    finally:
        _remove(path, fd)


def _remove(path: str, fd: int) -> None:
    for _ in range(_TRIES):
        with suppress(OSError):
            shutil.rmtree(path)
            break
    os.close(fd)


def _filled(files: Mapping[str, bytes], parent: str) -> tuple[str, int]:
    """A new folder in `parent` with these files, open and locked: its path and descriptor."""
    with suppress(OSError):  # what lies about there is no reason not to look
        sweep(parent)
    path, fd = make(parent)
    past = time.time() - COPY_AGE
    try:
        for name, raw in files.items():
            place = os.path.join(path, name)
            with open(place, "wb") as stream:
                stream.write(raw)
            os.utime(place, (past, past))
    except BaseException as error:
        _remove(path, fd)
        if isinstance(error, OSError):
            error.filename = parent  # what the admin knows of it
        raise
    return path, fd
