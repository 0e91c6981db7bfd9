"""What an admin sees before anything is written: the edits, the diff, the plan, and the checks' answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from mailtui import commands
from mailtui.apply import plan, secret, state, trial
from mailtui.apply.dangers import Danger
from mailtui.apply.database import JournalError
from mailtui.apply.examine import Cancelled, Examined, examine, scratch
from mailtui.apply.faults import WriteError, in_one
from mailtui.apply.finding import Finding, NotYours
from mailtui.apply.journal import Journal
from mailtui.apply.look import Look, look
from mailtui.apply.plan import Plan, Step
from mailtui.apply.rehearsal.verdict import NOT_NEEDED, RUNNING, Rehearsal
from mailtui.apply.report import Progress, Report, Reporter, step_json
from mailtui.apply.sessions import NONE, Sessions, replayed
from mailtui.edits import diff
from mailtui.edits.candidate import FileChange, Stopped
from mailtui.edits.diff import Hunk
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.notundone import not_undone
from mailtui.edits.uncollected import uncollected
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode

__all__ = ["Cancelled", "EditLine", "FileView", "Review", "review"]


@dataclass(frozen=True, slots=True)
class EditLine:
    """One staged edit: its marker (`+`, `~`, `-`, `#`) and itself in words."""

    edit: Edit
    marker: str
    text: str


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of the diff. Of a secret one the values are masked."""

    path: str
    added: int
    removed: int
    hunks: tuple[Hunk, ...]
    secret: bool
    created: bool


