"""A folder of our own beside a change's files: tables are compiled there before anything live is touched."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from mailtui.apply.faults import WriteError, require_removable, worded
from mailtui.apply.write import Data
from mailtui.postfix import private

_OLD = 86_400


class Work:
    """A 0700 folder `.mailtui-XXXX` in `folder`, locked while its maker lives, removed at the end.

    It is made where the files are, so that rename(2) works out of it. Everything inside is reached through
    the open folder: someone who owns the folder around it may rename ours, and gains nothing by that.
    """

    def __init__(self, folder: str) -> None:
        self._count = 0
        parent = os.path.realpath(folder)
        require_removable(parent)
        try:
            self.path, self.fd = private.make(parent)
        except OSError as error:
            raise worded(error, parent) from error

    @property
    def inside(self) -> str:
        """The folder as our own programs name it, whatever happened to its path."""
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    def name(self, last: str) -> str:
        """A name of a new file inside that ends in `last`."""
        self._count += 1
        return f"{self._count}-{last}"

    def write(self, name: str, data: Data) -> None:
        """Make a file inside, 0600 and ours, of an old date: Postfix reads a new one again for 2 s.

        Raises WriteError.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(name, flags, 0o600, dir_fd=self.fd), "wb") as stream:
                stream.writelines([data] if isinstance(data, bytes) else data)
                stream.flush()
                os.utime(stream.fileno(), (_OLD, _OLD))
        except OSError as error:
            raise worded(error, os.path.dirname(self.path)) from error

    def remove(self) -> None:
        """Remove the folder and all in it; where the disk refuses that, the next change does it."""
        if self.fd < 0:
            return
        with contextlib.suppress(OSError):
            for entry in os.listdir(self.fd):
                os.unlink(entry, dir_fd=self.fd)
            if private.still_named(self.path, self.fd):
                os.rmdir(self.path)
        os.close(self.fd)
        self.fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class Works:
    """One Work a folder, each made when it is first asked for; all removed at the end."""

    def __init__(self) -> None:
        self._made: dict[str, Work] = {}

    def beside(self, path: str) -> Work:
        """The work folder beside the file that `path` really stands for. Raises WriteError."""
        folder = os.path.dirname(os.path.realpath(path))
        if folder not in self._made:
            self._made[folder] = Work(folder)
        return self._made[folder]

    @property
    def paths(self) -> tuple[str, ...]:
        """The folders made so far: what a journal must name so that a crash leaves no litter."""
        return tuple(work.path for work in self._made.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for work in self._made.values():
            work.remove()
        self._made.clear()


@contextlib.contextmanager
def opened(work: str) -> Iterator[int]:
    """A work folder by its path, which must be what its maker left: ours, and closed to others."""
    fd = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise WriteError("is not the folder that mailtui made", "remove it after a look", work)
        yield fd
    finally:
        os.close(fd)


def sweep(folder: str) -> list[str]:
    """Remove the work folders in `folder` whose maker is dead; the paths removed. Raises WriteError.

    What a recovery still needs from one (the old tables) must be taken out before.
    """
    try:
        return private.sweep(folder)
    except OSError as error:
        raise worded(error, folder) from error
