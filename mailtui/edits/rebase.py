"""Ending a conflict in favour of one's own edit: it is put on top of what stands there now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import Group
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.postfix.files import Reader

_FAMILIES: tuple[tuple[type[Edit], ...], ...] = (
    (SetEntry, RemoveEntry),
    (SetParameter, ResetParameter),
)
"""Kinds of edits that fold into each other."""


def on_top(conflict: Conflict, files: Reader) -> Edit | None:
    """The conflict's edit with theirs as what its author saw, so that it applies; None where it cannot be
    put on top (the entry is gone, or the new name is taken)."""
    if conflict.theirs is None and not isinstance(conflict.edit, (SetEntry, SetParameter)):
        return None
    edit: Any = conflict.edit
    ours: Edit = replace(edit, was=conflict.theirs)
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
