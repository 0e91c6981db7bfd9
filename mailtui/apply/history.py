"""What was written: by whom, when and why it can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailtui.apply.journal import Journal
from mailtui.apply.record import Change
from mailtui.apply.recover import Mended, recover
from mailtui.apply.review import state_folder, unfinished_words
from mailtui.apply.undoing import filled, taken_back, written_since
from mailtui.edits.draft import BadDraft
from mailtui.edits.model import Edit
from mailtui.edits.notundone import NotUndone, not_undone
from mailtui.postfix.instance import Instance


class HistoryError(Exception):
    """A change that is not there, or that cannot be undone. `what` says why, `do` what helps."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what, self.do = what, do


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `state` is `applied`, `undone`, `rolled-back`, or `applying` for one left half done."""

    id: int
    time: str
    who: str
    state: str
    edits: tuple[str, ...]
    files: tuple[str, ...]
    reason: str
    diff: str
    """The unified diff, the values of secret files masked; not yet safe to show."""
    at_work: bool
    """Whether another mailtui is making it just now."""
    label: str = ""
    """What the act is called; empty for edits without a name, and for what an older mailtui wrote."""
    not_undone: tuple[str, ...] = ()
    """What its undo leaves as it is, each in words: secrets, whose old values are not kept."""

    @property
    def words(self) -> str:
        """It in one line: by its name, else all its edits."""
        return self.label or "; ".join(self.edits)

    @property
    def told(self) -> tuple[str, ...]:
        """All of it in words: its name, where it has one, then its edits."""
        return (self.label, *self.edits) if self.label else self.edits

    @property
    def undo_label(self) -> str:
        """What the act of taking it back is called."""
        first, *more = self.edits or ("",)
        what = self.label or (f"{first} and {len(more)} more" if more else first)
        number = f"{self.id}, in part" if self.not_undone else f"{self.id}"
        return f"undo of {number}: {what}" if what else f"undo of {number}"

    def as_json(self) -> dict[str, Any]:
        """As `history list` prints it."""
        plain: dict[str, Any] = {
            "id": self.id,
            "time": self.time,
            "who": self.who,
            "state": self.state,
            "edits": list(self.edits),
            "files": list(self.files),
        }
        said = {"reason": self.reason, "label": self.label, "not_undone": list(self.not_undone)}
        return plain | {name: value for name, value in said.items() if value}


def _entry(change: Change) -> Entry:
    return Entry(
        change.id,
        change.time,
        change.who,
        change.state,
        tuple(change.words),
        tuple(record.path for record in change.files),
        change.reason,
        change.diff,
        change.state == "applying" and change.at_work,
        change.label,
        _left(change),
    )


def _left(change: Change) -> tuple[str, ...]:
    if not change.edits:
        return (f"made at once, with no way back; by hand: {change.by_hand}",) if change.by_hand else ()
    try:
        return not_undone(taken_back(change)) if change.holds_secrets else ()
    except BadDraft:
        return ()


class History:
    """The history of one instance. Every call reads the journal anew and holds nothing open."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    @classmethod
    def open(cls, instance: Instance) -> History:
        """The history of the instance; empty where nothing was ever written."""
        return cls(instance)

    def _journal(self) -> Journal:
        return Journal.reading(state_folder(self._instance))

    @property
    def told(self) -> str:
        """What is wrong with the journal itself; empty if all is well. Raises StateError."""
        with self._journal() as journal:
            return journal.told

    def list(self, limit: int = -1) -> list[Entry]:
        """The changes, newest first. Raises JournalError and StateError."""
        with self._journal() as journal:
            return [_entry(change) for change in journal.changes(limit)]

    def show(self, number: int) -> Entry:
        """One change. Raises HistoryError where there is none of that number."""
        return _entry(self._change(number))

    def _change(self, number: int) -> Change:
        with self._journal() as journal:
            change, told = journal.get(number), journal.told
        if change is None:
            raise HistoryError(f"there is no change {number}", told or "mailtui history list shows them")
        return change

    def undo(self, number: int) -> tuple[Edit, ...]:
        """The edits that take the change back, to be staged or applied as any others; those of secrets that
        nobody can bring back are `NotUndone`.

        Where nobody wrote its files since, applying them restores the very bytes. Raises HistoryError.
        """
        change = self._change(number)
        if change.state != "applied":
            raise HistoryError(f"change {number} is {change.state}: there is nothing to undo")
        if not change.edits:
            by_hand = f"by hand: {change.by_hand}" if change.by_hand else f"it was: {'; '.join(change.words)}"
            raise HistoryError(f"change {number} was made at once, with no way back", by_hand)
        try:
            with self._journal() as journal:
                back = taken_back(change, written_since(change, journal))
        except BadDraft as error:
            raise HistoryError(f"change {number} cannot be read: {error}", "use the newer mailtui") from None
        if all(isinstance(edit, NotUndone) for edit in back):
            raise HistoryError(f"nothing of change {number} can be taken back", "; ".join(not_undone(back)))
        return filled(back, self._instance)

    def unfinished(self) -> Sequence[str]:
        """The changes that a crash left half done, in words. Nothing is repaired by looking."""
        with self._journal() as journal:
            return unfinished_words(journal)

    def recover(self) -> Sequence[Mended]:
        """End what a crash left half done. Raises JournalError, StateError and WriteError."""
        with Journal.writing(state_folder(self._instance, make=True)) as journal:
            return recover(journal, self._instance)
