"""One settings file: what it says, where each value stands, and what is wrong with it.

found = read("/etc/mailtui.toml")
found.values["start"], found.problems
lines(text)["keymap.aliases.new"]        # → 12
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from typing import Any, NamedTuple

from mailtui.settingskinds import flat, keys
from mailtui.settingswords import BY_NAME, Setting

_LONGEST = 2000
"""Lines of a file beyond which it is not said where a key stands."""


class Read(NamedTuple):
    """`values` by the names of `Settings`; `problems`: lines to show; `wrong`: what each is about, by dotted
    name (empty: the whole file); `text`: the file as it was read."""

    values: dict[str, Any]
    problems: tuple[str, ...]
    wrong: tuple[str, ...] = ("",)
    text: str = ""


def read(path: str) -> Read:
    """Read a plain file. Never raises or waits; a file that is not there says nothing."""
    try:
        with open(path, encoding="utf-8-sig", opener=_at_once) as stream:
            of = os.fstat(stream.fileno())
            plain, owner = stat.S_ISREG(of.st_mode), of.st_uid
            text = stream.read() if plain else ""
    except FileNotFoundError:
        return Read({}, (), ())
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
        return Read({}, (f"{path}: cannot be read: {why}",))
    if not plain:
        return Read({}, (f"{path}: cannot be read: it is not a plain file",))
    if os.geteuid() == 0 and owner != 0:
        why = "not read, because root does not obey a file of another user"
        return Read({}, (f"{path}: {why}; chown root {path}",))
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Read({}, (_not_toml(path, str(error)),), text=text)
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str, str]] = []
    for name, value in document.items():
        if name == "keymap" and isinstance(value, dict):
            values["keymap"] = tuple(_keymap(value, wrong))
            continue
        setting = BY_NAME.get(name)
        try:
            if setting is None:
                wrong.append((name, name, f"no such setting{_near(name)}"))
            elif setting.kind.shape == "tables" and isinstance(value, list):
                values[setting.field] = _tables(setting, value, wrong)
            else:
                values[setting.field] = setting.kind.take(value)
        except TypeError as error:
            wrong.append((name, name, f"must be {error}"))
    return Read(values, tuple(_told(path, text, wrong)), tuple(name for name, *_ in wrong), text)


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: the open(2) of a FIFO would wait for a writer."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _tables(setting: Setting, tables: list[Any], wrong: list[tuple[str, str, str]]) -> tuple[Any, ...]:
    """The tables that hold: a wrong one, told of as `silence[1]`, costs none of the others."""
    found: tuple[Any, ...] = ()
    good: list[Any] = []
    for place, table in enumerate(tables):
        try:
            found = setting.kind.take([*good, table])
        except TypeError as error:
            wrong.append((f"{setting.name}[{place}]", setting.name, f"must be {error}"))
        else:
            good.append(table)
    return found


def _keymap(table: dict[str, Any], wrong: list[tuple[str, str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """The entries that hold. Whether there are such actions, only the console knows."""
    found = []
    for name, value in flat(table).items():
        try:
            found.append((name, keys(value)))
        except TypeError as error:
            wrong.append((f"keymap.{name}", f'keymap: "{name}"', f"must be {error}"))
    return found


def _not_toml(path: str, why: str) -> str:
    """Where a file cannot be read on, and that nothing in it holds."""
    place = re.search(r" \(at line (\d+), column (\d+)\)$", why)
    where = f"{path}:{place[1]}" if place is not None else path
    words = f"{why[: place.start()]} (column {place[2]})" if place is not None else why
    return f"{where}: this is not TOML: {words}; nothing in this file holds until that is mended"


def _near(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, BY_NAME, 1, 0.6)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(BY_NAME)}"


def _told(path: str, text: str, wrong: list[tuple[str, str, str]]) -> list[str]:
    if not wrong:
        return []
    places = lines(text)
    return [f"{path}{f':{places[at]}' if at in places else ''}: {name}: {why}" for at, name, why in wrong]


def lines(text: str) -> dict[str, int]:
    """The line on which each value of a file begins, by dotted names (`log`, `keymap.aliases.new`, the
    second of several tables `silence[1]`). Empty where the file cannot be read or is very long.

    TOML's reader tells no lines; a value begins on the line behind the last that could end the file.
    """
    rows = text.split("\n")
    if len(rows) > _LONGEST:
        return {}
    found: dict[str, int] = {}
    start = 0
    for end in range(1, len(rows) + 1):
        try:
            document = tomllib.loads("\n".join(rows[:end]))
        except tomllib.TOMLDecodeError:
            continue
        for name in _names(document):
            found.setdefault(name, start + 1)
        start = end
    return found


def _names(document: dict[str, Any]) -> list[str]:
    found = []
    for name, value in document.items():
        found.append(name)
        if isinstance(value, dict):
            found += [f"{name}.{each}" for each in flat(value)]
        elif isinstance(value, list):
            found += [f"{name}[{place}]" for place, each in enumerate(value) if isinstance(each, dict)]
    return found
