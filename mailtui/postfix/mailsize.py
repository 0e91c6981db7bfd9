"""How much mail lies in a mailbox: bytes, messages, the newest. For a thread of its own.

    size = count(path, "maildir", base, cancel)             # one mailbox, now
    sizer = Sizer(); sizer.run(jobs, cancel, progress)      # many; what has not changed is not counted again

No symlink inside a mailbox is followed, and none that leads a mailbox out of `base`: mailboxes belong to
users, and we may be root. A count gives way to other threads every few milliseconds.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event
from typing import Literal, NamedTuple

from mailtui.text.safe import safe

Format = Literal["", "maildir", "mbox"]

WORK, REST = 0.004, 0.001
"""Seconds of counting after which others get a turn, and how long it is."""
DEPTH = 12
"""Folders within folders of a maildir beyond which nothing is counted."""
RACY = 2_000_000_000
"""Nanoseconds for which a folder must have been left alone to be counted from memory next time."""
_CHUNK = 1 << 18
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Cancelled(Exception):
    """Whoever asked no longer wants to know."""


class Job(NamedTuple):
    """A mailbox to be counted; `base` is what it must not lead out of ("" for no such bound)."""

    path: str
    format: Format
    base: str


@dataclass(frozen=True, slots=True)
class Size:
    """What lies in a mailbox: the messages of a maildir's `cur` and `new` with those of its subfolders, or
    those of an mbox. `newest` is in seconds since 1970, None without a message. `problem`: why it (or a part)
    could not be counted, one line."""

    bytes: int = 0
    messages: int = 0
    newest: float | None = None
    problem: str = ""

    def __add__(self, other: Size) -> Size:
        known = [each for each in (self.newest, other.newest) if each is not None]
        return Size(
            self.bytes + other.bytes,
            self.messages + other.messages,
            max(known, default=None),
            self.problem or other.problem,
        )

    @property
    def words(self) -> str:
        """`3 messages, 1.2 MB`."""
        return f"{self.messages} message{'' if self.messages == 1 else 's'}, {amount(self.bytes)}"


def amount(size: int) -> str:
    """A number of bytes for a human: `812 B`, `1.2 MB`; powers of 1000."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if number < 999.5:
            break
        number, unit = number / 1000, larger
    return f"{number:.0f} {unit}" if unit == "B" or number >= 99.5 else f"{number:.1f} {unit}"


Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class _Folder:
    """One folder as it was counted: its own messages, and the names of the folders in it."""

    stamp: Stamp
    size: Size
    below: tuple[str, ...]


@dataclass(slots=True)
class _Pace:
    """Lets others work in between, and hears that nobody waits any more."""

    cancel: Event | None
    due: float = field(default_factory=lambda: time.monotonic() + WORK)

    def step(self) -> None:
        if time.monotonic() < self.due:
            return
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled
        time.sleep(REST)
        self.due = time.monotonic() + WORK


def count(path: str, format: Format, base: str = "", cancel: Event | None = None) -> Size:  # noqa: A002
    """Count one mailbox. What is not there counts as empty. Raises Cancelled."""
    return Sizer().count(Job(path, format, base), cancel)


