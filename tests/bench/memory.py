"""What one alias of a large table costs in memory, and how long the interpreter is held meanwhile.

python -m tests.bench.memory CONFIG_DIR TYPE KEY prints JSON: `viewing` and `peak` in MB, `held` in ms, the
longest delay of a thread that wakes every 5 ms while the change is laid over the table, as the console does.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import SetEntry
from mailtui.edits.entries import current as standing
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance

TICK = 0.005
TIMES = 20


def megabytes(name: str) -> float:
    """A figure of proc(5) of this process: VmRSS, or VmHWM for the highest since `clear_refs`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


class Ticks:
    """A thread that wakes every TICK seconds; `late` is the longest that it had to wait beyond, in ms."""

    def __init__(self) -> None:
        self.late = 0.0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            begun = time.perf_counter()
            time.sleep(TICK)
            self.late = max(self.late, (time.perf_counter() - begun - TICK) * 1000)


def main() -> None:
    config_dir, kind, key = sys.argv[1:4]
    instance = Instance.open(config_dir)
    target = Target("table", f"{config_dir}/virtual", kind)
    was = standing(entries(instance.files, target), key, ())
    edit = SetEntry(target, key, (f"user{time.time_ns()}@falcot.com",), was)
    viewing = megabytes("VmRSS")
    ticks = Ticks()
    for _ in range(TIMES):
        Candidate(instance.files, [edit])
    held = ticks.late
    Path("/proc/self/clear_refs").write_text("5")
    from mailtui.apply.transaction import apply

    outcome = apply(instance, [edit], who="bench", accept_not_yours=True)
    if outcome.state != "applied":
        raise RuntimeError(f"{outcome.state}: {outcome.error}")
    print(json.dumps({"viewing": viewing, "peak": megabytes("VmHWM"), "held": held}))


if __name__ == "__main__":
    main()
