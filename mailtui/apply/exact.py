"""Taking a change back gives the very bytes that were there, when nobody wrote the file since.

An undo is staged as ordinary edits, which also work on a file that others changed. Where they are
exactly the inverse of the last change of the file, the splices in the journal restore it byte for byte; a
file that this change made is removed, if it still is as it was made.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailtui.apply.journal import Journal
from mailtui.apply.record import Change, FolderRecord
from mailtui.apply.write import NEW_MODE, digest, digest_of
from mailtui.edits.candidate import FileChange
from mailtui.edits.draft import merged
from mailtui.edits.model import Edit
from mailtui.edits.store import to_json

LOOK_BACK = 20
"""The newest changes among which one of folders alone is looked for."""


def edits_digest(edits: Iterable[Edit]) -> str:
    """By what the same edits are known again, in whatever order; "" for none."""
    texts = sorted(json.dumps(to_json(edit), sort_keys=True) for edit in merged(edits))
    return hashlib.sha256("\n".join(texts).encode("ascii")).hexdigest() if texts else ""


def inverses(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits that take these back, the last one first."""
    return merged(edit.inverse() for edit in reversed(edits))


def restored(change: FileChange, journal: Journal) -> FileChange:
    """The change with the exact old bytes as its result, where it undoes the file's last change."""
    own, present = edits_digest(change.edits), ""
    for past in journal.touching(change.target.path):
        for record in past.files:
            if record.path != change.target.path or record.inverse != own or record.back is None:
                continue
            present = present or digest(change.before)
            if record.after != present:
                continue
            exact = replace(change, splices=record.back)
            if digest_of(exact.pieces()) == record.before:
                return replace(exact, removed=record.created and is_as_made(change.target.path))
    return change


def is_as_made(path: str) -> bool:
    """Whether a file still has the owner and mode that `write.create` gave it, and one name alone."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    own = (found.st_uid, found.st_gid) == (os.geteuid(), os.getegid())
    return own and found.st_mode == stat.S_IFREG | NEW_MODE and found.st_nlink == 1


def undone_by(
    changes: Sequence[FileChange], journal: Journal, folders: Sequence[FolderRecord] = ()
) -> Change | None:
    """The newest change that these changes take back whole, file by file; where no file changes, that which
    made the folders that are removed, or removed those that are made."""
    if not changes:
        opposite = {replace(record, make=not record.make) for record in folders}
        newest = (past for past in journal.changes(LOOK_BACK) if past.state == "applied")
        return next((past for past in newest if not past.files and set(past.made) == opposite), None)
    texts = [change for change in changes if change.splices] or changes  # a copy has nothing to take back
    own = {change.target.path: edits_digest(change.edits) for change in texts}
    for past in journal.touching(texts[0].target.path):
        written = [record for record in past.files if not record.compiled] or past.files
        if all(not record.secret and own.get(record.path) == record.inverse for record in written):
            return past
    return None
