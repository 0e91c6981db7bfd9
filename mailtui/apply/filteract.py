"""The filters beside Postfix during a change: told what they must be told, and looked at before and after."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from mailtui import commands
from mailtui.apply.need import HANGUP, Need
from mailtui.apply.report import Failed, Reporter
from mailtui.formats.milteritem import Endpoint
from mailtui.milters.alive import ping
from mailtui.milters.programs import PROGRAMS
from mailtui.milters.running import Running, alive, running
from mailtui.text.safe import encode, safe

SETTLE = 0.3
"""Seconds in which a filter that cannot go on dies of a signal."""
WITHIN = 15.0
"""Seconds that a filter may take to listen again after a restart: libmilter hears of its end each five."""
LOGGED = 0.5
"""Seconds in which a program's word on a new configuration reaches the log."""
PING = 5.0
TIMEOUT = 60.0


class Filters:
    """What one change does to the programs beside Postfix. Make it before anything is written."""

    def __init__(self, needed: Sequence[Need]) -> None:
        self._needed = [need for need in needed if need.action]
        self._answered = {need.program: _answers(need.listened) for need in self._needed}
        self._told: list[Need] = []

    @property
    def acts(self) -> bool:
        """Whether any program must be told."""
        return bool(self._needed)

    def act(self, reporter: Reporter) -> None:
        """Reload or restart each. Raises Failed."""
        for need in self._needed:
            assert need.action
            self._told.append(need)
            with reporter.step(need.action, need.how):
                _tell(need)
                self._require_well(need, need.listens)

    def complaints(self, log: Callable[[], bytes]) -> list[str]:
        """What those that were told to read again say in the mail log against their files."""
        waiting = [need for need in self._told if need.action == "reload" and need.process]
        until = time.monotonic() + LOGGED
        while True:
            new = log()
            said = [_said(need, new) for need in waiting]
            if all(done for done, _ in said) or time.monotonic() > until:
                return [safe(line) for _, lines in said for line in lines]
            time.sleep(0.05)

    def take_back(self, reporter: Reporter) -> list[str]:
        """After the files are as they were: the same again. What is still worse, in words."""
        worse = []
        for need in self._told:
            assert need.action
            try:
                with reporter.step(need.action, f"{need.how}, again"):
                    _tell_again(need)
                    self._require_well(need, need.listened)
            except Failed as failure:
                worse.append(failure.words)
        return worse

    def _require_well(self, need: Need, at: Endpoint | None) -> None:
        """The program lives, and a milter that answered answers, at this address now. Raises Failed."""
        until = time.monotonic() + WITHIN
        answered = self._answered[need.program]
        if need.action == "reload":  # it hears of the signal at the next connection, and dies of it then
            self._require_alive(need)
            if answered:
                _answers(at)
                self._require_alive(need)
        while _process(need) is None or (answered and not _answers(at)):
            if time.monotonic() > until:
                self._require_alive(need, 0)
                where = f" at {safe(at.sendmail)}" if at is not None else ""
                raise Failed(f"{need.program} does not answer{where}, as it did before")
            time.sleep(0.05)

    def _require_alive(self, need: Need, settle: float = SETTLE) -> None:
        """Raises Failed where the process is not there any more after a moment."""
        end = time.monotonic() + settle
        while _process(need) is not None:
            if time.monotonic() > end:
                return
            time.sleep(0.02)
        raise Failed(f"{need.program} does not run any more; the mail log says why")


def _said(need: Need, log: bytes) -> tuple[bool, list[bytes]]:
    """Whether a program has said that it read its files again, or why it did not; and that."""
    assert need.process is not None
    config = encode(need.process.config)
    mark = f"{need.program}[{need.process.pid}]: ".encode()
    lines = [line.partition(mark)[2] for line in log.splitlines() if mark in line]
    wrong = [line for line in lines if line.startswith((config + b": ", b"ignoring reload"))]
    return bool(wrong) or any(b"configuration reloaded" in line for line in lines), wrong


def tell(record: Sequence[str]) -> str:
    """After a crash: tell a program, as the history has it, that its files changed. What failed, in words."""
    name, action, config = record
    program = PROGRAMS[name]
    found = running(program)
    process = next(
        (each for each in found if os.path.realpath(each.config) == os.path.realpath(config)), None
    )
    if process is None or action not in {"reload", "restart"}:
        return ""
    command = process.command(action)
    if not command and action == "restart":
        return f"{name} needs a restart, which whoever started it must do"
    number = program.signal or HANGUP
    try:
        _tell(Need(name, "reload", "", process, command, number))
    except Failed as failure:
        return failure.words
    return ""


def _process(need: Need) -> Running | None:
    """The program's process now: the same one after a reload, any that reads the file after a restart."""
    held = need.process
    assert held is not None
    if need.action == "reload":
        return held if alive(held) else None
    wanted = os.path.realpath(held.config)
    found = running(PROGRAMS[need.program])
    return next((each for each in found if os.path.realpath(each.config) == wanted), None)


def _answers(at: Endpoint | None) -> bool:
    """Whether a milter negotiates at an address; None is that of a program that is no milter."""
    return at is not None and ping(at, timeout=PING).negotiated


def _tell(need: Need) -> None:
    if not need.command:
        assert need.process is not None
        try:
            os.kill(need.process.pid, need.signal)
        except OSError as error:
            raise Failed(f"{need.how}: {error.strerror}") from error
        return
    try:
        done = commands.act(need.command, timeout=TIMEOUT)
    except commands.CommandError as error:
        raise Failed(str(error)) from error
    if not done.ok:
        raise Failed(f"{need.how}: {done.words or f'it ended with status {done.status}'}")


def _tell_again(need: Need) -> None:
    """The same; a program that died of the new file and that somebody looks after is started."""
    if need.action == "reload" and _process(need) is None:
        assert need.process is not None
        command = need.process.command("restart")
        if not command:
            started = safe(" ".join(need.process.words), 80)
            raise Failed(f"{need.program} does not run any more; start it again: {started}")
        _tell(Need(need.program, "restart", need.why, need.process, command))
        return
    _tell(need)
