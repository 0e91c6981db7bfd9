"""One try at a change, under the lock of every file it touches: done whole, or taken back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from mailtui import commands
from mailtui.apply import locks, trial
from mailtui.apply.accepting import accepted
from mailtui.apply.acting import Acting
from mailtui.apply.course import Course, Ended, Options, Overtaken, failures
from mailtui.apply.database import JournalError
from mailtui.apply.exact import undone_by
from mailtui.apply.examine import Cancelled, Examined, examine
from mailtui.apply.faults import in_one
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.look import Look, look
from mailtui.apply.ondisk import OnDisk
from mailtui.apply.outcome import OutcomeState
from mailtui.apply.ready import Again, File, ready
from mailtui.apply.rehearsal.verdict import RUNNING, Rehearsal
from mailtui.apply.report import Failed, Reporter
from mailtui.apply.review import present, rehearsed
from mailtui.apply.secret import masked_edit
from mailtui.apply.work import Works
from mailtui.edits.folders import FolderEdit
from mailtui.edits.model import Edit
from mailtui.edits.store import to_json
from mailtui.postfix.instance import Instance
from mailtui.text.safe import encode

_CONFIG = frozenset({"main.cf", "master.cf"})


class Attempt:
    """One try, under the lock of every file it touches."""

    def __init__(
        self,
        instance: Instance,
        edits: Sequence[Edit],
        options: Options,
        at: Course,
        journal: Journal,
        *,
        waits: bool = False,
    ) -> None:
        """`waits`: postconf has to wait from the beginning, and not only while we write."""
        self.instance, self.edits, self.options, self.at, self.journal = instance, edits, options, at, journal
        self.waits, self.held = waits, contextlib.ExitStack()
        self.change = new_change(options.who, instance.config_dir, instance.hostname)
        self.change.label = options.label
        self.found: Look
        self.files: list[File] = []
        self.instead: Rehearsal | None = None
        """What is said instead of a rehearsal; None where there is to be one."""
        self.despite: list[str] = []
        """What the history says of that which was overruled."""
        self.disk: OnDisk
        """What is written, and taken back."""

    def run(self) -> tuple[OutcomeState, str]:
        """Raises Again, Ended, and whatever fails before anything live was touched."""
        with self.held:
            if self.waits:
                self._lock()
            return self._run()

    def _lock(self) -> None:
        """Let postconf wait with its edits of the files that we change."""
        for path in sorted({edit.target.path for edit in self.edits if edit.target.format in _CONFIG}):
            self.held.enter_context(locks.postconf_lock(path))

    def _run(self) -> tuple[OutcomeState, str]:
        self.instead = self.options.wish.instead(self.edits)
        self.found = look(
            self.instance,
            self.edits,
            self.journal,
            no_reload=self.options.no_reload,
            rehearses=self.instead is None,
        )
        self.at.reporter = Reporter(self.found.plan, self.options.progress)
        self._require_replayed()
        places = {os.path.dirname(os.path.realpath(change.target.path)) for change in self.found.changes}
        places |= {os.path.dirname(os.path.realpath(use.path)) for uses in self.found.uses for use in uses}
        self.change.folders = sorted(places)
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
        changes = bool(found.changes or found.folders)
        if found.conflicts or found.stopped or not changes:
            self.at.review = present(found, self.at.reporter, nothing, (), self.instance.hostname)
        if found.conflicts:
            raise Ended("conflict", "; ".join(str(conflict) for conflict in found.conflicts))
        if found.stopped:
            raise Ended("refused", "; ".join(f"{s.edit.describe()}: {s.reason}" for s in found.stopped))
        if not changes:
            raise Ended("nothing")

    # -- before anything live is touched -----------------------------------------------------------

    def _checked(self, works: Works) -> tuple[OutcomeState, str]:
        reporter = self.at.reporter
        acting = Acting(self.instance, self.found)
        acting.begin()
        try:
            seen = examine(self.instance, self.found, works.beside, reporter, self.options.cancel)
        except (Cancelled, commands.CommandError) as error:
            if self.options.cancel.is_set():
                raise Ended("refused", "stopped before anything was written") from None
            raise Ended("refused", in_one(error)) from None
        seen.rehearsal = self.instead or trial.ahead(self.found, seen)
        self.at.review = present(self.found, reporter, seen, (), self.instance.hostname)
        self._require_current()
        self.despite = accepted(self.at.review, self.options)
        self._rehearse(seen, works)
        acting.look(seen.built)
        with self.held as held:
            if not self.waits:
                self._lock()
            self.files = ready(self.found, seen.built, works, self.instance.config_dir)
            self.disk = OnDisk(
                self.files, self.found.folders, reporter, self.require_not_stopped, self.at.told
            )
            self._require_going_on()
            self._begin()
            try:
                with failures():
                    acting.stop_first(reporter)
                    self.disk.write()
                    held.close()
                    self._act(acting)
                    undoes = undone_by(
                        self.found.changes, self.journal, self.found.folders, self.change.edits
                    )
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
                raise Again

    def _rehearse(self, seen: Examined, works: Works) -> None:
        """What is written must have been rehearsed: these very bytes, here or in the review."""
        if seen.rehearsal is not RUNNING:
            return
        wish, reporter = self.options.wish, self.at.reporter
        try:
            seen.rehearsal = trial.try_out(
                self.instance,
                self.found,
                seen.built,
                works.beside,
                reporter,
                wish=wish,
                cancel=self.options.cancel,
            )
        except Cancelled:
            raise Ended("refused", "stopped before anything was written") from None
        assert self.at.review is not None
        self.at.review = rehearsed(self.at.review, self.found, reporter, seen, self.instance.hostname)
        self._require_current()
        if not seen.rehearsal.stops:
            return
        if not (wish.overruled and seen.rehearsal is wish.done):
            if not self.waits:
                with self.held:  # who may not write at all is told that instead
                    self._lock()
            raise Ended("refused", f"rehearsal {seen.rehearsal}")
        self.despite.append(seen.rehearsal.overruled)

    def _require_going_on(self) -> None:
        if self.options.cancel.is_set():
            raise Ended("refused", "stopped before anything was written")

    def _begin(self) -> None:
        """The journal holds everything, durably, when this returns."""
        change, found = self.change, self.found
        acting = {record.path for record in found.folders}  # to undo the others would remove what others made
        edits = [e for e in found.edits if not isinstance(e, FolderEdit) or e.target.path in acting]
        change.words = [found.describe(edit) for edit in edits]
        change.words += self.despite
        change.edits = [
            to_json(masked_edit(edit) if edit.target.path in found.secret else edit) for edit in edits
        ]
        change.made = list(found.folders)
        change.files = [file.record for file in self.files]
        assert self.at.review is not None
        change.diff = self.at.review.diff
        change.action, change.running, change.acted = found.plan.act, found.running, found.plan.stop_first
        change.beside = [
            [each.program, each.action, each.process.config] for each in found.plan.beside if each.process
        ]
        copies = [(file.record, file.change.before) for file in self.files]
        self.journal.begin(change, copies, encode(change.diff))
        change.state = "applying"
        self.at.number = change.id

    # -- from here on: done whole, or taken back ---------------------------------------------------

    def _act(self, acting: Acting) -> None:
        if acting.acts:
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
        failed = self.disk.take_back()
        worse = acting.take_back(self.at.reporter)
        if failed:
            _leave(works)
            words = "; ".join([*failed, *worse])
            return (
                "unfinished",
                f"{reason}; taking it back failed: {words}; then run: mailtui history recover",
            )
        if isinstance(failure, Overtaken) and not worse:
            self.journal.forget(self.change.id)
            raise Again
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
