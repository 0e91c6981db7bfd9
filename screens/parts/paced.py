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

from mailtui.screens.parts.compositor import DirectCompositor

if TYPE_CHECKING:
    from mailtui.screens.parts.lifetime import LastingApp

Answer = TypeVar("Answer")


class Paced(Screen[Answer]):
    """What is to be painted stays marked while it cannot be: it is painted later, and once."""

    def __init__(
        self,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(name, id, classes)
        self._compositor = DirectCompositor()

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

    def paint_at_once(self) -> None:
        """Paint what a key's action marked without the messages by which Textual gathers it, of which each
        widget needs two. What must be laid out or mounted first is left to them."""
        waits = self._layout_required or self._repaint_required or self._scroll_required
        if waits or self._recompose_required or not self.is_current:
            return
        shown = self._compositor.visible_widgets
        if any(one._layout_required or one._scroll_required or one._pruning for one in shown):  # noqa: SLF001
            return
        marked = {one for one in shown if one._repaint_required}  # noqa: SLF001  # no other word for all these
        for widget in marked:
            widget._repaint_required = False  # noqa: SLF001
        self._dirty_widgets |= marked
        if self._dirty_widgets:
            self.paint_now()

    def paint_now(self) -> None:
        """Paint what is marked, what was marked since the last try included."""
        self._compositor.update_widgets(self._dirty_widgets)
        self._compositor_refresh()


class PacedModal(ModalScreen[Answer], Paced[Answer]):
    """A dialog or view over another screen."""
