"""What a running process uses, from /proc."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SIZE = re.compile(r"^(VmRSS|VmHWM):\s+(\d+) kB$", re.MULTILINE)


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU used by a process and its ended children, in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICK


def memory(pid: int) -> tuple[float, float]:
    """Resident memory in MB (of 1,000,000 bytes): now, and the most there ever was."""
    found = dict(_SIZE.findall(Path(f"/proc/{pid}/status").read_text()))
    return int(found["VmRSS"]) * 1024 / 1e6, int(found["VmHWM"]) * 1024 / 1e6


def resident(pid: int) -> float:
    """Resident memory in MB now, asked for at little cost."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def first_thread(pid: int) -> tuple[float, float]:
    """Milliseconds for which a process's first thread has run, and has waited for a processor."""
    ran, waited, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
    return int(ran) / 1e6, int(waited) / 1e6


def last_child(pid: int) -> int:
    """The process at the end of a chain of programs that started one another; itself where it started none."""
    while below := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(below[0])
    return pid


def forget_peak(pid: int) -> None:
    """Let the most there ever was begin anew; needs root, or the process's own user."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def pause_until_idle(pid: int, seconds: float = 20.0) -> None:
    """Wait until a process has used no CPU for half a second."""
    end = time.monotonic() + seconds
    before = -1.0
    while time.monotonic() < end and (now := cpu_seconds(pid)) > before:
        before = now
        time.sleep(0.5)
