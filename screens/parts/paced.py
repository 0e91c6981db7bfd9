"""Screens that paint only as fast as the terminal takes it.

class HelpScreen(PacedModal[None]): …        # instead of Textual's Screen and ModalScreen
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

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

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        """Textual takes away the keys that are text for a field before it lays the admin's key map over the
        views: with it the same is done once more, or the footer would name keys that are typed."""
        chain = super()._binding_chain
        if self.app._keymap and chain and isinstance(chain[0][0], Input):  # noqa: SLF001  # as above
            field = chain[0][0]
            for _, bindings in chain[1:]:
                for key in list(bindings.key_to_bindings):
                    if field.check_consume_key(key, key_to_character(key)):
                        del bindings.key_to_bindings[key]
        return chain

    def paint_now(self) -> None:
        """Paint what is marked, what was marked since the last try included."""
        self._compositor.update_widgets(self._dirty_widgets)
        self._compositor_refresh()


class PacedModal(ModalScreen[Answer], Paced[Answer]):
    """A dialog or view over another screen."""
