"""What a killed demo left in the folder for temporary files; the next demo removes it.

with marked(directory):       # a folder of `place.temporary`, for as long as its demo runs
    …
for line in sweep(base):      # says what was removed
    …

Only a folder goes that says of itself that it is such a one, that is ours, whose demo has ended (its lock,
flock(2), ends with it), and that no process and no mount uses. One named by `--keep` says no such thing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mailtui.demo import place
from mailtui.demo.place import DemoError

MARK = "temporary"
"""The file, in the folder itself, that holds the folder's path."""
_NAME = re.compile(r"mailtui-demo-[a-z0-9_]{8}")


@contextlib.contextmanager
def marked(directory: Path) -> Iterator[None]:
    """A temporary folder, told apart from all others while its demo runs. Raises DemoError, OSError."""
    with place.held(directory):
        (directory / MARK).write_text(f"{directory}\n")
        yield


def bases() -> list[Path]:
    """Where temporary folders may lie."""
    return [Path(base) for base in dict.fromkeys((tempfile.gettempdir(), *place.FALLBACKS))]


def sweep(base: Path) -> Iterator[str]:
    """Remove what killed demos left in `base`; a line for each that was removed, or could not be."""
    try:
        names = sorted(os.listdir(base))
    except OSError:
        return  # no such folder, no leftovers
    for name in names:
        if not _NAME.fullmatch(name):
            continue
        try:
            if _remove_dead(base / name):
                yield f"removed {base / name}: a demo that was killed had left it"
        except DemoError as error:
            yield str(error)


def _remove_dead(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False  # no folder, another's, or gone meanwhile
    try:
        of = os.fstat(fd)
        if of.st_uid != os.geteuid() or of.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or not _says(fd, path):
            return False
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(of, os.lstat(path)) or _in_use(str(path)):
            return False
        place.remove(path)
    except (BlockingIOError, FileNotFoundError):
        return False  # its demo runs, or another has just removed it
    finally:
        os.close(fd)
    return True


def _says(folder: int, path: Path) -> bool:
    """Whether the folder is marked as this very one, by a plain file of ours."""
    try:
        fd = os.open(MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return False
    with open(fd, "rb") as file:
        of = os.fstat(fd)
        said = file.read(4096) if stat.S_ISREG(of.st_mode) else b""
        return of.st_uid == os.geteuid() and said == os.fsencode(f"{path}\n")


def _in_use(path: str) -> bool:
    """Whether something is mounted there, or a process works there or was given a path of it (proc(5))."""

    def below(other: str) -> bool:
        return other == path or other.startswith(f"{path}/")

    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines()
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return True  # nothing is known
    if any(below(line.split(" ")[4]) for line in mounts):
        return True
    for process in processes:
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if os.fsencode(path) in Path(f"/proc/{process}/cmdline").read_bytes():
                return True
            if any(below(os.readlink(f"/proc/{process}/{name}")) for name in ("cwd", "root")):
                return True
    return False
