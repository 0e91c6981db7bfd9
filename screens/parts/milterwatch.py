"""Whether every milter answers, for the status line: looked at seldom, and not at all where there is none."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance

FIRST, EVERY, SOON = 4.0, 60.0, 10.0
"""Seconds until the first look; between two; and between two while a milter is down."""
_LISTS = ("smtpd_milters", "non_smtpd_milters")


class MilterWatch:
    """Call `words` as often as you like, from one thread: it never waits; each look has a thread."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._words = ""
        self._due = time.monotonic() + FIRST
        self._seen: object = None
        self._looking = False

    def words(self) -> str:
        """What to say: `opendkim DOWN`, `2 milters DOWN`; nothing while all answer."""
        now = time.monotonic()
        lists = self._lists()
        if lists != self._seen:
            if self._seen is not None:
                self._due = now
            self._seen = lists
        if not lists:
            self._words = ""
        elif now >= self._due and not self._looking:
            self._looking = True
            self._due = now + EVERY
            threading.Thread(target=self._look, name="milters", daemon=True).start()
        return self._words

    def _lists(self) -> object:
        """What names the milters now; nothing where none is named."""
        with suppress(InstanceError):
            values = self._instance.parameters.values
            main = tuple(values.explicit.get(name, "") for name in _LISTS)
            own = tuple(
                (each.name, each.options[name])
                for each in values.services for name in _LISTS if name in each.options
            )  # fmt: skip
            return (main, own) if any(main) or any(value for _, value in own) else None
        return None

    def _look(self) -> None:
        from mailtui.milters.look import look

        try:
            found = look(self._instance.over(self._instance.files))
        except (InstanceError, OSError):
            found = []  # the screen that is looked at tells why
        down = {
            each.row.address: each.facts.name
            for each in found
            if each.row.in_force and not each.is_up and not each.is_hidden
        }
        names = [address if name == "unknown" else name for address, name in down.items()]
        self._words = (
            (f"{names[0]} DOWN" if len(names) == 1 else f"{len(names)} milters DOWN") if names else ""
        )
        if names:
            self._due = time.monotonic() + SOON
        self._looking = False
