"""The live log that all screens share: one reader in the background, its lines, and the strip's content.

log = LiveLog(source, strip, sender=…)     # on the app
log.start(loop); log.news.subscribe(…)     # told in the screens' thread, a few times a second at most
log.watch(["webmaster@falcot.com"])        # the strip shows these for five minutes, whatever floods
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable

from mailtui.maillog import feed as feed_module
from mailtui.maillog.feed import Feed
from mailtui.maillog.record import parse
from mailtui.maillog.source import Source
from mailtui.maillog.view import LogRow, row
from mailtui.screens.parts.session import Signal
from mailtui.screens.parts.strip import StripLines
from mailtui.screens.parts.text import Spans

WATCH_SECONDS = 300.0
"""How long the strip follows the addresses of a write."""
SSH_SPACING = 0.25
"""Least seconds between two paints over SSH."""
NEWEST = 100
"""Lines of one batch that are looked at for the strip; of a flood only the newest."""
SEVERITIES = {"good": "good", "plain": "", "quiet": "dim", "warning": "warning", "error": "error"}
"""A row's severity as a style's name."""

_SHOWN = frozenset({"A", "S", "D", "B", "R", "?", "!"})


class LiveLog:
    """Starts when it is first needed; before that a console reads no log."""

    def __init__(self, find: Callable[[], Source], strip: StripLines) -> None:
        self._find = find
        self._strip = strip
        self.feed: Feed | None = None
        self.news: Signal[None] = Signal()
        self._seen = 0
        self._watched: tuple[bytes, ...] = ()
        self._watched_ids: set[bytes] = set()
        self._until = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> Feed:
        """Follow the log from now on; the same feed every time."""
        if self.feed is None:
            self._loop = asyncio.get_running_loop()
            spacing = SSH_SPACING if "SSH_CONNECTION" in os.environ else feed_module.SPACING
            self.feed = Feed(self._find(), self._told, spacing=spacing)
            self._strip.title = self.feed.source.title
            self.feed.start()
        return self.feed

    def stop(self) -> None:
        """End the reader."""
        if self.feed is not None:
            self.feed.stop()

    def watch(self, addresses: Iterable[str]) -> None:
        """Show only what concerns these addresses in the strip, for five minutes."""
        self._watched = tuple(
            address.encode("utf-8", "surrogateescape").lower() for address in addresses if address
        )
        self._watched_ids.clear()
        self._until = time.monotonic() + WATCH_SECONDS
        feed = self.start()
        self._seen = len(feed.lines)
        if self._watched:
            self._strip.title = (
                f"log of {', '.join(a.decode('utf-8', 'surrogateescape') for a in self._watched[:3])}"
            )

    @property
    def watching(self) -> bool:
        """Whether the strip follows addresses now."""
        if self._watched and time.monotonic() > self._until:
            self._watched = ()
            if self.feed is not None:
                self._strip.title = self.feed.source.title
        return bool(self._watched)

    def _told(self) -> None:
        """In the reader's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        feed = self.feed
        if feed is None:
            return
        self._fill_strip(feed)
        self.news.emit(None)

    def _fill_strip(self, feed: Feed) -> None:
        end = len(feed.lines)
        watching = self.watching
        start = max(self._seen, feed.lines.first, 0 if watching else end - NEWEST)
        self._seen = end
        made: list[Spans] = []
        for number in range(start, end):
            try:
                line = feed.lines.line(number)
            except IndexError:  # it fell away meanwhile
                continue
            if watching and not self._concerns(line):
                continue
            shown = row(parse(line), feed.sender)
            if shown.letter in _SHOWN:
                made.append(strip_spans(shown))
        if made:
            self._strip.append(made)

    def _concerns(self, line: bytes) -> bool:
        """Whether a line names a watched address, or a message that did."""
        low = line.lower()
        _head, _bracket, rest = line.partition(b"]: ")
        queue_id = rest.partition(b":")[0]
        if any(address in low for address in self._watched):
            if queue_id != b"NOQUEUE" and len(self._watched_ids) < 10_000:
                self._watched_ids.add(queue_id)
            return True
        return queue_id in self._watched_ids


def strip_spans(shown: LogRow) -> Spans:
    """One line of the strip."""
    style = SEVERITIES[shown.severity]
    return [
        (f"{shown.clock} ", "dim"),
        (f"{shown.letter} ", style),
        (f"{shown.what:<8} ", style),
        (f"{shown.path or shown.peer} ", ""),
        (shown.result, "dim"),
    ]
