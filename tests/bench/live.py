"""A change of main.cf on a running server, from the call to live: written, reloaded, verified.

Runs beside the server of a Lab: python -m tests.bench.live RUNS prints the times (ms) as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

from mailtui.apply.transaction import apply
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance

NAME = "header_size_limit"
PAUSE = 0.2
"""Seconds between two changes: the server's old processes end."""


def once(config_dir: str, value: int) -> float:
    instance = Instance.open(config_dir)
    target = Target("main.cf", f"{config_dir}/main.cf")
    edit = SetParameter(target, NAME, str(value), instance.parameters.get(NAME))
    begun = time.perf_counter()
    outcome = apply(instance, [edit], who="bench", accept_not_yours=True, no_rehearsal=True)
    taken = (time.perf_counter() - begun) * 1000
    if outcome.state != "applied":
        raise RuntimeError(f"{outcome.state}: {outcome.error}")
    time.sleep(PAUSE)
    return taken


if __name__ == "__main__":
    base = int(time.time()) % 10**8 * 10  # a number that Postfix can hold
    print(
        json.dumps(
            [once(os.environ["MAILTUI_CONFIG_DIR"], base + n) for n in range(int(sys.argv[1]) + 1)][1:]
        )
    )
