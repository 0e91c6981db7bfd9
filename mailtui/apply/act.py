"""Telling a running Postfix: reload, restart, stop, start; through systemd where systemd runs it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal, Protocol

from mailtui import commands
from mailtui.postfix.instance import master_pid

Manager = Literal["systemd", "postfix"]
Action = Literal["reload", "restart", "stop", "start"]

TIMEOUT = 120.0
"""Seconds one command may take; `postfix stop` waits for deliveries, and then ends them."""
_SYSTEMD_RUNS = "/run/systemd/system"  # sd_booted(3)
_CGROUP = "/proc/{pid}/cgroup"
_UNIT = re.compile(r"/(postfix[^/]*\.service)$")


class Subject(Protocol):
    """What is asked of an instance here."""

    config_dir: str

    @property
    def queue_directory(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Control:
    """By what an instance is told. Found while it runs, it still holds when it has been stopped."""

    manager: Manager
    config_dir: str
    unit: str = ""
    """The systemd unit that runs it (`postfix@-.service`)."""

    def commands(self, action: Action) -> tuple[tuple[str, ...], ...]:
        """The commands of an action, as a plan names them."""
        if self.manager == "systemd":
            return (("systemctl", action, self.unit),)
        words: tuple[str, ...] = ("stop", "start") if action == "restart" else (action,)
        return tuple(("postfix", "-c", self.config_dir, word) for word in words)

    def words(self, action: Action) -> str:
        """The commands of an action in one line."""
        return ", then ".join(" ".join(each) for each in self.commands(action))


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action: `words` are the programs' own, empty where they said nothing."""

    ok: bool
    command: str
    words: str
    seconds: float


def control(subject: Subject) -> Control:
    """How the instance is told: through the systemd unit whose process its master(8) is, else postfix(1).

    A Postfix that was started by hand is not systemd's to reload, whatever units are installed.
    """
    pid = master_pid(subject.queue_directory)
    unit = _unit(pid) if pid is not None and os.path.isdir(_SYSTEMD_RUNS) else ""
    return Control("systemd" if unit else "postfix", subject.config_dir, unit)


def manager(subject: Subject) -> Manager:
    """Who runs the instance."""
    return control(subject).manager


def running(subject: Subject) -> bool:
    """Whether the instance's master(8) lives."""
    return master_pid(subject.queue_directory) is not None


def run(by: Control, action: Action) -> Done:
    """Do an action. Exit status 0 of a reload proves little: see verify.

    A missing or hanging program is a failed action, in words.
    """
    seconds = 0.0
    said: list[str] = []
    for argv in by.commands(action):
        try:
            # postfix(1) and postmulti(1) write to standard error only where that is a terminal.
            result = commands.act(argv, timeout=TIMEOUT, terminal=True)
        except commands.CommandError as error:
            return Done(False, " ".join(argv), str(error), seconds)
        seconds += result.seconds
        said += [result.words] if result.words else []
        if not result.ok:
            what = result.words or f"it ended with status {result.status} and said nothing; see the log"
            return Done(False, " ".join(argv), what, seconds)
    return Done(True, by.words(action), "\n".join(said), seconds)


def reload(by: Control) -> Done:
    """Let the running daemons read their configuration again."""
    return run(by, "reload")


def restart(by: Control) -> Done:
    """Stop and start: what inet_interfaces and the like need."""
    return run(by, "restart")


def stop(by: Control) -> Done:
    """Stop the instance."""
    return run(by, "stop")


def start(by: Control) -> Done:
    """Start the instance."""
    return run(by, "start")


def _unit(pid: int) -> str:
    """The systemd service that a process belongs to, by its control group (cgroups(7)); "" for none."""
    try:
        with open(_CGROUP.format(pid=pid), encoding="utf-8", errors="replace") as stream:
            groups = stream.read().splitlines()
    except OSError:
        return ""
    found = (_UNIT.search(line) for line in groups)
    return next((each[1] for each in found if each), "")
