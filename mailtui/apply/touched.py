"""What a change touches: parameters and entries by their names, and the lines of the new text."""

from __future__ import annotations

from collections.abc import Iterable

from mailtui.edits.bulk import SetEntries
from mailtui.edits.candidate import FileChange
from mailtui.edits.entries import EntryEdit, RenameEntry
from mailtui.edits.parameters import ParameterEdit
from mailtui.formats.splice import ordered
from mailtui.formats.table import Table
from mailtui.text.safe import encode


def touched_parameters(changes: Iterable[FileChange]) -> set[str]:
    """The names of the parameters that the edits set or reset."""
    return {edit.name for change in changes for edit in change.edits if isinstance(edit, ParameterEdit)}


def touched_keys(change: FileChange) -> set[bytes]:
    """The folded names of the entries that the edits of a table touch."""
    keys: set[bytes] = set()
    for edit in change.edits:
        if isinstance(edit, EntryEdit):
            keys.add(Table.fold(encode(edit.name)))
        if isinstance(edit, RenameEntry):
            keys.add(Table.fold(encode(edit.to)))
        if isinstance(edit, SetEntries):
            keys.update(map(encode, edit.keys))
    return keys


def touched_lines(change: FileChange) -> list[tuple[int, int]]:
    """The lines (from 1, both inclusive) of the new text that the splices wrote or closed up."""
    lines, at, line = [], 0, 1
    for splice in ordered(change.splices):
        line += change.before.count(b"\n", at, splice.start)
        last = line + splice.new.count(b"\n")
        lines.append((line, last))
        at, line = splice.end, last
    return lines
