"""Giving a new file the name of an old one without losing what somebody writes at that very moment.

Between the last look at the old file and rename(2) an editor may save. Both files therefore change their
names in one step (renameat2(2), RENAME_EXCHANGE), then the old one is looked at: where it is not the one that
was seen, the names are changed back.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

_EXCHANGE = 2
_TRIES = 2
_NOT_HERE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
"""What a file system says that cannot exchange names (NFS, say), or a kernel."""


def put_in_place(folder: int, new: str, name: str, seen: os.stat_result) -> bool:
    """Let the file `new` have the name, in the open folder, as long as the name stands for the file that was
    `seen`; the old file is then gone. False where it does not: all is as it was. OSError passes."""
    if not exchange(folder, new, name):
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
        return True
    if _same(os.stat(new, dir_fd=folder, follow_symlinks=False), seen):
        _remove(folder, new)
        return True
    ours = os.stat(name, dir_fd=folder, follow_symlinks=False)
    exchange(folder, new, name)
    if not os.path.samestat(os.stat(new, dir_fd=folder, follow_symlinks=False), ours):
        exchange(folder, new, name)  # somebody wrote once more, over ours: theirs stands
    return False


def _remove(folder: int, old: str) -> None:
    """The new file is in force whatever becomes of the old one; one that stays is swept by the next write."""
    for _ in range(_TRIES):
        with suppress(OSError):
            os.unlink(old, dir_fd=folder)
            break


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether nobody wrote between; the change of a name alone changes ctime."""
    return os.path.samestat(one, other) and (one.st_size, one.st_mtime_ns) == (
        other.st_size,
        other.st_mtime_ns,
    )


def exchange(folder: int, one: str, other: str) -> bool:
    """Exchange two names in an open folder. False where that cannot be done here; another OSError passes."""
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(folder, os.fsencode(one), folder, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_HERE:
        return False
    raise OSError(code, os.strerror(code), one, None, other)
