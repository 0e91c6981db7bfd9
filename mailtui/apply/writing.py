"""One file of a change put on the disk, and taken back; by this process or, after a crash, by a later one."""

from __future__ import annotations

import contextlib
import os
from typing import Literal

from mailtui.apply import tables, write
from mailtui.apply.faults import Changed, in_words
from mailtui.apply.record import FileRecord
from mailtui.apply.write import NEW_MODE, Data, FileMeta, digest
from mailtui.formats.splice import apply_splices

Side = Literal["before", "after", "other"]


def present(path: str) -> FileMeta | None:
    """What a file is now, None where there is none. Raises OSError."""
    try:
        return write.meta_of_file(path)
    except FileNotFoundError:
        return None


def new_mode(*, secret: bool) -> int:
    """The mode of a file made now."""
    return 0o600 if secret else NEW_MODE


def put(record: FileRecord, after: Data, meta: FileMeta | None, mtime_ns: int) -> None:
    """Make the file's tables live, then its text, each whole. Raises Changed and WriteError."""
    for swap in record.swaps:
        tables.install(swap)
    if meta is not None and record.before == record.after:  # only its table is compiled
        _require_same(record)
    elif record.removed and meta is not None:
        write.remove(record.path, meta)
    elif meta is None:
        mode = new_mode(secret=record.secret)
        write.create(record.path, after, mode=mode, mtime_ns=mtime_ns)
    else:
        write.replace(record.path, after, meta, mtime_ns=mtime_ns)


def _require_same(record: FileRecord) -> None:
    """Raises Changed where the text is not that from which the table was made."""
    with in_words(record.real):
        if side(record) != "after":
            raise Changed(record.real)


def side(record: FileRecord) -> Side:
    """Whether the text on the disk is the one before, the one after, or somebody else's. Raises OSError."""
    found = present(record.real)
    if found is None:
        return "before" if record.created else "after" if record.removed else "other"
    now = found.sha256
    if now == record.after and not record.removed:
        return "after"
    return "before" if now == record.before and not record.created else "other"


def take_back(record: FileRecord, *, overtaken: bool = False) -> None:
    """Put the old text and the old tables back; nothing where they are there already.

    `overtaken`: `put` found the work of a third hand, so our text was never written; theirs stays, as do
    tables that they compiled. Raises Changed where a third hand wrote one of them after us, and WriteError.
    """
    if overtaken:
        for swap in record.swaps:
            with contextlib.suppress(Changed):
                tables.restore(swap)
        return
    with in_words(record.real):
        now = side(record)
    if now == "other":
        raise Changed(record.real)
    if now == "after":
        _restore_text(record)
    for swap in record.swaps:
        tables.restore(swap)


def _restore_text(record: FileRecord) -> None:
    if record.removed:
        _restore_removed(record)
        return
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


def _restore_removed(record: FileRecord) -> None:
    """Make a file again as it was made: its mode and owner were those of a new one."""
    if record.back is None:
        raise Changed(record.real, "the bytes it had before are not kept any more")
    before = apply_splices(b"", record.back)
    if digest(before) != record.before:
        raise Changed(record.real)
    write.create(record.real, before, mode=new_mode(secret=record.secret), mtime_ns=record.mtime_ns)


def _rename_back(record: FileRecord) -> bool:
    """Let the old file have its name again, where it is still kept and still what it was."""
    if not record.old:
        return False
    with contextlib.suppress(OSError):
        found = present(record.old)
        if found is None or found.sha256 != record.before:
            return False
        os.rename(record.old, record.real)
        handle = os.open(os.path.dirname(record.real), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return True
    return False
