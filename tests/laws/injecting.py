"""strace(1) as a means to kill a program at its N-th call of a name, or to let that call fail."""

from __future__ import annotations

import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from tests.laws.place import PROGRAMS, Place, Said, places

CALLS = (
    "openat", "creat", "write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "fsync", "fdatasync", "utimensat", "fchmod",
    "fchmodat", "chmod", "fchown", "chown", "fchownat", "lchown", "ftruncate", "truncate", "setxattr",
    "fsetxattr", "removexattr", "fremovexattr", "sendfile", "copy_file_range", "flock", "fcntl", "execve",
    "vfork", "fork", "clone", "clone3",
)  # fmt: skip
"""What touches a file or starts a program; those that this machine does not have are passed over."""
MOST_FAILURES = 20
"""Of so many the rest of the trials tells nothing new."""
_STARTS = {"vfork", "fork", "clone", "clone3"}
_LINE = re.compile(r"^(?P<name>\w+)\((?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`-th call (from 1) of a name: by the command itself, or by each `program` of that key that it
    starts. Programs run side by side, so their order is no name for them; their arguments are."""

    call: str
    number: int
    program: str = ""
    text: str = ""
    """What it does, as strace wrote it."""

    def __str__(self) -> str:
        who = f"{self.program}: " if self.program else ""
        return f"{who}{self.call} {self.number}: {self.text[:160]}"


def _strace(trace: str, *options: str) -> list[str]:
    return ["strace", "-qq", "-y", "-o", trace, "-e", "signal=none", *options]


def _all() -> str:
    return "trace=" + ",".join(f"?{name}" for name in CALLS)


def _matters(name: str, rest: str, ours: str, program: str) -> bool:
    """Whether a call can change anything of ours: what only looks leaves all as the call before did. Of the
    programs that only look (postconf), the openings count."""
    if name in _STARTS:
        return True
    if name == "execve" or (ours not in rest and "/run/mailtui/" not in rest):
        return False
    if name == "openat":
        return "O_CREAT" in rest or program != ""
    return name != "fcntl" or "F_WRLCK" in rest


def _points(trace: str, ours: str, program: str = "") -> list[Point]:
    counts: Counter[str] = Counter()
    found = []
    with open(trace, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            match = _LINE.match(line)
            if match is None:
                continue
            counts[match["name"]] += 1
            if _matters(match["name"], match["rest"], ours, program):
                text = line.strip().replace(ours, "")
                found.append(Point(match["name"], counts[match["name"]], program, text))
    return found


def points(place: Place, change: str) -> list[Point]:
    """Every point of the command itself, and of the programs that it starts, while it writes the change."""
    place.reset()
    trace = str(place.root / "trace")
    traces = place.root / "traces"
    shutil.rmtree(traces, ignore_errors=True)
    _stand_ins(place, "", "-e", _all())
    done = place.start([*_strace(trace, "-e", _all()), *place.command(*place.apply(change))], programs=True)
    assert done.code == 0, done.err
    place.know(change)
    found = _points(trace, str(place.root))
    for each in sorted(traces.iterdir()):
        found += _points(str(each), str(place.root), each.name)
    return found


class Ground:
    """Some places of each type of table, and the points of each change in them; made when first needed."""

    THREADS = 2

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._places: dict[str, list[Place]] = {}
        self._points: dict[tuple[str, str], list[Point]] = {}

    def points(self, kind: str, change: str) -> list[Point]:
        """Every point of a change, where the virtual table is of that type."""
        if kind not in self._places:
            self._places[kind] = self._stack.enter_context(places(self.THREADS, kind))
        first, *others = self._places[kind]
        if (kind, change) not in self._points:
            self._points[kind, change] = points(first, change)
            for other in others:
                other.learn(first, change)
        return self._points[kind, change]

    def each(
        self, kind: str, chosen: Sequence[tuple[int, Point]], trial: Callable[[Place, int, Point], None]
    ) -> None:
        """Do the trials, each place by its own thread; what failed is raised together."""
        _each_in_threads(self._places[kind], chosen, trial)


def strike(place: Place, change: str, point: Point, how: str) -> Said:
    """Write the change; at the point, `how` (`signal=KILL`, `error=ENOSPC`) happens."""
    inject = ("-e", f"trace={point.call}", "-e", f"inject={point.call}:{how}:when={point.number}")
    command = place.command(*place.apply(change))
    if point.program:
        _stand_ins(place, point.program, *inject)
        return place.start(command, programs=True)
    return place.start([*_strace(str(place.root / "trace"), *inject), *command])


def _stand_ins(place: Place, which: str, *options: str) -> None:
    """Programs in place of the real ones: the one of that key ("": each) runs under strace."""
    (place.root / "traces").mkdir(exist_ok=True)
    traced = " ".join(_strace(f'{place.root}/traces/"$key"', *options))
    rules = (
        rf"s|{place.root}|R|g; s|\.mailtui-[0-9a-f]*|W|g; s|/proc/[0-9]*/fd/[0-9]*|W|g; s|[^A-Za-z0-9.:-]|_|g"
    )
    for name in PROGRAMS:
        (place.root / "real" / name).touch()
        real = f'{place.root}/real/{name} "$@"'
        script = place.root / "bin" / name
        script.write_text(
            f"#!/bin/sh\nkey=$(printf %s \"{name} $*\" | sed '{rules}')\n"
            f'if [ -z "{which}" ] || [ "{which}" = "$key" ]; then exec {traced} {real}; fi\nexec {real}\n'
        )
        script.chmod(0o755)


def _each_in_threads(
    made: Sequence[Place], jobs: Sequence[tuple[int, Point]], trial: Callable[[Place, int, Point], None]
) -> None:
    waiting: SimpleQueue[tuple[int, Point]] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    failed: list[BaseException] = []

    def work(place: Place) -> None:
        while len(failed) < MOST_FAILURES:
            try:
                index, point = waiting.get_nowait()
            except Empty:
                return
            try:
                place.reset()
                trial(place, index, point)
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread of the test
                error.add_note(f"at {point}")
                failed.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise BaseExceptionGroup(f"{len(failed)} of {len(jobs)} trials", failed)
