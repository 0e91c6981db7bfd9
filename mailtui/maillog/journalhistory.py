"""What the journal holds from before a feed began: read backwards by cursor, and put away as it comes."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import NamedTuple

from mailtui import commands
from mailtui.maillog import journal
from mailtui.maillog.chunks import Chunk
from mailtui.maillog.history import History
from mailtui.maillog.lines import Spool
from mailtui.maillog.logfile import SLACK, LogFile
from mailtui.maillog.stamp import when

ENTRIES = 8000
"""Entries that one call of journalctl gives: about a megabyte of lines."""


class _Page(NamedTuple):
    """Lines, oldest first, and where they are put away; the first has the key `first`."""

    first: int
    size: int
    file: LogFile
    offset: int


class JournalHistory(History):
    """That of the journal. May be read by several threads."""

    def __init__(self, cursor: str, place: str = "") -> None:
        """`cursor`: of the first entry that the feed itself has."""
        self._cursor, self._place = cursor, place
        self._pages: list[_Page] = []
        self._spool = Spool()
        self._begun = 0
        self._ended = not cursor
        self._lock = threading.Lock()

    @property
    def total(self) -> int | None:
        return -self._begun if self._ended else None

    @property
    def opened(self) -> int:
        return self._begun

    def _page(self, index: int, cancel: threading.Event | None) -> _Page | None:
        if index < len(self._pages):
            return self._pages[index]
        with self._lock:
            while index >= len(self._pages) and not self._ended:
                if cancel is not None and cancel.is_set():
                    return None
                self._read()
        return self._pages[index] if index < len(self._pages) else None

    def _read(self) -> None:
        """One page more. The entry at the cursor is known already."""
        words = journal.argv(back_from=self._cursor, lines=ENTRIES + 1, place=self._place)
        found: list[journal.Entry] = []
        try:
            with closing(journal.entries(words)) as entries:
                found += entries
        except commands.CommandError as error:
            self.trouble = (*self.trouble, str(error))
            self._ended = True
            return
        if found and found[0].cursor == self._cursor:
            del found[0]
        if not found:
            self._ended = True
            return
        self._cursor = found[-1].cursor
        raw = b"".join(one.line for one in reversed(found))
        put = self._spool.put(raw)
        if put is None:
            self.trouble = (*self.trouble, self._spool.trouble)
            self._ended = True
            return
        self._begun -= len(raw)
        self._pages.append(_Page(self._begun, len(raw), *put))

    def _raw(self, page: _Page) -> bytes:
        return page.file.read(page.offset, page.size)

    def back(self, before: int = 0, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        index = 0
        while (page := self._page(index, cancel)) is not None:
            index += 1
            if page.first < before and not (cancel is not None and cancel.is_set()):
                yield Chunk(page.first, self._raw(page)[: before - page.first], _now(), "journal")

    def forward(
        self, start: int | None = None, stop: int = 0, cancel: threading.Event | None = None
    ) -> Iterator[Chunk]:
        count = 0
        while (page := self._page(count, cancel)) is not None:
            count += 1
            if start is not None and page.first <= start:
                break
        for page in reversed(self._pages[:count]):
            begin = max(0, (start or page.first) - page.first)
            raw = self._raw(page)[begin : max(0, stop - page.first)]
            if cancel is not None and cancel.is_set():
                return
            if raw:
                yield Chunk(page.first + begin, raw, _now(), "journal")

    def line(self, key: int) -> bytes:
        pages = self._pages
        place = bisect_left(pages, -key, key=lambda one: -one.first)
        if key >= 0 or place >= len(pages):
            raise LookupError(key)
        page = pages[place]
        begin = page.offset + key - page.first
        return page.file.line(begin, page.offset + page.size)

    def now(self, key: int) -> datetime:
        if not self._begun <= key < 0:
            raise LookupError(key)
        return _now()

    def key_at(self, moment: datetime, cancel: threading.Event | None = None) -> int:
        for chunk in self.back(cancel=cancel):
            first = when(chunk.raw[:64], chunk.now)
            if first is not None and first < moment - SLACK:
                return chunk.first
        return self._begun


def _now() -> datetime:
    """Its times carry their year."""
    return datetime.now().astimezone()
