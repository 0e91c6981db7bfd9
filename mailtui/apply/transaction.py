"""A change written as one transaction that holds or is undone.

Lock, read again and replay, check, journal, write, act, verify; else everything goes back, and the
reason is told. Nothing live is touched before the journal holds, durably, all that a later process
needs to finish the change or to take it back.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from mailtui import commands
from mailtui.apply import locks, record, state, writing
from mailtui.apply.acting import Acting
from mailtui.apply.checks import NotYours
from mailtui.apply.exact import undone_by
from mailtui.apply.faults import Changed, WriteError
from mailtui.apply.journal import Journal, JournalError, new_change
from mailtui.apply.look import Look, look
from mailtui.apply.outcome import Outcome, OutcomeState
from mailtui.apply.plan import Plan
from mailtui.apply.recover import recover
from mailtui.apply.report import Failed, Progress, Reporter
from mailtui.apply.review import Cancelled, Examined, Review, examine, present, state_folder
from mailtui.apply.secret import masked_edit
from mailtui.apply.stopping import between_steps
from mailtui.apply.work import Works
from mailtui.apply.write import FileMeta
from mailtui.edits.candidate import FileChange
from mailtui.edits.model import Edit
from mailtui.edits.store import to_json
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from mailtui.text.safe import encode

TRIES = 5
"""How often the files are read again when someone writes one of them while we check."""

_ERRORS = (
    WriteError,
    OSError,
    commands.CommandError,
    InstanceError,
    JournalError,
    state.StateError,
    locks.Busy,
)


class _Again(Exception):
    """A file changed while the change was checked: begin again from what is there now."""


class _Overtaken(Failed):
    """A third hand wrote a file or compiled a table in the middle: take ours back, and begin again."""


class _Ended(Exception):
    """The apply ends before anything live was touched."""

    def __init__(self, state: OutcomeState, error: str = "") -> None:
        super().__init__(error)
        self.state, self.error = state, error


@dataclass(slots=True)
class _File:
    """A file about to be written."""

    change: FileChange
    meta: FileMeta | None
    mtime_ns: int
    record: record.FileRecord


@dataclass(slots=True)
class _Options:
    who: str
    no_reload: bool
    accept_not_yours: bool | Collection[NotYours]
    cancel: threading.Event
    progress: Progress | None


@dataclass(slots=True)
class _State:
    """What the apply has come to, for its outcome."""

    reporter: Reporter
    review: Review | None = None
    number: int | None = None
    told: list[str] = field(default_factory=list)


def apply(
    instance: Instance,
    edits: Sequence[Edit],
    *,
    who: str | None = None,
    no_reload: bool = False,
    accept_not_yours: bool | Collection[NotYours] = False,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Outcome:
    """Write the edits, on the bytes that are on the disk now, and make them live.

    `accept_not_yours`: whether entries that others saved and did not compile may go live too; or those
    that the admin has seen, and no others. `cancel` (and Ctrl+C in the main thread) is heard between
    steps: what was written by then is taken back. Never raises for what the system refuses: see Outcome.
    """
    begun = time.monotonic()
    stop = cancel if cancel is not None else threading.Event()
    options = _Options(who or record.who(), no_reload, accept_not_yours, stop, progress)
    at = _State(Reporter(Plan(()), progress))
    disk = instance if isinstance(instance.files, Files) else instance.over(Files())
    with between_steps(stop):
        try:
            ended, error = _apply(disk, edits, options, at)
        except _Ended as end:
            ended, error = end.state, end.error
        except (Failed, *_ERRORS) as failure:
            ended, error = "refused", str(failure)
    return Outcome(
        ended,
        at.reporter.reports,
        at.number if ended in {"applied", "rolled-back", "unfinished"} else None,
        error,
        at.review,
        tuple(at.told),
        time.monotonic() - begun,
    )


def _apply(
    instance: Instance, edits: Sequence[Edit], options: _Options, at: _State
) -> tuple[OutcomeState, str]:
    with Journal.writing(state_folder(instance, make=True)) as journal:
        if journal.told:
            at.told.append(journal.told)
        paths = {edit.target.path for edit in edits}
        for mended in recover(journal, instance):
            if mended.state in {"failed", "conflict"} and not paths.isdisjoint(mended.paths):
                raise _Ended("refused", f"an earlier change must be looked at first: {mended}")
            at.told.append(str(mended))
        with locks.apply_lock(paths):
            for _ in range(TRIES):
                try:
                    return _Apply(instance, edits, options, at, journal).run()
                except _Again:
                    continue
    raise _Ended(
        "refused", "these files change faster than they can be checked; nothing was written, try again"
    )


class _Apply:
    """One try, under the lock of every file it touches."""

    def __init__(
        self, instance: Instance, edits: Sequence[Edit], options: _Options, at: _State, journal: Journal
    ) -> None:
        self.instance, self.edits, self.options, self.at, self.journal = instance, edits, options, at, journal
        self.change = new_change(options.who, instance.config_dir, instance.hostname)
        self.found: Look
        self.files: list[_File] = []

    def run(self) -> tuple[OutcomeState, str]:
        """Raises _Again, _Ended, and whatever fails before anything live was touched."""
        self.found = look(self.instance, self.edits, self.journal, no_reload=self.options.no_reload)
        self.at.reporter = Reporter(self.found.plan, self.options.progress)
        self._require_replayed()
        folders = {os.path.dirname(os.path.realpath(change.target.path)) for change in self.found.changes}
        folders |= {os.path.dirname(os.path.realpath(use.path)) for uses in self.found.uses for use in uses}
        self.change.folders = sorted(folders)
        self.change.id = self.journal.prepare(self.change)
        try:
            with Works() as works:
                return self._checked(works)
        except BaseException:
            if self.change.state == "preparing":
                self.journal.forget(self.change.id)
            raise

    def _require_replayed(self) -> None:
        found = self.found
        nothing = Examined([], [], [])
        if found.conflicts or found.stopped or not found.changes:
            self.at.review = present(found, self.at.reporter, nothing, (), self.instance.hostname)
        if found.conflicts:
            raise _Ended("conflict", "; ".join(str(conflict) for conflict in found.conflicts))
        if found.stopped:
            raise _Ended("refused", "; ".join(f"{s.edit.describe()}: {s.reason}" for s in found.stopped))
        if not found.changes:
            raise _Ended("nothing")

    # -- before anything live is touched -----------------------------------------------------------

    def _checked(self, works: Works) -> tuple[OutcomeState, str]:
        reporter = self.at.reporter
        try:
            seen = examine(self.instance, self.found, works.beside, reporter, self.options.cancel)
        except (Cancelled, commands.CommandError) as error:
            if self.options.cancel.is_set():
                raise _Ended("refused", "stopped before anything was written") from None
            raise _Ended("refused", str(error)) from None
        self.at.review = present(self.found, reporter, seen, (), self.instance.hostname)
        self._require_current()
        self._require_accepted(self.at.review)
        acting = Acting(self.instance, self.found)
        acting.look(seen.built)
        with contextlib.ExitStack() as held:
            for change in self.found.changes:
                if change.target.format in {"main.cf", "master.cf"}:
                    held.enter_context(locks.postconf_lock(change.target.path))
            self.files = self._ready(seen, works)
            self._require_going_on()
            self._begin()
            try:
                with _failures():
                    acting.stop_first(reporter)
                    self._write()
                    held.close()
                    self._act(acting)
                    undoes = undone_by(self.found.changes, self.journal)
                    self.journal.finish(self.change, "applied", undoes.id if undoes else None)
            except Failed as failure:
                held.close()
                return self._roll_back(failure, acting, works)
            except BaseException as error:
                self._roll_back(Failed(f"mailtui failed: {error!r}"), acting, works)
                raise
        self.at.told += acting.alarms
        return "applied", ""

    def _require_current(self) -> None:
        """What was checked must be what is there, before anything is said about it."""
        for change in self.found.changes:
            try:
                now = self.instance.files.raw(change.target.path)
            except FileNotFoundError:
                now = b""
            if now != change.before:
                raise _Again

    def _require_accepted(self, review: Review) -> None:
        if review.blocking:
            raise _Ended("refused", "\n".join(str(found) for found in review.blocking))
        accepted = self.options.accept_not_yours
        if accepted is True or not review.not_yours:
            return
        left = [each for each in review.not_yours if accepted is False or each not in accepted]
        if left:
            words = "; ".join(str(each) for each in left[:5]) + (
                f"; and {len(left) - 5} more" if left[5:] else ""
            )
            raise _Ended(
                "refused", f"goes live with this, not yours: {words}; accept it, or write without it"
            )

    def _require_going_on(self) -> None:
        if self.options.cancel.is_set():
            raise _Ended("refused", "stopped before anything was written")

    def _ready(self, seen: Examined, works: Works) -> list[_File]:
        """Every file read once more: it must still be what was checked. Its tables are made ready."""
        files = []
        for change, uses, built in zip(self.found.changes, self.found.uses, seen.built, strict=True):
            now = writing.read(change.target.path)
            if (now is None) is not change.created or (now is not None and now[0] != change.before):
                raise _Again
            meta = now[1] if now else None
            is_secret = not self.found.shown(change)
            mtime_ns = writing.mtime_for(change, uses, meta)
            source = writing.source_meta(change, meta, secret=is_secret)
            swaps = writing.swaps_of(built, self.instance.config_dir, source, mtime_ns)
            real = os.path.realpath(change.target.path)
            old = writing.keep_old(real, works.beside(real)) if meta else ""
            made = writing.record_of(change, meta, swaps, old, secret=is_secret)
            if old:  # its second name gave the file a new change time
                again = writing.read(change.target.path)
                if again is None or again[0] != change.before:
                    raise _Again
                meta = again[1]
            files.append(_File(change, meta, mtime_ns, made))
        return files

    def _begin(self) -> None:
        """The journal holds everything, durably, when this returns."""
        change, found = self.change, self.found
        change.words = [found.describe(edit) for edit in found.edits]
        change.edits = [
            to_json(masked_edit(edit) if edit.target.path in found.secret else edit) for edit in found.edits
        ]
        change.files = [file.record for file in self.files]
        assert self.at.review is not None
        change.diff = self.at.review.diff
        change.action = found.plan.act
        copies = [(file.record, file.change.before) for file in self.files]
        self.journal.begin(change, copies, encode(change.diff))
        change.state = "applying"
        self.at.number = change.id

    # -- from here on: done whole, or taken back ---------------------------------------------------

    def _write(self) -> None:
        swapped = [file for file in self.files if file.record.swaps]
        if swapped:
            with self.at.reporter.step("swap"):
                for file in swapped:
                    self._put(file)
        for file in self.files:
            if not file.record.swaps:
                with self.at.reporter.step("write", file.change.target.path):
                    self._put(file)

    def _put(self, file: _File) -> None:
        writing.put(file.record, file.change.after, file.meta, file.mtime_ns)
        self.require_not_stopped()

    def _act(self, acting: Acting) -> None:
        if acting.needed:
            self.change.acted = True
            self.journal.update(self.change)
            acting.act(self.at.reporter)
            self.require_not_stopped()
        acting.verify(self.at.reporter)
        self.require_not_stopped()

    def require_not_stopped(self) -> None:
        """Raises Failed once someone asked to stop."""
        if self.options.cancel.is_set():
            raise Failed("stopped: everything written was taken back")

    def _roll_back(self, failure: Failed, acting: Acting, works: Works) -> tuple[OutcomeState, str]:
        reason = self.change.reason = failure.words
        with contextlib.suppress(JournalError):  # the files matter more; the row still says `applying`
            self.journal.update(self.change)
        reporter = self.at.reporter
        failures = []
        for file in reversed(self.files):
            try:
                with reporter.step("write", f"{file.change.target.path} as it was"):
                    writing.take_back(file.record)
            except (WriteError, OSError) as error:
                failures.append(str(error))
        worse = acting.take_back(reporter)
        if failures:
            _leave(works)
            words = "; ".join([*failures, *worse])
            return (
                "unfinished",
                f"{reason}; taking it back failed: {words}; then run: mailtui history recover",
            )
        if isinstance(failure, _Overtaken) and not worse:
            self.journal.forget(self.change.id)
            raise _Again
        if worse:
            reason = f"{reason}; the files are as they were, but {'; '.join(worse)}"
        try:
            self.journal.finish(self.change, "rolled-back")
        except JournalError as error:
            return "rolled-back", f"{reason}; all is as it was, but {error}"
        return "rolled-back", reason


def _leave(works: Works) -> None:
    """Let the work folders stay: what a recovery needs is in them."""
    for path in works.paths:
        work = works.beside(path)
        os.close(work.fd)
        work.fd = -1


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Every refusal of the system from here on is a Failed, which takes everything back."""
    try:
        yield
    except Changed as error:
        raise _Overtaken(str(error)) from error
    except _ERRORS as error:
        raise Failed(str(error)) from error
