"""The lists under key 7: Accounts, then what else there is to AUTH. Tab and Shift+Tab go round.

    class AuthScreen(AuthTab, BackgroundList[AccountRow]):
        MODE = "auth"

`tab_words` shows which of them one is in: `[Accounts] Services Client`. A list joins by a line in TABS.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.screens.parts.field import Field
from mailtui.screens.parts.frame import ConsoleScreen

TABS = (("auth", "Accounts"), ("authservices", "Services"), ("authclient", "Client"))
"""Mode and word of each, in their order."""


def tab_words(mode: str) -> str:
    """The words of the tabs, that of `mode` in brackets."""
    return " ".join(f"[{word}]" if tab == mode else word for tab, word in TABS)


class AuthTab(ConsoleScreen):
    """See the module's text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "tab(1)", "next list", key_display="Tab", id="auth.tab",
                tooltip="The next list under this key; Shift+Tab: the one before."),
        Binding("shift+tab", "tab(-1)", "list before", show=False),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a field has the cursor its keys are shown, and Tab is none of them."""
        if action == "tab":
            return not isinstance(self.focused, Field)
        return super().check_action(action, parameters)

    def action_tab(self, step: int) -> None:
        modes = [mode for mode, _ in TABS]
        self.app.switch_mode(modes[(modes.index(self.mode) + step) % len(modes)])
