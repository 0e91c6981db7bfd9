"""The Review while it writes: the work, what came of it, and whether to stop."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from threading import Event

from mailtui.apply.after import after_write
from mailtui.apply.outcome import Outcome
from mailtui.apply.transaction import apply
from mailtui.edits.draft import Group, called
from mailtui.edits.model import Edit
from mailtui.screens.parts.beside import problem
from mailtui.screens.parts.dialogs import Confirm, ErrorDialog
from mailtui.screens.parts.reviewview import ReviewView
from mailtui.screens.parts.reviewwords import (
    addresses,
    failure_lines,
    failure_title,
)
from mailtui.screens.parts.session import Change


class ReviewWriting(ReviewView):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self._question: Confirm | None = None

    @abstractmethod
    def _look(self) -> None:
        """Review the draft against the disk as it is now."""

    def _write(self, *, overruled: bool = False) -> None:
        self.phase = "applying"
        self._results, self._extra = {}, []
        self._cancel = Event()
        self._show()
        self.lines.move_to_key(("plan", 0, 0))
        draft = self.session.draft
        work = self._apply(draft.groups, draft.edits, self._cancel, overruled=overruled)
        self.run_worker(work, group="apply")

    async def _apply(
        self, groups: tuple[Group, ...], edits: tuple[Edit, ...], cancel: Event, *, overruled: bool
    ) -> None:
        session = self.session
        write = partial(
            apply, session.instance, edits, who=session.who or None, label=called(groups),
            accept_not_yours=self._accepted,
            accept_dangers=self.found.dangers if self.found and overruled else (),
            rehearsed=self.found.rehearsal if self.found else None, overruled=overruled,
            progress=self._telling(cancel), cancel=cancel,
        )  # fmt: skip
        try:
            outcome = await asyncio.to_thread(write)
        except Exception as error:  # noqa: BLE001  # the journal knows how far it came
            self.phase = "ready"
            lines = [
                problem(error),
                "",
                "What was begun is ended by the next write, or by mailtui history recover.",
            ]
            self.app.push_screen(ErrorDialog("Writing failed", lines), lambda _: self._look())
            return
        told: Sequence[str] = outcome.told
        if outcome.state == "applied":
            folder = session.instance.config_dir
            told = [*told, *await asyncio.to_thread(after_write, session.settings.after_write, folder)]
        if self._question is not None:
            self._question.dismiss(None)
        self.outcome = outcome
        if outcome.state in {"applied", "nothing"}:
            self._written(groups, edits, outcome, tuple(told))
        else:
            self._failed(outcome)

    def _written(
        self, groups: tuple[Group, ...], edits: tuple[Edit, ...], outcome: Outcome, told: tuple[str, ...]
    ) -> None:
        self.phase, self._told = "done", told
        self.found = outcome.review or self.found
        self._results = {report.number: report for report in outcome.steps if report.number >= 0}
        self._show()
        draft = self.session.draft
        if draft.groups[: len(groups)] == groups:
            draft.replace(draft.groups[len(groups) :])
        else:
            for edit in set(edits).intersection(draft.edits):
                draft.drop(edit)
        self.session.instance.refresh()
        paths = frozenset(edit.target.path for edit in edits)
        self.session.changed.emit(Change(draft=True, paths=paths, status=True))
        if outcome.state == "applied":
            self.console.written(addresses(edits))

    def _failed(self, outcome: Outcome) -> None:
        self.console.quit_after_write = False
        self.phase = "ready"
        if outcome.state == "conflict":
            self._look()
            return
        lines = failure_lines(outcome, len(self.session.draft))
        self._title()
        self.app.push_screen(ErrorDialog(failure_title(outcome), lines), lambda _: self._look())

    def _ask_to_stop(self) -> None:
        cancel = self._cancel

        def answered(yes: bool | None) -> None:
            self._question = None
            if yes:
                cancel.set()
                self.say("It stops after this step, and what was written is taken back")

        self._question = Confirm(
            "Stop writing?", ["What was written so far is taken back, step by step."], yes="stop"
        )
        self.app.push_screen(self._question, answered)
