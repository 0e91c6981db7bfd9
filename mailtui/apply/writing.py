"""One file of a change put on the disk, and taken back; by this process or, after a crash, by a later one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Literal

from mailtui.apply import tables, write
from mailtui.apply.compile import Built
from mailtui.apply.exact import edits_digest, inverses
from mailtui.apply.faults import Changed, in_words
from mailtui.apply.record import FileRecord
from mailtui.apply.tables import Swap
from mailtui.apply.uses import Use
from mailtui.apply.work import Work
from mailtui.apply.write import FileMeta, digest
from mailtui.edits.candidate import FileChange
from mailtui.formats.splice import apply_splices, inverse

NEW_MODE = 0o644
"""Mode of a file that did not exist before; of one that holds passwords 0600."""

Side = Literal["before", "after", "other"]


def read(path: str) -> tuple[bytes, FileMeta] | None:
    """A file as it is now, None where there is none. Raises OSError."""
    try:
        return write.read_file(path)
    except FileNotFoundError:
        return None


def new_mode(*, secret: bool) -> int:
    return 0o600 if secret else NEW_MODE


def mtime_for(change: FileChange, uses: Sequence[Use], meta: FileMeta | None) -> int:
    """The time that the new text gets: for main.cf, master.cf and texthash one that no Postfix program
    waits for; else that of the writing, which a compiled table must not be older than."""
    waited_for = change.target.format in {"main.cf", "master.cf"} or any(u.type == "texthash" for u in uses)
    if waited_for:
        return write.hot_mtime(meta.mtime_ns if meta else 0)
    return write.now_ns()


def source_meta(change: FileChange, meta: FileMeta | None, *, secret: bool) -> FileMeta:
    """What the new text will be, which the rights of a table made for the first time follow."""
    if meta is not None:
        return meta
    mode = new_mode(secret=secret)
    return FileMeta(mode, os.geteuid(), os.getegid(), (), 0, 0, 0, 0, 1, len(change.after), "")


def record_of(
    change: FileChange, meta: FileMeta | None, swaps: Sequence[Swap], old: str, *, secret: bool
) -> FileRecord:
    """What the journal must hold before the file is written."""
    return FileRecord(
        path=change.target.path,
        real=os.path.realpath(change.target.path),
        target=change.target,
        secret=secret,
        created=meta is None,
        mtime_ns=meta.mtime_ns if meta else 0,
        before=digest(change.before),
        after=digest(change.after),
        back=inverse(change.before, change.splices),
        old=old,
        swaps=tuple(swaps),
        edits=edits_digest(change.edits),
        inverse=edits_digest(inverses(change.edits)),
    )


def keep_old(real: str, work: Work) -> str:
    """Give the old text a second name in the work folder, so that taking the change back needs no room on
    the disk. Returns its path; "" where the file system has no links."""
    name = work.name("text")
    try:
        os.link(real, name, dst_dir_fd=work.fd)
    except OSError:
        return ""
    return os.path.join(work.path, name)


def swaps_of(built: Sequence[Built], config_dir: str, source: FileMeta, mtime_ns: int) -> tuple[Swap, ...]:
    """The compiled tables made ready to be put in. Raises WriteError."""
    return tuple(
        tables.prepare(each, config_dir, source, mtime_ns=mtime_ns) for each in built if each.compiled
    )


def put(record: FileRecord, after: bytes, meta: FileMeta | None, mtime_ns: int) -> None:
    """Make the file's tables live, then its text, each whole. Raises Changed and WriteError."""
    for swap in record.swaps:
        tables.install(swap)
    if meta is None:
        mode = new_mode(secret=record.secret)
        write.create(record.path, after, mode=mode, mtime_ns=mtime_ns)
    else:
        write.replace(record.path, after, meta, mtime_ns=mtime_ns)


def side(record: FileRecord) -> Side:
    """Whether the text on the disk is the one before, the one after, or somebody else's. Raises OSError."""
    found = read(record.real)
    if found is None:
        return "before" if record.created else "other"
    now = found[1].sha256
    if now == record.after:
        return "after"
    return "before" if now == record.before and not record.created else "other"


def take_back(record: FileRecord) -> None:
    """Put the old text and the old tables back; nothing where they are there already.

    Raises Changed where a third hand wrote one of them, and WriteError.
    """
    with in_words(record.real):
        now = side(record)
    if now == "other":
        raise Changed(record.real)
    if now == "after":
        _restore_text(record)
    for swap in record.swaps:
        tables.restore(swap)


def _restore_text(record: FileRecord) -> None:
    with in_words(record.real):
        raw, meta = write.read_file(record.real)
    if record.created:
        write.remove(record.real, meta)
        return
    if _rename_back(record):
        return
    if record.back is None:
        raise Changed(record.real, "the bytes it had before are not kept any more")
    before = apply_splices(raw, record.back)
    if digest(before) != record.before:
        raise Changed(record.real)
    write.replace(record.real, before, meta, mtime_ns=record.mtime_ns)


def _rename_back(record: FileRecord) -> bool:
    """Let the old file have its name again, where it is still kept and still what it was."""
    if not record.old:
        return False
    with contextlib.suppress(OSError):
        found = read(record.old)
        if found is None or found[1].sha256 != record.before:
            return False
        os.rename(record.old, record.real)
        handle = os.open(os.path.dirname(record.real), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return True
    return False
