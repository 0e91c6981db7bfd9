"""Settings written into one of the two files, in place: comments and layout stay.

    put(path, "dkim_grace", 14.0); put(path, "dkim_grace", None)             # None: the line goes
    put_key(path, "aliases.new", ("N", "f5")); put_table(path, "instance", 0, {"name": "out", …})

All raise FileProblem.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mailtui import settings
from mailtui.settingsfile import FileProblem, append, changing

Value = str | bool | float | Sequence[str]


@contextmanager
def _open(path: str) -> Iterator[Any]:
    """The document; what goes wrong is told with the file's name."""
    mode = 0o644 if path == os.fspath(settings.SYSTEM_FILE) else 0o600  # the one is everybody's to read
    try:
        with changing(path, mode) as document:
            yield document
    except FileProblem as problem:
        raise FileProblem(f"{path} {problem}") from None


def put(path: str, name: str, value: Value | None) -> None:
    """Set a setting, or take it out of the file."""
    with _open(path) as document:
        if value is None:
            document.pop(name, None)
        elif isinstance(value, float) and value.is_integer():
            document[name] = int(value)
        elif isinstance(value, (str, bool, float)):
            document[name] = value
        else:
            document[name] = list(value)


def put_key(path: str, action: str, keys: Sequence[str] | None) -> None:
    """Give an action these keys, or its own again, which takes its line out."""
    import tomlkit

    with _open(path) as document:
        table = document.get("keymap")
        if not isinstance(table, dict):
            if keys is None:
                return
            table = document["keymap"] = tomlkit.table()
            table = document["keymap"]
        value: Any = keys[0] if keys is not None and len(keys) == 1 else list(keys or ())
        if not _put_dotted(table, action.split("."), value if keys else None) and keys:
            table[action] = value
        if not len(table):
            del document["keymap"]


def _put_dotted(table: Any, parts: Sequence[str], value: Any) -> bool:
    """Change or remove an entry that is there, written with quotes or as a table of tables; False where it is
    not there."""
    whole = ".".join(parts)
    if whole in table and not isinstance(table[whole], dict):
        if value is None:
            del table[whole]
        else:
            table[whole] = value
        return True
    for cut in range(1, len(parts)):
        below = table.get(".".join(parts[:cut]))
        if isinstance(below, dict) and _put_dotted(below, parts[cut:], value):
            if not len(below):
                del table[".".join(parts[:cut])]
            return True
    return False


def put_table(path: str, name: str, place: int | None, entry: Mapping[str, str] | None) -> None:
    """Change one of several tables, as `[[instance]]`; place None: a further one; entry None: it goes."""
    with _open(path) as document:
        known = document.get(name)
        tables: Any = known if isinstance(known, list) else ()
        if place is not None and place >= len(tables):
            raise FileProblem("has been changed meanwhile: look at it again")
        if entry is None:
            if place is not None:
                del tables[place]
        elif place is None:
            append(document, name, {key: text for key, text in entry.items() if text})
        else:
            for key, text in entry.items():
                if text:
                    tables[place][key] = text
                else:
                    tables[place].pop(key, None)
        if not len(document.get(name, (name,))):
            del document[name]
