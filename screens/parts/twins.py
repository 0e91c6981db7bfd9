"""Two lists that share a key of the line of screens: Tab goes to and fro between them."""

from __future__ import annotations

from typing import ClassVar, Generic

from textual.binding import Binding, BindingType

from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.laidlist import View


class TwinList(BackgroundList[View], Generic[View]):
    """A list with another beside it, the mode `OTHER`."""

    OTHER: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "other", "other list", key_display="Tab", id="list.other",
                tooltip="Parameters of main.cf, services of master.cf: the other list under this key."),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a field has the cursor its keys are shown, and Tab is none of them."""
        if action == "other":
            return not isinstance(self.focused, Field)
        return super().check_action(action, parameters)

    def action_other(self) -> None:
        self.app.switch_mode(self.OTHER)
