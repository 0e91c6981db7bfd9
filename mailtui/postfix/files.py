"""Reading the files of an instance: bytes and documents, kept until the file on the disk is another.

Whole files are read into memory and never mapped: a writer that truncates a mapped file kills its
readers with SIGBUS.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from mailtui.formats.document import parse
from mailtui.formats.target import Format, Target
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.formats.aliases import Aliases
    from mailtui.formats.document import AnyDocument
    from mailtui.formats.maincf import MainCf
    from mailtui.formats.mastercf import MasterCf
    from mailtui.formats.table import Table

READ_ATTEMPTS = 5
"""How often a file that changes while it is read is read again before what was read counts."""


class Stamp(NamedTuple):
    """What tells one state of a file from another without reading it. Times are in nanoseconds."""

    mtime: int
    size: int
    inode: int
    ctime: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)


class Read(NamedTuple):
    """A table that was read, and the state of the file that it was read from."""

    stamp: Stamp
    document: Table | Aliases


class Expected(Protocol):
    """A table that is being read elsewhere."""

    def wait(self) -> Read | None:
        """The table, once it is read; None where that failed."""


class Reader(Protocol):
    """Where the bytes of an instance come from: the disk (`Files`), or the disk with a draft over it."""

    def raw(self, path: str) -> bytes:
        """The bytes of a file. OSError where it cannot be read."""

    def document(self, target: Target) -> AnyDocument:
        """The file parsed in the target's grammar; the same object while the bytes are the same."""

    def stamp(self, path: str) -> Stamp | None:
        """The state of a file, None where there is none."""


def main_cf(reader: Reader, target: Target) -> MainCf:
    """The document of a main.cf target. Raises OSError."""
    return cast("MainCf", reader.document(target))


def master_cf(reader: Reader, target: Target) -> MasterCf:
    """The document of a master.cf target. Raises OSError."""
    return cast("MasterCf", reader.document(target))


def entries(reader: Reader, target: Target) -> Table | Aliases:
    """The document of a table or aliases target. Raises OSError."""
    return cast("Table | Aliases", reader.document(target))


@dataclass(slots=True)
class _Cached:
    stamp: Stamp
    raw: bytes
    documents: dict[Format, AnyDocument] = field(default_factory=dict)


class Files:
    """The files on the disk. Every call looks whether the file is still the one that was read.

    One file under several names (symlinks, `..`) is held once. OSErrors pass unchanged: whoever asked
    knows why the file was wanted; `problem_words` words them.
    """

    def __init__(self) -> None:
        self._by_path: dict[str, _Cached] = {}
        self._by_real_path: dict[str, _Cached] = {}
        self._told: dict[str, Stamp | None] = {}
        self._expected: dict[str, tuple[Format, Expected]] = {}

    def expect(self, target: Target, reading: Expected) -> None:
        """A table is being read already: whoever asks for it waits for that."""
        self._expected[target.path] = (target.format, reading)

    def raw(self, path: str) -> bytes:
        """The bytes of a file as they are now. Raises OSError, also for anything but a regular file."""
        return self._read(path).raw

    def document(self, target: Target) -> AnyDocument:
        """The file of a target, parsed. Raises OSError as `raw` does; parsing itself never fails."""
        held = self._read(target.path)
        found = held.documents.get(target.format)
        if found is None:
            found = held.documents[target.format] = parse(target.format, held.raw)
        return found

    def stamp(self, path: str) -> Stamp | None:
        """The state of a file now; None where it is missing or may not be looked at."""
        return self._look(path)

    def changed(self) -> set[str]:
        """The paths asked for so far whose file is another than when last told of: changed, appeared, gone.

        Each change is told once.
        """
        result = set()
        for path, told in list(self._told.items()):
            now = _look(path)
            if now != told:
                self._told[path] = now
                result.add(path)
        return result

    def forget(self, path: str) -> None:
        """Read this file anew next time, whatever its stamp says."""
        self._by_path.pop(path, None)
        self._by_real_path.pop(os.path.realpath(path), None)
        self._told.pop(path, None)

    def _look(self, path: str) -> Stamp | None:
        now = _look(path)
        self._told.setdefault(path, now)
        return now

    def _read(self, path: str) -> _Cached:
        stamp = self._look(path)
        held = self._by_path.get(path)
        if held is not None and held.stamp == stamp:
            return held
        real = os.path.realpath(path)
        held = self._by_real_path.get(real)
        if held is None or held.stamp != stamp:
            held = self._by_real_path[real] = self._awaited(path, stamp) or _Cached(*load(path))
        self._by_path[path] = held
        return held

    def _awaited(self, path: str, stamp: Stamp | None) -> _Cached | None:
        """What was read elsewhere, where that is the file as it is now."""
        if path not in self._expected:
            return None
        kind, reading = self._expected[path]
        read = reading.wait()
        self._expected.pop(path, None)
        if read is None or read.stamp != stamp:
            return None
        return _Cached(read.stamp, read.document.raw, {kind: read.document})


def _look(path: str) -> Stamp | None:
    try:
        return Stamp.of(os.stat(path))
    except OSError:
        return None


def load(path: str) -> tuple[Stamp, bytes]:
    """A file's bytes with the state they belong to. Raises OSError, also for anything but a regular file."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        raise OSError(errno.EINVAL, "not a regular file", path)
    with open(handle, "rb", buffering=0) as file:
        for _ in range(READ_ATTEMPTS):
            status = os.fstat(handle)
            file.seek(0)
            raw = file.readall()
            if Stamp.of(os.fstat(handle)) == Stamp.of(status):
                break
    return Stamp.of(status), raw


def problem(error: OSError, path: str, named_by: str = "") -> tuple[str, str]:
    """What kept a file from being read (without its name), and what to do.

    `named_by` is the parameter (or file) in which the path stands, where there is one.
    """
    match error:
        case FileNotFoundError():
            do = f"create it, or take it out of {named_by}" if named_by else "check the path"
            return "does not exist", do
        case PermissionError():
            return f"may not be read by {_user()}", _who_may(path)
        case IsADirectoryError():
            return "is a directory, not a file", "check the path"
    return f"cannot be read: {error.strerror or error}", "check the file and its disk"


def problem_words(error: OSError, path: str, named_by: str = "") -> str:
    """What kept a file from being read, and what to do, in one line; see `problem`."""
    what, do = problem(error, path, named_by)
    place = f" (named by {named_by})" if named_by else ""
    return f"{safe(path)}{place} {what}; {do}"


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _who_may(path: str) -> str:
    """Who to be in order to read a file: a group that may, else root."""
    import grp

    try:
        status = os.stat(path)
        group = grp.getgrgid(status.st_gid).gr_name
    except (OSError, KeyError):
        return "run mailtui with sudo"
    if status.st_mode & stat.S_IRGRP and status.st_gid != 0:
        return f"run mailtui with sudo, or join the group {group}"
    return "run mailtui with sudo"