class Sizer:
    """Counts mailboxes and remembers what it found by the stamps of their folders and files. One thread may
    count while others call `get`."""

    def __init__(self) -> None:
        self._folders: dict[str, _Folder] = {}
        self._files: dict[str, tuple[Stamp, Size]] = {}
        self._sizes: dict[tuple[str, Format], Size] = {}

    def get(self, path: str, format: Format) -> Size | None:  # noqa: A002
        """What was last counted; None before. Does not look at the disk."""
        return self._sizes.get((path, format))

    def run(
        self,
        jobs: Iterable[Job],
        cancel: Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> bool:
        """Count them all; `progress` is told how many are done. Whether it went to the end."""
        try:
            for number, job in enumerate(jobs, 1):
                self.count(job, cancel)
                if progress is not None:
                    progress(number)
        except Cancelled:
            return False
        return True

    def count(self, job: Job, cancel: Event | None = None) -> Size:
        """Count one. Raises Cancelled, and then knows no more than before."""
        if cancel is not None and cancel.is_set():
            raise Cancelled
        pace = _Pace(cancel)
        size = _outside(job) or self._counted(job, pace)
        self._sizes[job.path, job.format] = size
        return size

    def _counted(self, job: Job, pace: _Pace) -> Size:
        try:
            if job.format == "maildir":
                return self._maildir(os.path.realpath(job.path), pace)
            return self._mbox(os.path.realpath(job.path), pace) if job.format == "mbox" else Size()
        except FileNotFoundError:
            return Size()
        except OSError as error:
            return Size(problem=_words(job.path, error))

    # A maildir

    def _maildir(self, path: str, pace: _Pace) -> Size:
        fd = os.open(path, _FOLDER)
        try:
            return self._folder(fd, path, "", DEPTH, pace)
        finally:
            os.close(fd)

    def _folder(self, fd: int, path: str, name: str, depth: int, pace: _Pace) -> Size:
        """What lies in an open folder and those below it; messages only in those called `cur` and `new`."""
        stamp = _stamp(os.fstat(fd))
        known = self._folders.get(path)
        if known is None or known.stamp != stamp:
            known = _listed(fd, stamp, pace, holds=name in {"cur", "new"})
            if time.time_ns() - stamp[0] > RACY:
                self._folders[path] = known
            else:
                self._folders.pop(path, None)
        total = known.size
        if not depth:
            return total + Size(problem=f"{safe(path)}: folders deeper than {DEPTH} are not counted")
        for each in known.below:
            pace.step()
            total += self._below(fd, path, each, depth - 1, pace)
        return total

    def _below(self, fd: int, path: str, name: str, depth: int, pace: _Pace) -> Size:
        inner = f"{path}/{name}"
        try:
            found = os.open(name, _FOLDER, dir_fd=fd)
        except OSError as error:
            gone = error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
            return Size() if gone else Size(problem=_words(inner, error))
        try:
            return self._folder(found, inner, name, depth, pace)
        except OSError as error:
            return Size(problem=_words(inner, error))
        finally:
            os.close(found)

    # An mbox

    def _mbox(self, path: str, pace: _Pace) -> Size:
        fd = os.open(path, _FILE)
        with open(fd, "rb", buffering=0) as stream:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                return Size(problem=f"{safe(path)} is no file")
            stamp = _stamp(status)
            known = self._files.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            messages = 0
            before = b"\n\n"
            while chunk := stream.read(_CHUNK):
                window = before + chunk
                messages += window.count(b"\n\nFrom ")
                before = window[-len("\n\nFrom") :]
                pace.step()
            size = Size(status.st_size, messages, status.st_mtime if messages else None)
            self._files[path] = stamp, size
            return size


def _outside(job: Job) -> Size | None:
    """Says so where a symlink leads the mailbox out of its base."""
    if not job.base:
        return None
    base, real = os.path.realpath(job.base), os.path.realpath(job.path)
    if real == base or real.startswith(base.rstrip("/") + "/"):
        return None
    return Size(problem=f"{safe(job.path)} leads out of {safe(job.base)} (to {safe(real)}): not counted")


def _listed(fd: int, stamp: Stamp, pace: _Pace, *, holds: bool) -> _Folder:
    """Read an open folder: the messages in it, where it `holds` any, and the folders in it."""
    total, messages, newest = 0, 0, 0.0
    below: list[str] = []
    with os.scandir(fd) as entries:
        for entry in entries:
            pace.step()
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            elif holds and entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # it was read, moved or fetched just now
                    continue
                total, messages = total + status.st_size, messages + 1
                newest = max(newest, status.st_mtime)
    size = Size(total, messages, newest if messages else None)
    return _Folder(stamp, size, tuple(sorted(below)))


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns


def _words(path: str, error: OSError) -> str:
    return f"{safe(path)} cannot be read ({error.strerror or error})"
