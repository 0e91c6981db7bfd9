"""Ending a conflict: one's own edit, or another value typed now, is put on top of what stands there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mailtui.edits.bulk import SetEntries
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import Group
from mailtui.edits.entries import (
    AddDisabledEntry,
    RemoveDisabledEntry,
    RemoveEntry,
    SetDisabledEntry,
    SetEntry,
)
from mailtui.edits.model import Conflict, Edit, Value
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.formats import addresses
from mailtui.formats.maincf import MainCf
from mailtui.postfix.files import Reader, entries
from mailtui.text.safe import decode, encode

_FAMILIES: tuple[tuple[type[Edit], ...], ...] = (
    (SetEntry, RemoveEntry),
    (AddDisabledEntry, RemoveDisabledEntry, SetDisabledEntry),
    (SetParameter, ResetParameter),
)
"""Kinds of edits that fold into each other."""


def on_top(conflict: Conflict, files: Reader) -> Edit | None:
    """The conflict's edit with theirs as what its author saw, so that it applies; None where it cannot be
    put on top (the entry is gone, or the new name is taken)."""
    if isinstance(conflict.edit, SetEntries):
        return _bulk_on_top(conflict.edit, files)
    if conflict.theirs is None and not isinstance(conflict.edit, (SetEntry, SetParameter)):
        return None
    edit: Any = conflict.edit
    if not hasattr(edit, "was"):  # a rule that is named by its neighbours: its author looks again
        return None
    ours: Edit = replace(edit, was=conflict.theirs)
    candidate = Candidate(files, [ours])
    return None if candidate.conflicts or candidate.stopped else ours


def _bulk_on_top(edit: SetEntries, files: Reader) -> Edit | None:
    try:
        ours = edit.rebased(entries(files, edit.target))
    except FileNotFoundError:
        ours = replace(edit, were=("",) * len(edit.names))
    candidate = Candidate(files, [ours])
    return None if candidate.conflicts or candidate.stopped else ours


def exchanged(groups: Iterable[Group], old: Edit, new: Edit) -> list[Group]:
    """The groups of a draft with `new` in the place of `old`, which may be folded from several edits."""
    result: list[Group] = []
    done = False
    for group in groups:
        edits: list[Edit] = []
        for edit in group.edits:
            if not _folds(edit, old):
                edits.append(edit)
            elif not done:
                edits.append(new)
                done = True
        if edits:
            result.append(Group(tuple(edits), group.label))
    return result


def _folds(edit: Edit, other: Edit) -> bool:
    if (edit.target.format, edit.target.path, edit.key) != (
        other.target.format, other.target.path, other.key,
    ):  # fmt: skip
        return False
    family = next((kinds for kinds in _FAMILIES if isinstance(other, kinds)), (type(other),))
    return isinstance(edit, family)


def editable(conflict: Conflict) -> Value | None:
    """The value to begin with where a conflict is ended by typing another: ours, or theirs where ours takes
    the entry away. None where the edit has no value of its own."""
    edit = conflict.edit
    if isinstance(edit, (RemoveEntry, ResetParameter)):
        return conflict.theirs
    value = getattr(edit, "value", None)
    return value if isinstance(value, (str, tuple)) else None


def rewritten(conflict: Conflict, text: str, files: Reader) -> Edit | None:
    """The edit that puts the value `text` (a list's items with commas between them) in the place of theirs;
    None where it cannot be done."""
    like, edit = editable(conflict), conflict.edit
    value: Value = text.strip()
    if isinstance(edit, (SetEntry, RemoveEntry)):
        if isinstance(like, tuple):
            value = tuple(decode(item) for item in addresses.items(encode(text)))
        edit = SetEntry(edit.target, edit.name, value, conflict.theirs)
    elif isinstance(edit, (SetParameter, ResetParameter)):
        if isinstance(like, tuple):
            tokens = MainCf.parse(b"x = " + encode(text)).tokens("x")
            value = tuple(decode(token.text) for token in tokens)
        edit = SetParameter(edit.target, edit.name, value, conflict.theirs)
    else:
        typed: Any = edit
        edit = replace(typed, value=value, was=conflict.theirs)
    candidate = Candidate(files, [edit])
    return None if not value or candidate.conflicts or candidate.stopped else edit
