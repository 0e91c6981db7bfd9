"""The line of screens: their keys and names, the current one in brackets; shorter where room is short.

yield Tabs("aliases")
"""

from __future__ import annotations

from textual import events

from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.names import BY_MODE, SCREENS, tab_line
from mailtui.screens.parts.text import Span, plain_in_use


class Tabs(Bar):
    """` 1Overview 2Domains[3Aliases]4Mailbox …`; a click goes to a screen."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        if plain_in_use():
            here = BY_MODE[self._mode]
            return [(f" {here.key} {here.title}", "bold")], []
        line = tab_line(self._mode, width)
        start, end = line.find("["), line.find("]") + 1
        if start < 0:
            return [(line, "dim")], []
        return [(line[:start], "dim"), (line[start:end], "accent"), (line[end:], "dim")], []

    async def on_click(self, event: events.Click) -> None:
        line = tab_line(self._mode, self.size.width)
        keys = [sign for sign in line[: event.x + 1] if sign.isdigit()]
        if keys:
            mode = next(name.mode for name in SCREENS if name.key == keys[-1])
            await self.app.run_action(f"show('{mode}')")
