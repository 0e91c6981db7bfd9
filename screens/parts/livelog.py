"""The live log that all screens share: one reader in the background, its lines, and the strip's content.

log = LiveLog(find, strip, domains)        # on the app; find() → Source, domains() → those of local mail
log.start(); log.news.subscribe(…)         # told in the screens' thread, a few times a second at most
log.watch(["webmaster@falcot.com"])        # the strip shows these for five minutes, whatever floods
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial

from mailtui.maillog import feed as feed_module
from mailtui.maillog.feed import Feed
from mailtui.maillog.record import parse
from mailtui.maillog.source import Source
from mailtui.maillog.view import LogRow, row
from mailtui.postfix.domains import class_list
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.logrows import STYLES, line_at
from mailtui.screens.parts.session import Signal
from mailtui.screens.parts.strip import KEPT, SHOWN, StripLines
from mailtui.screens.parts.text import Spans
from mailtui.text.safe import encode

WATCH_SECONDS = 300.0
"""How long the strip follows the addresses of a write."""
SSH_SPACING = 0.25
"""Least seconds between two paints over SSH."""
NEWEST = 100
"""Lines of one batch that are looked at for the strip; of a flood only the newest."""
BACK = 1000
"""Lines before one that names a watched address in which the message's earlier lines are looked for."""
SAME_TIME = timedelta(seconds=1)
"""How much older than a write a line's time may look, because syslog counts whole seconds."""
IDS = 10_000
"""Messages that are followed at most."""

_CLIENT = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,3}|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){1,7}")
"""An IP address as access(5) has it as a key, or the beginning of one."""
_SHOWN = frozenset({"A", "S", "D", "B", "R", "?", "!"})
_QUEUE_ID = re.compile(rb"\]: ([0-9A-Za-z]{5,25}): ")


def local_domains(instance: Instance) -> list[str]:
    """The domains whose mail local(8) delivers, as far as mydestination names them itself."""
    try:
        return [item.text for item in class_list(instance, "mydestination").literals()]
    except InstanceError:  # any domain may then be one
        return []


def pattern(addresses: Iterable[str], domains: Iterable[str]) -> re.Pattern[bytes]:
    """What finds whole addresses in a log's text in lower case: `name@domain`, with extensions; `name` alone
    or in one of the local domains (in any where none is known); `@domain` with every name; the keys of access
    tables: a client's address or the beginning of one, a domain with those below it."""
    here = b"|".join(re.escape(encode(domain.lower())) for domain in domains) or rb"[^<>\s]*"
    found: list[bytes] = []
    for address in addresses:
        name, at, domain = address.lower().rpartition("@")
        if at:
            user = re.escape(encode(name)) + rb"(?:\+[^<>@\s]*)?" if name else rb"[^<>\s]*"
            found.append(b"<" + user + b"@" + re.escape(encode(domain)) + b">")
            continue
        key = re.escape(encode(domain))
        found.append(b"<" + key + rb"(?:\+[^<>@\s]*)?(?:@(?:" + here + b"))?>")
        if _CLIENT.fullmatch(domain):
            found.append(rb"\[" + key + rb"(?:[.:][0-9a-f.:]*)?\]")
        elif "." in domain:
            below = re.escape(encode(domain.lstrip(".")))
            found.append(rb"[@.]" + below + rb">|(?<![\w.-])(?:[\w-]+\.)*" + below + rb"\[")
    return re.compile(b"|".join(found))


class Watch:
    """Finds the lines that concern some addresses, and the messages that were sent to them."""

    def __init__(
        self, addresses: Iterable[str], domains: Iterable[str], since: int, began: datetime | None = None
    ) -> None:
        """`since`: the number of the first line that counts. `began`: where the log is only read from now on,
        the time before which a line is old."""
        self._pattern = pattern(addresses, domains)
        self._began = began
        self._since = since
        self._ids: set[bytes] = set()

    def lines(self, feed: Feed, start: int) -> list[int]:
        """The numbers of the lines from `start` on that concern them, and of earlier ones about messages
        that only turn out now to do so."""
        found: set[int] = set()
        fresh: set[bytes] = set()
        for first, raw in feed.blocks(start):
            low = raw.lower()
            if self._pattern.search(low):
                fresh |= self._named(low, first, found)
        if fresh:
            earlier = range(max(self._since, feed.lines.first, start - BACK), start)
            found.update(number for number in earlier if _queue_id(line_at(feed, number)) in fresh)
        if self._ids:
            for first, raw in feed.blocks(start):
                found.update(_with_ids(raw, first, self._ids))
        return sorted(number for number in found if self._began is None or not self._is_old(feed, number))

    def _is_old(self, feed: Feed, number: int) -> bool:
        time = parse(line_at(feed, number)).time
        return time is not None and self._began is not None and datetime.fromisoformat(time) < self._began

    def _named(self, low: bytes, first: int, found: set[int]) -> set[bytes]:
        """Put the lines that name an address into `found`; the messages that are new."""
        fresh: set[bytes] = set()
        for number, line in enumerate(low.split(b"\n"), first):
            if self._pattern.search(line):
                found.add(number)
                queue_id = _queue_id(line)
                if queue_id and queue_id not in self._ids and len(self._ids) < IDS:
                    self._ids.add(queue_id)
                    fresh.add(queue_id)
        return fresh


