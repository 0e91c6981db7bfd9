"""A field to type in: one line, no blinking, its keys named in the footer.

class NameField(Field): BINDINGS = [Binding("enter", "done", "stage", id="…", tooltip="…"), …]
"""

from __future__ import annotations

from textual.widgets import Input

from mailtui.screens.parts.text import show, typed

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

    def validate_value(self, value: str) -> str:
        """Whoever sets it: nothing that the terminal would obey is drawn."""
        return typed(value, LONGEST)

    def insert_text_at_cursor(self, text: str) -> None:
        """Typed and pasted text alike: only what can be shown as it is."""
        super().insert_text_at_cursor("".join(c for c in text if c.isprintable()))
