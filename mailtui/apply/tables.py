"""A compiled table put in place of the live one, so that no reader ever sees a part of it.

The new file takes the name by rename(2). A Postfix daemon notices, between sessions, that the file it has
open has no name left (dict_changed_name(3): st_nlink == 0), so the old file keeps a second name in the work
folder only until the change has ended; taking the change back gives it its name again, and no copy is made.
Where the old table has other names of its own, its time is changed, which daemons notice as well; save that
of an lmdb table: there the compiler replaces the content in one transaction of the live file.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import sys
from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from mailtui import commands
from mailtui.apply.compile import Built, live_path, program
from mailtui.apply.dump import dump
from mailtui.apply.faults import Changed, WriteError, in_words, worded
from mailtui.apply.locks import record_lock, shared_lock
from mailtui.apply.swap import Mark, Swap
from mailtui.apply.work import opened
from mailtui.apply.write import SECOND, FileMeta, dress, meta_of, now_ns, parent_of

_LMDB_HEAD = 2 * 4096  # both meta pages: every commit writes one of them
_CHUNK = 1 << 24

State = Literal["before", "after", "other"]


def prepare(
    built: Built, config_dir: str, source: FileMeta, *, mtime_ns: int, like: FileMeta | None = None
) -> Swap:
    """Make ready to install a table that was compiled without failure; nothing live is touched.

    The new table gets the old one's owner, mode, ACL and xattrs, or, where there was none, those postmap(1)
    would have given it after `source` (or those of `like`, the table of another type whose place it takes),
    and a time not older than `mtime_ns`, which must be the time that its text will get. Raises WriteError.
    """
    live = os.path.realpath(live_path(built.target))
    work = built.work
    try:
        old, copy, copied = _kept(live, work.fd, work.name("old"), built.target.type)
        meta = old[0] if old else like or _as_postmap(source)
        after = _dressed(work.fd, built.compiled, meta, max(mtime_ns, now_ns()), built.target.type)
    except OSError as error:
        raise worded(error, live) from error
    return Swap(
        target=built.target,
        config_dir=config_dir,
        live=live,
        work=work.path,
        source=built.source,
        compiled=built.compiled,
        copy=copy if old else "",
        before=old[1] if old else None,
        copied=copied,
        after=after,
        links=old[0].nlink if old else 0,
        files=built.files,
        broken=old is not None and built.target.type == "lmdb" and not _is_lmdb(work.fd, copy),
    )


def _is_lmdb(work: int, name: str) -> bool:
    """Whether the file begins as an lmdb database: a page's head, then MDB_MAGIC (mdb.c)."""
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=work)
    try:
        return os.pread(fd, 4, 16) == (0xBEEFC0DE).to_bytes(4, sys.byteorder)
    finally:
        os.close(fd)


def install(swap: Swap) -> None:
    """Make the new table live, whole. Raises Changed where someone else compiled it since `prepare`, and
    WriteError; the old table is then as it was."""
    with in_words(swap.live), opened(swap.work) as work, parent_of(swap.live) as (folder, name):
        if swap.in_place:
            _transact(swap, work)
        elif swap.before is None:
            _link(swap, work, folder, name)
        else:
            _rename_over(swap, (work, swap.compiled), (folder, name), {swap.before})
        os.fsync(folder)


def restore(swap: Swap) -> None:
    """Put the old table back, or remove the new one where there was none; nothing where that is so already.

    Raises Changed where the live table is neither, and WriteError.
    """
    match state(swap):
        case "before":
            return
        case "other":
            raise Changed(swap.live, "someone else compiled this table meanwhile")
        case "after":
            pass
    with in_words(swap.live), opened(swap.work) as work, parent_of(swap.live) as (folder, name):
        if swap.before is None:
            os.unlink(name, dir_fd=folder)
        else:
            _require_kept(swap, work)
            _rename_over(swap, (work, swap.copy), (folder, name), None)
        os.fsync(folder)


