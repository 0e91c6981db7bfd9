"""Mail at a steady rate, sent from beside a demo's server until it is killed: the demo's own messages, by chance.

python -m tests.bench.soakmail DIRECTORY RATE SEED      (in the demo's namespaces: `Lab.inside`)

It says once a second how many there were so far.
"""

from __future__ import annotations

import random
import smtplib
import sys
import threading
import time
from pathlib import Path

from mailtui.demo import traffic
from mailtui.demo.place import Mode, Place, settle

THREADS = 8
"""Clients at once, as a server that is slow for one must not slow the others down."""


class Rate:
    """Hands out the moments at which a message is due; a server that was away for a while is not flooded then."""

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next + self._step, now - 1)
            pause = self._next - now
        time.sleep(max(0.0, pause))


def send_on(place: Place, rate: Rate, seed: int, sent: list[int]) -> None:
    """Send for ever; a server that is down or restarting is the admin's doing."""
    chance = random.Random(seed)
    messages = [*traffic.ACCEPTED * 3, *traffic.opening(place)]
    while True:
        rate.wait()
        try:
            traffic.send(place, chance.choice(messages))
            sent[0] += 1
        except (OSError, smtplib.SMTPException):
            time.sleep(0.2)


def main() -> None:
    directory, rate, seed = sys.argv[1:4]
    place, _ = settle(Path(directory), Mode.NAMESPACE)
    turns, sent = Rate(float(rate)), [0]
    for number in range(THREADS):
        arguments = (place, turns, int(seed) + number, sent)
        threading.Thread(target=send_on, args=arguments, daemon=True).start()
    while True:
        time.sleep(1)
        print(sent[0], flush=True)


if __name__ == "__main__":
    main()
