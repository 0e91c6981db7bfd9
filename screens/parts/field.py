"""A field to type in: one line, no blinking, its keys named in the footer.

class NameField(Field): BINDINGS = [Binding("enter", "done", "stage", id="…", tooltip="…"), …]
"""

from __future__ import annotations

from textual.geometry import Offset
from textual.widgets import Input

from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import cells, show, typed

LONGEST = 65536
"""Characters that a field can hold of a text that is not printable as it is."""


class Field(Input):
    """Textual's Input without what an admin's terminal does not need: blinking (bytes while idle),
    borders, and control characters that came with a paste."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002  # Textual's own name for it
        classes: str | None = None,
        password: bool = False,
    ) -> None:
        super().__init__(
            show(value, LONGEST),
            placeholder=show(placeholder),
            id=id,
            classes=classes,
            password=password,
            select_on_focus=False,
            compact=True,
        )
        self.cursor_blink = False

    def on_mount(self) -> None:
        self._selections = self.screen.text_selection_started_signal

    def on_unmount(self) -> None:
        """Textual has the screen tell its fields of a selection, and would hold a form that is closed for as
        long as the screen lives."""
        self._selections.unsubscribe(self)

    @property
    def typed_at(self) -> Offset:
        """Where on the screen the next character goes; Textual's own answer is one further at the end."""
        place = self.content_region.offset
        return Offset(place.x + cells(self.value[: self.cursor_position]) - self.scroll_offset.x, place.y)

    def read_instead(self) -> Painted | None:
        """What a screen reader is to read while this field has the keys: itself, or the list whose cursor the
        arrow keys move from here."""
        return None

    def validate_value(self, value: str) -> str:
        """Whoever sets it: nothing that the terminal would obey is drawn."""
        return typed(value, LONGEST)

    def insert_text_at_cursor(self, text: str) -> None:
        """Typed and pasted text alike: only what can be shown as it is."""
        super().insert_text_at_cursor("".join(c for c in text if c.isprintable()))
