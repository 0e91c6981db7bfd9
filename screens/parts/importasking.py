"""Which kind and which file: taken from the words of an import or export, or asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.importing import KINDS, Kind
from mailtui.formats.sheet import FORMATS, SheetFormat
from mailtui.screens.parts.savedraft import NameDialog

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp


class WhichFile(NameDialog):
    """Which file is to be read; nothing is written by it."""

    class NameField(NameDialog.NameField):
        """The kind and the name."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.save", "look", id="dialog.save", tooltip="See what it would change."),
        ]


def ask_file(
    app: MailtuiApp, what: str, words: str, given: Callable[[Kind, str, SheetFormat], object]
) -> None:
    """Take kind and file apart, or ask for them."""
    name, _, path = words.strip().partition(" ")
    kind = next((each for each in KINDS if each == name.lower()), None)
    path = os.path.expanduser(path.strip())
    form: SheetFormat | None = next((each for each in FORMATS if path.lower().endswith(f".{each}")), None)
    if kind is not None and form is not None:
        given(kind, path, form)
        return
    lines = [f"What and which file: {', '.join(KINDS)}, then a name that ends in .csv or .json"]
    if kind is None and words.strip():
        lines.append(f"{name} is none of these")
    elif path and form is None:
        lines.append(f"{path} ends neither in .csv nor in .json")

    def named(text: str | None) -> None:
        if text:
            ask_file(app, what, text, given)

    dialog = WhichFile if what == "Import" else NameDialog
    app.push_screen(dialog(what, lines, words.strip() or "aliases aliases.csv"), named)
