"""Bindings that several views share. Each action is declared once: footer, help, palette and the key map
read these declarations, through `screen.active_bindings`.

    BINDINGS = [*LIST_ACTIONS, Binding("n", "new", "new", id="aliases.new", tooltip="Make a new alias.")]

`description` is the footer's one word, `tooltip` the sentence of help and palette, `id` the name in a key
map; a binding without an id is a cursor key and stays out of help and palette.
"""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding

DESTRUCTIVE = {"delete", "remove", "flush", "discard", "drop", "write", "apply", "quit"}
"""Last words of the ids whose actions a fuzzy match alone never chooses."""

MOVES = [
    Binding("j,down", "down", "down", show=False),
    Binding("k,up", "up", "up", show=False),
    Binding("pagedown", "page_down", "page down", show=False),
    Binding("pageup", "page_up", "page up", show=False),
    Binding("g,home", "first", "first", show=False),
    Binding("G,end", "last", "last", show=False),
]
"""Cursor keys of every list and every long text."""

LIST_ACTIONS = [
    Binding("slash", "filter", "filter", show=False, id="list.filter", tooltip="Filter as you type."),
]
"""What every list offers beside its cursor keys; the screen has the actions."""


def key_name(key: str, ascii_only: bool = False) -> str:
    """A key as footer and help write it."""
    names = {
        "enter": "Enter" if ascii_only else "⏎", "escape": "Esc", "space": "Space", "tab": "Tab",
        "slash": "/", "question_mark": "?", "colon": ":", "number_sign": "#", "asterisk": "*",
        "exclamation_mark": "!", "shift+tab": "S-Tab", "pagedown": "PgDn", "pageup": "PgUp", "up": "Up",
        "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End", "plus": "+",
        "minus": "-", "full_stop": ".", "comma": ",", "backspace": "BkSp", "delete": "Del",
    }  # fmt: skip
    if key in names:
        return names[key]
    if key.startswith("ctrl+"):
        return "C-" + key.removeprefix("ctrl+")
    if key.startswith("upper_"):
        return key.removeprefix("upper_").upper()
    return key


def key_of(app: App[Any], id: str, default: str) -> str:  # noqa: A002  # Textual's own name for it
    """The key of an action as a text names it: `default`, unless the key map has another."""
    keys: str = app._keymap.get(id, default)  # noqa: SLF001  # Textual has no other word for it
    return key_name(keys.partition(",")[0])


def is_destructive(binding: Binding) -> bool:
    """Whether this action must be chosen by its key or its exact name."""
    return bool(binding.id) and (binding.id or "").rpartition(".")[2] in DESTRUCTIVE
