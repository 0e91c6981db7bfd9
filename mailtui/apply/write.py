"""One file, replaced whole: who owns it, who may read it and what else hangs on it stay as they were.

The new bytes go to a temporary file in the same folder, reach the disk, and take the name in one step
(exchange.py). A reader sees the old file or the new one, never a part; a crash leaves at most a temporary
file of a recognisable name, which `sweep` removes.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from typing import Any, BinaryIO

from mailtui.apply.exchange import put_in_place
from mailtui.apply.faults import Changed, in_words
from mailtui.formats.splice import PIECE, cut
from mailtui.postfix.private import MARK

SECOND = 1_000_000_000
RACY = SECOND // 10
"""A file changed this short a time (ns) before we read it may change again under the same time stamp."""
NEW_MODE = 0o644
"""Mode of a file that did not exist before; of one that holds passwords 0600."""
WHOLE_CHECK = 1 << 20
"""Up to this size in bytes `replace` compares the file's content again, not only its stamp."""

_KERNELS_OWN = ("security.ima", "security.evm")  # the kernel computes these from the content


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What a file was when it was read: all that must stay as it is, and all by which it is known again."""

    mode: int
    """Permission bits, without the file type."""
    uid: int
    gid: int
    xattrs: tuple[tuple[str, bytes], ...]
    """Extended attributes by name; an ACL is `system.posix_acl_access` (acl(5))."""
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    nlink: int
    size: int
    sha256: str
    read_ns: int = field(default=0, compare=False)
    """When it was read."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for a journal."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "xattrs": [[n, base64.b64encode(v).decode("ascii")] for n, v in self.xattrs]}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> FileMeta:
        """The value that `as_json` was made from."""
        xattrs = tuple((name, base64.b64decode(value)) for name, value in plain["xattrs"])
        return cls(**{**plain, "xattrs": xattrs})


def digest(data: bytes) -> str:
    """The SHA-256 of bytes, in hex."""
    return hashlib.sha256(data, usedforsecurity=False).hexdigest()


def digest_of(pieces: Iterable[bytes | memoryview]) -> str:
    """The SHA-256 of bytes that come in pieces, in hex."""
    sha = hashlib.sha256(usedforsecurity=False)
    for piece in pieces:
        sha.update(piece)
    return sha.hexdigest()


def read_pieces(stream: BinaryIO | FileIO) -> Iterator[bytes]:
    """What is left of a file, piece by piece: a large one is never in memory whole."""
    while piece := stream.read(PIECE):
        yield piece


def now_ns() -> int:
    """The present time in ns."""
    return time.time_ns()


def read_file(path: str) -> tuple[bytes, FileMeta]:
    """The bytes of a file (a symlink is followed) and what it is. OSError passes."""
    with open(path, "rb") as stream:
        read_ns = now_ns()
        data = stream.read()
        return data, meta_of(stream.fileno(), digest(data), read_ns)


def meta_of_file(path: str) -> FileMeta:
    """What a file (a symlink is followed) is, its content read piece by piece. OSError passes."""
    with open(path, "rb", buffering=0) as stream:
        read_ns = now_ns()
        return meta_of(stream.fileno(), digest_of(read_pieces(stream)), read_ns)


def meta_of(fd: int, sha256: str, read_ns: int = 0) -> FileMeta:
    """The meta of an open file whose content has that digest."""
    found = os.fstat(fd)
    return FileMeta(
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
        xattrs=_xattrs(fd),
        mtime_ns=found.st_mtime_ns,
        ctime_ns=found.st_ctime_ns,
        inode=found.st_ino,
        device=found.st_dev,
        nlink=found.st_nlink,
        size=found.st_size,
        sha256=sha256,
        read_ns=read_ns,
    )


def hot_mtime(old_mtime_ns: int, now: int | None = None) -> int:
    """The time to give a new main.cf: another second than the old file's, yet not so new that Postfix waits.

    Every Postfix program reads a file again until its time is two seconds old (dict_load_file_xt(3)). Where
    the old file was written within the last seconds, the new one therefore gets a time before it.
    """
    cool = (now_ns() if now is None else now) - 3 * SECOND
    return cool - SECOND if cool // SECOND == old_mtime_ns // SECOND else cool


def advice(path: str) -> list[str]:
    """What an admin should know before this file is replaced by rename; nothing for most files."""
    try:
        found = os.stat(path)
    except OSError:
        return []
    said = []
    if found.st_nlink > 1:
        others = found.st_nlink - 1
        said.append(
            f"{path} has {others} other name{'s' if others > 1 else ''} (hard links): "
            f"{'they keep' if others > 1 else 'it keeps'} the old content"
        )
    return said


Data = bytes | Iterable[bytes | memoryview]
"""What to write: whole, or in pieces that come one after the other."""


def replace(
    path: str, data: Data, meta: FileMeta, *, expected: FileMeta | None = None, mtime_ns: int | None = None
) -> FileMeta:
    """Put `data` in place of the file, whole, with the owner, mode, ACL and xattrs of `meta`.

    The file on the disk must still be `expected` (default: `meta`), else Changed. A symlink is kept and
    its target written. `mtime_ns` is the time to give it (default: now). Returns the new file's meta.
    Raises WriteError; nothing is left beside the file, which is then as it was, save where the very last
    step failed, the fsync of the folder: so look at what is there before undoing anything.
    """
    real = os.path.realpath(path)
    with in_words(real), parent_of(real) as (folder, name), _temporary(folder, name) as (temporary, fd):
        sha256 = _fill(fd, data, meta, mtime_ns)
        seen = _unchanged(folder, name, real, expected or meta)
        if not put_in_place(folder, temporary, name, seen):
            raise Changed(real)
        os.fsync(folder)
        return meta_of(fd, sha256, now_ns())


