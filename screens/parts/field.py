"""A field to type in: one line, no blinking, its keys named in the footer.

class NameField(Field): BINDINGS = [Binding("enter", "done", "stage", id="…", tooltip="…"), …]
"""

from __future__ import annotations

from textual.widgets import Input

from mailtui.screens.parts.text import show


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
            show(value, 65536),
            placeholder=show(placeholder),
            id=id,
            classes=classes,
            password=password,
            select_on_focus=False,
            compact=True,
        )
        self.cursor_blink = False

    def insert_text_at_cursor(self, text: str) -> None:
        """Typed and pasted text alike: only what can be shown as it is."""
        super().insert_text_at_cursor("".join(c for c in text if c.isprintable()))
