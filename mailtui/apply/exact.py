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
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from mailtui.apply.journal import Journal
from mailtui.apply.record import Change, FolderRecord
from mailtui.apply.undoing import taken_back, written_since
from mailtui.apply.write import NEW_MODE, digest, digest_of
from mailtui.edits.candidate import FileChange
from mailtui.edits.draft import BadDraft, merged
from mailtui.edits.model import Edit
from mailtui.edits.store import to_json

LOOK_BACK = 20
"""The newest changes among which one of folders alone is looked for."""


def edits_digest(edits: Iterable[Edit]) -> str:
    """By what the same edits are known again, in whatever order; "" for none."""
    texts = sorted(_text(to_json(edit)) for edit in merged(edits))
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
    changes: Sequence[FileChange],
    journal: Journal,
    folders: Sequence[FolderRecord] = (),
    edits: Sequence[dict[str, Any]] = (),
) -> Change | None:
    """The newest change that these changes take back, file by file, as far as that can be; where no file
    changes, that which made the folders that are removed, or removed those that are made. `edits`: all of
    them as the journal has them, by which the inverse of a secret file's is known."""
    if not changes:
        opposite = {replace(record, make=not record.make) for record in folders}
        newest = (past for past in journal.changes(LOOK_BACK) if past.state == "applied")
        return next((past for past in newest if not past.files and set(past.made) == opposite), None)
    texts = [change for change in changes if change.splices] or changes  # a copy has nothing to take back
    own = {change.target.path: edits_digest(change.edits) for change in texts}
    given = {_text(edit) for edit in edits}
    for past in journal.touching(texts[0].target.path):
        written = [record for record in past.files if not record.compiled] or past.files
        plain = [record for record in written if not record.secret]
        if not all(own.get(record.path) == record.inverse for record in plain):
            continue
        secret = {record.path for record in written if record.secret}
        if not secret or _takes_secrets_back(past, secret, given, journal):
            return past
    return None


def _takes_secrets_back(
    past: Change, paths: Collection[str], given: Collection[str], journal: Journal
) -> bool:
    """Whether the edits `given` are the inverse of what a change did to these files."""
    try:
        back = taken_back(past, written_since(past, journal))
    except BadDraft:
        return False
    wanted = {path: [edit for edit in back if edit.target.path == path] for path in paths}
    return all(each and all(_text(to_json(edit)) in given for edit in each) for each in wanted.values())


def _text(edit: dict[str, Any]) -> str:
    return json.dumps(edit, sort_keys=True)
