"""Whether mail flows, by the log; and what the last hour brought."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING

from mailtui.overview.line import Curve, Item, Line, said, span, unknown
from mailtui.postfix.errors import InstanceError

if TYPE_CHECKING:
    from mailtui.maillog.chunks import Chunk
    from mailtui.maillog.feed import Feed
    from mailtui.postfix.instance import Instance

DELIVERED = b" status=sent"
FATAL = (b": fatal: ", b": panic: ")
_COMMAND = re.compile(rb"/(?:post(?:queue|super|conf|map|alias|drop|multi|fix-script)|sendmail)\[")
"""Commands, which log their own mistakes: no daemon has died."""
RECENT = 600.0
"""Seconds for which a daemon's death is told of."""
BACK = 64 << 20
"""Bytes of the log in which the last delivery is looked for at most."""


class Pulse:
    """When mail was delivered last, and when a daemon of Postfix died. One thread looks at a time."""

    def __init__(self) -> None:
        self.delivered: datetime | None = None
        self.died: datetime | None = None
        self.death = ""
        """What it said."""
        self._upto: int | None = None

    def look(self, feed: Feed) -> None:
        """Take in what came since the last look."""
        upto, self._upto = self._upto, len(feed.lines)
        size, delivered, died = 0, False, False
        for chunk in feed.back():
            if not delivered and (found := _last(chunk, DELIVERED)) is not None:
                self.delivered, delivered = found[0], True
            if not died:
                deaths = [each for mark in FATAL if (each := _last(chunk, mark)) is not None]
                if deaths:
                    self.died, self.death = max(deaths)
                    died = True
            size += len(chunk.raw)
            seen = upto is not None and chunk.first <= upto
            if seen or (delivered and size >= 1 << 20) or size > BACK:
                return


def _last(chunk: Chunk, mark: bytes) -> tuple[datetime, str] | None:
    """The time of the last line that says something, and what follows the program's name."""
    from mailtui.maillog.stamp import when
    from mailtui.text.safe import decode, safe

    at = chunk.raw.rfind(mark)
    while at >= 0:
        begin = chunk.raw.rfind(b"\n", 0, at) + 1
        line = chunk.raw[begin : begin + 2048].partition(b"\n")[0]
        moment = when(line[:64], chunk.now)
        head = line[: at - begin + 1]
        if moment is not None and b"postfix" in head and not _COMMAND.search(head):
            program, _, text = line.partition(b"]: ")
            name = program.rpartition(b" ")[2].partition(b"[")[0]
            return moment, safe(f"{decode(name)}: {decode(text)}", 300)
        at = chunk.raw.rfind(mark, 0, begin)
    return None


def mail(instance: Instance, feed: Feed, pulse: Pulse) -> Line:
    """Whether mail flows. What the last hour has counts more than what was long ago."""
    try:
        running = instance.running()
    except InstanceError as error:
        return unknown("mail", str(error), "error")
    pulse.look(feed)
    now = time.time()
    last = _ago(pulse, now)
    if not running:
        return Line("mail", (said("STOPPED", "error"), said("Postfix does not run"), *last), "error")
    if feed.trouble:
        return Line("mail", (said("not known", "warning"), said(feed.trouble)), "warning", (feed.trouble,))
    minutes = feed.rates.minutes()
    sent, put_off = sum(one.delivered for one in minutes), sum(one.deferred for one in minutes)
    if pulse.died is not None and now - pulse.died.timestamp() < RECENT:
        ago = span(now - pulse.died.timestamp())
        items = (said(f"a daemon died {ago} ago", "error"), said(pulse.death), *last)
        return Line("mail", items, "error", (pulse.death,))
    if put_off and not sent and not counting(feed):
        items = (said("STUCK", "warning"), said(f"{put_off} deferred and none delivered in an hour"), *last)
        return Line("mail", items, "warning")
    if not last:
        return Line("mail", (said("no delivery is in the log", "dim"),))
    return Line("mail", (said("flows", "good") if sent else said("quiet"), *last))


def _ago(pulse: Pulse, now: float) -> tuple[Item, ...]:
    if pulse.delivered is None:
        return ()
    return (said(f"last delivery {span(now - pulse.delivered.timestamp())} ago"),)


def counting(feed: Feed) -> bool:
    """Whether the hour before the feed is still being counted: none of its numbers means anything yet."""
    return feed.source.kind == "file" and feed.rates.counting


def hour(feed: Feed) -> Line:
    """Accepted, deferred and rejected mail of the last hour, minute by minute."""
    if feed.source.kind == "none" or (feed.trouble and not len(feed.lines)):
        return Line("hour", (said(feed.trouble or "no log is read yet", "dim"),))
    if counting(feed):
        return Line("hour", (said("being counted…", "dim"),))
    minutes = feed.rates.minutes()
    curves: tuple[Curve, ...] = (
        ("accepted", tuple(one.accepted for one in minutes), "good"),
        ("deferred", tuple(one.deferred for one in minutes), "warning"),
        ("rejected", tuple(one.rejected for one in minutes), "error"),
    )
    more: tuple[str, ...] = ()
    if feed.source.kind == "journal":
        more = ("Counted since this console began: what the journal had before is not.",)
    elif not feed.rates.complete:
        more = ("The hour is still being counted.",)
    return Line("hour", (), "", more, curves=curves)
