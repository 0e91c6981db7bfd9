"""What a change makes necessary, step by step and with reasons; pure, from the changes and a few facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mailtui.apply.need import Need, is_beside
from mailtui.apply.record import FolderRecord
from mailtui.apply.uses import AT_START, INDEXED, Use
from mailtui.edits.candidate import FileChange
from mailtui.formats.target import Target

Action = Literal[
    "check", "compile", "rehearse", "stop", "make", "swap", "write", "remove", "reload", "restart", "verify",
    "nothing",
]  # fmt: skip

RESTART: Mapping[str, str] = {
    "inet_interfaces": "master opens its sockets only when it starts",
    "inet_protocols": "master opens its sockets only when it starts",
    "queue_directory": "every process works inside the queue it was started in",
    "data_directory": "master holds its lock in it",
    "mail_owner": "master changes to this user only when it starts",
    "setgid_group": "file rights are checked only when Postfix starts",
    "daemon_directory": "a running master starts its services from the old folder",
    "master_service_disable": "master opens and closes sockets only when it starts",
    "multi_instance_name": "the instance is known by it from its start on",
}
"""Parameters that a running Postfix takes over only when it starts: the name and why."""

STOP_FIRST = frozenset({"queue_directory", "data_directory"})
"""Of these, those under whose new value `postfix stop` would not find the running master."""

STARTED: Mapping[str, str] = {
    "policyd-spf.conf": "processes of policyd-spf that Postfix has started keep what they read",
    "smtpd.conf": "an smtpd reads it when it starts",
}
"""Files of programs that Postfix starts, and why it must start them anew."""

SET_PERMISSIONS = frozenset({"mail_owner", "setgid_group", "queue_directory", "data_directory"})
"""Of these, those after whose change `postfix set-permissions` is needed while Postfix is stopped."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the plan: what is done, to what, and why. `nothing` explains what need not be done."""

    action: Action
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan needs to know of the instance. `restart` are the parameters of RESTART whose effective
    value changes; `by` says how Postfix is told (`systemctl reload postfix@-`, `postfix -c DIR reload`)."""

    uses: tuple[tuple[Use, ...], ...]
    """For each change, the tables made from its file."""
    running: bool
    restart: tuple[str, ...] = ()
    by_reload: str = "postfix reload"
    by_restart: str = "postfix stop, postfix start"
    no_reload: bool = False
    rehearses: bool = False
    """Whether a change of main.cf or master.cf is tried before it is written."""
    folders: tuple[FolderRecord, ...] = ()
    beside: tuple[Need, ...] = ()
    """What programs beside Postfix must be told."""
    checkers: Mapping[str, str] = field(default_factory=dict)
    """The command that checks a filter's file, by its path."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order, and the command that ends them: `reload`, `restart` or nothing."""

    steps: tuple[Step, ...]
    act: Literal["", "reload", "restart"] = ""
    stop_first: bool = False
    beside: tuple[Need, ...] = ()
    """The programs beside Postfix that are told."""

    @property
    def restarts(self) -> bool:
        return self.act == "restart"


def program(target: Target) -> str:
    """The program that compiles a file of this format."""
    return "postalias" if target.format == "aliases" else "postmap"


def order(change: FileChange) -> int:
    """Where a file comes in the writing: tables before the parameters that may name them."""
    return {"main.cf": 2, "master.cf": 3}.get(change.target.format, 0 if change.target.type in INDEXED else 1)


def make(changes: Sequence[FileChange], facts: Facts) -> Plan:
    """The plan for these changes (in the order of `facts.uses`)."""
    if not changes:
        return _of_folders(facts)
    needed, why = _needed(changes, facts)
    steps = [Step("check", "", "nobody changed these files since you read them")]
    steps += _checks(changes, facts)
    compiled = _compiles(changes, facts)
    steps += compiled
    if facts.rehearses and any(change.target.format in {"main.cf", "master.cf"} for change in changes):
        steps.append(Step("rehearse", "", "as a throw-away instance, where nothing live can be reached"))
    stop_first = needed == "restart" and facts.running and not STOP_FIRST.isdisjoint(facts.restart)
    if stop_first:
        steps.append(Step("stop", "Postfix", f"{', '.join(facts.restart)}: {RESTART[facts.restart[0]]}"))
    steps += _folders(facts, make=True)
    if compiled:
        steps.append(Step("swap", "", "each table and text whole; no reader sees a half one"))
    indexed = [any(use.indexed for use in uses) for uses in facts.uses]
    for change, is_indexed in zip(changes, indexed, strict=True):
        if change.removed:
            steps.append(Step("remove", change.target.path, "it was made for what is taken back"))
        elif not is_indexed:
            steps.append(Step("write", change.target.path, "whole, by rename; owner and mode stay"))
    steps += _folders(facts, make=False)
    act, told = _telling(needed, why, facts)
    if needed or not all(is_beside(change) for change in changes):
        steps.append(told)
    steps += _beside(facts.beside)
    steps.append(Step("verify", "", _verified(any(indexed), act, facts)))
    return Plan(tuple(steps), act, stop_first and act == "restart", facts.beside)


