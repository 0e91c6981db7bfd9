"""What can go wrong with a file, in the words of an admin."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

_GETFLAGS = 0x80086601  # FS_IOC_GETFLAGS (linux/fs.h)
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20


class WriteError(Exception):
    """A file that could not be written: `what` happened to `path`, and what to `do`. It is as it was."""

    def __init__(self, what: str, do: str, path: str) -> None:
        super().__init__((f"{path}: " if path else "") + what + (f"; {do}" if do else ""))
        self.what, self.do, self.path = what, do, path


class Changed(WriteError):
    """The file on the disk is not the one that was read: someone else wrote it meanwhile."""

    def __init__(self, path: str, what: str = "someone else changed it meanwhile") -> None:
        super().__init__(what, "read it again", path)


@contextmanager
def in_words(path: str) -> Iterator[None]:
    """Turn every OSError into a WriteError about `path`."""
    try:
        yield
    except OSError as error:
        raise worded(error, path) from error


def in_one(error: Exception) -> str:
    """Any error in one line; an OSError, which may name its file, as `worded` says it."""
    if not isinstance(error, OSError):
        return str(error)
    name = error.filename  # of a call on an open file it is a number, or missing
    return str(worded(error, os.fsdecode(name) if isinstance(name, str | bytes) else ""))


def require_removable(folder: str) -> None:
    """Raises WriteError for a folder (chattr +a) out of which nothing temporary could be removed again."""
    if _flags(folder) & _APPEND_ONLY:
        raise WriteError("the folder is marked append-only (chattr +a)", f"chattr -a {folder}", folder)


def worded(error: OSError, path: str) -> WriteError:
    """An OSError in the words of an admin, with what to do."""
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "/"
    match error.errno:
        case errno.ENOSPC:
            what, do = "the disk is full", f"free some space (df {folder}), then try again"
        case errno.EDQUOT:
            what, do = (
                "the disk quota is used up",
                f"free some space (quota), then try again; folder {folder}",
            )
        case errno.EIO:
            what, do = "the disk reports an input/output error", "look at the kernel's log (dmesg) first"
        case errno.EROFS:
            what, do = "the file system is mounted read-only", f"findmnt -T {folder} tells which and why"
        case errno.EPERM:
            what, do = _not_permitted(path, folder)
        case errno.EACCES:
            what, do = "permission denied", "run mailtui as root (sudo mailtui)"
        case errno.ENOENT:
            what, do = "no such file or folder", "was it moved or removed meanwhile?"
        case _:
            what, do = error.strerror or str(error), ""
    return WriteError(what, do, path)


def _not_permitted(path: str, folder: str) -> tuple[str, str]:
    for candidate in (path, folder):
        flags = _flags(candidate)
        if flags & (_IMMUTABLE | _APPEND_ONLY):
            letter = "i" if flags & _IMMUTABLE else "a"
            word = "immutable" if flags & _IMMUTABLE else "append-only"
            where = "" if candidate == path else f"its folder {folder} "
            return f"{where}is marked {word} (chattr +{letter})", f"chattr -{letter} {candidate}"
    return "the system does not permit it", "run mailtui as root (sudo mailtui)"


def _flags(path: str) -> int:
    """The chattr(1) flags of a file; 0 where its file system has none or it cannot be opened."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return 0
    try:
        return int(struct.unpack_from("I", fcntl.ioctl(fd, _GETFLAGS, bytes(8)))[0])
    except OSError:
        return 0
    finally:
        os.close(fd)