def _queue_id(line: bytes) -> bytes:
    """A line's queue id in lower case; empty where it has none."""
    found = _QUEUE_ID.search(line)
    queue_id = found[1].lower() if found else b""
    return b"" if queue_id in {b"noqueue", b"warning", b"fatal", b"error", b"panic", b"reject"} else queue_id


def _with_ids(raw: bytes, first: int, ids: set[bytes]) -> Iterator[int]:
    """The numbers of the lines of a block that are about these messages."""
    at = line = 0
    for found in _QUEUE_ID.finditer(raw):
        if found[1].lower() in ids:
            line += raw.count(b"\n", at, found.start())
            at = found.start()
            yield first + line


class LiveLog:
    """Starts when it is first needed; before that a console reads no log."""

    def __init__(
        self,
        find: Callable[[], Source],
        strip: StripLines,
        domains: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._find, self._strip, self._domains = find, strip, domains
        self.feed: Feed | None = None
        self.news: Signal[None] = Signal()
        self._seen = 0
        self._telling = threading.Lock()
        self._watch: Watch | None = None
        self._until: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = copy_context()

    def start(self) -> Feed:
        """Follow the log from now on; the same feed every time."""
        if self.feed is None:
            self._loop, self._context = asyncio.get_running_loop(), copy_context()
            spacing = SSH_SPACING if "SSH_CONNECTION" in os.environ else feed_module.SPACING
            self.feed = Feed(self._find, self._told, spacing=spacing)
            self.feed.start()
        return self.feed

    def stop(self) -> None:
        """End the reader."""
        if self._until is not None:
            self._until.cancel()
        if self.feed is not None:
            self.feed.stop()

    def watch(self, addresses: Iterable[str]) -> None:
        """Show only what concerns these addresses in the strip, for five minutes."""
        names = [address for address in addresses if address]
        feed = self.start()
        if not names or self._loop is None:
            return
        began = None if len(feed.lines) else datetime.now().astimezone() - SAME_TIME
        self._watch = Watch(names, self._domains(), len(feed.lines), began)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        self._strip.begin(f"mail of {', '.join(names[:3])}{more}", "no mail for it yet")
        if self._until is not None:
            self._until.cancel()
        self._until = self._loop.call_later(WATCH_SECONDS, self._unwatch)

    @property
    def watching(self) -> bool:
        """Whether the strip follows addresses now."""
        return self._watch is not None

    def _unwatch(self) -> None:
        self._watch = self._until = None
        self._title()
        self._strip.append([])

    def _title(self) -> None:
        if self.feed is not None and self._watch is None:
            self._strip.title = self.feed.source.title
            self._strip.empty = self.feed.trouble or "nothing was logged yet"

    def _told(self) -> None:
        """In the reader's thread: whatever takes time is done here."""
        feed, loop = self.feed, self._loop
        if feed is None or loop is None:
            return
        with self._telling:
            watch = self._watch
            made = self._gathered(feed, watch)
        try:
            loop.call_soon_threadsafe(partial(self._take, made, watch), context=self._context)
        except RuntimeError:
            return  # the console has ended, and nobody looks at the log any more

    def _gathered(self, feed: Feed, watch: Watch | None) -> list[Spans]:
        """What the strip shows of the lines that came since the last call: no more than it has room for."""
        start, end = self._seen, len(feed.lines)
        self._seen = end
        numbers: Sequence[int]
        if watch is not None:
            numbers, most = watch.lines(feed, start), KEPT
        else:
            numbers, most = range(max(start, feed.lines.first, end - NEWEST), end), SHOWN
        newest: list[Spans] = []
        for number in reversed(numbers):
            shown = row(parse(line_at(feed, number)), feed.sender)
            if shown.letter in _SHOWN:
                newest.append(strip_spans(shown))
                if len(newest) == most:
                    break
        return newest[::-1]

    def _take(self, made: list[Spans], watch: Watch | None) -> None:
        """In the screens' thread. What was gathered before a watch began does not count any more."""
        self._title()
        if watch is not self._watch:
            made = []
        if made or not self._strip.lines:
            self._strip.append(made)
        self.news.emit(None)


def strip_spans(shown: LogRow) -> Spans:
    """One line of the strip."""
    style = STYLES[shown.severity]
    return [
        (f"{shown.clock} ", "dim"),
        (f"{shown.letter} ", style),
        (f"{shown.what:<8}  ", style),
        (f"{shown.path or shown.peer}  ", ""),
        (shown.result, "dim"),
    ]