def state(swap: Swap) -> State:
    """Whether the live table is the one before, the one after, or somebody else's."""
    try:
        if swap.in_place:
            return _state_in_place(swap)
        fd = os.open(swap.live, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return "before" if swap.before is None else "other"
    except OSError as error:
        raise worded(error, swap.live) from error
    try:
        mark = _mark(fd, swap.target.type)
    finally:
        os.close(fd)
    if mark == swap.after:
        return "after"
    return "before" if mark in {swap.before, swap.copied} else "other"


def _state_in_place(swap: Swap) -> State:
    assert swap.before is not None
    if _settled(swap.live).head == swap.before.head:
        return "before"
    built = f"{swap.work}/{swap.compiled}"
    if not os.path.exists(built):
        return "other"
    ours = dump(swap.config_dir, swap.target, built)
    return "after" if ours == dump(swap.config_dir, swap.target, swap.live) else "other"


def _settled(live: str) -> Mark:
    """The mark of an lmdb table once no compiler is at work on it: ours outlives us where we are killed."""
    try:
        fd = os.open(live, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EACCES, errno.EROFS}:
            raise
        fd = os.open(live, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)  # no compiler of ours is at work
    try:
        if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR:
            # a compiler holds a shared lock to its end, a lookup for an instant
            fcntl.lockf(fd, fcntl.LOCK_EX)
        return _mark(fd, "lmdb")
    finally:
        os.close(fd)


def _kept(
    live: str, work: int, name: str, kind: str
) -> tuple[tuple[FileMeta, Mark] | None, str, Mark | None]:
    """Keep the live table in the work folder too: what it is, its mark, and the mark it will have there."""
    try:
        os.close(os.open(live, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
    except FileNotFoundError:
        return None, name, None
    while True:
        with shared_lock(live) as fd:
            meta, mark = meta_of(fd, ""), _mark(fd, kind)
            in_place = kind == "lmdb" and meta.nlink > 1
            if not in_place and _linked(live, work, name):
                return (meta, mark), name, replace(mark, mtime_ns=_later(mark)) if meta.nlink > 1 else mark
            _copy(fd, work, name)
            if _mark(fd, kind) == mark:  # lmdb's writers take no flock; a commit shows in its head
                return (meta, mark), name, _dressed(work, name, meta, meta.mtime_ns, kind)


def _linked(live: str, work: int, name: str) -> bool:
    """Give the live table its second name, durably; False where the file system or its rights forbid it."""
    try:
        os.link(live, name, dst_dir_fd=work, follow_symlinks=False)
    except OSError:
        return False
    os.fsync(work)
    return True


def _later(mark: Mark) -> int:
    """A time that no daemon takes for the table's old one: they compare seconds."""
    return max(now_ns() // SECOND, mark.mtime_ns // SECOND + 1) * SECOND


def _require_kept(swap: Swap, work: int) -> None:
    """Raises Changed where the old table was written through another of its names."""
    fd = os.open(swap.copy, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=work)
    try:
        if _mark(fd, swap.target.type) not in {swap.before, swap.copied}:
            raise Changed(swap.live, "someone else compiled the old table meanwhile, by another of its names")
    finally:
        os.close(fd)


def _copy(fd: int, work: int, name: str) -> None:
    out = os.open(
        name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=work
    )
    try:
        os.lseek(fd, 0, os.SEEK_SET)
        while os.sendfile(out, fd, None, _CHUNK):
            pass
    finally:
        os.close(out)


def _dressed(work: int, name: str, meta: FileMeta, mtime_ns: int, kind: str) -> Mark:
    fd = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=work)
    try:
        dress(fd, meta)
        os.utime(fd, ns=(now_ns(), mtime_ns))
        os.fsync(fd)
        return _mark(fd, kind)
    finally:
        os.close(fd)


def _as_postmap(source: FileMeta) -> FileMeta:
    """What postmap(1) gives a new table: its source's owner, and for others what its source allows."""
    return replace(source, mode=0o600 | (source.mode & 0o044), xattrs=())


def _mark(fd: int, kind: str) -> Mark:
    found = os.fstat(fd)
    head = hashlib.sha256(os.pread(fd, _LMDB_HEAD, 0)).hexdigest() if kind == "lmdb" else ""
    return Mark(found.st_ino, found.st_size, found.st_mtime_ns, head)


def _link(swap: Swap, work: int, folder: int, name: str) -> None:
    try:
        os.link(
            swap.compiled, name, src_dir_fd=work, dst_dir_fd=folder
        )  # unlike rename, never over another's
    except FileExistsError:
        raise Changed(swap.live, "someone else compiled this table meanwhile") from None
    os.unlink(swap.compiled, dir_fd=work)


def _rename_over(
    swap: Swap, new: tuple[int, str], old: tuple[int, str], expected: Collection[Mark] | None
) -> None:
    # A shared flock suffices: a compiler of this table holds an exclusive one, and lookups go on meanwhile.
    # lmdb's compiler holds a shared record lock to its end, so there ours is exclusive, for an instant.
    lock = record_lock if swap.target.type == "lmdb" else shared_lock
    with lock(swap.live) as fd:
        if expected is not None and _mark(fd, swap.target.type) not in expected:
            raise Changed(swap.live, "someone else compiled this table meanwhile")
        os.rename(new[1], old[1], src_dir_fd=new[0], dst_dir_fd=old[0])
        if expected is not None and swap.links > 1:
            _show_new_time(swap, fd)


def _show_new_time(swap: Swap, fd: int) -> None:
    """Let daemons notice that the old table, which has other names, is not the one in use any more."""
    assert swap.before is not None
    assert swap.copied is not None
    is_second_name = swap.copied.inode == swap.before.inode
    later = swap.copied.mtime_ns if is_second_name else _later(swap.before)
    os.utime(fd, ns=(os.fstat(fd).st_atime_ns, later))


def _transact(swap: Swap, work: int) -> None:
    """Let the compiler replace the live lmdb file's content, from our text, by a link to the open file."""
    assert swap.before is not None
    live = os.open(swap.live, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if _mark(live, "lmdb").head != swap.before.head:
            raise Changed(swap.live, "someone else compiled this table meanwhile")
        inside, through = f"/proc/{os.getpid()}/fd/{work}", f"{swap.source}-live"
        os.symlink(swap.source, through, dir_fd=work)
        os.symlink(f"/proc/{os.getpid()}/fd/{live}", f"{through}.lmdb", dir_fd=work)
        how = ("-F",) if swap.files else ()
        done = commands.act((program(swap.target), "-c", swap.config_dir, *how, f"lmdb:{inside}/{through}"))
        if not done.ok:
            raise WriteError(f"{program(swap.target)} failed: {done.words}", "", swap.live)
        os.fsync(live)
    finally:
        os.close(live)
