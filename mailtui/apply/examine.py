"""A candidate tried with the real programs, before anything live is touched."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event

from mailtui.apply import checks, plan, secret, work
from mailtui.apply.compile import Built
from mailtui.apply.configchecks import check_config
from mailtui.apply.dangers import Danger, dangers
from mailtui.apply.faults import WriteError
from mailtui.apply.finding import Finding, NotYours
from mailtui.apply.goinglive import going_live
from mailtui.apply.look import Look
from mailtui.apply.need import is_beside
from mailtui.apply.rehearsal.verdict import NOT_NEEDED, Rehearsal
from mailtui.apply.report import Doing, Reporter
from mailtui.apply.touched import touched_parameters
from mailtui.apply.uses import SUFFIXES
from mailtui.apply.valuechecks import check_values
from mailtui.apply.write import advice
from mailtui.postfix.instance import Instance
from mailtui.postfix.private import temporary


class Cancelled(Exception):
    """Whoever asked for the work no longer wants it."""


def scratch() -> work.Work:
    """A work folder away from everything live."""
    with contextlib.suppress(WriteError):  # another review's litter is no reason not to review
        work.sweep(temporary())
    return work.Work(temporary())


@dataclass(slots=True)
class Examined:
    """What the checks found; `built` holds for each change its compiled tables."""

    findings: list[Finding]
    not_yours: list[NotYours]
    built: list[list[Built]]
    rehearsal: Rehearsal = NOT_NEEDED
    dangers: tuple[Danger, ...] = ()


def examine(
    instance: Instance,
    found: Look,
    place: Callable[[str], work.Work],
    reporter: Reporter,
    cancel: Event | None,
) -> Examined:
    """Try the change with the real programs, tables in the work folder that `place` gives for their path.

    Raises WriteError, OSError and CommandError where that cannot be done, Cancelled once `cancel` is set.
    """
    seen = Examined([], [], [])
    if found.changes:
        with reporter.step("check"):
            _check_surroundings(found, seen)
    _check_config(instance, found, seen, reporter)
    _check_beside(instance, found, seen, reporter)
    seen.dangers = dangers(instance, found)
    for change, uses in zip(found.changes, found.uses, strict=True):
        tables: list[Built] = []
        for use in uses:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            if use.indexed and use.type not in SUFFIXES:
                continue
            with reporter.step("compile" if use.indexed else "check", use.spec) as doing:
                built = checks.build_all(instance.config_dir, change, [use], place(use.path), cancel=cancel)[
                    0
                ]
                said = checks.judge(built, change, instance.config_dir, cancel=cancel)
                _tell(doing, said)
            seen.findings += said
            tables.append(built)
            theirs, also = going_live(built, change, instance.config_dir)
            seen.findings += also
            seen.not_yours += theirs if found.shown(change) else [_masked(each) for each in theirs]
        seen.built.append(tables)
    return seen


def _tell(doing: Doing, said: Sequence[Finding]) -> None:
    doing.words += [str(each) for each in said]
    doing.failed = any(each.stop for each in said)


def _masked(each: NotYours) -> NotYours:
    return NotYours(each.spec, each.key, each.live and secret.MASK, each.source and secret.MASK)


def _check_surroundings(found: Look, seen: Examined) -> None:
    made = {os.path.realpath(record.path) for record in found.folders if record.make}
    for change, uses in zip(found.changes, found.uses, strict=True):
        seen.findings += checks.surroundings(change, uses, made)
        seen.findings += [Finding(stop=False, text=words) for words in advice(change.target.path)]
    names = [name for name in found.restart if name in plan.SET_PERMISSIONS]
    if names:
        text = f"{', '.join(names)}: `postfix set-permissions` is needed too; mailtui does not run it"
        seen.findings.append(Finding(stop=False, text=text))


def _check_config(instance: Instance, found: Look, seen: Examined, reporter: Reporter) -> None:
    config = {
        change.target.format: change for change in found.changes if change.target.format.endswith(".cf")
    }
    if not config:
        return

    def raw(path: str) -> bytes:
        try:
            return instance.files.raw(path)
        except FileNotFoundError:
            return b""

    before = raw(instance.main.path), raw(instance.master.path)
    after = tuple(
        config[name].after if name in config else old
        for name, old in zip(("main.cf", "master.cf"), before, strict=True)
    )
    with contextlib.ExitStack() as stack:
        doing = [stack.enter_context(reporter.step("check", each.target.path)) for each in config.values()]
        said = check_config(
            instance.config_dir, before, (after[0], after[1]), touched_parameters(found.changes)
        )
        said += check_values(instance, found)
        _tell(doing[0], said)
    seen.findings += said


def _check_beside(instance: Instance, found: Look, seen: Examined, reporter: Reporter) -> None:
    """The files of the programs beside Postfix, each by its own program."""
    if not any(is_beside(change) for change in found.changes):
        return
    from mailtui.apply.filterchecks import check

    for change in found.changes:
        if not is_beside(change):
            continue
        with reporter.step("check", change.target.path) as doing:
            said = check(instance, change, found.changes)
            _tell(doing, said)
        seen.findings += said if found.shown(change) else [_unsaid(each) for each in said]


def _unsaid(found: Finding) -> Finding:
    """A complaint about a file with a password in it: where, and not what."""
    if not found.line:
        return found
    return replace(found, text="its program complains of this line; the file holds a password, so no words")
