"""Changes that a crash left half done: finished where everything was written, else taken back.

Only a command that changes something does this. A file that is neither what it was nor what the
change made of it belongs to someone else by now: it is told, and nothing of that change is touched.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Literal

from mailtui.apply import act, folders, locks, tables, work, write, writing
from mailtui.apply.faults import Changed, WriteError
from mailtui.apply.journal import Journal
from mailtui.apply.record import Change, FileRecord
from mailtui.apply.report import Failed
from mailtui.postfix import private
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance

LOOK_BACK = 5
"""The newest changes whose temporary files are looked for: a crash may come between a change's end and
the removal of its work folder."""

Result = Literal["finished", "rolled back", "conflict", "failed", "at work"]


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a half-done change. `conflict`: a third hand wrote one of its files meanwhile."""

    id: int
    state: Result
    words: str
    paths: frozenset[str]

    def __str__(self) -> str:
        return f"change {self.id}: {self.words}"


def _mended(change: Change, state: Result, words: str) -> Mended:
    return Mended(change.id, state, words, frozenset(_paths(change)))


def recover(journal: Journal, instance: Instance) -> list[Mended]:
    """End every change that a crash left half done, and remove what lies about. What was done, oldest first.

    A change that another mailtui is making just now is left alone. Raises JournalError.
    """
    mended = []
    for change in reversed(journal.unfinished()):
        try:
            with locks.apply_lock(_paths(change)):
                found = _mend(journal, instance, change.id)
        except locks.Busy as busy:
            found = _mended(change, "at work", str(busy)) if change.state == "applying" else None
        if found is not None:
            mended.append(found)
    _sweep_finished(journal)
    _sweep_elsewhere()
    return mended


def _paths(change: Change) -> list[str]:
    """What to lock: the files and folders of the change; before it has any, nothing of it is live."""
    return [*(record.path for record in change.files), *(record.path for record in change.made)]


def _mend(journal: Journal, instance: Instance, number: int) -> Mended | None:
    """Under the lock of its files: its process is dead, or it has ended in between."""
    change = next((each for each in journal.unfinished() if each.id == number), None)
    if change is None:
        return None
    if change.state == "preparing":
        if change.at_work:
            return None
        sweep(change)
        journal.forget(number)
        return None
    sides = {record.path: _side(record) for record in change.files}
    others = [path for path, side in sides.items() if side == "other"]
    if others:
        return _conflict(journal, change, others)
    written = bool(sides) and all(side == "after" for side in sides.values())
    if written and not change.reason:
        return _finish(journal, instance, change)
    return _roll_back(journal, instance, change)


def _side(record: FileRecord) -> writing.Side:
    """Whether a file, with its tables, is as before, as after, or was written by a third hand."""
    text = writing.side(record)
    states = {tables.state(swap) for swap in record.swaps}
    if text == "other" or "other" in states:
        return "other"
    if text == "after" and states <= {"after"}:
        return "after"
    return "before"


def _conflict(journal: Journal, change: Change, others: list[str]) -> Mended:
    """Nothing is touched. The copies of the old files stay, for whoever mends this by hand."""
    names = ", ".join(others)
    change.reason = f"{change.reason or 'a crash'}; someone else wrote {names} since, so nothing was touched"
    change.kept = True
    journal.finish(change, "rolled-back")
    sweep(change)
    copies = journal.folder / "changes"
    words = (
        f"half done when it stopped, and {names} was changed by someone else since: nothing was touched. "
        f"Compare it with {copies}/{change.id}.patch and {copies}/{change.id}/, then compile its table"
    )
    return _mended(change, "conflict", words)


def _finish(journal: Journal, instance: Instance, change: Change) -> Mended:
    try:
        folders.carry_out(change.made, making=False)  # those made were there before the first file was
    except WriteError as error:
        return _mended(change, "failed", f"written whole, but {error}")
    told = _tell_postfix(instance, change) + _tell_filters(change)
    journal.finish(change, "applied")
    sweep(change)
    return _mended(change, "finished", f"it was written whole before it stopped, and is finished now{told}")


def _roll_back(journal: Journal, instance: Instance, change: Change) -> Mended:
    try:
        folders.take_back([each for each in change.made if not each.make])
        for record in reversed(change.files):
            writing.take_back(record)
        sweep(change)  # a folder that was made is empty only without what a killed write left in it
        folders.take_back([each for each in change.made if each.make])
    except (WriteError, OSError) as error:
        if isinstance(error, Changed):
            return _conflict(journal, change, [error.path])
        return _mended(change, "failed", f"half done, and cannot be taken back: {error}")
    told = _tell_postfix(instance, change) + _tell_filters(change) if change.acted else ""
    change.reason = change.reason or "it was interrupted"
    journal.finish(change, "rolled-back")
    sweep(change)
    return _mended(change, "rolled back", f"half done when it stopped; all is as it was before{told}")


def _tell_postfix(instance: Instance, change: Change) -> str:
    """The command that the change needed, again; its failure is told and changes nothing about the files."""
    if not change.action:
        return ""
    try:
        if not act.running(instance) and not (change.running and change.acted):
            return "; Postfix is stopped"
        action: act.Action = "restart" if change.action == "restart" else "reload"
        if not act.running(instance):
            action = "start"  # it was stopped for this change, or did not come back
        done = act.run(act.control(instance), action)
    except (InstanceError, Failed) as error:
        return f"; Postfix was not told: {error}"
    return "" if done.ok else f"; {done.command}: {done.words}"


def _tell_filters(change: Change) -> str:
    """The same for the programs beside Postfix that run now."""
    if not change.beside:
        return ""
    from mailtui.apply.filteract import tell

    return "".join(f"; {words}" for words in map(tell, change.beside) if words)


def sweep(change: Change) -> None:
    """Remove the temporary files and folders of a change whose process is dead, under the lock of its files.

    Raises WriteError where one cannot be removed.
    """
    for record in change.files:
        if os.path.isdir(os.path.dirname(record.real)):
            write.sweep(record.real)
    for folder in change.folders:
        if os.path.isdir(folder):
            work.sweep(folder)
    _sweep_locks(change.config_dir)


def _sweep_elsewhere() -> None:
    """What a killed mailtui, of whatever instance, left outside the folders of its change."""
    with contextlib.suppress(OSError, WriteError):  # it is in nobody's way, and the next change looks again
        work.sweep(private.temporary())
        locks.sweep()


def _sweep_locks(config_dir: str) -> None:
    """Remove the edit locks of main.cf and master.cf that nobody holds any more."""
    for name in ("main.cf", "master.cf"):
        path = os.path.join(config_dir, name)
        if os.path.lexists(path + locks.POSTCONF_SUFFIX):
            with contextlib.suppress(locks.Busy), locks.postconf_lock(path, wait=0):
                pass  # letting go removes it


def _sweep_finished(journal: Journal) -> None:
    """What the newest ended changes left, unless a folder still holds what a half-done one needs."""
    journal.tidy()
    needed = {folder for change in journal.unfinished() for folder in change.folders}
    for change in journal.changes(LOOK_BACK):
        if change.state == "applying":
            continue
        change.folders = [folder for folder in change.folders if folder not in needed]
        try:
            with locks.apply_lock(_paths(change)):
                sweep(change)
        except (locks.Busy, WriteError):
            continue  # the next change looks again
