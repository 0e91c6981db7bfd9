"""The rehearsal as the plan sees it: the candidate run for real, and what it complains of that the present
configuration does not."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

from mailtui import commands
from mailtui.apply.rehearsal import neutral, sandbox, standins, words
from mailtui.apply.rehearsal.kernel import namespaces
from mailtui.apply.rehearsal.script import Record, Script
from mailtui.postfix import private
from mailtui.postfix.domains import CLASS_PARAMETERS, class_list
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.files import main_cf, master_cf
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import host_addresses
from mailtui.text.safe import decode, safe

State = Literal["passed", "failed", "impossible", "skipped", "not needed"]

UNSHARE = ("--net", "--mount", "--pid", "--ipc", "--uts")
_ALWAYS = ("--fork", "--mount-proc", "--kill-child", "--propagation", "private")
PATIENCE = 20.0
"""Seconds until a rehearsal that does not end is given up."""
OUTSIDER = "someone@elsewhere.example"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal came to. `lines` are safe to show, worst first."""

    state: State
    why: str = ""
    lines: tuple[str, ...] = ()
    not_tried: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def stops(self) -> bool:
        """Whether the change must be overruled to be written."""
        return self.state in ("failed", "impossible")

    def __str__(self) -> str:
        match self.state:
            case "passed":
                return f"passed in {self.seconds:.1f} s; not tried: {', '.join(self.not_tried) or 'delivery'}"
            case "failed":
                return f"failed: {self.lines[0]}" if self.lines else "failed"
            case "impossible":
                return f"not possible here: {self.why}"
        return f"{self.state}: {self.why}" if self.why else self.state


class Cancelled(Exception):
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

    Raises Cancelled. `without` leaves safety switches out, which must end as "impossible" (see SWITCHES).
    """
    if os.geteuid() != 0:
        return Rehearsal("impossible", "not root")
    if commands.find("unshare") is None:
        return Rehearsal("impossible", "the program unshare (util-linux) is not installed")
    try:
        record, made = _run(after, files or {}, cancel, without)
        if record.refused:
            return Rehearsal("impossible", safe(record.refused))
        alarms, silent = words.alarms(record.log), record.silent
        seconds = record.seconds
        if alarms or silent:
            base = _base(before, cancel)
            alarms = words.new(words.alarms(base.log), alarms)
            silent = [line for line in silent if line not in base.silent]
    except (OSError, InstanceError, commands.CommandError) as error:
        if cancel is not None and cancel.is_set():
            raise Cancelled from None
        return Rehearsal("impossible", safe(str(error)))
    order = {"panic": 0, "fatal": 1, "error": 2, "warning": 3}
    alarms.sort(key=lambda alarm: order[alarm.level])
    lines = [safe(str(alarm)) for alarm in alarms] + [safe(line) for line in silent]
    untried = ("delivery", *dict.fromkeys(made.not_tried))
    if lines:
        return Rehearsal("failed", "", tuple(lines[:_SHOWN]), untried, seconds)
    return Rehearsal("passed", "", (), untried, seconds)


_known: dict[bytes, tuple[float, Record]] = {}
"""The last rehearsal of a present configuration, by its files, and when it was."""
_FRESH = 60.0


def _base(before: Instance, cancel: Event | None) -> Record:
    """What the present configuration complains of when it is rehearsed."""
    texts = (before.files.raw(before.main.path), before.files.raw(before.master.path))
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
    master = master_cf(instance.files, instance.master)
    made = standins.prepare(instance, main, master)
    with private.copied(made.main, made.master) as folder:
        for name in ("main.cf", "master.cf"):
            os.chmod(os.path.join(folder, name), 0o644)
        script = _script(instance, made, files, folder)
        script.without = list(without)
        flags = [flag for flag in UNSHARE if flag.removeprefix("--") not in _left_out(without)]
        argv = ["unshare", *flags, *_ALWAYS, sys.executable, "-m", "mailtui.apply.rehearsal.inside"]
        if "--pid" not in flags or "--mount" not in flags:
            argv = [word for word in argv if word != "--mount-proc"]
        if "--mount" not in flags:
            argv = [word for word in argv if word not in ("--propagation", "private")]
        done = _start(argv, script.dumps(), cancel)
    if not done.out:
        return Record(refused=done.words or f"ended with status {done.status}"), made
    return Record.loads(done.out), made


def _left_out(without: Iterable[str]) -> set[str]:
    """The flags of unshare(1) that stand for switches."""
    return {{"mnt": "mount"}.get(name, name) for name in without}


def _start(argv: list[str], script: bytes, cancel: Event | None) -> commands.Result:
    import mailtui

    env = {"PYTHONPATH": str(Path(mailtui.__file__).parent.parent)}
    if cancel is None:
        return commands.ask(argv, stdin=script, timeout=PATIENCE, env=env)
    return commands.act(argv, stdin=script, timeout=PATIENCE, env=env, cancel=cancel)


def _script(instance: Instance, made: standins.Prepared, files: Mapping[str, str], folder: str) -> Script:
    import grp
    import pwd

    values = instance.parameters
    owner = pwd.getpwnam(values.effective("mail_owner"))
    laid = {
        os.path.realpath(instance.main.path): os.path.join(folder, "main.cf"),
        os.path.realpath(instance.master.path): os.path.join(folder, "master.cf"),
    }
    return Script(
        config_dir=instance.config_dir,
        daemons=values.effective("daemon_directory"),
        queue=os.path.realpath(values.effective("queue_directory")),
        data=os.path.realpath(values.effective("data_directory")),
        owner=(owner.pw_uid, owner.pw_gid),
        drop=grp.getgrnam(values.effective("setgid_group")).gr_gid,
        files={**files, **laid},
        logs=_folders(["/var/log", os.path.dirname(values.effective("maillog_file"))]),
        spools=_folders(
            ["/var/mail", values.effective("mail_spool_directory"), values.effective("virtual_mailbox_base")]
        ),
        keep=_named_below_covered(instance),
        addresses=sorted(host_addresses()),
        doors=made.doors,
        recipients=recipients(instance),
        knock=made.knock,
        milters=[neutral.MILTER],
        policies=[neutral.POLICY],
        auths=[neutral.AUTH],
        outside=namespaces(),
    )


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders that there are, links followed, none within another of them."""
    real = sorted({os.path.realpath(path) for path in paths if path and os.path.isdir(path)})
    kept: list[str] = []
    for path in real:
        if path != "/" and not any(path.startswith(f"{above}/") for above in kept):
            kept.append(path)
    return kept


