"""The running Postfix during a change: told what it must be told, and looked at before and after."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mailtui import commands
from mailtui.apply import act, plan, verify
from mailtui.apply.act import Done
from mailtui.apply.compile import Built
from mailtui.apply.goinglive import leaving
from mailtui.apply.look import Look
from mailtui.apply.report import Doing, Failed, Reporter
from mailtui.apply.touched import touched_keys, touched_parameters
from mailtui.apply.verify import Health
from mailtui.edits.candidate import FileChange
from mailtui.formats.aliases import Aliases
from mailtui.formats.document import parse
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.private import copied
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.apply.filteract import Filters

MOST_KEYS = 2000
"""Keys of one table that are looked up again after the write."""
SAMPLE = 200
"""Keys of a table that takes the place of another which are asked of both."""
MOST_ALARMS = 3
"""Lines of the log that are told with a failure though they name nothing of the change."""
EARLIER = 1 << 20
"""Bytes of log before the change in which the same alarm makes it an old one."""
_LOGS = ("/var/log/mail.log", "/var/log/maillog")
_BAD = (b": fatal: ", b": panic: ")


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a log had come."""

    path: str
    inode: int
    size: int
    earlier: bytes


class Acting:
    """What one change does to the running Postfix. Call `look` before anything is written."""

    def __init__(self, instance: Instance, found: Look) -> None:
        self._instance, self._found = instance, found
        self._before = Health(None)
        self._looked: Future[Health] = Future()
        self._expected: list[tuple[Target, dict[bytes, bytes | None]]] = []
        self._log: _Place | None = None
        self._acted = False
        self._filters: Filters | None = None
        self.alarms: list[str] = []
        """Alarms in the log since the change that name nothing of it: told, no reason to take it back."""

    @property
    def needed(self) -> bool:
        """Whether Postfix must be told."""
        return bool(self._found.plan.act)

    @property
    def acts(self) -> bool:
        """Whether anybody must be told: Postfix, or a program beside it."""
        return self.needed or any(each.action for each in self._found.plan.beside)

    def begin(self) -> None:
        """Look how Postfix is while the change is checked: a greeting may take as long as that."""
        pool = ThreadPoolExecutor(max_workers=1)
        self._looked = pool.submit(self._health)
        pool.shutdown(wait=False)

    def _health(self) -> Health:
        if self.needed:
            return verify.health(self._instance, verify.endpoints(self._instance.config_dir))
        return verify.health(self._instance, []) if self._found.running else Health(None)

    def look(self, built: Sequence[Sequence[Built]]) -> None:
        """Remember how Postfix was since `begin`, and what the new tables answer. Raises CommandError."""
        self._before = self._looked.result()
        if any(each.action for each in self._found.plan.beside):
            from mailtui.apply.filteract import Filters

            self._filters = Filters(self._found.plan.beside)
        if self.acts:
            self._log = _log_place(self._instance.log_file)
        for change, tables in zip(self._found.changes, built, strict=True):
            keys = sorted(key for key in touched_keys(change) if b"\n" not in key)[:MOST_KEYS]
            for each in tables:
                if not each.compiled or each.files or not self._found.shown(change):
                    continue
                old = leaving(change, each.target)
                if old is not None:
                    self._expected.append((each.target, self._as_before(change, each, old)))
                elif keys:
                    self._expected.append((each.target, _answers(self._instance.config_dir, each, keys)))

    def _as_before(self, change: FileChange, built: Built, old: Target) -> dict[bytes, bytes | None]:
        """What a table answers that takes the place of another; where that one answers otherwise, it is told:
        its text was written since. Raises CommandError."""
        keys = _some_keys(change)
        now = _answers(self._instance.config_dir, built, keys)
        was = verify.answers(self._instance.config_dir, old, old.spec, keys)
        if isinstance(was, str):  # its type is gone: nobody could ask it before either
            return now
        other = [safe(decode(key)) for key in keys if was[key] != now[key]]
        if other:
            self.alarms.append(
                f"{safe(built.target.spec)} answers otherwise than {safe(old.spec)} did, for {other[0]}"
                + (f" and {len(other) - 1} more" if other[1:] else "")
            )
        return now

    def stop_first(self, reporter: Reporter) -> None:
        """Stop Postfix, where it could not be found any more under the new values."""
        if self._found.plan.stop_first:
            self._acted = True
            with reporter.step("stop", "Postfix") as doing:
                _require(act.stop(self._found.control), doing)

    def act(self, reporter: Reporter) -> None:
        """Reload or restart, as planned. Raises Failed."""
        planned, control = self._found.plan, self._found.control
        self._acted = self.needed
        if planned.act == "reload":
            with reporter.step("reload", control.words("reload")) as doing:
                self._require_as_before(act.reload(control), doing)
        elif planned.act == "restart":
            with reporter.step("restart", control.words("restart")) as doing:
                if planned.stop_first:
                    _require(act.start(control), doing)
                else:
                    self._require_as_before(act.restart(control), doing)
        if self._filters is not None:
            self._filters.act(reporter)

    def _require_as_before(self, done: Done, doing: Doing) -> None:
        """A command must succeed, unless the configuration before the change let none succeed either: that
        is no reason to take the change back. Raises Failed."""
        if done.ok or not self._failed_before():
            _require(done, doing)
            return
        doing.failed = True
        doing.words.append(done.words)
        self.alarms.append(f"as before this change, {safe(done.command)} fails: {safe(done.words)}")

    def _failed_before(self) -> bool:
        """Whether postfix(1) refuses to work, and refused it for the same reason with the files of before."""
        present = self._instance.main.path, self._instance.master.path
        before = {change.target.path: change.before for change in self._found.changes}
        main, master = (before[path] if path in before else _raw(path) for path in present)
        with copied(main, master) as folder:
            was = _fatal(folder).replace(folder, self._instance.config_dir)
        return bool(was) and was == _fatal(self._instance.config_dir)

    def verify(self, reporter: Reporter) -> None:
        """Raises Failed where Postfix is worse than before, or does not say what was written."""
        with reporter.step("verify"):
            worse = verify.unlike(self._instance, self._before, restarted=self._found.plan.restarts)
            for target, expected in self._expected:
                worse += verify.lookups(self._instance.config_dir, target, expected)
            worse += self._new_alarms()
            if self._filters is not None and self._log is not None:
                place = self._log
                worse += self._filters.complaints(lambda: _log_since(place))
            if worse:  # what else was logged since says why a port fell silent
                raise Failed("; ".join(safe(each) for each in [*worse, *self.alarms[:MOST_ALARMS]]))

    def _new_alarms(self) -> list[str]:
        """The alarms that name something of ours; the others are kept to be told."""
        if self._log is None:
            return []
        new = _log_since(self._log)
        changes = self._found.changes
        names = {change.target.path for change in changes} | touched_parameters(changes)
        ours = verify.alarms(new, names, self._log.earlier)
        bad = [line for line in new.splitlines() if any(word in line for word in _BAD)]
        self.alarms += [f"in the log: {safe(line)}" for line in bad if safe(line) not in map(safe, ours)]
        return ours

    def take_back(self, reporter: Reporter) -> list[str]:
        """After the files are as they were: the same commands again. What is still worse, in words."""
        beside = self._filters.take_back(reporter) if self._filters is not None else []
        return [*(self._take_back(reporter) if self._acted else []), *beside]

    def _take_back(self, reporter: Reporter) -> list[str]:
        control, restarts = self._found.control, self._found.plan.restarts
        alive = act.running(self._instance)
        action: act.Action = "restart" if alive and restarts else "reload" if alive else "start"
        if action == "start" and control.manager == "systemd":
            action = "restart"  # the unit may count as active although master is gone
        try:
            step: plan.Action = "reload" if action == "reload" else "restart"
            with reporter.step(step, f"{control.words(action)}, again") as doing:
                _require(act.run(control, action), doing)
        except Failed as failure:
            return [failure.words]
        worse = verify.unlike(self._instance, self._before, restarted=action != "reload")
        if worse and action == "reload":  # master throttles for a minute what died; only a restart ends that
            with contextlib.suppress(Failed), reporter.step("restart", control.words("restart")) as doing:
                _require(act.restart(control), doing)
            worse = verify.unlike(self._instance, self._before, restarted=True)
        return worse


