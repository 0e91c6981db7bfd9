"""The processes of a filter: which one reads a configuration file, and how it is told to read it again."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailtui.milters.programs import Program, option
from mailtui.text.safe import decode

_SYSTEMD_RUNS = "/run/systemd/system"  # sd_booted(3)
_UNIT = re.compile(r"/([^/\n]+)\.service$", re.MULTILINE)
_COMM = 15
"""Characters of a program's name that the kernel keeps."""
_INIT = "/etc/init.d"


@dataclass(frozen=True, slots=True)
class Running:
    """A filter at work. `config`: the file that it reads. `unit`: the systemd unit or init script that it
    belongs to, "" for one that was started by hand."""

    pid: int
    words: tuple[str, ...]
    config: str
    unit: str = ""
    systemd: bool = False

    def command(self, action: str) -> tuple[str, ...]:
        """What reloads or restarts it; empty where nothing but a signal to the process can."""
        if not self.unit:
            return ()
        return (
            ("systemctl", action, f"{self.unit}.service") if self.systemd else ("service", self.unit, action)
        )


Seen = Sequence[tuple[int, str, tuple[str, ...]]]
"""Processes of one moment: number, name as the kernel has it, command line."""


def processes() -> Seen:
    """All that there are, for several questions at once."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and (words := _words(int(entry))):
            comm = _raw(f"/proc/{entry}/comm").decode(errors="replace").rstrip("\n")
            if comm:
                found.append((int(entry), comm, words))
    return found


def running(program: Program, seen: Seen | None = None) -> list[Running]:
    """Its processes, without children of one another; those of another network (a container) are not ours."""
    mine = _link("self", "net")
    named = _named(program, processes() if seen is None else seen)
    found = {pid: words for pid, words in named if _link(str(pid), "net") == mine}
    first = [pid for pid in found if _parent(pid) not in found]
    return [_look(program, pid, found[pid]) for pid in sorted(first)]


def of_config(program: Program, path: str, seen: Seen | None = None) -> Running | None:
    """The process that reads this file."""
    wanted = os.path.realpath(path)
    return next((each for each in running(program, seen) if os.path.realpath(each.config) == wanted), None)


def alive(process: Running) -> bool:
    """Whether it is still there, the same program under the same number."""
    return os.path.exists(f"/proc/{process.pid}") and _words(process.pid) == process.words


def _named(program: Program, seen: Seen) -> list[tuple[int, tuple[str, ...]]]:
    found = []
    names = {name[:_COMM] for name in program.processes}
    for pid, comm, words in seen:
        if "-n" in words:  # it checks a file, and ends
            continue
        # postgrey writes its options over its name: one word with blanks, and no name for the kernel
        told = {word.partition(" --")[0].rpartition("/")[2] for word in words[:2]}
        if comm in names or not told.isdisjoint(program.processes):
            found.append((pid, words))
    return found


def _words(pid: int) -> tuple[str, ...]:
    return tuple(decode(word) for word in _raw(f"/proc/{pid}/cmdline").split(b"\0") if word)


def _raw(path: str) -> bytes:
    """A file of a process, empty if it has ended. They are many, and pathlib is slower than the kernel."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def _link(process: str, kind: str) -> str:
    try:
        return os.readlink(f"/proc/{process}/ns/{kind}")
    except OSError:
        return ""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _look(program: Program, pid: int, words: tuple[str, ...]) -> Running:
    config = option(words[1:], program.options) or program.file
    try:
        config = os.path.join(os.readlink(f"/proc/{pid}/cwd"), config)
    except OSError:
        config = os.path.join("/", config)
    unit, systemd = _unit(program, pid, config)
    return Running(pid, words, config, unit, systemd)


def _unit(program: Program, pid: int, config: str) -> tuple[str, bool]:
    """The unit of systemd, or the init script, that looks after a process."""
    if not program.unit:
        return "", False
    if os.path.isdir(_SYSTEMD_RUNS):
        try:
            group = Path(f"/proc/{pid}/cgroup").read_text(errors="replace")
        except OSError:
            return "", False
        names = [name for name in _UNIT.findall(group) if name.partition("@")[0] == program.unit]
        return (names[0], True) if names else ("", False)
    if config == program.file and os.path.exists(f"{_INIT}/{program.unit}") and _kept(program, pid):
        return program.unit, False
    return "", False


def _kept(program: Program, pid: int) -> bool:
    """Whether a process number that Debian's init script would find is this process's."""
    places = (
        f"/run/{program.unit}/{program.unit}.pid",
        f"/run/{program.unit}.pid",
        "/run/clamav/clamav-milter.pid",
    )
    for place in places:
        try:
            if int(Path(place).read_text()) == pid:
                return True
        except (OSError, ValueError):
            continue
    return False