def _named_below_covered(instance: Instance) -> list[str]:
    """The folders below /run and /tmp that the configuration reads from: they are shown in the rehearsal."""
    covered = tuple(f"{os.path.realpath(path)}/" for paths in sandbox.COVERED.values() for path in paths)
    text = b""
    for target in (instance.main, instance.master):
        text += instance.files.raw(target.path)
    found = {instance.config_dir, os.path.realpath(instance.config_dir)}
    for name in instance.parameters.values.explicit:
        try:
            value = instance.parameters.expanded(name)
        except ParameterError:
            continue
        for word in value.replace(",", " ").replace("{", " ").replace("}", " ").split():
            path = word.rpartition(":")[2].lstrip("!")
            if path.startswith("/"):
                found.add(path if os.path.isdir(path) else os.path.dirname(path))
    writable = {
        instance.parameters.effective(name)
        for name in ("queue_directory", "data_directory", "mail_spool_directory")
    }
    return sorted(
        path
        for path in found - writable
        if f"{os.path.realpath(path)}/".startswith(covered) and os.path.isdir(path)
    )


def recipients(instance: Instance) -> list[str]:
    """A known and an unknown address in a domain of each class, and one elsewhere."""
    found: list[str] = []
    for _, parameter in CLASS_PARAMETERS:
        try:
            names = [item.text for item in class_list(instance, parameter).literals()]
        except ParameterError:
            continue
        domain = next((name for name in names if "." in name and not name.startswith((".", "["))), None)
        if domain is not None:
            found += [f"postmaster@{domain}", f"no-such-name@{domain}"]
    return [decode(each.encode("utf-8", "surrogateescape")) for each in [*found, OUTSIDER] if each.isascii()]
