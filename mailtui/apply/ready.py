"""The files of a change made ready: read once more, their tables dressed, their records made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from mailtui.apply import tables, write, writing
from mailtui.apply.compile import Built, live_path
from mailtui.apply.exact import edits_digest, inverses
from mailtui.apply.goinglive import leaving
from mailtui.apply.look import Look
from mailtui.apply.record import FileRecord
from mailtui.apply.swap import Swap
from mailtui.apply.uses import Use
from mailtui.apply.work import Work, Works
from mailtui.apply.write import FileMeta, digest_of
from mailtui.edits.candidate import FileChange
from mailtui.formats.splice import cut, inverse


class Again(Exception):
    """A file changed while the change was checked: begin again from what is there now."""


@dataclass(slots=True)
class File:
    """A file about to be written. `meta` is None where it does not exist yet."""

    change: FileChange
    meta: FileMeta | None
    mtime_ns: int
    record: FileRecord
    overtaken: bool = False
    """A third hand wrote the text, or compiled its table, before ours could be put in."""


def ready(found: Look, built: Sequence[Sequence[Built]], works: Works, config_dir: str) -> list[File]:
    """Every file read once more, and all that taking it back needs. Nothing live is touched.

    Raises Again where one is not what was checked, WriteError and OSError.
    """
    return [
        _ready(change, uses, made, works, config_dir, secret=not found.shown(change))
        for change, uses, made in zip(found.changes, found.uses, built, strict=True)
    ]


def _ready(
    change: FileChange,
    uses: Sequence[Use],
    built: Sequence[Built],
    works: Works,
    config_dir: str,
    *,
    secret: bool,
) -> File:
    real = os.path.realpath(change.target.path)
    old = "" if change.created or change.removed else keep_old(real, works.beside(real))
    meta = _checked(change)  # after the second name: that gave the file a new change time
    mtime_ns = mtime_for(change, uses, meta)
    source = source_meta(change, meta, secret=secret)
    like = [_left_by(change, each) for each in built]
    swaps = swaps_of(built, config_dir, source, mtime_ns, like)
    record = record_of(change, meta, swaps, old, secret=secret)
    return File(change, meta, mtime_ns, record)


def _checked(change: FileChange) -> FileMeta | None:
    """What the file is now; it must have the bytes that were checked."""
    now = writing.present(change.target.path)
    if (now is None) is not change.created or (now is not None and now.sha256 != _before(change)):
        raise Again
    return now


def _before(change: FileChange) -> str:
    return digest_of(cut(memoryview(change.before)))


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
    mode = writing.new_mode(secret=secret)
    return FileMeta(mode, os.geteuid(), os.getegid(), (), 0, 0, 0, 0, 1, change.size, "")


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
        removed=change.removed,
        compiled=not change.splices and not change.created,
        mtime_ns=meta.mtime_ns if meta else 0,
        before=meta.sha256 if meta else _before(change),
        after=digest_of(change.pieces()),
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


def _left_by(change: FileChange, built: Built) -> FileMeta | None:
    """What the compiled copy is whose place a migrated table takes; None where there is none."""
    old = leaving(change, built.target)
    return writing.present(os.path.realpath(live_path(old))) if old is not None else None


def swaps_of(
    built: Sequence[Built],
    config_dir: str,
    source: FileMeta,
    mtime_ns: int,
    like: Sequence[FileMeta | None],
) -> tuple[Swap, ...]:
    """The compiled tables made ready to be put in. `like`: for each the copy whose rights it takes over.

    Raises WriteError.
    """
    return tuple(
        tables.prepare(each, config_dir, source, mtime_ns=mtime_ns, like=kept)
        for each, kept in zip(built, like, strict=True)
        if each.compiled
    )
