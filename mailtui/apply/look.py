"""A change as it stands against the files on the disk now: what would be written, and what that needs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailtui.apply import act, folders, plan
from mailtui.apply.exact import restored
from mailtui.apply.journal import Journal
from mailtui.apply.need import Need, holds_password, is_beside
from mailtui.apply.plan import Facts, Plan
from mailtui.apply.record import FolderRecord
from mailtui.apply.secret import masked_conflict, masked_edit
from mailtui.apply.uses import Use, all_uses, is_secret, of_file
from mailtui.edits.candidate import Candidate, FileChange, Stopped
from mailtui.edits.compiling import MigrateTable
from mailtui.edits.model import Conflict, Edit
from mailtui.formats.target import TABLES
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import encode


@dataclass(frozen=True, slots=True)
class Look:
    """The files that would change, in the order of writing, and the plan for them."""

    edits: tuple[Edit, ...]
    changes: tuple[FileChange, ...]
    uses: tuple[tuple[Use, ...], ...]
    """For each change, the tables made from its file."""
    secret: frozenset[str]
    """Paths of the files whose values are masked."""
    plan: Plan
    conflicts: tuple[Conflict, ...]
    stopped: tuple[Stopped, ...]
    control: act.Control
    running: bool
    restart: tuple[str, ...]
    folders: tuple[FolderRecord, ...] = ()
    """Folders to be made, and those to be removed if they are empty."""
    candidate: Candidate | None = None
    """The files as they would be."""

    def describe(self, edit: Edit) -> str:
        """The edit in one line, with the values of a secret file masked."""
        return (masked_edit(edit) if edit.target.path in self.secret else edit).describe()

    def shown(self, change: FileChange) -> bool:
        """Whether the change may be shown as it is."""
        return change.target.path not in self.secret


def _value(instance: Instance, name: str) -> str:
    try:
        return instance.parameters.effective(name)
    except ParameterError as error:
        return str(error)


def _restart(before: Instance, after: Instance, changes: Sequence[FileChange]) -> tuple[str, ...]:
    if not any(change.target.format == "main.cf" for change in changes):
        return ()
    return tuple(name for name in plan.RESTART if _value(before, name) != _value(after, name))


def look(
    instance: Instance,
    edits: Sequence[Edit],
    journal: Journal | None,
    *,
    no_reload: bool = False,
    rehearses: bool = False,
) -> Look:
    """Replay the edits on the disk's present bytes and plan what follows. Nothing is written.

    Raises OSError where a file cannot be read, ParameterError where main.cf cannot.
    """
    candidate = Candidate(instance.files, edits)
    changes = tuple(sorted(candidate.changes, key=plan.order))
    if journal is not None:
        changes = tuple(restored(change, journal) for change in changes)
    made, unmakeable = folders.needed(candidate.folders.values())
    after = instance.over(candidate)
    named = all_uses(instance)
    stays = frozenset(use.spec for use in named)
    if any(change.target.format in {"main.cf", "master.cf"} for change in changes):
        later = all_uses(after)
        named += tuple(use for use in later if use.spec not in stays)
        stays = frozenset(use.spec for use in later)
    uses = tuple(_uses(change, named, stays) for change in changes)
    changes = tuple(
        replace(change, removed=change.removed and _may_go(change, found, after))
        for change, found in zip(changes, uses, strict=True)
    )
    running, control = act.running(instance), act.control(instance)
    restart = _restart(instance, after, changes)
    needed, checkers = _beside(instance, changes, no_reload=no_reload)
    facts = Facts(
        uses,
        running,
        restart,
        control.words("reload"),
        control.words("restart"),
        no_reload=no_reload,
        rehearses=rehearses,
        folders=made,
        beside=needed,
        checkers=checkers,
    )
    paths = {edit.target.path: edit.target for edit in edits}
    masked = {os.path.realpath(path) for path, each in paths.items() if is_secret(each, of_file(named, each))}
    masked |= {os.path.realpath(each.target.path) for each in changes if holds_password(each)}
    secret = frozenset(path for path in paths if os.path.realpath(path) in masked)
    return Look(
        tuple(edits),
        changes,
        uses,
        secret,
        plan.make(changes, facts),
        tuple(
            masked_conflict(each) if each.edit.target.path in secret else each for each in candidate.conflicts
        ),
        tuple(
            Stopped(masked_edit(each.edit), each.reason) if each.edit.target.path in secret else each
            for each in (*candidate.stopped, *unmakeable)
        ),
        control,
        running,
        restart,
        made,
        candidate,
    )


def _uses(change: FileChange, named: Sequence[Use], stays: frozenset[str]) -> tuple[Use, ...]:
    """The tables to be made of a file. `stays`: those that are named once the change is written; a type that
    a table leaves is not compiled any more."""
    if change.target.format not in TABLES:
        return ()
    found = of_file(named, change.target)
    left = {edit.was for edit in change.edits if isinstance(edit, MigrateTable)}
    if not left:
        return found
    return tuple(use for use in found if use.spec in stays or use.type == change.target.type)


def _may_go(change: FileChange, uses: Sequence[Use], after: Instance) -> bool:
    """Whether nothing that stays needs a file that was made for what is taken back."""
    if any(use.indexed for use in uses):  # its compiled table would be left without a text
        return False
    path = encode(change.target.path)
    if any(path in _raw(after, each) for each in (after.main.path, after.master.path)):
        return False
    if not is_beside(change):
        return True
    from mailtui.milters.places import named_by

    return next(named_by(after, change.target.path), None) is None


def _raw(instance: Instance, path: str) -> bytes:
    try:
        return instance.files.raw(path)
    except OSError:
        return b""


def _beside(
    instance: Instance, changes: Sequence[FileChange], *, no_reload: bool
) -> tuple[tuple[Need, ...], dict[str, str]]:
    """What programs beside Postfix must be told, and the commands that check their files."""
    if not any(is_beside(change) for change in changes):
        return (), {}
    from mailtui.apply.filterchecks import checker
    from mailtui.apply.filterneeds import needs

    commands = {change.target.path: " ".join(checker(change)) for change in changes if checker(change)}
    return needs(instance, changes, no_reload=no_reload), commands
