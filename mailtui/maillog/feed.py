"""A log that is followed in the background: its newest lines, and word when there are more.

feed = Feed(source, on_news)         # on_news() comes in the reader's thread, every `spacing` at most
feed.start(); …; feed.stop()
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from mailtui import commands
from mailtui.maillog import journal
from mailtui.maillog.lines import LogLines
from mailtui.maillog.source import Source
from mailtui.maillog.tail import INTERVAL, FileTail

SPACING = 0.1
"""Least seconds between two calls of `on_news`, however fast the log grows."""
SENDERS_KEPT = 50_000
LOOK_AGAIN = 5.0
"""Seconds between two searches for a log while there is none."""

_SENDER = re.compile(rb": ([0-9A-Za-z]{5,25}): from=<([^>\n]*)>, size=")


class Feed:
    """Follows one source. `lines` grows in the reader's thread; its readers see whole lines only."""

    def __init__(
        self,
        source: Source | Callable[[], Source],
        on_news: Callable[[], object],
        limit: int = 32 << 20,
        spacing: float = SPACING,
    ) -> None:
        """A `source` that must be searched for is asked for in the reader's thread, and again while there is
        none."""
        self._find = source if callable(source) else lambda: source
        self.source = Source("none", why="looking for the log") if callable(source) else source
        self.lines = LogLines(limit)
        self.trouble = "" if callable(source) else source.why
        """Why nothing comes, in words; empty while all is well."""
        self._on_news = on_news
        self._spacing = spacing
        self._senders: OrderedDict[bytes, bytes] = OrderedDict()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._told = 0.0
        self._later: threading.Timer | None = None

    def start(self) -> None:
        """Begin to follow; does nothing where it has begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it; the thread is gone when this returns, or ends within a second."""
        self._stop.set()
        if self._later is not None:
            self._later.cancel()
        if self._thread is not None:
            self._thread.join(1.0)

    def sender(self, queue_id: str) -> str | None:
        """The envelope sender of a message, where its `from=` line came by."""
        found = self._senders.get(queue_id.encode("ascii", "ignore"))
        return None if found is None else found.decode("utf-8", "surrogateescape")

    def _run(self) -> None:
        try:
            if not self._found():
                return
            if self.source.kind == "journal":
                self._say("")
                journal.follow(self._take, self._stop)
                if not self._stop.is_set():
                    self._say("the journal's reader ended")
            else:
                self._follow_file()
        except (commands.CommandError, OSError) as error:
            self._say(str(error))

    def _found(self) -> bool:
        """Wait until there is a log; False where this feed is stopped before."""
        while not self._stop.is_set():
            self.source = self._find()
            if self.source.kind != "none":
                return True
            self._say(self.source.why)
            self._stop.wait(LOOK_AGAIN)
        return False

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._on_news()

    def _follow_file(self) -> None:
        tail = FileTail(self.source.path)
        pending = False
        try:
            while not self._stop.is_set():
                block = tail.poll()
                if block:
                    self._add(block)
                    pending = True
                self._say(tail.trouble and (self.source.why or tail.trouble))
                if pending and time.monotonic() - self._told >= self._spacing:
                    self._tell()
                    pending = False
                if not block:
                    self._stop.wait(INTERVAL)
        finally:
            tail.close()

    def _take(self, line: bytes) -> None:
        """A line of the journal. The last one of a burst is told of too, a moment later."""
        self._add(line)
        wait = self._told + self._spacing - time.monotonic()
        if wait <= 0:
            self._tell()
        elif self._later is None or not self._later.is_alive():
            self._later = threading.Timer(wait, self._tell)
            self._later.daemon = True
            self._later.start()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self._on_news()

    def _add(self, block: bytes) -> None:
        for queue_id, sender in _SENDER.findall(block):
            self._senders[queue_id] = sender
            self._senders.move_to_end(queue_id)
        while len(self._senders) > SENDERS_KEPT:
            self._senders.popitem(last=False)
        self.lines.append(block)
