"""A field over a list that keeps no keys of its own: what is typed narrows it, the arrow keys move in it.

class PaletteField(ListField): BINDINGS = [Binding("down", "screen.move(1)", …), …]
"""

from __future__ import annotations

from mailtui.screens.parts.field import Field
from mailtui.screens.parts.linelist import LineList


class ListField(Field):
    """See the module's text."""

    def read_instead(self) -> LineList | None:
        """The list, once the cursor was moved in it."""
        lines = self.screen.query_one(LineList)
        return lines if lines.cursor else None
