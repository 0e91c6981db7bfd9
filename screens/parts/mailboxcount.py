"""Sizes of mailboxes, counted in a thread while the list is used: what is on the screen first, then the rest.

    counting = Counting(self, self.counted, self.bad)     # `counted`: called now and then, and at its end
    counting.start(listing)                     # what was counted before is not counted again
    counting.size(row); counting.done, counting.total; counting.stop()

It ends with `stop`, and goes on where it ended with the next `start`. While nothing is counted nothing runs,
and while keys come in nothing is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING, Protocol, cast

from textual.timer import Timer
from textual.widget import Widget

from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailsize import REST, WORK, Cancelled, Job, Size, Sizer
from mailtui.screens.parts.beside import beside

if TYPE_CHECKING:
    from mailtui.screens.parts.keyorder import KeysInOrder

TOLD = 0.2
"""Seconds between two looks at what has been counted."""
QUIET = 0.06
"""Seconds after a key in which nothing is counted: it is worked off and painted in that time."""


class Countable(Protocol):
    """A list whose mailboxes can be counted."""

    def __len__(self) -> int: ...
    def jobs(self, indices: Sequence[int] | None = None) -> Iterator[Job]:
        """What is to be counted, each mailbox once; of these rows, or of all."""


class _GivesWay(Event):
    """Set when nobody waits any more. Whoever asks, now and then, waits here while keys are worked off."""

    def __init__(self, typed_at: Callable[[], float]) -> None:
        super().__init__()
        self._typed_at = typed_at

    def is_set(self) -> bool:
        while not super().is_set() and time.monotonic() - self._typed_at() < QUIET:
            time.sleep(QUIET / 4)
        return super().is_set()


class _Run:
    """One count of a list: what one thread does, and what the others may read of it."""

    def __init__(
        self, sizer: Sizer, listing: Countable, again: Callable[[str], bool] | None, cancel: Event
    ) -> None:
        self.listing, self.cancel = listing, cancel
        self.done, self.total, self.sum = 0, 0, Size()
        self.first: Sequence[int] = ()
        """Rows to be counted before the others: those on the screen. Set by the other thread."""
        self._sizer = sizer
        self._again = again
        self._seen: set[str] = set()

    def go(self) -> bool:
        """Count; whether it went to the end."""
        try:
            jobs = list(self._paced(self.listing.jobs()))
            self.total = len(jobs)
            for job in self._paced(jobs):
                self._count_first()
                self._count(job)
                size = self._sizer.get(job.path, job.format)
                if size is not None:
                    self.sum += size
                self.done += 1
        except Cancelled:
            return False
        return True

    def _count_first(self) -> None:
        while self.first:
            rows, self.first = self.first, ()
            for job in self.listing.jobs(rows):
                self._count(job)

    def _count(self, job: Job) -> None:
        if job.path in self._seen:
            return
        self._seen.add(job.path)
        known = self._sizer.get(job.path, job.format) is not None
        if not known or (self._again is not None and self._again(job.path)):
            self._sizer.count(job, self.cancel)

    def _paced(self, jobs: Iterator[Job] | Sequence[Job]) -> Iterator[Job]:
        """The jobs; now and then others get a turn, and it is seen whether anybody still waits."""
        due = time.monotonic() + WORK
        for job in jobs:
            if time.monotonic() >= due:
                time.sleep(REST)
                if self.cancel.is_set():
                    raise Cancelled
                due = time.monotonic() + WORK
            yield job


class Counting:
    """See the module's text. Only for the thread of the screens."""

    def __init__(
        self, widget: Widget, told: Callable[[], object], failed: Callable[[Exception], object]
    ) -> None:
        self._widget, self._told, self._failed = widget, told, failed
        self._sizer = Sizer()
        self._run: _Run | None = None
        self._timer: Timer | None = None
        self.finished = False
        """Whether the last count went to its end."""

    @property
    def running(self) -> bool:
        """Whether something is being counted."""
        return self._timer is not None

    @property
    def done(self) -> int:
        """Mailboxes counted so far."""
        return 0 if self._run is None else self._run.done

    @property
    def total(self) -> int:
        """Mailboxes to be counted in all; 0 before that is known."""
        return 0 if self._run is None else self._run.total

    @property
    def sum(self) -> Size:
        """What all of them hold, as far as they are counted."""
        return Size() if self._run is None else self._run.sum

    def size(self, row: MailboxRow) -> Size | None:
        """What a mailbox holds; None where it was not counted."""
        return self._sizer.get(row.path, row.format) if row.path else None

    def start(self, listing: Countable, again: Callable[[str], bool] | None = None) -> None:
        """Count what was not counted yet, and the mailboxes at the paths of which `again` says so."""
        self.stop()
        cancel = _GivesWay(lambda: cast("KeysInOrder", self._widget.app).typed_at)
        run = self._run = _Run(self._sizer, listing, again, cancel)
        self.finished = False
        self._timer = self._widget.set_interval(TOLD, self._told)

        def ended(finished: bool) -> None:
            if self._run is run:
                self.finished = finished
                self.stop()
                self._told()

        def failed(error: Exception) -> None:
            ended(finished=False)
            self._failed(error)

        beside(self._widget, "sizes", run.go, lambda finished: ended(finished=finished), failed)

    def first(self, rows: Sequence[int]) -> None:
        """Count these rows of the list before the others."""
        if self._run is not None:
            self._run.first = rows

    def stop(self) -> None:
        """Count no further; what was counted is kept."""
        if self._run is not None:
            self._run.cancel.set()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