def _raw(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return b""


def _fatal(config_dir: str) -> str:
    """Why postfix(1) would do nothing at all in this directory; "" where it would."""
    done = commands.act(("postfix", "-c", config_dir, "status"), terminal=True)
    return "\n".join(line for line in done.words.splitlines() if line.startswith("postfix: fatal: "))


def _require(done: act.Done, doing: Doing) -> None:
    if not done.ok:
        raise Failed(f"{done.command}: {done.words}")
    if done.words:
        doing.words.append(done.words)


def _some_keys(change: FileChange) -> list[bytes]:
    """Keys of a table's text, from its beginning to its end, as its compiler folds them."""
    document = parse(change.target.format, change.after)
    if not isinstance(document, Table | Aliases):
        return []
    step = max(1, len(document) // SAMPLE)
    entries = (document.entry(at) for at in range(0, len(document), step))
    return [Table.fold(entry.key) for entry in entries if entry.enabled and b"\n" not in entry.key]


def _answers(config_dir: str, built: Built, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """What the new table, still in the work folder, answers. Raises CommandError and Failed."""
    spec = f"{built.target.type}:{built.work.inside}/{built.source}"
    found = verify.answers(config_dir, built.target, spec, keys)
    if isinstance(found, str):
        raise Failed(f"{built.target.spec} cannot be queried: {found}")
    return found


def _log_place(named: str | None) -> _Place | None:
    """Where the log of the instance ends now; None where it is not a file that we may read."""
    for path in [named] if named else _LOGS:
        try:
            with Path(path).open("rb") as stream:
                status = Path(path).stat()
                stream.seek(max(0, status.st_size - EARLIER))
                return _Place(path, status.st_ino, status.st_size, stream.read(EARLIER))
        except OSError:
            continue
    return None


def _log_since(place: _Place) -> bytes:
    """What was logged since; after a rotation, all that the new file holds."""
    try:
        with Path(place.path).open("rb") as stream:
            status = Path(place.path).stat()
            if status.st_ino == place.inode and status.st_size >= place.size:
                stream.seek(place.size)
            return stream.read(EARLIER)
    except OSError:
        return b""
