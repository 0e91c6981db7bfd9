"""Who may write when: one apply at a time for each real path, and Postfix's own edit lock."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from mailtui.apply.actor import who
from mailtui.apply.faults import WriteError, in_words, require_removable, worded
from mailtui.apply.state import lock_folder

POSTCONF_WAIT = 15.0
"""Seconds to wait for a `postconf -e` that holds the edit lock; it needs some hundredths of one."""
POSTCONF_SUFFIX = ".tmp"
"""What edit_file(3) appends to the file's name (EDIT_FILE_SUFFIX)."""
COMPILE_WAIT = 60.0
"""Seconds to wait for another program that compiles the same table; a million rows take ten."""
_POLL = 0.002


class Busy(Exception):
    """Another program is changing `path` just now; `holder` says which, in words."""

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(f"{path}: {holder} is changing it just now; wait for it to end, then try again")
        self.path, self.holder = path, holder


@contextmanager
def apply_lock(paths: Iterable[str]) -> Iterator[None]:
    """Hold the right to apply to these files (symlinks are resolved). Never waits.

    Raises Busy where another mailtui holds one of them, StateError where the lock folder cannot be used.
    """
    folder = lock_folder()
    with ExitStack() as held:
        for real in sorted({os.path.realpath(path) for path in paths}):
            held.enter_context(_held(folder, real))
        yield


@contextmanager
def _held(folder: str, real: str) -> Iterator[None]:
    lock = os.path.join(folder, hashlib.sha256(os.fsencode(real)).hexdigest()[:32])
    try:
        fd = _lock(lock, 0.0)
    except BlockingIOError:
        raise Busy(real, _holder(lock)) from None
    except OSError as error:
        raise worded(error, lock) from error
    try:
        with in_words(lock):
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n{who()}\n{real}\n".encode("utf-8", "surrogateescape"))
        yield
    finally:
        _release(lock, fd)


def sweep() -> None:
    """Remove the lock files that a killed mailtui left. Whoever waits for one sees that its name is gone."""
    folder = lock_folder()
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        try:
            _release(path, _lock(path, 0.0))
        except OSError:
            continue  # someone holds it, or it is no lock of ours


def _holder(lock: str) -> str:
    try:
        with open(lock, encoding="utf-8", errors="replace") as stream:
            pid, user = [*stream.read(300).split("\n"), "", ""][:2]
    except OSError:
        pid = user = ""
    return f"mailtui of {user} (process {pid})" if pid else "another mailtui"


@contextmanager
def postconf_lock(path: str, wait: float = POSTCONF_WAIT) -> Iterator[None]:
    """Hold the lock under which postconf(1) edits main.cf or master.cf: it waits for us, and we for it.

    The protocol is edit_file(3)'s: an exclusive flock(2) on `PATH.tmp` while that name still stands for
    the locked file. `path` is as the configuration names it (postconf resolves no symlink). Raises Busy
    after `wait` seconds, and WriteError where the lock file cannot be made.
    """
    lock = path + POSTCONF_SUFFIX
    require_removable(os.path.dirname(path))
    try:
        fd = _lock(lock, wait)
    except BlockingIOError:
        raise Busy(path, "another program (postconf?)") from None
    except OSError as error:
        raise worded(error, lock) from error
    try:
        yield
    finally:
        _release(lock, fd)


@contextmanager
def shared_lock(path: str) -> Iterator[int]:
    """The file that the path stands for now, under a shared flock(2): no compiler is in the middle of it."""
    with _compile_lock(path, os.O_RDONLY, lambda fd: fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)) as fd:
        yield fd


@contextmanager
def record_lock(path: str) -> Iterator[int]:
    """The lmdb file that the path stands for now, under an exclusive fcntl(2) lock, for which lookups wait:
    a compiler of it holds a shared one to its end."""
    with _compile_lock(path, os.O_RDWR, lambda fd: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)) as fd:
        yield fd


@contextmanager
def _compile_lock(path: str, mode: int, lock: Callable[[int], None]) -> Iterator[int]:
    until = time.monotonic() + COMPILE_WAIT
    while True:
        fd = os.open(path, mode | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if _got(lock, fd, until, path) and os.path.samestat(os.fstat(fd), os.lstat(path)):
                yield fd
                return
        finally:
            os.close(fd)


def _got(lock: Callable[[int], None], fd: int, until: float, path: str) -> bool:
    try:
        lock(fd)
    except (BlockingIOError, PermissionError):  # fcntl(2) may say either
        if time.monotonic() > until:
            raise WriteError(
                "another program has been compiling it for a minute", "try again", path
            ) from None
        time.sleep(_POLL)
        return False
    return True


def _lock(path: str, wait: float) -> int:
    """An exclusively locked file that `path` names, made 0600 where it is missing.

    Raises BlockingIOError where someone else holds it for longer than `wait` seconds, and other OSErrors.
    """
    until = time.monotonic() + wait
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if _flocked(fd, until) and _names(path, fd):
                if _sound(fd):
                    return fd
                os.unlink(path)  # left by a crash between the last steps of an edit: as edit_file(3) does
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _flocked(fd: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(_POLL)
        else:
            return True


def _names(path: str, fd: int) -> bool:
    ours = os.fstat(fd)
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(ours, there)


def _sound(fd: int) -> bool:
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EEXIST, "is not a plain file")
    return found.st_nlink == 1 and stat.S_IMODE(found.st_mode) == 0o600


def _release(path: str, fd: int) -> None:
    """Remove the lock file while it is still ours, then let go."""
    try:
        if _names(path, fd):
            os.unlink(path)
    finally:
        os.close(fd)
