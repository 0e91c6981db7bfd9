"""The lines of the overview, and how often each is found out. Imports nothing of what they need: each does
that itself, in its own thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mailtui.overview.gathering import Topic
from mailtui.overview.line import Downs, Line, said
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.maillog.feed import Feed
    from mailtui.overview.asking import Asking
    from mailtui.overview.flow import Pulse

NAMES = (
    "mail", "hour", "queue", "postfix", "milters", "policy", "names", "domains", "keys", "certificate",
    "staged", "written",
)  # fmt: skip
"""All lines in their order; `staged` is known without looking."""
_COUNTS = 1.5
"""Seconds for which a line about the log waits for the count of its last hour."""


def topics(
    instance: Instance, feed: Callable[[], Feed | None], again: Callable[[str], object] = lambda _: None
) -> list[Topic]:
    """`feed`: the log that is followed, None before that began. `again`: have a line found out anew."""
    log = _Log(feed)

    def seen(look: Callable[[Instance], Line]) -> Callable[[], Line]:
        """On a view of its own: the screens' one is read anew beside it."""
        return lambda: look(instance.over(instance.files))

    watched, named = _Watched(), _Domains(lambda: again("domains"))
    return [
        Topic("postfix", seen(watched.postfix), every=5),
        Topic("written", seen(_written), every=30, first=0.1),
        Topic("mail", seen(log.mail), every=5, first=0.2),
        Topic("hour", log.hour, every=5, first=0.2),
        Topic("queue", seen(_queue), every=15, limit=10, first=0.3),
        Topic("milters", seen(watched.milters), every=10, limit=8, first=0.4),
        Topic("certificate", seen(_certificates), every=600, limit=15, first=0.6),
        Topic("domains", seen(named.line), every=60, limit=15, first=0.7),
        Topic("keys", seen(_keys), every=60, limit=10, first=0.8),
        Topic("names", seen(watched.names), every=10, limit=6, first=0.9),
        Topic("policy", seen(watched.policies), every=120, limit=8, first=1.0),
    ]


class _Log:
    """What the log says."""

    def __init__(self, feed: Callable[[], Feed | None]) -> None:
        self._feed = feed
        self._pulse: Pulse | None = None

    def _counted(self) -> Feed | None:
        """The log, once its last hour is counted, which seldom takes long: nobody is told of half of it."""
        from mailtui.overview.flow import counting

        feed, end = self._feed(), time.monotonic() + _COUNTS
        while feed is not None and counting(feed) and time.monotonic() < end:
            time.sleep(0.02)
        return feed

    def mail(self, instance: Instance) -> Line:
        from mailtui.overview.flow import Pulse, mail

        feed = self._counted()
        self._pulse = self._pulse or Pulse()
        return mail(instance, feed, self._pulse) if feed is not None else _unread("mail")

    def hour(self) -> Line:
        from mailtui.overview.flow import hour

        feed = self._counted()
        return hour(feed) if feed is not None else _unread("hour")


def _unread(name: str) -> Line:
    return Line(name, (said("no log is read yet", "dim"),))


class _Watched:
    """What is remembered as down."""

    def __init__(self) -> None:
        self._downs = {name: Downs() for name in ("postfix", "milters", "names", "policy")}

    def postfix(self, instance: Instance) -> Line:
        from mailtui.overview.server import postfix

        return postfix(instance, self._downs["postfix"])

    def milters(self, instance: Instance) -> Line:
        from mailtui.overview.asked import milters

        return milters(instance, self._downs["milters"])

    def names(self, instance: Instance) -> Line:
        from mailtui.overview.asked import names

        return names(instance, self._downs["names"])

    def policies(self, instance: Instance) -> Line:
        from mailtui.overview.asked import policies

        return policies(instance, self._downs["policy"])


def _written(instance: Instance) -> Line:
    from mailtui.overview.changes import written

    return written(instance)


def _queue(instance: Instance) -> Line:
    from mailtui.overview.server import queue

    return queue(instance)


def _certificates(instance: Instance) -> Line:
    from mailtui.overview.dated import certificates

    return certificates(instance)


class _Domains:
    """What DNS says of the domains: told at once as far as it is known, and asked for once."""

    def __init__(self, done: Callable[[], object]) -> None:
        self._done = done
        self._asking: Asking | None = None

    def line(self, instance: Instance) -> Line:
        from mailtui.overview.asking import Asking
        from mailtui.overview.dated import domains

        asking = self._asking = self._asking or Asking(self._done)
        asking.begin(instance)
        found = domains(instance)
        return replace(found, more=(*found.more, asking.why)) if asking.why else found


def _keys(instance: Instance) -> Line:
    from mailtui.overview.dated import keys

    return keys(instance)
