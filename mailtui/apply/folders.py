"""Folders made for a change, and taken away again while they are empty.

They mostly lie in folders that belong to the users whose mail is in them, and we are root: no symlink on the
way is followed unless root (or we) made it, and owner and mode are given to the open folder, never to a name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from mailtui.apply.faults import Changed, WriteError, in_words, worded
from mailtui.apply.record import FolderRecord
from mailtui.edits.candidate import Stopped
from mailtui.edits.folders import FolderEdit, MakeFolder
from mailtui.formats.splice import Refused
from mailtui.text.safe import safe

MOST_LINKS = 40
"""Symlinks on the way to a folder, as for the kernel."""
_PATH = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def needed(edits: Iterable[FolderEdit]) -> tuple[tuple[FolderRecord, ...], list[Stopped]]:
    """What is to be done as the disk is now, and the edits that cannot be done, each with the reason."""
    records: list[FolderRecord] = []
    stopped: list[Stopped] = []
    coming: set[str] = set()
    for edit in edits:
        path = edit.target.path
        makes = isinstance(edit, MakeFolder)
        why = _refusal(edit, coming) if makes else ""
        if why:
            stopped.append(Stopped(edit, Refused(*why.partition("; ")[::2])))
        elif os.path.isdir(path) is not makes:
            records.append(FolderRecord(path, edit.uid, edit.gid, edit.mode, makes))
            coming.add(path)
    # what is in a folder goes before the folder does
    kept = [record for record in records if record.make]
    gone = sorted((record for record in records if not record.make), key=lambda one: -one.path.count("/"))
    return (*kept, *gone), stopped


def _refusal(edit: FolderEdit, coming: set[str]) -> str:
    """Why this folder cannot be made; what and what to do, parted by `; `."""
    path, me = edit.target.path, os.geteuid()
    if not path.startswith("/") or ".." in path.split("/") or "\0" in path:
        return f"{safe(path)} is no plain absolute path; give one without `..`"
    if os.path.lexists(path) and not os.path.isdir(path):
        return f"{safe(path)} is there, and is no folder; move it away, or take another path"
    above = os.path.dirname(path)
    if above not in coming and not os.path.isdir(above):
        return f"{safe(above)}, in which it would lie, is no folder; make that one first"
    if me and not os.path.isdir(path) and (edit.uid != me or edit.gid not in {os.getegid(), *os.getgroups()}):
        return f"only root can make {safe(path)} for uid {edit.uid}; run mailtui with sudo"
    return ""


@contextlib.contextmanager
def _above(path: str) -> Iterator[int]:
    """The folder in which `path` lies, open. Raises WriteError, and OSError where it is not there."""
    fd = os.open("/", _PATH)
    parts, links = deque(os.path.dirname(path).split("/")), 0
    try:
        while parts:
            name = parts.popleft()
            if name in {"", "."}:
                continue
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode):
                links += 1
                _require_trusted(found, path, name, links)
                target = os.readlink(name, dir_fd=fd)
                parts.extendleft(reversed(target.split("/")))
                if not target.startswith("/"):
                    continue
                name = "/"
            below = os.open(name, _PATH, dir_fd=fd)
            os.close(fd)
            fd = below
        yield fd
    finally:
        os.close(fd)


def _require_trusted(link: os.stat_result, path: str, name: str, links: int) -> None:
    if links > MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    if link.st_uid not in {0, os.geteuid()}:
        raise WriteError(
            f"{safe(name)} on the way to it is a symlink of uid {link.st_uid}, which could lead anywhere",
            "make the folder by hand, or the symlink as root",
            path,
        )


def make(record: FolderRecord) -> None:
    """Make the folder with its owner and mode, durably. Raises WriteError; then there is none."""
    path, name = record.path, os.path.basename(record.path)
    with in_words(path), _above(path) as above:
        try:
            os.mkdir(name, 0o700, dir_fd=above)
        except FileExistsError:
            raise Changed(path, "someone else made it meanwhile") from None
        try:
            _dress(record, above, name)
        except BaseException:
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=above)
            raise


def _dress(record: FolderRecord, above: int, name: str) -> None:
    fd = os.open(name, _READ, dir_fd=above)
    try:
        found = os.fstat(fd)
        if found.st_uid != os.geteuid() or os.listdir(fd):
            raise Changed(record.path)
        if (found.st_uid, found.st_gid) != (record.uid, record.gid):
            os.fchown(fd, record.uid, record.gid)
        os.fchmod(fd, record.mode)
        os.fsync(fd)
    finally:
        os.close(fd)
    _sync(above)


def _sync(above: int) -> None:
    fd = os.open(".", _READ, dir_fd=above)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove(path: str) -> bool:
    """Take the folder away if it is empty; whether none is there now. Raises WriteError."""
    name = os.path.basename(path)
    try:
        with _above(path) as above:
            os.rmdir(name, dir_fd=above)
            _sync(above)
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        raise worded(error, path) from error
    return True


def carry_out(records: Sequence[FolderRecord], *, making: bool) -> list[str]:
    """Do what is not done yet of one kind; sentences about folders that stay. Raises WriteError."""
    told = []
    for record in records:
        if record.make is not making:
            continue
        if making:
            if not os.path.isdir(record.path):
                make(record)
        elif not remove(record.path):
            told.append(f"{safe(record.path)} is not empty, and stays")
    return told


def take_back(records: Sequence[FolderRecord]) -> list[str]:
    """As it was before, the last first; sentences about folders that stay. Raises WriteError."""
    told = []
    for record in reversed(records):
        if not record.make:
            if not os.path.isdir(record.path):
                make(record)
        elif not remove(record.path):
            told.append(f"{safe(record.path)} is not empty any more, and stays")
    return told
