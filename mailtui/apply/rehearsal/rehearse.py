"""The candidate run for real, and what it complains of that the present configuration does not."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from mailtui import commands
from mailtui.apply.rehearsal import scene, standins, words
from mailtui.apply.rehearsal.drive import DIES
from mailtui.apply.rehearsal.script import Record
from mailtui.apply.rehearsal.standins import EVERY_RULE
from mailtui.apply.rehearsal.verdict import Rehearsal
from mailtui.formats.mastercf import MasterCf
from mailtui.postfix import private
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import main_cf, master_cf, problem_words
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

UNSHARE = ("--net", "--mount", "--pid", "--ipc", "--uts")
_ALWAYS = ("--fork", "--kill-child")
_PYTHON = ("-P", "-S", "-m")
"""How Python is started: nothing is imported from the folder in which mailtui happens to be."""
PATIENCE = 20.0
"""Seconds until a rehearsal that does not end is given up."""
_SHOWN = 12
_ORDER = {"panic": 0, "fatal": 1, "error": 2, "warning": 3}


class GivenUp(Exception):
    """Whoever asked for the rehearsal no longer wants it."""


def rehearse(
    before: Instance,
    after: Instance,
    files: Mapping[str, str] | None = None,
    *,
    cancel: Event | None = None,
    without: Sequence[str] = (),
) -> Rehearsal:
    """Try the configuration of `after`; `before` is the present one. `files`: what stands at a real path in
    it (tables and their compiled copies) → the file that holds it now.

    Raises GivenUp once `cancel` is set. `without` leaves safety switches out, which must end as "impossible"
    (see SWITCHES).
    """
    if os.geteuid() != 0:
        return Rehearsal("impossible", "not root")
    if commands.find("unshare") is None:
        return Rehearsal("impossible", "the program unshare (util-linux) is not installed")
    begun = time.monotonic()
    try:
        found = _tried(before, after, files or {}, cancel, without)
    except (OSError, InstanceError, commands.CommandError) as error:
        if cancel is not None and cancel.is_set():
            raise GivenUp from None
        return Rehearsal("impossible", safe(_words(error)))
    return replace(found, seconds=time.monotonic() - begun)


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return problem_words(error, str(error.filename or ""))
    return str(error)


def _tried(
    before: Instance,
    after: Instance,
    files: Mapping[str, str],
    cancel: Event | None,
    without: Sequence[str],
) -> Rehearsal:
    old, lacking = scene.lacking(before), scene.lacking(after)
    lines = [words for name, words in lacking.items() if old.get(name) != words]
    if not _OWNERS.isdisjoint(lacking):
        return Rehearsal("failed", "", tuple(lines)) if lines else _no_owner(lacking)
    record, made = _run(after, files, cancel, without)
    if record.refused:
        return Rehearsal("impossible", safe(record.refused))
    alarms, silent = words.alarms(record.log), record.silent
    untried = ["delivery", *made.not_tried, *record.untried]
    if alarms or silent:
        base = _base(before, cancel)
        alarms = words.new(words.alarms(base.log), alarms)
        untried += [line.replace(f" ({EVERY_RULE})", "") for line in silent if line in base.silent]
        silent = [line for line in silent if line not in base.silent]
    if alarms or silent:  # what a busy machine brought about does not come twice
        again, _ = _run(after, files, cancel, without)
        alarms = [alarm for alarm in words.alarms(again.log) if alarm in alarms]
        silent = [line for line in again.silent if line in silent]
    alarms = sorted(words.causes(alarms), key=lambda alarm: _ORDER[alarm.level])
    if alarms:  # they say why
        silent = [line for line in silent if not line.endswith(DIES)]
    lines += [safe(str(alarm)) for alarm in alarms] + [safe(line) for line in silent]
    left_out = tuple(safe(each) for each in dict.fromkeys(untried))
    return Rehearsal("failed" if lines else "passed", "", tuple(lines[:_SHOWN]), left_out)


_OWNERS = frozenset({"mail_owner", "setgid_group"})


def _no_owner(lacking: Mapping[str, str]) -> Rehearsal:
    return Rehearsal("impossible", "; ".join(lacking[name] for name in sorted(_OWNERS & lacking.keys())))


_known: dict[bytes, tuple[float, Record]] = {}
"""The last rehearsal of a present configuration, by its files, and when it was."""
_FRESH = 60.0


def _base(before: Instance, cancel: Event | None) -> Record:
    """What the present configuration complains of when it is rehearsed; nothing, where it cannot even be
    read: then all that the new one complains of is told."""
    try:
        texts = (before.files.raw(before.main.path), before.files.raw(before.master.path))
        return _present(before, texts, cancel)
    except (FileNotFoundError, InstanceError):
        return Record()


def _present(before: Instance, texts: tuple[bytes, bytes], cancel: Event | None) -> Record:
    key = hashlib.sha256(b"\0\0".join((before.config_dir.encode(), *texts))).digest()
    found = _known.get(key)
    if found is None or time.monotonic() - found[0] > _FRESH:
        _known.clear()
        found = _known[key] = (time.monotonic(), _run(before, {}, cancel, ())[0])
    return found[1]


def _run(
    instance: Instance, files: Mapping[str, str], cancel: Event | None, without: Sequence[str]
) -> tuple[Record, standins.Prepared]:
    """One run of one configuration."""
    main = main_cf(instance.files, instance.main)
    made = standins.prepare(instance, main, _services(instance))
    with private.copied(made.main, made.master) as folder:
        for name in ("main.cf", "master.cf"):
            os.chmod(os.path.join(folder, name), 0o644)
        script = scene.script(instance, made, files, folder)
        script.without = list(without)
        flags = [flag for flag in UNSHARE if flag.removeprefix("--") not in _left_out(without)]
        if "mnt" not in without:
            flags += ["--propagation", "shared" if "private" in without else "private"]
            flags += [] if "pid" in without else ["--mount-proc"]
        argv = ["unshare", *flags, *_ALWAYS, sys.executable, *_PYTHON, "mailtui.apply.rehearsal.inside"]
        done = _start(argv, script.dumps(), cancel)
    if not done.out:
        return Record(refused=done.words or f"ended with status {done.status}"), made
    return Record.loads(done.out), made


def _services(instance: Instance) -> MasterCf | None:
    """master.cf; None where there is none, so that nothing but main.cf can be rehearsed."""
    try:
        return master_cf(instance.files, instance.master)
    except FileNotFoundError:
        return None


def _left_out(without: Iterable[str]) -> set[str]:
    """The flags of unshare(1) that stand for switches."""
    return {{"mnt": "mount"}.get(name, name) for name in without}


def _start(argv: list[str], script: bytes, cancel: Event | None) -> commands.Result:
    import mailtui

    env = {"PYTHONPATH": str(Path(mailtui.__file__).parent.parent)}
    if cancel is None:
        return commands.ask(argv, stdin=script, timeout=PATIENCE, env=env)
    return commands.act(argv, stdin=script, timeout=PATIENCE, env=env, cancel=cancel)