@dataclass(frozen=True, slots=True)
class Review:
    """Everything to know before writing. It can be written when `ok`; `not_yours` must be accepted."""

    title: str
    edits: tuple[EditLine, ...]
    files: tuple[FileView, ...]
    diff: str
    """The unified diff; `mailtui.text.safe.encode` turns it back into bytes. Not yet safe to show."""
    plan: Plan
    steps: tuple[Report, ...] = ()
    """What the checks of the plan answered."""
    findings: tuple[Finding, ...] = ()
    not_yours: tuple[NotYours, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Changes that a crash left half done; the next write ends them first."""
    folders: tuple[str, ...] = ()
    """Folders that are made, or removed if they are empty."""
    rehearsal: Rehearsal = NOT_NEEDED
    """It must have passed, or be overruled."""
    sessions: Sessions = NONE
    """The saved sessions that are answered otherwise after it."""
    dangers: tuple[Danger, ...] = ()
    """What it would open: it must be insisted on."""

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What stops the change."""
        return tuple(found for found in self.findings if found.stop)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is told and does not stop it."""
        return tuple(found for found in self.findings if not found.stop)

    @property
    def not_undone(self) -> tuple[str, ...]:
        """What an undo leaves as it is."""
        return not_undone(line.edit for line in self.edits)

    @property
    def nothing(self) -> bool:
        """Whether every file says already what the edits want."""
        return not (self.files or self.folders or self.conflicts or self.stopped or self.blocking)

    @property
    def ok(self) -> bool:
        return not (self.blocking or self.conflicts or self.stopped)

    @property
    def wants_insisting(self) -> bool:
        """Whether it can be written, but only by one who says twice that he wants it."""
        return bool(self.dangers) or self.rehearsal.stops

    @property
    def risky(self) -> bool:
        """Whether it removes or restarts something, or lets what others saved go live with it."""
        restarts = self.plan.restarts or any(each.action == "restart" for each in self.plan.beside)
        return (
            restarts or bool(self.not_yours or self.dangers) or any(line.marker == "-" for line in self.edits)
        )

    def as_json(self) -> dict[str, Any]:
        """What a changing command prints with --json --dry-run."""
        told = {report.number: report for report in self.steps}
        return {
            "applied": False,
            "title": self.title,
            "edits": [line.text for line in self.edits],
            "diff": self.diff,
            "plan": [
                told[number].as_json() if number in told else step_json(step)
                for number, step in enumerate(self.plan.steps)
            ],
            "not_yours": [str(each) for each in self.not_yours],
            "findings": [str(each) for each in self.findings],
            "rehearsal": self.rehearsal.as_json(),
            **({"not_undone": list(self.not_undone)} if self.not_undone else {}),
            **({"dangers": [str(each) for each in self.dangers]} if self.dangers else {}),
            **({"sessions": self.sessions.as_json()} if self.sessions != NONE else {}),
        }


def review(
    instance: Instance,
    edits: Sequence[Edit],
    *,
    no_reload: bool = False,
    no_rehearsal: bool = False,
    progress: Progress | None = None,
    cancel: Event | None = None,
    early: Callable[[Review], None] | None = None,
) -> Review:
    """Look at the disk as it is now and try the change with the real programs; nothing live is touched.

    Safe in a thread. A file or main.cf that cannot be read is a finding. Before a rehearsal, `early` gets
    what is known by then. Raises Cancelled once `cancel` is set.
    """
    wish = trial.Wish(skip=no_rehearsal)
    with contextlib.ExitStack() as stack:
        journal, told = None, []
        try:
            journal = stack.enter_context(Journal.reading(state_folder(instance)))
            told = unfinished_words(journal)
        except (state.StateError, JournalError, InstanceError) as error:
            warned = [Finding(stop=False, text=str(error))]
        else:
            warned = [Finding(stop=False, text=journal.told)] if journal.told else []
        instead = wish.instead(edits)
        try:
            found = look(instance, edits, journal, no_reload=no_reload, rehearses=instead is None)
        except (OSError, InstanceError) as error:
            return _unreadable(edits, error)
        reporter = Reporter(found.plan, progress)
        place = stack.enter_context(scratch())
        try:
            seen = examine(instance, found, lambda _: place, reporter, cancel)
        except (WriteError, OSError, commands.CommandError) as error:
            if cancel is not None and cancel.is_set():
                raise Cancelled from None
            seen = Examined([Finding(stop=True, text=in_one(error))], [], [])
        seen.findings[:0] = warned
        seen.rehearsal = instead or trial.ahead(found, seen)
        result = present(found, reporter, seen, tuple(told), _host(instance))
        if result.ok and found.changes:
            result = replace(result, sessions=replayed(instance, edits, cancel=cancel))
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if seen.rehearsal is not RUNNING:
            return result
        if early is not None:
            early(result)
        seen.rehearsal = trial.try_out(
            instance, found, seen.built, lambda _: place, reporter, wish=wish, cancel=cancel
        )
        return rehearsed(result, found, reporter, seen, _host(instance))


def state_folder(instance: Instance, *, make: bool = False) -> Path:
    """The state folder of the instance, whether or not it exists. Raises StateError."""
    return Path(state.of_instance(instance, make=make))


def unfinished_words(journal: Journal) -> list[str]:
    """The changes that a crash left half done, in words."""
    return [
        f"change {change.id} of {change.time} by {change.who} was not finished; the next write ends it first"
        for change in journal.unfinished()
        if change.state == "applying" and not change.at_work
    ]


def present(
    found: Look, reporter: Reporter, seen: Examined, unfinished: tuple[str, ...], host: str
) -> Review:
    """The review of what was looked at and examined."""
    lines = tuple(EditLine(edit, edit.marker, found.describe(edit)) for edit in found.edits)
    views, patches = [], []
    for change in found.changes:
        with uncollected():
            view, patch = _view(change, shown=found.shown(change))
        views.append(view)
        patches.append(patch)
    return Review(
        _title(found, seen, host),
        lines,
        tuple(views),
        decode(b"".join(patches)),
        found.plan,
        reporter.reports,
        tuple(seen.findings),
        tuple(seen.not_yours),
        found.conflicts,
        found.stopped,
        unfinished,
        tuple(record.path for record in found.folders),
        seen.rehearsal,
        dangers=seen.dangers,
    )


def rehearsed(review: Review, found: Look, reporter: Reporter, seen: Examined, host: str) -> Review:
    """The review with what came of the rehearsal."""
    title = _title(found, seen, host)
    return replace(review, title=title, steps=reporter.reports, rehearsal=seen.rehearsal)


def _title(found: Look, seen: Examined, host: str) -> str:
    changes = found.changes or found.folders or found.conflicts or found.stopped
    count = len(found.edits) - len(not_undone(found.edits))
    return plan.title(
        count if changes else 0,
        sum(edit.marker == "-" for edit in found.edits),
        found.plan,
        host,
        conflicts=len(found.conflicts),
        rehearsal_failed=seen.rehearsal.state == "failed",
        not_yours=len(seen.not_yours),
        dangerous=bool(seen.dangers),
    )


def _view(change: FileChange, *, shown: bool) -> tuple[FileView, bytes]:
    hunks = diff.hunks(change)
    patch = b""  # of a text that stays: only its table is compiled
    if change.splices:
        patch = diff.written(change, hunks) if shown else secret.unified(change, hunks)
    view = FileView(
        change.target.path,
        sum(hunk.added for hunk in hunks),
        sum(hunk.removed for hunk in hunks),
        tuple(hunks if shown else secret.masked_hunks(hunks)),
        not shown,
        change.created,
    )
    return view, patch


def _host(instance: Instance) -> str:
    try:
        return instance.hostname
    except InstanceError:
        return instance.config_dir


def _unreadable(edits: Sequence[Edit], error: OSError | InstanceError) -> Review:
    if isinstance(error, OSError):
        text = problem_words(error, str(error.filename or ""))
    else:
        text = str(error)
    lines = tuple(EditLine(edit, edit.marker, edit.describe()) for edit in edits)
    empty = Plan((Step("nothing", "", "nothing can be planned before that is mended"),))
    return Review("Cannot be written", lines, (), "", empty, findings=(Finding(stop=True, text=text),))
