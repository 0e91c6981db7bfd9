"""The edits that take a change back, as far as the journal can tell.

What a file with secrets held is not kept: its edits stand in the journal with their values masked. Where
the inverse of one only takes something away (an entry was new) or switches it, the value that it needs stands
in the file now. Where it would have to write what nobody kept, a `NotUndone` that names it is left; all
else is taken back. Whatever goes through the journal is held to this one rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from mailtui.apply.journal import Journal
from mailtui.apply.need import holds_password
from mailtui.apply.record import Change
from mailtui.apply.secret import MASK, masked_edit
from mailtui.apply.uses import all_uses, is_secret, of_file
from mailtui.edits.bulk import Change as Row
from mailtui.edits.bulk import SetEntries, folded
from mailtui.edits.candidate import FileChange
from mailtui.edits.draft import merged
from mailtui.edits.entries import EntryEdit, RemoveDisabledEntry, SwitchEntry, current
from mailtui.edits.model import Edit
from mailtui.edits.notundone import NotUndone, not_undone
from mailtui.edits.shapes import SwitchEdit, ValueEdit
from mailtui.edits.store import from_json
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance

LATER = 1000
"""Newer changes of one file that are looked through."""
_SEEN = frozenset({"was", "were"})
"""What an edit's author saw: it is compared, and never written."""

Since = Mapping[tuple[str, str], int]
"""The newest later change that wrote a secret anew, by the path and the key of its entry."""


def taken_back(change: Change, since: Since | None = None) -> tuple[Edit, ...]:
    """The inverse of a change; what it needs of a secret file as it stands now is still masked, see `filled`.

    Raises BadDraft where a newer mailtui wrote it.
    """
    edits = [from_json(edit) for edit in change.edits]
    return merged(back for edit in reversed(edits) for back in _back(edit, since or {}))


def left_by_undo(edits: Iterable[Edit], secret: Collection[str]) -> tuple[bool, tuple[str, ...]]:
    """What an undo of these edits would leave as it is, where the files `secret` hold secrets; and whether
    there is anything else that it takes back."""
    shown = (masked_edit(edit) if edit.target.path in secret else edit for edit in edits)
    back = [each for edit in shown for each in _back(edit, {})]
    left = not_undone(back)
    return len(left) < len(back), left


def written_since(change: Change, journal: Journal) -> Since:
    """Which of its secrets a later change wrote anew. Raises BadDraft and JournalError."""
    found: dict[tuple[str, str], int] = {}
    for path in {record.path for record in change.files if record.secret}:
        for later in journal.touching(path, LATER):
            if later.id <= change.id:
                break
            for edit in map(from_json, later.edits):
                if edit.target.path == path and _writes(edit):
                    for key in edit.keys:
                        found.setdefault((path, key), later.id)
    return found


def filled(edits: Sequence[Edit], instance: Instance) -> tuple[Edit, ...]:
    """The edits with what stands in the files now in the place of masked values. One of a file that is not
    known to be secret any more stays masked, and so becomes a conflict, which shows it."""
    return tuple(_filled(edit, instance) if _holds(edit) else edit for edit in edits)


def _holds(edit: Edit) -> bool:
    return any(_has_mask(getattr(edit, field.name)) for field in fields(edit))


def _writes(edit: Edit) -> bool:
    """Whether it would write a value that is masked."""
    return any(_has_mask(getattr(edit, each.name)) for each in fields(edit) if each.name not in _SEEN)


def _has_mask(value: object) -> bool:
    return value == MASK or (isinstance(value, tuple) and MASK in value)


def _back(edit: Edit, since: Since) -> Iterator[Edit]:
    """What takes one edit back; nothing for one that did nothing."""
    if isinstance(edit, NotUndone):
        return
    if not _holds(edit):
        yield edit.inverse()
    elif isinstance(edit, SetEntries):
        yield from _rows_back(edit, since)
    else:
        back = edit.inverse()
        later = max((since.get((back.target.path, key), 0) for key in back.keys), default=0)
        if _writes(back) or not _can_fill(back):
            yield _lost(edit)
        else:
            yield _stays(edit, later) if later else back


def _rows_back(edit: SetEntries, since: Since) -> Iterator[Edit]:
    """Of many entries the new ones go; those that had a value stay as they are."""
    old = [row for row in edit.changes() if row.was]
    if old:
        yield _lost(_of(edit, old))
    new: dict[int, list[Row]] = {}
    for row in edit.changes():
        if not row.was:
            new.setdefault(since.get((edit.target.path, folded(row.name)), 0), []).append(row)
    for later, rows in new.items():
        yield _stays(_of(edit, rows), later) if later else _of(edit, rows).inverse()


def _of(edit: SetEntries, rows: Sequence[Row]) -> SetEntries:
    return SetEntries.of(edit.target, rows, lists=edit.lists, source=edit.source)


def _lost(edit: Edit) -> NotUndone:
    why = "cannot be brought back, as its old value is not kept; type it again"
    return NotUndone(edit.target, f"{why}: {edit.describe()}")


def _stays(edit: Edit, later: int) -> NotUndone:
    return NotUndone(edit.target, f"stays, as change {later} wrote it anew: {edit.describe()}")


def _can_fill(back: Edit) -> bool:
    """Whether what it would take away or switch can be found in the file by its name alone."""
    if isinstance(back, EntryEdit):
        return True
    return isinstance(back, ValueEdit) and not (isinstance(back, SwitchEdit) and back.on)


def _filled(edit: Edit, instance: Instance) -> Edit:
    document: Any
    try:
        document = instance.files.document(edit.target)
    except OSError:
        return edit
    if not _is_secret(instance, edit.target, document.raw):
        return edit
    if isinstance(edit, SetEntries):
        return edit.rebased(document)
    now = None
    if isinstance(edit, EntryEdit):
        off = isinstance(edit, RemoveDisabledEntry) or (isinstance(edit, SwitchEntry) and edit.on)
        now = current(document, edit.name, None, enabled=not off)
    elif isinstance(edit, ValueEdit):
        now = edit.now(document, None)
    if now is None:
        return edit
    seen: Any = edit
    filled_in: Edit = replace(seen, was=now)
    return filled_in


def _is_secret(instance: Instance, target: Target, raw: bytes) -> bool:
    """Whether the values of a file would be masked today."""
    return is_secret(target, of_file(all_uses(instance), target)) or holds_password(
        FileChange(target, raw, (), (), created=False)
    )
