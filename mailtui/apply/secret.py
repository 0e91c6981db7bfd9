"""Files that hold passwords: what is shown, printed and kept of them has every value masked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from mailtui.edits import entries
from mailtui.edits.bulk import SetEntries
from mailtui.edits.candidate import FileChange
from mailtui.edits.compiling import CompileTable, KeepCompiled
from mailtui.edits.diff import DiffLine, Hunk
from mailtui.edits.model import Conflict, Edit, Value

MASK = entries.MASK
_MASK = MASK.encode()
_KEY_VALUE = re.compile(
    rb"(?P<key>[^\s:]+:?\s+|\"[^\"]*\"\s*:\s*|(?:\[[^\]\s]*\]|[^\s:]+):(?:\d{1,5}|smtps?|submissions?)\s+)"
)
"""A key and what separates it from its value; `[host]:587` is a key too, `user:password` is not."""
_VALUES = ("value", "was")
_PATTERNS = frozenset({"regexp", "pcre", "cidr"})
"""Tables whose rules are named by their whole text: of an edit of theirs nothing stays."""


def masked_line(raw: bytes) -> bytes:
    """A line with its key kept and the rest masked; of a comment and a continuation nothing stays."""
    text = raw.rstrip(b"\r\n")
    end = raw[len(text) :]
    if not text.strip():
        return raw
    if text.lstrip().startswith(b"#"):
        return b"# " + _MASK + end
    key = _KEY_VALUE.match(text)
    return (key["key"] if key else b" ") + _MASK + end


def masked_hunks(found: Sequence[Hunk]) -> list[Hunk]:
    """The hunks with every line masked."""
    return [
        replace(
            hunk, lines=tuple(DiffLine(line.sign, line.number, masked_line(line.raw)) for line in hunk.lines)
        )
        for hunk in found
    ]


def masked_edit(edit: Edit) -> Edit:
    """The edit with the same name and its values masked, for words and for the journal."""
    if isinstance(edit, SetEntries):
        return edit.masked()
    if isinstance(edit, (CompileTable, KeepCompiled)):  # it has no value of the file
        return edit
    values = {field.name: getattr(edit, field.name) for field in fields(edit)}
    if edit.target.format in _PATTERNS:
        over: dict[str, Any] = {name: MASK for name, value in values.items() if isinstance(value, str)}
    else:
        over = {name: _masked(values[name]) for name in _VALUES if name in values}
    return replace(edit, **over)


def masked_conflict(conflict: Conflict) -> Conflict:
    """The conflict with its edit and all three values masked."""
    values = (_masked(value) for value in (conflict.was, conflict.theirs, conflict.ours))
    return Conflict(masked_edit(conflict.edit), *values)


def _masked(value: Value | None) -> Value | None:
    return None if value is None else MASK


def unified(change: FileChange, found: Sequence[Hunk]) -> bytes:
    """The masked diff of a file; patch(1) cannot use it, and must not."""
    path = change.target.path.encode("utf-8", "surrogateescape")
    old, new = (b"/dev/null" if absent else path for absent in (change.created, change.removed))
    out = [b"--- " + old + b"\n", b"+++ " + new + b"\n"]
    for hunk in masked_hunks(found):
        out.append(f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@\n".encode())
        out += [line.sign.encode() + line.raw.rstrip(b"\n") + b"\n" for line in hunk.lines]
    return b"".join(out)
