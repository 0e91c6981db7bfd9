"""The files as they would be with a draft written: edits replayed on the bytes that are there now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mailtui.edits.bulk import SetEntries
from mailtui.edits.compiling import CompileTable
from mailtui.edits.entries import EntryEdit, RenameEntry
from mailtui.edits.folders import FolderEdit
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.pending import Pending
from mailtui.edits.uncollected import uncollected
from mailtui.formats.document import parse
from mailtui.formats.entry_bulk import BulkEdits
from mailtui.formats.splice import (
    Missing,
    Refused,
    Splice,
    apply_splices,
    between,
    changes,
    composed,
    length_after,
    pieces,
)
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader, Stamp
from mailtui.text.safe import encode, safe

_FEW = 8
"""Edits of single entries that look for them each by itself before all are looked up."""
MANY = 64
"""Splices of one edit from which on they are sorted in together, and edits of single entries from which on
all are looked up together."""
WIDE = 1 << 20
"""Bytes of a change of several rounds above which it is put together from the rounds' own splices: to compare
the lines before with those after would take too long."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a change. `created`: it does not exist yet; `removed`: it goes, and `after` is empty. The
    splices turn `before` into `after`; without one the table is only compiled.

    The text after the change is not kept: of a large file `pieces` is what to write and to hash.
    """

    target: Target
    before: bytes
    splices: tuple[Splice, ...]
    edits: tuple[Edit, ...]
    created: bool
    removed: bool = False

    @property
    def after(self) -> bytes:
        """The whole new text, joined at each call."""
        return apply_splices(self.before, self.splices)

    @property
    def size(self) -> int:
        """Bytes of the new text."""
        return length_after(self.before, self.splices)

    def pieces(self) -> Iterator[memoryview]:
        """The new text, piece by piece, without a copy."""
        return pieces(self.before, self.splices)


@dataclass(frozen=True, slots=True)
class Stopped:
    """An edit that cannot be replayed, and the document's reason."""

    edit: Edit
    reason: Refused | Missing


class _Replay:
    """Edits of one file replayed in rounds: edits that do not touch each other share one parse.

    A bulk edit of a large table is one round; a second edit of the same entry or an insertion at the
    end of a file that lacks its last newline begins another.
    """

    def __init__(self, document: Any, names: Sequence[bytes] = ()) -> None:
        """`names`: the entries that will be asked for, where they are many."""
        self.document = document
        """After the rounds that are done."""
        self._done: list[list[Splice]] = []
        self._pending = Pending()
        self._names = names
        self._asked = 0
        """Edits since the document is as it is."""
        self._keys: set[str] = set()
        self._based: set[str] = set()
        self._gone = False

    def add(self, edit: Edit) -> None:
        keys, rests_on = edit.keys, edit.rests_on  # worked out at each call, and of a bulk they are many
        met = any(not self._keys.isdisjoint(each) for each in (keys, rests_on))
        met = met or not self._based.isdisjoint(keys)
        if met or (self._gone and edit.marker == "+"):
            self.flush()  # a new entry is placed among those that stay
        self._asked += 1
        if self._asked == _FEW and self._names:
            self.document = self.document.remembering(self._names)
        splices = list(edit.splices(self.document))
        if not self._fit(splices):
            self.flush()
            splices = list(edit.splices(self.document))
        if len(splices) > MANY:
            self._pending = Pending([*self._pending, *splices])
        else:
            for splice in splices:
                self._pending.put(splice)
        self._keys |= keys
        self._based |= rests_on
        renames = len(keys) > 1 and not isinstance(edit, SetEntries)
        self._gone = self._gone or edit.marker not in {"+", "~"} or renames

    def _fit(self, splices: Sequence[Splice]) -> bool:
        """Whether the splices of one edit meet none of another edit's. Among themselves they may touch."""
        if len(splices) > MANY:
            if not self._pending:
                return True
            both = [*((each, False) for each in self._pending), *((each, True) for each in splices)]
            both.sort(key=lambda each: each[0][:2])
            return all(one[1] is other[1] or self._apart(one[0], other[0]) for one, other in pairwise(both))
        for splice in splices:
            left, right = self._pending.beside(splice)
            if not (self._apart(left, splice) and self._apart(splice, right)):
                return False
        return True

    def _apart(self, left: Splice | None, right: Splice | None) -> bool:
        """Whether two neighbours can be made at once: a byte lies between them, or whole lines meet."""
        if left is None or right is None or left.end < right.start:
            return True
        if left.end > right.start:
            return False
        at_line_start = left.end == 0 or self.document.raw[left.end - 1 : left.end] == b"\n"
        return at_line_start and (not left.new or left.new.endswith(b"\n"))

    @property
    def pending(self) -> tuple[Splice, ...]:
        """The splices of the round that is not done."""
        return tuple(self._pending)

    @property
    def rounds(self) -> int:
        """How many are done."""
        return len(self._done)

    def splices(self, before: bytes) -> tuple[Splice, ...]:
        """What turns the bytes `before` the first round into those after the last one."""
        after = self.document.raw
        found = between(before, after)
        if len(found) > 1 or not found or len(found[0].new) + found[0].end - found[0].start < WIDE:
            return found
        made: Sequence[Splice] = ()
        for splices in self._done:
            made = composed(len(before), made, splices)
        return tuple(splice for splice in made if before[splice.start : splice.end] != splice.new)

    def flush(self) -> None:
        if self._pending:
            self._done.append([*self._pending])
            self.document = self.document.spliced(self._done[-1])
            self._asked = 0
        self._pending, self._keys, self._based, self._gone = Pending(), set(), set(), False


