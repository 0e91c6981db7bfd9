"""A change written as one transaction that holds or is undone.

Lock, read again and replay, check, journal, write, act, verify; else everything goes back, and the
reason is told. Nothing live is touched before the journal holds, durably, all that a later process
needs to finish the change or to take it back.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Sequence

from mailtui.apply import actor, locks
from mailtui.apply.attempt import Attempt
from mailtui.apply.course import ERRORS, Course, Ended, Options
from mailtui.apply.dangers import Danger
from mailtui.apply.faults import in_one
from mailtui.apply.finding import NotYours
from mailtui.apply.journal import Journal
from mailtui.apply.outcome import Outcome, OutcomeState
from mailtui.apply.plan import Plan
from mailtui.apply.ready import Again
from mailtui.apply.recover import recover
from mailtui.apply.rehearsal.verdict import Rehearsal
from mailtui.apply.report import Failed, Progress, Reporter
from mailtui.apply.review import state_folder
from mailtui.apply.stopping import between_steps
from mailtui.apply.trial import Wish
from mailtui.edits.model import Edit
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance

TURN = 10.0
"""Seconds to wait for another mailtui that applies to one of our files; most need a tenth of one."""
TRIES = 5
"""How often the files are read again when someone writes one of them while we check."""
PATIENT = 2
"""Tries in which postconf may write while we check; in later ones it waits until we have written."""


def apply(
    instance: Instance,
    edits: Sequence[Edit],
    *,
    who: str | None = None,
    label: str = "",
    no_reload: bool = False,
    accept_not_yours: bool | Collection[NotYours] = False,
    accept_dangers: bool | Collection[Danger] = False,
    no_rehearsal: bool = False,
    rehearsed: Rehearsal | None = None,
    overruled: bool = False,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Outcome:
    """Write the edits, on the bytes that are on the disk now, and make them live.

    `label`: what the act is called, for the history (`mailtui.edits.draft.called`).
    `accept_not_yours`: whether entries that others saved and did not compile may go live too; or those
    that the admin has seen, and no others. `accept_dangers`: whether it may open what strangers get in by,
    likewise. `rehearsed`: what a review found; the very same bytes are not
    rehearsed again, and may be written in spite of it where it is `overruled`. `cancel` (and Ctrl+C in the
    main thread) is heard between steps: what was written by then is taken back. Never raises for what the
    system refuses: see Outcome.
    """
    begun = time.monotonic()
    stop = cancel if cancel is not None else threading.Event()
    wish = Wish(no_rehearsal, rehearsed, overruled)
    options = Options(
        who or actor.who(), no_reload, accept_not_yours, stop, progress, wish, accept_dangers, label
    )
    at = Course(Reporter(Plan(()), progress))
    disk = instance if isinstance(instance.files, Files) else instance.over(Files())
    with between_steps(stop):
        try:
            ended, error = _apply(disk, edits, options, at)
        except Ended as end:
            ended, error = end.state, end.error
        except (Failed, *ERRORS) as failure:
            if at.ended is None:
                ended, error = "refused", in_one(failure)
            else:  # only what lies about could not be put away
                ended, error = at.ended
                at.told.append(in_one(failure))
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
    instance: Instance, edits: Sequence[Edit], options: Options, at: Course
) -> tuple[OutcomeState, str]:
    with Journal.writing(state_folder(instance, make=True)) as journal:
        if journal.told:
            at.told.append(journal.told)
        paths = {edit.target.path for edit in edits}
        for mended in recover(journal, instance):
            if mended.state in {"failed", "conflict"} and not paths.isdisjoint(mended.paths):
                raise Ended("refused", f"an earlier change must be looked at first: {mended}")
            at.told.append(str(mended))
        with contextlib.ExitStack() as held:
            _take_turn(held, paths, options.cancel)
            for number in range(TRIES):
                try:
                    waits = number >= PATIENT
                    at.ended = Attempt(instance, edits, options, at, journal, waits=waits).run()
                    return at.ended
                except Again:
                    continue
    raise Ended(
        "refused", "these files change faster than they can be checked; nothing was written, try again"
    )


def _take_turn(held: contextlib.ExitStack, paths: Collection[str], cancel: threading.Event) -> None:
    """Hold the right to apply to these files as soon as nobody else does. Raises Busy after a while."""
    until = time.monotonic() + TURN
    while True:
        try:
            held.enter_context(locks.apply_lock(paths))
        except locks.Busy:
            if cancel.wait(0.02) or time.monotonic() > until:
                raise
        else:
            return
