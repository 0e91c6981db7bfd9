"""Whether a change is rehearsed, on which bytes, and what came of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from mailtui.apply.compile import Built, live_path
from mailtui.apply.examine import Cancelled, Examined
from mailtui.apply.faults import WriteError, in_one
from mailtui.apply.look import Look
from mailtui.apply.rehearsal.verdict import NOT_NEEDED, RUNNING, SKIPPED, STOPPED, SWITCHED_OFF, Rehearsal
from mailtui.apply.report import Reporter
from mailtui.apply.work import Work
from mailtui.edits.candidate import FileChange
from mailtui.edits.model import Edit
from mailtui.formats.document import parse
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader, Stamp
from mailtui.postfix.instance import Instance

CONFIG = frozenset({"main.cf", "master.cf"})
"""The files whose change is rehearsed."""
_MODE = 0o644
"""The mode of a table that is made with this change, as its text will have it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a change is to be rehearsed. `done`: what came of it before, which holds for the very same bytes;
    `overruled`: that one may have failed, or have been impossible."""

    skip: bool = False
    done: Rehearsal | None = None
    overruled: bool = False

    def instead(self, edits: Iterable[Edit]) -> Rehearsal | None:
        """What is said instead of a rehearsal of these edits; None where there is to be one."""
        if not any(edit.target.format in CONFIG for edit in edits):
            return NOT_NEEDED
        if self.skip:
            return SKIPPED
        from mailtui.settings import load

        return None if load().rehearsal else SWITCHED_OFF


def ahead(found: Look, seen: Examined) -> Rehearsal:
    """What is said of the rehearsal before it: that it runs, or why there is none."""
    if not any(change.target.format in CONFIG for change in found.changes):
        return NOT_NEEDED
    if found.conflicts or found.stopped or any(each.stop for each in seen.findings):
        return STOPPED
    return RUNNING


def try_out(
    instance: Instance,
    found: Look,
    built: Sequence[Sequence[Built]],
    place: Callable[[str], Work],
    reporter: Reporter,
    *,
    wish: Wish,
    cancel: Event | None,
) -> Rehearsal:
    """Rehearse the change, unless the very same was before. `place` gives the work folder for a path.

    Raises Cancelled once `cancel` is set.
    """
    key = _digest(instance, found.changes)
    with reporter.step("rehearse") as doing:
        if wish.done is not None and wish.done.key == key:
            done = wish.done
        else:
            try:
                done = _rehearsed(instance, found, _files(found, built, place), cancel)
            except (WriteError, OSError) as error:
                done = Rehearsal("impossible", in_one(error))
            done = replace(done, key=key)
        doing.failed = done.stops
        doing.words += done.lines or ([str(done)] if done.stops else [])
    return done


def _rehearsed(instance: Instance, found: Look, files: Mapping[str, str], cancel: Event | None) -> Rehearsal:
    from mailtui.apply.rehearsal.rehearse import GivenUp, rehearse

    after = instance.over(_Written(instance.files, found.changes))
    try:
        return rehearse(instance, after, files, cancel=cancel)
    except GivenUp:
        raise Cancelled from None


def _digest(instance: Instance, changes: Sequence[FileChange]) -> str:
    """A digest of main.cf and master.cf, whether or not they change, and of everything that does."""
    total = hashlib.sha256()
    changed = {os.path.realpath(change.target.path) for change in changes}
    for target in (instance.main, instance.master):
        real = os.path.realpath(target.path)
        if real not in changed:
            total.update(f"{real}\0".encode("utf-8", "surrogateescape"))
            total.update(_raw(instance.files, target.path))
    for change in changes:
        total.update(f"\0{change.target.path}\0{change.size}\0".encode("utf-8", "surrogateescape"))
        for piece in change.pieces():
            total.update(piece)
    return total.hexdigest()


def _raw(files: Reader, path: str) -> bytes:
    try:
        return files.raw(path)
    except FileNotFoundError:
        return b""


def _files(found: Look, built: Sequence[Sequence[Built]], place: Callable[[str], Work]) -> Mapping[str, str]:
    """What stands at a real path with the change: the text and the compiled copies of every table in it."""
    laid: dict[str, str] = {}
    for change, tables in zip(found.changes, built, strict=True):
        if change.target.format in CONFIG:
            continue
        real = os.path.realpath(change.target.path)
        work = tables[0].work if tables else place(real)
        source = tables[0].source if tables else work.name("text")
        if not tables:
            work.write(source, change.pieces())
        laid[real] = _dressed(work, source, (real,))
        for table in tables:
            if table.compiled:
                live = os.path.realpath(live_path(table.target))
                laid[live] = _dressed(table.work, table.compiled, (live, real))
    return laid


def _dressed(work: Work, name: str, like: Sequence[str]) -> str:
    """A file in a work folder, readable for whom the first of these files that exists is."""
    mode, owner = _MODE, (-1, -1)
    for path in like:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        mode, owner = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
        break
    if os.geteuid() == 0:
        os.chown(name, *owner, dir_fd=work.fd, follow_symlinks=False)
    os.chmod(name, mode, dir_fd=work.fd)
    return os.path.join(work.path, name)


class _Written:
    """A Reader of the files as they will be written: an undo restores the very bytes."""

    def __init__(self, files: Reader, changes: Sequence[FileChange]) -> None:
        self._files = files
        self._changes = {os.path.realpath(change.target.path): change for change in changes}
        self._documents: dict[Target, Any] = {}

    def raw(self, path: str) -> bytes:
        change = self._changes.get(os.path.realpath(path))
        return change.after if change is not None else self._files.raw(path)

    def document(self, target: Target) -> Any:
        if os.path.realpath(target.path) not in self._changes:
            return self._files.document(target)
        if target not in self._documents:
            self._documents[target] = parse(target.format, self.raw(target.path))
        return self._documents[target]

    def stamp(self, path: str) -> Stamp | None:
        return self._files.stamp(path)
