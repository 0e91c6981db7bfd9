"""Bindings that several views share. Each action is declared once: footer, help, palette and the key map
read these declarations, through `screen.active_bindings`.

    BINDINGS = [*LIST_ACTIONS, Binding("n", "new", "new", id="aliases.new", tooltip="Make a new alias.")]

`description` is the footer's one word, `tooltip` the sentence of help and palette, `id` the name in a key
map; a binding without an id is a cursor key and stays out of help and palette.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual.binding import Binding

DESTRUCTIVE = {"delete", "remove", "flush", "discard", "drop", "write", "apply", "quit"}
"""Last words of the ids whose actions a fuzzy match alone never chooses."""

_KEYED = re.compile(r"\{([\w.-]+):([^{}]+)\}")

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


_in_force: dict[str, str] = {}
"""The key map of the console that runs, as Textual has it: ids with their keys, a comma between."""


def put_in_force(keymap: Mapping[str, str]) -> None:
    """Have `key_for` name these keys: a console has them from now on."""
    _in_force.clear()
    _in_force.update(keymap)


def key_for(id: str, default: str) -> str:  # noqa: A002  # Textual's own name for it
    """The key of an action as a sentence names it: `default`, its own, unless the key map has another.

    f"No alias yet; {key_for('aliases.new', 'n')} makes one"
    """
    keys = _in_force.get(id)
    return in_words(keys.partition(",")[0]) if keys else default


def in_words(key: str) -> str:
    """A key as a sentence names it: `Enter`, `Ctrl+T`."""
    return f"Ctrl+{key[5:].upper()}" if key.startswith("ctrl+") else key_name(key, ascii_only=True)


def keyed(text: str) -> str:
    """A text of a class, in which `{aliases.new:n}` stands for the key of that action."""
    return _KEYED.sub(lambda found: key_for(found[1], found[2]), text)


def takes_back() -> str:
    """What undoes the last staged edit."""
    return f"{key_for('app.undo', 'u')} takes that back"


def on_again(mode: str) -> str:
    """What puts an entry that is commented out in force again, on the screen of this mode."""
    return f"{key_for(f'{mode}.switch', '#')} switches it on again"


def writes() -> str:
    """What leads to the writing of what is staged."""
    return f"{key_for('app.review', 'w')} writes it"


def is_destructive(binding: Binding) -> bool:
    """Whether this action must be chosen by its key or its exact name."""
    return bool(binding.id) and (binding.id or "").rpartition(".")[2] in DESTRUCTIVE
