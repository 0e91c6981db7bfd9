"""The instance as it would be once the draft is written; made once for each state of the draft.

ahead = Ahead(session.instance)
after = ahead.at(draft.edits)          # in a thread: a large table takes a while
after.instance; after.trouble          # what resolves there, and which edits cannot be written as they are
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from mailtui.edits.model import Conflict, Edit, show
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.edits.candidate import Candidate


class Trouble(NamedTuple):
    """Why a staged edit cannot be written. `marker` is `*` where someone else changed the entry on the disk,
    `!` where the file's format cannot hold it."""

    marker: str
    text: str


class After(NamedTuple):
    """The instance with a draft laid over it. `trouble` goes by target and folded key."""

    instance: Instance
    trouble: Mapping[tuple[Target, str], Trouble]


class Ahead:
    """Keeps the last state asked for. May be asked from several threads."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lock = Lock()
        self._edits: tuple[Edit, ...] | None = None
        self._made: After | None = None

    def forget(self) -> None:
        """The files on the disk are others now."""
        with self._lock:
            self._edits = self._made = None

    def at(self, edits: Sequence[Edit]) -> After:
        """The instance after these edits. Raises OSError where a file to be edited cannot be read."""
        edits = tuple(edits)
        with self._lock:
            if self._made is None or self._edits != edits:
                from mailtui.edits.candidate import Candidate

                candidate = Candidate(self._instance.files, edits)
                self._made = After(self._instance.over(candidate), _troubles(candidate))
                self._edits = edits
            return self._made


def _troubles(candidate: Candidate) -> dict[tuple[Target, str], Trouble]:
    found: dict[tuple[Target, str], Trouble] = {}
    for stopped in candidate.stopped:
        found[stopped.edit.target, stopped.edit.key] = Trouble("!", str(stopped.reason))
    for conflict in candidate.conflicts:
        found[conflict.edit.target, conflict.edit.key] = Trouble("*", conflict_words(conflict))
    return found


def conflict_words(conflict: Conflict) -> str:
    """What stands on the disk now in place of what the edit was made for."""
    if conflict.was is None:
        return f"exists on the disk already: {show(conflict.theirs)}"
    if conflict.theirs is None:
        return f"gone from the disk meanwhile; it was {show(conflict.was)}"
    return f"changed on the disk meanwhile: {show(conflict.theirs)}, it was {show(conflict.was)}"