def create(
    path: str, data: Data, *, mode: int, uid: int = -1, gid: int = -1, mtime_ns: int | None = None
) -> FileMeta:
    """Make a file that does not exist yet, whole; raises Changed where it exists by now, else WriteError."""
    real = os.path.realpath(path)
    uid, gid = (os.geteuid() if uid < 0 else uid), (os.getegid() if gid < 0 else gid)
    wanted = FileMeta(mode, uid, gid, (), 0, 0, 0, 0, 1, 0, "")
    with in_words(real), parent_of(real) as (folder, name), _temporary(folder, name) as (temporary, fd):
        sha256 = _fill(fd, data, wanted, mtime_ns)
        try:
            os.link(
                temporary, name, src_dir_fd=folder, dst_dir_fd=folder
            )  # unlike rename, never over another
        except FileExistsError:
            raise Changed(real, "someone else made this file meanwhile") from None
        os.unlink(temporary, dir_fd=folder)
        os.fsync(folder)
        return meta_of(fd, sha256, now_ns())


def remove(path: str, expected: FileMeta) -> None:
    """Remove a file that is still `expected`; raises Changed or WriteError."""
    real = os.path.realpath(path)
    with in_words(real), parent_of(real) as (folder, name):
        _unchanged(folder, name, real, expected)
        os.unlink(name, dir_fd=folder)
        os.fsync(folder)


def sweep(path: str) -> list[str]:
    """Remove temporary files that a killed write of this path left; the paths removed.

    To be called while the path's apply lock is held: no write of it is then under way.
    """
    real = os.path.realpath(path)
    parent, name = os.path.split(real)
    removed = []
    with in_words(real):
        for entry in os.listdir(parent or "/"):
            if entry.startswith(f".{name}{MARK}"):
                os.unlink(os.path.join(parent, entry))
                removed.append(os.path.join(parent, entry))
    return removed


@contextmanager
def parent_of(real: str) -> Iterator[tuple[int, str]]:
    """The file's folder, held open: what follows happens in it even where someone renames it meanwhile."""
    parent, name = os.path.split(real)
    fd = os.open(parent or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd, name
    finally:
        os.close(fd)


@contextmanager
def _temporary(folder: int, name: str) -> Iterator[tuple[str, int]]:
    """A new file of our own in the folder, 0600; gone at the end unless it was renamed."""
    temporary = f".{name}{MARK}{secrets.token_hex(4)}"
    fd = os.open(
        temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    try:
        yield temporary, fd
    except BaseException:
        # Also after a failed fsync of the folder, when the rename was done: then there is nothing to remove.
        if _exists(temporary, folder):
            os.unlink(temporary, dir_fd=folder)
        raise
    finally:
        os.close(fd)


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _fill(fd: int, data: Data, meta: FileMeta, mtime_ns: int | None) -> str:
    """Write the data and all that hangs on the file, durably; the digest of the data."""
    sha = hashlib.sha256(usedforsecurity=False)
    for piece in cut(memoryview(data)) if isinstance(data, bytes) else data:
        sha.update(piece)
        view = memoryview(piece)
        while view:
            view = view[os.write(fd, view) :]
    dress(fd, meta)
    if mtime_ns is not None:
        os.utime(fd, ns=(now_ns(), mtime_ns))
    os.fsync(fd)
    return sha.hexdigest()


def dress(fd: int, meta: FileMeta) -> None:
    """Give an open file of ours the owner, then the xattrs and ACL, then the mode of `meta`.

    In that order: chown(2) clears set-id bits, and an ACL's mask is the group part of the mode.
    """
    found = os.fstat(fd)
    if (found.st_uid, found.st_gid) != (meta.uid, meta.gid):
        os.fchown(fd, meta.uid, meta.gid)
    have, want = dict(_xattrs(fd)), dict(meta.xattrs)
    for name in have.keys() - want.keys():  # a folder's default ACL, say
        os.removexattr(fd, name)
    for name, value in want.items():
        if have.get(name) != value:
            os.setxattr(fd, name, value)
    os.fchmod(fd, meta.mode)


def _xattrs(fd: int) -> tuple[tuple[str, bytes], ...]:
    try:
        names = os.listxattr(fd)
    except OSError as error:
        if error.errno in {errno.ENOTSUP, errno.ENOSYS}:
            return ()
        raise
    return tuple((name, os.getxattr(fd, name)) for name in sorted(names) if name not in _KERNELS_OWN)


def _unchanged(folder: int, name: str, real: str, expected: FileMeta) -> os.stat_result:
    """What the name stands for. Raises Changed unless that is still the file that was read, with the same
    content."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        raise Changed(real, "someone else removed it meanwhile") from None
    with open(fd, "rb") as stream:
        found = os.fstat(fd)
        stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        same = stamp == (expected.device, expected.inode, expected.size, expected.mtime_ns, expected.ctime_ns)
        sure = expected.ctime_ns < expected.read_ns - RACY
        if same and sure and found.st_size > WHOLE_CHECK:
            return found
        if found.st_size != expected.size or digest_of(read_pieces(stream)) != expected.sha256:
            raise Changed(real)
        attributes = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, _xattrs(fd))
        if attributes != (expected.mode, expected.uid, expected.gid, expected.xattrs):
            raise Changed(real, "someone else changed its owner or permissions meanwhile")
        return found
