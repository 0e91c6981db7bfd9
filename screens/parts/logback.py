"""Beyond what the log screen holds: older lines as one scrolls to them, and the problems among them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from mailtui.maillog.history import History
from mailtui.maillog.stamp import when
from mailtui.maillog.view import may_be_problem
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.logkeys import keys_of
from mailtui.screens.parts.loglist import LogList
from mailtui.screens.parts.logrows import is_problem, line_at, next_problem
from mailtui.screens.parts.logsearch import LogSearch
from mailtui.screens.parts.streaming import Stop, Streaming

FURTHEST = 256 << 20
"""Bytes of history that are read to get to one line, at most."""
NEAR = 200
"""Rows that are looked at for a problem before a thread takes over."""
SLOW = 0.3
"""Seconds after which it is said that something is looked for."""


class LogBack(LogSearch):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self._reading: Streaming[array[int]] = Streaming(self, "older")
        self._seeking: Streaming[int | None] = Streaming(self, "problem")
        self._ended: History | None = None

    def on_unmount(self) -> None:
        self._reading.cancel()
        self._seeking.cancel()

    def stop_work(self) -> bool:
        stopped = [self._reading.cancel(), self._seeking.cancel(), super().stop_work()]
        return any(stopped)

    @property
    def oldest(self) -> int:
        """The key of the oldest line that was read."""
        return self.older[0] if self.older else 0

    def unfilter(self) -> None:
        key = None if self.following else self.here
        super().unfilter()
        if key is not None and key < self.oldest:
            self._read_back(key, lambda: self._arrive(key))

    # Older lines

    def on_log_list_near_top(self, event: LogList.NearTop) -> None:
        event.stop()
        if self.asked is None and not self._reading.running and self._ended is not self.feed.history:
            self._read_back()

    def _read_back(self, to: int | None = None, then: Callable[[], None] | None = None) -> None:
        """Read older lines, one block or as far as a key."""
        history, before = self.feed.history, self.oldest

        def work(stop: Stop) -> Iterator[array[int]]:
            passed = 0
            for chunk in history.back(before, stop):
                yield keys_of(chunk.first, chunk.raw)
                passed += len(chunk.raw)
                if to is None or chunk.first <= to or passed > FURTHEST:
                    return

        def took(parts: list[array[int]], done: bool) -> None:
            for part in parts:
                self.older = part + self.older
            if parts and self.asked is None:
                self.grow()
            if done and before == self.oldest:
                self._ended = history
            if done:
                self.tell_trouble()
            if done and then is not None:
                then()

        self._reading.start(work, took, self.failed)

    def on_log_list_oldest(self, event: LogList.Oldest) -> None:
        event.stop()
        self.lines.move_to(0)
        line = line_at(self.feed, self.here) if self.here is not None else b""
        at = when(line, self.feed.now(self.here) if self.here is not None else None)
        since = f"Oldest read: {at:%d %b %Y %H:%M} · " if at is not None else ""
        self.say(since + self._what_lies_before())

    def _what_lies_before(self) -> str:
        history = self.feed.history
        if self.asked is not None:
            return "still looking further back" if self.searching else "no older line matches"
        if history.total is None:
            return "nothing lies before it" if self._ended is history else "k reads on in the journal"
        left = history.total + self.oldest
        if left <= 0 or self._ended is history:
            return "the log begins here"
        files = f": {history.titles[0]} …" if history.titles else ""
        return f"{size(left)} before it{files} · k reads on"

    # Problems

    def action_problem(self, step: int) -> None:
        """Go to the next row that tells of a problem; backwards also beyond what was read."""
        feed, rows, start = self.feed, self.rows.standing(), self.lines.cursor
        if not len(rows):
            return
        self._seeking.cancel()
        found, end = next_problem(feed, rows, start, step, most=NEAR)
        if found is not None:
            self._go_to(found)
            return
        beyond = step < 0 and self.asked is None
        first = rows[0]

        def work(stop: Stop) -> Iterator[int | None]:
            key, _end = next_problem(feed, rows, end - step, step, stop)
            if key is None and beyond:
                key = self._problem_before(first, stop)
            yield key

        self._seeking.start(work, self._sought, self.failed)
        self.set_timer(SLOW, self._say_looking)

    def _say_looking(self) -> None:
        if self._seeking.running:
            self.say("Looking for a problem…  Esc ends it")

    def _problem_before(self, key: int, stop: Stop) -> int | None:
        for chunk in self.feed.history.back(min(key, 0), stop):
            if may_be_problem(chunk.raw):
                for found, line in reversed(list(chunk.lines())):
                    if is_problem(line):
                        return found
        return None

    def _sought(self, parts: list[int | None], _done: bool) -> None:
        if not parts:
            return
        key = parts[-1]
        if key is None:
            among = " among these lines" if self.asked is not None else ""
            self.say(f"No further problem{among}")
        else:
            self._go_to(key)

    def _go_to(self, key: int) -> None:
        self.query_one(Footer).hush()
        self.following = False
        if self.asked is None and key < self.oldest:
            self._read_back(key, lambda: self._arrive(key))
        else:
            self._arrive(key)

    def _arrive(self, key: int) -> None:
        if not self.lines.move_to_key(key):
            self.say(f"That line lies more than {size(FURTHEST)} back: a filter with since: gets there")
        self.say_state()


def size(count: int) -> str:
    """Bytes in words."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count //= 1000
    return f"{count:.0f} GB"
