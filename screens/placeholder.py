"""A screen that is not built yet: says what it will hold."""

from __future__ import annotations

from textual.app import ComposeResult

from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.names import BY_MODE


class PlaceholderScreen(ConsoleScreen):
    """One sentence about a screen to come."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode

    @property
    def mode(self) -> str:
        return self._mode

    def body(self) -> ComposeResult:
        name = BY_MODE[self._mode]
        yield Lines(
            [
                [],
                [(f" {name.title}", "accent"), ("  comes with a later version.", "dim")],
                [],
                [(f" {name.holds}", "")],
            ],
            indent=1,
        )
