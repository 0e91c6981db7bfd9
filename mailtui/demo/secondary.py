"""Falcot's second name server, which takes a change over some time after the first, as secondaries do."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import Self

from mailtui.demo.nameserver import Nameserver

LAG = 15.0
"""Seconds from a change of the names until the second server knows it."""
LOOK = 1.0
"""Seconds between two looks at them."""


class Secondary:
    """A name server on `address` for the names in `first`, as they were `lag` seconds ago."""

    def __init__(self, first: Path, address: str, lag: float = LAG, port: int = 53) -> None:
        self.first = first
        self.own = first.with_name(f"{first.name}.second")
        self.lag = lag
        self.server = Nameserver(self.own, address, port)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="secondary", daemon=True)

    def start(self) -> None:
        """Take the names over and serve them. Raises OSError and ZoneError as the name server does."""
        self.take_over()
        self.server.start()
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self.server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _follow(self) -> None:
        while not self._ending.wait(min(LOOK, self.lag)):
            changed = self.first.stat().st_mtime
            if changed > self.own.stat().st_mtime and time.time() - changed >= self.lag:
                self.take_over()

    def take_over(self) -> None:
        """Know what the first server knows now; the names are copied with their time, in one step."""
        new = self.own.with_suffix(".new")
        shutil.copy2(self.first, new)
        os.replace(new, self.own)
