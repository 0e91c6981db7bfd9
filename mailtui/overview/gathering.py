"""Has each line of the overview found out in a thread of its own, again and again while it is shown.

    gathering = Gathering(topics, tell)      # tell(line) comes in those threads, where a line has changed
    gathering.start(); gathering.show(False); gathering.again("queue"); gathering.stop()

Whatever hangs holds up nothing else: once its time is over its line says so, and its thread is waited for
before another one begins.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from mailtui.overview.line import Line, unknown
from mailtui.text.safe import safe

PAUSE = 20.0
"""How many times as long as it took it is left alone: finding out costs a twentieth of a core at most."""


class Topic(NamedTuple):
    """What a line is about. `look` finds it out: every `every` seconds, within `limit`; first after `first`
    seconds."""

    name: str
    look: Callable[[], Line]
    every: float = 15.0
    limit: float = 5.0
    first: float = 0.0


@dataclass(slots=True)
class _Work:
    topic: Topic
    due: float
    began: float | None = None
    late: bool = False
    wanted: bool = False
    told: Line | None = None


class Gathering(threading.Thread):
    """See the module's text. A daemon, as are its workers: leaving waits for none of them."""

    def __init__(self, topics: Iterable[Topic], tell: Callable[[Line], object]) -> None:
        super().__init__(name="overview", daemon=True)
        now = time.monotonic()
        self._works = {topic.name: _Work(topic, now + topic.first) for topic in topics}
        self._tell = tell
        self._changed = threading.Condition()
        self._shown, self._ended = True, False

    def show(self, shown: bool) -> None:
        """Whether anybody looks: else nothing is begun."""
        with self._changed:
            self._shown = shown
            self._changed.notify()

    def again(self, *names: str) -> None:
        """Find these out anew, now, as far as they are its own (all without a name)."""
        with self._changed:
            for name, work in self._works.items():
                if not names or name in names:
                    work.wanted = True
                    work.due = time.monotonic()
            self._changed.notify()

    def stop(self) -> None:
        """End it, without waiting for anything."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def run(self) -> None:
        while True:
            with self._changed:
                if self._ended:
                    return
                late, wait = self._step(time.monotonic())
                if not late:
                    self._changed.wait(wait)
            for line in late:
                self._tell(line)

    def _step(self, now: float) -> tuple[list[Line], float | None]:
        """Begin what is due; what has become late since, and how long there is nothing to do."""
        late, next_ = [], []
        for work in self._works.values():
            if work.began is None:
                if self._shown and work.due <= now:
                    self._begin(work, now)
                elif self._shown:
                    next_.append(work.due)
            if work.began is not None and not work.late:
                end = work.began + work.topic.limit
                if end <= now:
                    work.late = True
                    work.told = unknown(work.topic.name, f"no answer within {work.topic.limit:g} s")
                    late.append(work.told)
                else:
                    next_.append(end)
        return late, max(min(next_) - now, 0.001) if next_ else None

    def _begin(self, work: _Work, now: float) -> None:
        work.began, work.late, work.wanted = now, False, False
        threading.Thread(target=partial(self._look, work), name=work.topic.name, daemon=True).start()

    def _look(self, work: _Work) -> None:
        began = time.monotonic()
        try:
            line = work.topic.look()
        except Exception as error:  # noqa: BLE001  # whatever it was, the line says it
            line = unknown(work.topic.name, problem(error), "error")
        now = time.monotonic()
        with self._changed:
            fresh, work.told = line != work.told and not self._ended, line
            work.due = now if work.wanted else now + max(work.topic.every, PAUSE * (now - began))
            work.began = None
            self._changed.notify()
        if fresh:
            self._tell(line)


def problem(error: Exception) -> str:
    """What went wrong in one line; of what should never happen, that it is mailtui's own fault."""
    from mailtui.apply.database import JournalError
    from mailtui.apply.state import StateError
    from mailtui.commands import CommandError
    from mailtui.postfix.errors import InstanceError

    if isinstance(error, (InstanceError, OSError, CommandError, StateError, JournalError)):
        return safe(str(error))
    return f"mailtui failed here: {type(error).__name__}: {safe(str(error))}"
