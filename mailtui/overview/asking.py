"""Has DNS asked, beside the overview, about domains of which it said nothing for a day: once a console, of a
few, and so late that whoever only passes by asks nothing. What it says is kept as that of the Domains screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailtui.overview.dated import stale
from mailtui.postfix.instance import Instance

DELAY = 10.0
"""Seconds until it begins."""
MOST = 20
"""Domains that are asked about; of more `t` in Domains has them all asked."""


class Asking:
    """`done` is called in its thread once the answers are kept."""

    def __init__(self, done: Callable[[], object]) -> None:
        self._done = done
        self._timer: threading.Timer | None = None
        self.why = ""
        """Why nothing could be asked or kept."""

    def begin(self, instance: Instance) -> None:
        """Ask about this instance's domains, unless that was begun already."""
        if self._timer is None:
            self._timer = threading.Timer(DELAY, self._ask, (instance,))
            self._timer.daemon = True
            self._timer.start()

    def _ask(self, instance: Instance) -> None:
        from mailtui.overview.gathering import problem

        try:
            self.why = ask(instance)
        except Exception as error:  # noqa: BLE001  # whatever it was, the line says it
            self.why = problem(error)
        self._done()


def ask(instance: Instance) -> str:
    """Ask about the domains that want it, at most MOST of them, and keep the answers. Returns why they could
    not be kept, else nothing. Raises InstanceError, OSError."""
    from mailtui.apply.domaindns import asked_names, facts, keep
    from mailtui.dns.world import look_at_many

    wanted = stale(instance)[:MOST]
    if not wanted:
        return ""
    return keep(instance, look_at_many(wanted, facts(instance, wanted), asked_names()))
