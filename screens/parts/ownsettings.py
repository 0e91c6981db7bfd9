"""mailtui's own settings as rows of a list: what is wrong with the files, every setting, every action's keys.

rows = own_rows(action_index())        # reads the files
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from mailtui.screens.parts.keymap import told
from mailtui.settings import Settings, files, load
from mailtui.settingskinds import written
from mailtui.settingsread import Read, lines, read
from mailtui.settingswords import BY_NAME, SETTINGS, Setting

if TYPE_CHECKING:
    from mailtui.screens.parts.actionindex import Action, Index

_AFTER = 1000
"""What numbers the problems that no file's own reading finds."""

Part = Literal["problem", "setting", "instance", "silence", "key"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the file and the line (0: unknown)."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One line. `places`: where it is set, what wins last; `at`: which of a file's tables it is; `more`: what
    is to be said of it beside its value."""

    part: Part
    name: str
    value: str
    places: tuple[Place, ...] = ()
    at: int = 0
    texts: tuple[str, ...] = ()
    setting: Setting | None = None
    action: Action | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names the row."""
        own = self.part in {"instance", "silence", "problem"}
        return self.part, self.name, self.place.path if own and self.place else "", self.at if own else 0

    @property
    def place(self) -> Place | None:
        """Where the value that holds stands; None where it is the default."""
        return self.places[-1] if self.places else None

    @property
    def title(self) -> str:
        """What the list calls it."""
        if self.part in {"setting", "problem"}:
            return self.name
        return f"{self.part} {self.name}"


def value_words(setting: Setting, value: Any) -> str:
    """A value as the list shows it."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g} {setting.unit}"
    if setting.kind.shape == "tables":
        return str(len(value)) if value else "none"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value)


def key_words(keys: Sequence[str]) -> str:
    """Keys as they are written in a file."""
    return " ".join(written(key) for key in keys)


def own_rows(index: Index | None) -> list[OwnRow]:
    """All rows; without an index those of the actions are missing."""
    found = [(path, read(path)) for path in files()]
    places: dict[str, list[Place]] = {}
    for path, file in found:
        for name, line in lines(file.text).items():
            places.setdefault(name, []).append(Place(path, line))
    settings = load()
    rows = [*_problems(found), *_refused(settings, index, places)]
    for setting in SETTINGS:
        at = tuple(place for place in places.get(setting.name, ()) if _holds(found, setting, place.path))
        value = value_words(setting, getattr(settings, setting.field))
        rows.append(OwnRow("setting", setting.name, value, at, setting=setting))
    rows += (*_tables("instance", found, places), *_tables("silence", found, places))
    if index is not None:
        rows += _keys(settings, index, places)
    return rows


def _holds(found: Sequence[tuple[str, Read]], setting: Setting, path: str) -> bool:
    """Whether a file says something of a setting that can be taken."""
    return any(path == each and setting.field in file.values for each, file in found)


def _problems(found: Sequence[tuple[str, Read]]) -> Iterator[OwnRow]:
    for path, file in found:
        where = lines(file.text) if file.problems else {}
        for at, (text, name) in enumerate(zip(file.problems, file.wrong, strict=True)):
            place = Place(path, where.get(name, 0))
            yield OwnRow("problem", name or "the file", _without(text, place, name), (place,), at)


def _without(text: str, place: Place | None, name: str) -> str:
    """What is wrong, without where and with what: the row says that."""
    bare = text.removeprefix(f"{place}: ") if place is not None else text
    return bare.removeprefix(f"{name.partition('[')[0]}: ").removeprefix(
        f'keymap: "{name.removeprefix("keymap.")}": '
    )


def _refused(settings: Settings, index: Index | None, places: dict[str, list[Place]]) -> Iterator[OwnRow]:
    if index is None:
        return
    for at, (name, text) in enumerate(told(index.refused(dict(settings.keymap))).items()):
        here = tuple(places.get(f"keymap.{name}", ()))
        name = f"keymap.{name}"
        yield OwnRow("problem", name, _without(text, here[-1] if here else None, name), here, _AFTER + at)


def _tables(
    part: Literal["instance", "silence"],
    found: Sequence[tuple[str, Read]],
    places: dict[str, list[Place]],
) -> Iterator[OwnRow]:
    field = BY_NAME[part].field
    for path, file in found:
        wrong = set(file.wrong)
        good = (at for at in count() if f"{part}[{at}]" not in wrong)
        for at, texts in zip(good, file.values.get(field, ()), strict=False):
            here = [place for place in places.get(f"{part}[{at}]", ()) if place.path == path]
            value = " ".join(text for text in texts[1:] if text)
            yield OwnRow(part, texts[0], value, tuple(here) or (Place(path, 0),), at, texts, BY_NAME[part])


def _keys(settings: Settings, index: Index, places: dict[str, list[Place]]) -> Iterator[OwnRow]:
    keymap = dict(settings.keymap)
    refused = index.refused(keymap)
    for name, action in sorted(index.actions.items()):
        keys = keymap[name] if name in keymap and name not in refused else action.keys
        here = tuple(places.get(f"keymap.{name}", ())) if name in keymap else ()
        yield OwnRow("key", name, key_words(keys), here, action=action)
