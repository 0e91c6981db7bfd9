"""What every changing command does with its edits: show them, or write them, and say what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailtui.cli.context import Context, Ended
from mailtui.cli.output import CONFLICT, DONE, Failed, note, write, write_json
from mailtui.edits.model import Conflict, Edit, show

if TYPE_CHECKING:
    from mailtui.apply.outcome import Outcome
    from mailtui.apply.rehearsal.verdict import Rehearsal
    from mailtui.apply.report import Report
    from mailtui.apply.review import Review
    from mailtui.apply.sessions import Sessions

_UNREHEARSED = {
    "failed": "mend it, or write it in spite of that with --no-rehearsal",
    "impossible": "--no-rehearsal writes it without one; rehearsal = false in /etc/mailtui.toml always does",
}
TOLD = 20
"""Entries of others, of those that would go live too, that are told one by one."""
_INSIST = "leave out what opens it; --yes writes it all the same, and the history records that"
_ACCEPT = "--yes lets them go live too"
NOTHING = "nothing to do: every file says so already"


def carry_out(context: Context, edits: Sequence[Edit], label: str = "") -> int:
    """Write the edits, or with --dry-run show what would be written. `label`: what the history calls them.
    Returns the exit code; raises Failed."""
    context.tells_unfinished = bool(edits)
    if context.read_only and not context.dry_run:
        raise Failed("started with --read-only: nothing is written", do="leave it out, or ask with --dry-run")
    if not edits:
        return _nothing(context)
    return _try(context, edits) if context.dry_run else _write(context, edits, label)


def _nothing(context: Context) -> int:
    if context.json:
        write_json({"applied": False, "edits": [], "diff": "", "plan": [], "not_yours": []} | context.told)
    else:
        note(NOTHING)
    return DONE


def _try(context: Context, edits: Sequence[Edit]) -> int:
    from mailtui.apply.review import review

    seen = review(context.instance, edits, no_reload=context.no_reload, no_rehearsal=context.no_rehearsal)
    if context.json:
        write_json(seen.as_json() | context.told)
    else:
        _print_review(seen, short=context.long_diff)
    if seen.conflicts:
        return CONFLICT
    why = _stopping(seen, yes=context.yes)
    if why is None:
        return DONE
    if context.json:
        raise why
    return why.code


def _stopping(seen: Review, *, yes: bool) -> Failed | None:
    """Why what was only tried would not be written, in one line; None where it would, as far as is known."""
    if seen.sessions.wrong and not yes:
        return _wrong(seen.sessions)
    for found in seen.blocking:
        return Failed(found.text, file=found.file, line=found.line or 0)
    for stopped in seen.stopped:
        return Failed(f"{stopped.edit.describe()}: {stopped.reason}")
    for danger in () if yes else seen.dangers:
        return Failed(danger.text, file=danger.file, line=danger.line or 0, do=_INSIST)
    if seen.not_yours and not yes:
        first, *more = seen.not_yours
        others = f"; and {len(more):,} more" if more else ""
        return Failed(f"goes live with this, not yours: {first.brief}{others}", do=_ACCEPT)
    if seen.rehearsal.state == "failed" or (seen.rehearsal.stops and os.geteuid() == 0):
        return Failed(str(seen.rehearsal), do=_UNREHEARSED[seen.rehearsal.state])
    return None  # what is not possible for somebody else may be for root


def _wrong(sessions: Sessions) -> Failed:
    first, *more = sessions.wrong
    others = f", and {len(more)} more" if more else ""
    what = f"a saved session would be answered otherwise than it must be: {first.words}{others}"
    return Failed(what, do="--yes writes it all the same; mailtui restriction check tells of the sessions")


def _print_review(seen: Review, *, short: bool) -> None:
    for line in seen.edits:
        note(line.text)
    if short:
        for view in seen.files:
            note(f"{view.path}: +{view.added:,} -{view.removed:,} lines; --json has the diff")
    elif seen.diff:
        write(seen.diff.removesuffix("\n"))
    for number, step in enumerate(seen.plan.steps, 1):
        note(f"{number:>3} {step.action:<8} {step.target}{'  ' if step.target else ''}{step.why}")
    _print_sessions(seen.sessions)
    _print_rehearsal(seen.rehearsal)
    _print_findings(seen)


def _print_sessions(sessions: Sessions) -> None:
    """The saved sessions, where there are any; each that is answered otherwise in a line of its own."""
    if sessions.asked or sessions.problem:
        note(f"sessions: {sessions}")
    for verdict in sessions.verdicts:
        note(f"{'WRONG' if verdict.holds is False else 'note'}: {verdict.words}")


def _print_rehearsal(rehearsal: Rehearsal) -> None:
    """What came of it, each complaint of a failed one in a line of its own."""
    if rehearsal.state != "failed":
        note(f"rehearsal: {rehearsal}")
        return
    for line in rehearsal.lines:
        note(f"rehearsal failed: {line}")


def _print_findings(seen: Review) -> None:
    for text in seen.unfinished:
        note(f"note: {text}")
    for found in seen.findings:
        note(f"{'stops' if found.stop else 'note'}: {found}")
    for stopped in seen.stopped:
        note(f"stops: {stopped.edit.describe()}: {stopped.reason}")
    for danger in seen.dangers:
        note(f"dangerous, needs --yes: {danger}")
    for each in seen.not_yours[:TOLD]:
        note(f"goes live with this, not yours: {each.brief}")
    if len(seen.not_yours) > TOLD:
        left = len(seen.not_yours) - TOLD
        note(f"goes live with this, not yours: {left:,} more; --dry-run --json has all of them")
    for conflict in seen.conflicts:
        _print_conflict(conflict)


def _print_conflict(conflict: Conflict) -> None:
    note(f"conflict: {conflict.edit.describe()}")
    note(f"   was     {show(conflict.was)}")
    note(f"   theirs  {show(conflict.theirs)}")
    note(f"   ours    {show(conflict.ours)}")


def _require_sessions(context: Context, edits: Sequence[Edit]) -> Sessions:
    """The saved sessions, of which none may be answered otherwise than it must be, unless --yes was given.
    Raises Failed."""
    from mailtui.apply.sessions import replayed

    seen = replayed(context.instance, edits)
    if not context.json:
        _print_sessions(seen)
    if not seen.wrong or context.yes:
        return seen
    if context.json:
        from mailtui.apply.review import review

        dry = review(context.instance, edits, no_reload=context.no_reload, no_rehearsal=True)
        write_json(dry.as_json())
    raise _wrong(seen)


def _write(context: Context, edits: Sequence[Edit], label: str) -> int:
    from mailtui.apply.transaction import apply

    sessions = _require_sessions(context, edits)
    outcome = apply(
        context.instance,
        edits,
        label=label,
        no_reload=context.no_reload,
        accept_not_yours=context.yes,
        accept_dangers=context.yes,
        no_rehearsal=context.no_rehearsal,
        progress=None if context.json else _progress,
    )
    context.ended = Ended(outcome.exit_code, _in_short(outcome, yes=context.yes))
    if outcome.state == "applied":
        _run_after(context)
    if context.json:
        told = {"sessions": sessions.as_json()} if sessions.asked or sessions.problem else {}
        write_json(outcome.as_json() | told | context.told)
        return _fail_json(outcome, yes=context.yes)
    _print_outcome(outcome, yes=context.yes)
    return outcome.exit_code


def _in_short(outcome: Outcome, *, yes: bool) -> str:
    """What came of it in one line, for where nothing more can be said."""
    if outcome.state == "applied":
        return f"change {outcome.history_id} was written and stands"
    if outcome.state == "nothing":
        return NOTHING
    return _failure(outcome, yes=yes).words().removeprefix("mailtui: ")


def _run_after(context: Context) -> None:
    """The command of the setting after_write; its failure is only told."""
    from mailtui.apply.after import after_write
    from mailtui.settings import load

    for line in after_write(load().after_write, context.instance.config_dir):
        note(f"note: {line}")


def _fail_json(outcome: Outcome, *, yes: bool) -> int:
    if outcome.error:
        raise _failure(outcome, yes=yes)
    return outcome.exit_code


def _progress(report: Report) -> None:
    """A step as it ends, where somebody watches."""
    if report.state == "running" or not sys.stderr.isatty():
        return
    step = report.step
    note(f"  {step.action:<8} {step.target or step.why}  {report.state} {report.seconds:.2f} s")


def _print_outcome(outcome: Outcome, *, yes: bool) -> None:
    for text in outcome.told:
        note(f"note: {text}")
    if outcome.state == "applied" and outcome.review is not None:
        for line in outcome.review.edits:
            write(line.text)
        for found in outcome.review.warnings:
            note(f"note: {found}")
        if outcome.review.rehearsal.state != "not needed":
            _print_rehearsal(outcome.review.rehearsal)
        note(f"done in {outcome.seconds:.2f} s; {_back(outcome)}")
        return
    if outcome.state == "nothing":
        note(NOTHING)
        return
    if outcome.not_yours and outcome.review is not None:
        for found in outcome.review.warnings:  # how it came to be theirs
            note(f"note: {found}")
    for conflict in outcome.conflicts:
        _print_conflict(conflict)
    if outcome.state == "refused" and outcome.review is not None and outcome.review.rehearsal.lines[1:]:
        _print_rehearsal(outcome.review.rehearsal)
    raise _failure(outcome, yes=yes)


def _back(outcome: Outcome) -> str:
    """How to take the change back."""
    back = f"mailtui history undo {outcome.history_id} takes it back"
    if outcome.review is None or not any(view.secret for view in outcome.review.files):
        return back
    from mailtui.apply.undoing import left_by_undo

    secret = {view.path for view in outcome.review.files if view.secret}
    some, left = left_by_undo((line.edit for line in outcome.review.edits), secret)
    if not left:
        return back
    if not some:
        return "the old values of a file with passwords are not kept: only you can type them again"
    return f"{back}, except for {len(left)} in a file with passwords, whose old values are not kept"


def _failure(outcome: Outcome, *, yes: bool) -> Failed:
    """Why nothing was written, or all was taken back: in one line, with the place of what stops it."""
    stops = outcome.review.blocking if outcome.review is not None else ()
    if outcome.state == "refused" and len(stops) == 1:
        found = stops[0]
        return Failed(found.text, file=found.file, line=found.line or 0)
    if outcome.state == "refused" and outcome.review is not None and outcome.review.dangers and not yes:
        first, *more = outcome.review.dangers
        others = f"; and {len(more)} more" if more else ""
        return Failed(first.text + others, file=first.file, line=first.line or 0, do=_INSIST)
    if outcome.state == "refused" and outcome.review is not None and outcome.review.rehearsal.stops:
        return Failed(outcome.error, do=_UNREHEARSED[outcome.review.rehearsal.state], code=outcome.exit_code)
    asks = outcome.state == "refused" and outcome.not_yours and not yes
    return Failed(outcome.error or "it was not written", do=_ACCEPT if asks else "", code=outcome.exit_code)
