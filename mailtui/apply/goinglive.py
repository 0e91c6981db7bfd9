"""Where a compiled copy and its text differ before we write: somebody saved and did not compile."""

from __future__ import annotations

import os

from mailtui.apply.compile import Built, live_path, program
from mailtui.apply.dump import Difference, pending
from mailtui.apply.faults import WriteError
from mailtui.apply.finding import Finding, NotYours
from mailtui.apply.touched import touched_keys
from mailtui.edits.candidate import FileChange
from mailtui.edits.compiling import MigrateTable
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.text.safe import decode, safe

COMPARE_LIMIT = 1 << 20
"""Bytes of a table's text up to which it is always compared with its compiled copy; a larger one only
where the text is newer, for listing a million rows takes seconds."""


def going_live(built: Built, change: FileChange, config_dir: str) -> tuple[list[NotYours], list[Finding]]:
    """The entries that others saved and did not compile: what compiling makes live beside our own edits;
    and what must be said of a compiled table that cannot be compared, or whose text is gone.

    A table that leaves its type is compared with the copy in that type, which has answered so far.
    Raises WriteError and CommandError.
    """
    target = leaving(change, built.target) or built.target
    live, path = live_path(target), change.target.path
    if not live or not built.ok or built.files or not os.path.isfile(live) or not _is_compared(change, live):
        return [], []
    ours = touched_keys(change)
    try:
        found = pending(config_dir, built, live, max(change.size, os.path.getsize(live)), of=target)
    except WriteError as error:
        if error.path != live:
            raise
        text = f"cannot be read ({safe(error.what)}): it is compiled anew, and all of the text goes live"
        return [], [Finding(stop=False, text=text, file=live)]
    theirs = [each for each in found.differences if Table.fold(each.key) not in ours]
    said = _in_the_place(built, change, config_dir) if target != built.target else []
    if change.created and theirs:
        text = f"its text is gone and {live} is not"
        if built.target.type != "cdb":  # postmap(1) cannot list one
            text += f": `{program(built.target)} -s {built.target.spec} > {path}` makes a text of it"
        said.append(Finding(stop=False, text=safe(text), file=path))
    return [_not_yours(built.target, each) for each in theirs], said


def _in_the_place(built: Built, change: FileChange, config_dir: str) -> list[Finding]:
    """What must be said of a copy that a table finds in its place, in the type that it gets: nobody knows
    which text that was made of."""
    live = live_path(built.target)
    if not os.path.isfile(live) or not _is_compared(change, live):
        return []
    try:
        found = pending(config_dir, built, live, 0)
    except WriteError as error:
        if error.path != live:
            raise
        text = f"is there already and cannot be read ({safe(error.what)}): it is compiled anew"
    else:
        if not found:
            return []
        entries = f"{found.total} entr{'y' if found.total == 1 else 'ies'}"
        text = f"is there already, and {entries} in it differ from the text: it is compiled anew"
    return [Finding(stop=False, text=text, file=live)]


def leaving(change: FileChange, target: Target) -> Target | None:
    """The table that `target` takes the place of; None where it is not migrated."""
    return next(
        (e.old for e in change.edits if isinstance(e, MigrateTable) and e.target.type == target.type), None
    )


def _not_yours(target: Target, each: Difference) -> NotYours:
    def words(value: bytes | None) -> str | None:
        return None if value is None else decode(value)

    return NotYours(target.spec, decode(each.key), words(each.live), words(each.source))


def _is_compared(change: FileChange, live: str) -> bool:
    try:
        compiled = os.stat(live)
        if len(change.before) <= COMPARE_LIMIT:
            return True
        return os.stat(change.target.path).st_mtime_ns > compiled.st_mtime_ns
    except FileNotFoundError:
        return False
