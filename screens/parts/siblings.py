"""Screens that share a key: Tab and Shift+Tab go round them.

    class AuthScreen(Sibling, BackgroundList[AccountRow]):
        MODE = "auth"

`aside` shows which of them one is in: `[Accounts] Services Client`.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.screens.parts.field import Field
from mailtui.screens.parts.frame import ConsoleScreen

FAMILIES = (
    (("milters", "Chain"), ("dkimkeys", "Keys"), ("filterfiles", "Files")),
    (("auth", "Accounts"), ("authservices", "Services"), ("authclient", "Client")),
)
"""Mode and word of each, in their order: those under `6`, and those under `7`."""


def _family(mode: str) -> tuple[tuple[str, str], ...]:
    return next(family for family in FAMILIES if mode in dict(family))


def tab_words(mode: str) -> str:
    """The words of a screen and its siblings, that of `mode` in brackets."""
    return " ".join(f"[{word}]" if tab == mode else word for tab, word in _family(mode))


class Sibling(ConsoleScreen):
    """See the module's text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "tab(1)", "next list", key_display="Tab", id="siblings.tab",
                tooltip="The next list under this key; Shift+Tab: the one before."),
        Binding("shift+tab", "tab(-1)", "list before", show=False),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a field has the cursor its keys are shown, and Tab is none of them."""
        if action == "tab":
            return not isinstance(self.focused, Field)
        return super().check_action(action, parameters)

    def action_tab(self, step: int) -> None:
        modes = [mode for mode, _ in _family(self.mode)]
        self.app.switch_mode(modes[(modes.index(self.mode) + step) % len(modes)])

    def aside(self) -> str:
        """What the bar says behind the number of rows."""
        return tab_words(self.mode)