def _beside(needed: Sequence[Need]) -> list[Step]:
    """What is done about the programs that read a changed file beside Postfix."""
    return [
        Step(each.action, each.how, f"{each.why}; {each.meanwhile}" if each.meanwhile else each.why)
        if each.action
        else Step("nothing", each.program, each.why)
        for each in needed
    ]


def _of_folders(facts: Facts) -> Plan:
    """The plan where no file changes."""
    steps = [*_folders(facts, make=True), *_folders(facts, make=False)]
    if not steps:
        return Plan((Step("nothing", "", "nothing to do: every file says so already"),))
    return Plan((*steps, Step("nothing", "", "no reload needed: no file of Postfix changes")))


def _folders(facts: Facts, *, make: bool) -> list[Step]:
    if make:
        return [
            Step("make", each.path, f"a folder, owner {each.uid}:{each.gid}, mode {each.mode:04o}")
            for each in facts.folders
            if each.make
        ]
    return [Step("remove", each.path, "only if it is empty") for each in facts.folders if not each.make]


def _checks(changes: Sequence[FileChange], facts: Facts) -> list[Step]:
    config = [change.target.path for change in changes if change.target.format in {"main.cf", "master.cf"}]
    plain = [
        (use.spec, program(change.target))
        for change, uses in zip(changes, facts.uses, strict=True)
        for use in uses
        if not use.indexed
    ]
    steps = [Step("check", path, "postconf reads it without a new complaint") for path in config]
    steps += [
        Step("check", path, f"{command} takes it, or complains of nothing new")
        for path, command in facts.checkers.items()
    ]
    return steps + [Step("check", spec, f"{name} reads every line of it") for spec, name in plain]


def _compiles(changes: Sequence[FileChange], facts: Facts) -> list[Step]:
    steps = []
    for change, uses in zip(changes, facts.uses, strict=True):
        for use in uses:
            if use.indexed:
                named = f", for {', '.join(use.named_by)}" if use.named_by else ", which no parameter names"
                steps.append(
                    Step("compile", use.spec, f"{program(change.target)}, beside the live table{named}")
                )
    return steps


def _needed(changes: Sequence[FileChange], facts: Facts) -> tuple[Literal["", "reload", "restart"], str]:
    """The strongest thing that a running Postfix needs, and the reason."""
    if facts.restart:
        return "restart", f"{', '.join(facts.restart)}: {RESTART[facts.restart[0]]}"
    reasons = []
    for change, uses in zip(changes, facts.uses, strict=True):
        if change.target.format == "main.cf":
            reasons.append("running daemons read main.cf only when they start")
        elif change.target.format == "master.cf":
            reasons.append("master reads master.cf only when told")
        elif change.target.format in STARTED:
            reasons.append(f"{change.target.name}: {STARTED[change.target.format]}")
        elif change.target.format == "list":
            reasons.append(f"{change.target.path}: files that lists name are read only when a process starts")
        reasons += [
            f"{use.spec}: {use.type} tables are read only when a process starts"
            for use in uses
            if use.type in AT_START and (use.named_by or len(uses) == 1)
        ]
    return ("reload" if reasons else ""), "; ".join(dict.fromkeys(reasons))


def _telling(
    needed: Literal["", "reload", "restart"], why: str, facts: Facts
) -> tuple[Literal["", "reload", "restart"], Step]:
    """What is done about the running Postfix, and the step that says so."""
    if not needed:
        return "", Step("nothing", "", "no reload needed: Postfix notices indexed tables by itself")
    if not facts.running:
        return "", Step("nothing", "", "Postfix is stopped: the change is live at its next start")
    if facts.no_reload:
        text = f"not {needed}ed, as you asked; needed, because {why}"
        return "", Step("nothing", "", text)
    command = facts.by_restart if needed == "restart" else facts.by_reload
    return needed, Step(needed, command, why)


def _verified(indexed: bool, act: str, facts: Facts) -> str:
    said = ["the tables answer with the new values"] if indexed else ["the files say what was written"]
    if facts.running:
        said.append("every port that answered answers again" if act else "Postfix runs")
    told = [each.program for each in facts.beside if each.action]
    said += [f"{', '.join(told)} lives, and answers where it did"] if told else []
    return "; ".join(said)


def title(
    edits: int,
    removes: int,
    plan: Plan,
    host: str,
    *,
    conflicts: int = 0,
    rehearsal_failed: bool = False,
    not_yours: int = 0,
    dangerous: bool = False,
) -> str:
    """The Review's title, with the worst first: `Write 3 changes · REMOVES 2 · RESTARTS Postfix`."""
    if not edits:
        return "Nothing to write"
    worse = []
    if conflicts:
        worse.append(f"CONFLICTS {conflicts}")
    if dangerous:
        worse.append("DANGEROUS")
    if rehearsal_failed:
        worse.append("REHEARSAL FAILED")
    if not_yours:
        worse.append(f"NOT YOURS {not_yours}")
    if removes:
        worse.append(f"REMOVES {removes}")
    restarted = ["Postfix"] if plan.restarts else []
    restarted += [each.program for each in plan.beside if each.action == "restart"]
    if restarted:
        worse.append(f"RESTARTS {', '.join(restarted)}")
    what = f"Write {edits} change{'' if edits == 1 else 's'}"
    return " · ".join([what, *worse]) if worse else f"{what} to {host}"
