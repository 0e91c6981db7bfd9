"""A log that is followed in the background: its newest lines, what came before, and word when there is more.

feed = Feed(source, on_news)         # on_news() comes in the reader's thread, every `spacing` at most
feed.start(); …; feed.stop()

Lines are known by their keys, see `chunks`: from 0 on since the feed began, negative before that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from mailtui import commands
from mailtui.maillog import journal
from mailtui.maillog.chunks import Chunk
from mailtui.maillog.history import FileHistory, History
from mailtui.maillog.journalhistory import JournalHistory
from mailtui.maillog.lines import HELD, LogLines, Spool
from mailtui.maillog.logfile import LogFile
from mailtui.maillog.rates import Rates
from mailtui.maillog.senders import Nearby, Senders
from mailtui.maillog.source import Source
from mailtui.maillog.tail import INTERVAL, FileTail
from mailtui.text.safe import decode

SPACING = 0.1
"""Least seconds between two calls of `on_news`, however fast the log grows."""
LOOK_AGAIN = 5.0
"""Seconds between two searches for a log while there is none, and before a broken reader is started again."""


class Feed:
    """Follows one source. `lines` grows in the reader's thread; its readers see whole lines only."""

    def __init__(
        self,
        source: Source | Callable[[], Source],
        on_news: Callable[[], object],
        limit: int = HELD,
        spacing: float = SPACING,
    ) -> None:
        """A `source` that must be searched for is asked for in the reader's thread, and again while there is
        none."""
        self._find = source if callable(source) else lambda: source
        self.source = Source("none", why="looking for the log") if callable(source) else source
        self._spool = Spool()
        self.lines = LogLines(limit, self._spool)
        self.history = History()
        """What was logged before; empty until the log is found."""
        self.rates = Rates()
        """What happened to mail in each minute of the last hour."""
        self.trouble = "" if callable(source) else source.why
        """Why nothing comes, in words; empty while all is well."""
        self._on_news = on_news
        self._spacing = spacing
        self._senders = Senders()
        self._nearby = Nearby(self, lambda: self.history.opened, lambda: self._senders.since)
        self._counting: Iterator[None] = iter(())
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

    # Lines

    def line(self, key: int) -> bytes:
        """A line by its key, without its newline, wherever it stands now. Raises LookupError where it is gone
        or there is none."""
        return self.lines.line(key) if key >= 0 else self.history.line(key)

    def now(self, key: int) -> datetime:
        """The moment that no time in that line can lie after. Raises LookupError where there is none."""
        if key < 0:
            return self.history.now(key)
        place = self.lines.file_of(key)
        return datetime.now().astimezone() if place is None else place[0].now(place[1])

    def blocks(self, start: int | None = None, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """The lines from the key `start` (the oldest if None) up to `stop`, oldest first: blocks of whole
        lines, each with the key of its first."""
        stop = len(self.lines) if stop is None else stop
        if start is None or start < 0:
            for chunk in self.history.forward(start, min(stop, 0)):
                yield chunk.first, chunk.raw
        yield from self.lines.forward(start or 0, stop)

    def back(self, before: int | None = None, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        """The lines before the key `before` (all if None), newest first."""
        before = len(self.lines) if before is None else before
        for first, raw in self.lines.back(before):
            if cancel is not None and cancel.is_set():
                return
            yield Chunk(first, raw, self.now(first), self.source.title)
        yield from self.history.back(min(before, 0), cancel)

    def key_at(self, moment: datetime, cancel: threading.Event | None = None) -> int:
        """The key of the first line that was logged at `moment` or later, or of one shortly before."""
        found = self.lines.key_at(moment)
        return found if found > 0 else self.history.key_at(moment, cancel)

    def sender(self, queue_id: str, key: int | None = None) -> str | None:
        """The envelope sender of a message, empty for a bounce's. `key`: a line about it, near which is
        searched where its `from=` line did not come by; None where nobody said it."""
        asked = queue_id.encode("ascii", "ignore")
        found = self._senders.get(asked) if key is None or key >= 0 else None
        if found is None and key is not None:
            found = self._nearby.get(asked, key)
        return None if found is None else decode(found)

    def remembered(self, queue_id: bytes) -> bytes | None:
        """The same of a message whose sender came by lately, as it stands in the log; nothing is searched."""
        return self._senders.get(queue_id)

    @property
    def total(self) -> int | None:
        """Bytes of all lines, about; None where nobody knows."""
        older = self.history.total
        return None if older is None else older + self.lines.total

    # The reader's thread

    def _run(self) -> None:
        try:
            if not self._found():
                return
            if self.source.kind == "journal":
                self._follow_journal()
            else:
                self._follow_file()
        except (commands.CommandError, OSError) as error:
            self._say(str(error))

    def _failed(self, error: commands.CommandError | OSError) -> None:
        """Say what went wrong, and wait a little: the reader then goes on where it was."""
        words = str(error)
        if isinstance(error, OSError):
            words = f"{error.filename or self.source.title}: {(error.strerror or words).lower()}"
        self._say(f"{words}; it is read again in {LOOK_AGAIN:g} s")
        self._stop.wait(LOOK_AGAIN)

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

    def _began(self, file: LogFile, position: int) -> None:
        self.history = FileHistory(file, position)
        self._counting = self.rates.count_back(self.history, self._stop)

    def _follow_file(self) -> None:
        tail = FileTail(self.source.path, on_begin=self._began)
        pending = False
        try:
            while not self._stop.is_set():
                got = False
                try:
                    for block in tail.blocks():
                        self._add(block.raw, block.file, block.offset)
                        got = pending = True
                    idle = not got and not self._count()
                except OSError as error:
                    self._failed(error)
                    continue
                self._say(tail.trouble and (self.source.why or tail.trouble))
                if pending and time.monotonic() - self._told >= self._spacing:
                    self._tell()
                    pending = False
                if idle:
                    self._stop.wait(INTERVAL)
        finally:
            tail.close()

    def _count(self) -> bool:
        """Count a piece of the last hour; False where that is done."""
        return next(self._counting, self) is None

    def _follow_journal(self) -> None:
        """journalctl may end, when journald is updated for example: then go on behind the last entry."""
        place, cursor = self.source.path, ""

        def take(entry: journal.Entry) -> None:
            nonlocal cursor
            if not cursor:
                self.history = JournalHistory(entry.cursor, place)
            cursor = entry.cursor
            self._take(entry.line)

        while not self._stop.is_set():
            try:
                self._say("" if cursor else journal.readable(place))
                journal.follow(take, self._stop, place=place, after=cursor)
            except (commands.CommandError, OSError) as error:
                self._failed(error)
                continue
            if not self._stop.is_set():
                self._say("the journal's reader ended; it is started again")
                self._stop.wait(LOOK_AGAIN)

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

    def _add(self, block: bytes, file: LogFile | None = None, offset: int = 0) -> None:
        self._senders.add(block, len(self.lines))
        self.rates.add(block, datetime.now().astimezone() if file is None else file.modified)
        self.lines.append(block, file, offset)
