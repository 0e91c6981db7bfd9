"""What the queue's views share: the last reading of the queue, and who handed its messages in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date

from mailtui.maillog.source import Source
from mailtui.postfix.mailqueue.groups import By
from mailtui.postfix.mailqueue.listing import Listing, read
from mailtui.postfix.mailqueue.origins import Origins
from mailtui.postfix.mailqueue.stuck import Lifetimes
from mailtui.postfix.mailqueue.usual import Usual, look_in, today_here
from mailtui.screens.parts.streaming import Stop

EVERY = 3.0
"""Seconds between two readings, at least."""
SHARE = 10
"""A reading that took long is followed by as many times its length without one."""
KEPT = 10_000
"""Messages that left the queue and are remembered, at least."""
NO_LOG = Source("none", why="no log is known for this instance")


class QueueStore:
    """One for the screen and for what opens over it. The screens' thread owns it; `read` and `search` run in
    others."""

    def __init__(
        self,
        config_dir: str,
        find_log: Callable[[], Source],
        find_lives: Callable[[], Lifetimes] = Lifetimes,
    ) -> None:
        self.config_dir = config_dir
        self._find_log, self._find_lives = find_log, find_lives
        self.lives = Lifetimes()
        """How long a message is tried, as main.cf had it when the queue was last read."""
        self.usual = Usual()
        """What each SASL user hands in on other days."""
        self._usual_of: date | None = None
        self.listing = Listing()
        """What is shown: the first reading while it grows, later only complete ones."""
        self.origins = Origins()
        self.trouble = ""
        """Why the queue could not be read last, in words."""
        self.no_origins = ""
        """Why SASL users and clients are not known, in words; empty where they are, or are looked for."""
        self.read_at = 0.0
        self.by: By | None = None
        """What the messages are grouped by; None: not at all."""

    def read(self, stop: Stop) -> Iterator[Listing]:
        """Read the queue, block by block."""
        for listing in read(self.config_dir):
            if listing.complete:  # the first rows wait for nothing else
                self.lives = self._find_lives()
            yield listing
            if stop.is_set():
                return

    def take(self, listing: Listing) -> bool:
        """Take a reading over, once it is complete, or as it grows where there was none before; whether it
        is another than is shown."""
        before = self.listing
        if not listing.complete:
            if before.complete:
                return False
            self.listing = listing
            return True
        self.read_at, self.trouble = time.time(), ""
        if (
            before is not listing
            and before.complete
            and (len(before), before.sum) == (len(listing), listing.sum)
        ):
            before.seconds = listing.seconds
            return False
        self.listing = listing
        return True

    def search(self, stop: Stop) -> Iterator[int]:
        """Look in the log for who handed the messages in; as many as became known."""
        log = self._find_log()
        if log.kind == "none" or log.why:
            self.no_origins = log.why
            return
        self.no_origins = ""
        if len(self.origins) > KEPT + 2 * len(self.listing):
            self.origins.keep(self.listing.ids)
        yield from self.origins.look_in(log, self.listing, stop)
        self.no_origins = "; ".join(self.origins.trouble)

    @property
    def knows_usual(self) -> bool:
        """Whether what is usual was counted today."""
        return self._usual_of == today_here()

    def count_usual(self, stop: Stop) -> Iterator[Usual]:
        """Count in the log what each SASL user usually hands in; once a day."""
        log, day = self._find_log(), today_here()
        found = Usual() if log.kind == "none" or log.why else look_in(log, stop, today=day)
        if not stop.is_set():
            self.usual, self._usual_of = found, day
            yield found

    def no_usual(self) -> None:
        """It cannot be counted: that is not tried again today."""
        self._usual_of = today_here()

    @property
    def pause(self) -> float:
        """Seconds until it is to be read again."""
        return max(EVERY, SHARE * self.listing.seconds)
