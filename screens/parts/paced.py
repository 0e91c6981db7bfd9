"""Screens that paint only as fast as the terminal takes it.

class HelpScreen(PacedModal[None]): …        # instead of Textual's Screen and ModalScreen
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from textual.screen import ModalScreen, Screen

if TYPE_CHECKING:
    from mailtui.screens.parts.lifetime import LastingApp

Answer = TypeVar("Answer")


class Paced(Screen[Answer]):
    """What is to be painted stays marked while it cannot be: it is painted later, and once."""

    def _compositor_refresh(self) -> None:
        """Not while Textual holds updates back, as it does at start: it would render every line and throw it
        away. Nor while the terminal is still busy with the frame before."""
        app = cast("LastingApp", self.app)
        if app._batch_count or (self is app.screen and not app.may_paint()):  # noqa: SLF001  # no other word
            return
        super()._compositor_refresh()

    def paint_now(self) -> None:
        """Paint what is marked, what was marked since the last try included."""
        self._compositor.update_widgets(self._dirty_widgets)
        self._compositor_refresh()


class PacedModal(ModalScreen[Answer], Paced[Answer]):
    """A dialog or view over another screen."""