def _names(edits: Sequence[Edit]) -> list[bytes]:
    """The entries of a lookup table that edits name each by itself, if they are many."""
    if len(edits) <= MANY:
        return []
    found = [encode(edit.name) for edit in edits if isinstance(edit, EntryEdit)]
    return [*found, *(encode(edit.to) for edit in edits if isinstance(edit, RenameEntry))]


class Candidate:
    """A Reader over another Reader with edits laid over it. Conflicts are collected, never raised."""

    def __init__(self, files: Reader, edits: Iterable[Edit]) -> None:
        self._files = files
        self._edited: dict[str, FileChange] = {}
        self._documents: dict[tuple[str, str], Any] = {}
        self.conflicts: list[Conflict] = []
        self.stopped: list[Stopped] = []
        self.folders: dict[str, FolderEdit] = {}
        """Edits of folders, by path: whoever applies them looks at the disk."""
        self._by_path: dict[str, str] = {}
        self._by_real: dict[str, str] = {}
        by_path: dict[str, list[Edit]] = {}
        for edit in edits:
            if isinstance(edit, FolderEdit):
                self.folders[edit.target.path] = edit
                continue
            by_path.setdefault(self._one(edit.target.path), []).append(edit)
        with uncollected():
            for path, group in by_path.items():
                self._replay(path, group)

    def _one(self, path: str) -> str:
        """The name that one file goes by here, of all that lead to it through symlinks: the first."""
        known = self._by_path.get(path)
        if known is None:
            known = self._by_path[path] = self._by_real.setdefault(os.path.realpath(path), path)
        return known

    def _base(self, target: Target) -> tuple[Any, bool]:
        try:
            return self._files.document(target), False
        except FileNotFoundError:
            return parse(target.format, b""), True

    def _replay(self, path: str, edits: list[Edit]) -> None:
        target = edits[0].target
        base, created = self._base(target)
        replay = _Replay(base, _names(edits) if isinstance(base, BulkEdits) else ())
        done: list[Edit] = []
        for edit in edits:
            try:
                replay.add(edit)
                done.append(edit)
            except Conflict as conflict:
                self.conflicts.append(conflict)
            except (Refused, Missing) as reason:
                self.stopped.append(Stopped(edit, reason))
        splices = replay.pending
        if replay.rounds:
            replay.flush()
            self._documents[target.format, path] = replay.document
            splices = replay.splices(base.raw)
        compiling = [edit for edit in done if isinstance(edit, CompileTable)]
        if changes(base.raw, splices):
            self._edited[path] = FileChange(target, base.raw, splices, tuple(done), created)
        elif compiling and created:
            self.stopped += [Stopped(edit, Missing(f"the text {safe(path)}")) for edit in compiling]
        elif any(edit.due for edit in compiling):
            self._edited[path] = FileChange(target, base.raw, (), tuple(done), created)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The files that would differ, in the order in which they were first touched."""
        return tuple(self._edited.values())

    def writes(self, path: str) -> bool:
        """Whether the file is written, and so compiled where it is a table."""
        return self._one(path) in self._edited

    def raw(self, path: str) -> bytes:
        change = self._edited.get(self._one(path))
        return change.after if change is not None else self._files.raw(path)

    def document(self, target: Target) -> Any:
        path = self._one(target.path)
        change = self._edited.get(path)
        if change is None:
            return self._files.document(target)
        known = self._documents.get((target.format, path))
        if known is None:  # made when it is asked for: most of the time the bytes are enough
            base, _ = self._base(target)
            same = base.raw == change.before
            known = base.spliced(change.splices) if same else parse(target.format, change.after)
            self._documents[target.format, path] = known
        return known

    def stamp(self, path: str) -> Stamp | None:
        return self._files.stamp(path)
