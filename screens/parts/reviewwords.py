"""What the Review says of itself: its title, what it waits for, why it cannot be written, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from mailtui.apply.outcome import Outcome
from mailtui.apply.rehearsal.verdict import NOT_NEEDED
from mailtui.apply.report import Report
from mailtui.apply.review import Review
from mailtui.apply.undoing import left_by_undo
from mailtui.edits.bulk import SetEntries
from mailtui.edits.entries import EntryEdit, RenameEntry
from mailtui.edits.model import Edit
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.text import Span

Phase = Literal["looking", "rehearsing", "ready", "applying", "done", "empty", "unchecked"]
"""`looking`: the checks run; `rehearsing`: only the rehearsal has not answered; `done`: it was written;
`empty`: nothing is staged; `unchecked`: the checks could not be made."""

WATCHED = 100
"""Addresses that the strip follows after a write, at most."""


def _changes(count: int) -> str:
    return f"{count} change{'' if count == 1 else 's'}"


def _enter() -> str:
    return key_for("review.apply", "Enter")


def _escape() -> str:
    return key_for("review.back", "Esc")


def _tries_again() -> str:
    return f"{key_for('app.reread', 'r')} tries again"


def accepts() -> str:
    """What lets the entries of others go live."""
    return f"{key_for('review.accept', 'a')} accepts"


def overrules() -> str:
    """What writes in spite of a danger or a rehearsal."""
    return f"{key_for('review.overrule', '!')} overrules"


def insists() -> str:
    """The same in a sentence."""
    return f"{key_for('review.overrule', '!')} writes it all the same"


def is_another(found: Review, seen: Review) -> bool:
    """Whether a review says something else than the one that was seen, save what came of its steps."""
    bare: dict[str, Any] = {"title": "", "steps": (), "rehearsal": NOT_NEEDED}
    return replace(found, **bare) != replace(seen, **bare)


def _undoes(outcome: Outcome) -> str:
    """What an undo of it comes to: the old values of secret files are not kept."""
    review = outcome.review
    secret = {view.path for view in review.files if view.secret} if review is not None else set()
    if review is None or not secret:
        return "undoes it"
    some, left = left_by_undo((line.edit for line in review.edits), secret)
    return "undoes it" if not left else "undoes it in part" if some else "says what to type again"


def title_spans(phase: Phase, found: Review | None, outcome: Outcome | None, staged: int) -> list[Span]:
    """The Review's title, the worst first; after a write how to undo it."""
    if phase == "empty":
        return [("Nothing to write", "accent")]
    if phase == "done" and outcome is not None:
        if outcome.state == "nothing":
            return [("Nothing to do: every file says so already", "good")]
        undo = f"{key_for('app.history', 'H')} {key_for('history.undo', 'u')}"
        return [(f"Done in {outcome.seconds:.2f} s", "good"), (f" · {undo} {_undoes(outcome)}", "")]
    if phase == "unchecked":
        return [(f"{_changes(staged)} could not be checked", "error")]
    if phase == "looking" and found is None:
        return [(f"Checking {_changes(staged)}…", "accent")]
    if found is None:
        return []
    if phase == "applying":
        return [(f"Writing {_changes(len(found.edits))}…", "accent")]
    if phase == "ready" and found.nothing:
        return [("Nothing to do: every file says so already", "accent")]
    head, dot, worse = found.title.partition(" · ")
    return [(head, "accent"), (dot + worse, "warning")]


def status_words(
    phase: Phase, found: Review | None, results: Mapping[int, Report], *, accepted: bool, read_only: bool
) -> list[Span]:
    """What the Review waits for, at the right end of its title."""
    if phase in {"looking", "applying"}:
        ended = sum(report.state != "running" for report in results.values())
        steps = len(found.plan.steps) if found is not None else 0
        counted = f" {ended}/{steps}" if steps and phase == "applying" else f" {ended}" if ended else ""
        return [
            ("checking" if phase == "looking" else "writing", "accent"),
            (f"{counted}  {_escape()} stops", "dim"),
        ]
    if phase == "rehearsing":
        return [("rehearsing", "accent"), (f"  {_escape()} back", "dim")]
    if phase == "unchecked":
        return [(_tries_again(), "warning")]
    if phase == "done":
        return [(f"{_escape()} back", "dim")]
    if found is None:
        return []
    if found.conflicts:
        return [(f"{_enter()} settles the conflicts", "warning")]
    if not found.ok:
        return [("cannot be written", "error")]
    if read_only:
        return [(f"read-only: {_enter()} saves the draft", "warning")]
    if found.not_yours and not accepted:
        return [(f"{accepts()} what is not yours", "warning")]
    if found.dangers:
        return [(f"dangerous: {insists()}", "error")]
    if found.rehearsal.stops:
        return [(f"{overrules()} the rehearsal", "error")]
    return [(f"{_escape()} back · ", "dim"), (f"{_enter()} apply", "bold")]


def why_not(phase: Phase, found: Review | None, *, accepted: bool, overruled: bool = False) -> str:
    """Why Enter does not write now, or `!` where the rehearsal is to be `overruled`; empty if it does."""
    if phase == "empty":
        return "Nothing is staged"
    if phase == "applying":
        return "It is being written"
    if phase == "unchecked":
        return f"Nothing is written unchecked: {_tries_again()}"
    if phase == "rehearsing":
        return "The rehearsal has not answered yet"
    if phase == "looking" or found is None:
        return "Not every check has answered yet"
    if found.blocking:
        return f"Cannot be written: {found.blocking[0]}"
    if found.stopped:
        stopped = found.stopped[0]
        return f"Cannot be written: {stopped.reason}; {key_for('review.drop', 'd')} drops the edit"
    if found.not_yours and not accepted:
        count = len(found.not_yours)
        return f"{count} entr{'y' if count == 1 else 'ies'} of others would go live too: {accepts()} that"
    if overruled:
        return "" if found.wants_insisting else "Nothing to overrule: no rehearsal failed"
    if found.dangers:
        return f"{found.dangers[0]}; {insists()}"
    if found.rehearsal.stops:
        return f"Rehearsal {found.rehearsal}; {insists()}"
    return ""


def failure_title(outcome: Outcome) -> str:
    """What became of the change, in the words of the error dialog's title."""
    if outcome.state == "rolled-back":
        return "It failed, and everything is as it was"
    if outcome.state == "unfinished":
        return "It failed, and could not be taken back whole"
    return "Not written: nothing was changed"


def failure_lines(outcome: Outcome, staged: int) -> list[str]:
    """Why, with the programs' own words, and that the draft is kept."""
    lines = outcome.error.split("\n")
    for report in outcome.steps:
        if report.state != "failed":
            continue
        words = [line for line in report.words.split("\n") if line and line not in outcome.error]
        if words:
            lines += ["", f"{report.step.action} {report.step.target}".rstrip(), *words]
    if outcome.told:
        lines += ["", *outcome.told]
    return [*lines, "", f"The draft is kept: {_changes(staged)} staged."]


def addresses(edits: Iterable[Edit]) -> list[str]:
    """The names whose mail may take another way now."""
    found: dict[str, None] = {}
    for edit in edits:
        if isinstance(edit, EntryEdit):
            found[edit.name] = None
            if isinstance(edit, RenameEntry):
                found[edit.to] = None
        elif isinstance(edit, SetEntries):
            found.update(dict.fromkeys(edit.names[:WATCHED]))
    return list(found)[:WATCHED]
