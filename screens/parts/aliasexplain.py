"""`x` on an alias: its way, its ends, and then, as soon as they are found, who else ends there."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from mailtui.postfix.instance import Instance
from mailtui.postfix.resolution import Resolution
from mailtui.screens.parts.aliasdetail import way, who_else
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.dialogs import TextView

LOOKING = "Looking for other aliases that end there…"


class ExplainView(TextView):
    """Plain lines; the search in large tables goes on while they are read, and ends with the view."""

    def __init__(self, found: Resolution, after: Callable[[], Instance]) -> None:
        """`after`: the instance to search, asked for in a thread."""
        super().__init__(f"Where mail for {found.address} goes", [*way(found), "", LOOKING])
        self._found, self._after = found, after
        self._stop = Event()

    def on_mount(self) -> None:
        def failed(error: Exception) -> None:
            self._set(["", problem(error)])

        beside(self, "ends", lambda: who_else(self._after(), self._found, self._stop), self._set, failed)

    def on_unmount(self) -> None:
        self._stop.set()

    def _set(self, lines: list[str]) -> None:
        self._lines = [*way(self._found), *lines]
        shown = self.query_one(Lines)
        top = shown.top
        shown.set_lines([[(line, "")] for line in self._lines])
        shown.top = top
