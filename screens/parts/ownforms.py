"""Editing mailtui's own settings: the forms, what is said while one types, and what is written at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mailtui import settings as own
from mailtui.screens.parts.form import ChoiceField, Form, FormField, ListField, Made, Note, TextField, Values
from mailtui.screens.parts.ownfiles import choices
from mailtui.screens.parts.ownsettings import OwnRow, key_words, value_words
from mailtui.screens.parts.text import short_path
from mailtui.settings import Settings, load
from mailtui.settingsfile import FileProblem
from mailtui.settingskinds import keys, written
from mailtui.settingswords import BY_NAME, Setting
from mailtui.settingswrite import Value, put, put_key, put_table

if TYPE_CHECKING:
    from mailtui.screens.parts.actionindex import Index

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "instance": ("name", "config_dir", "log"),
    "silence": ("finding", "title", "reason"),
}
"""The keys of the tables, in the order of `Settings`."""
_HINTS = {
    "config_dir": "the folder with its main.cf, as /etc/postfix-out",
    "log": "a file, journal or auto; empty: as the setting log",
    "title": "empty: every finding of this kind",
}


def _file_field(row: OwnRow) -> ChoiceField:
    found = choices()
    at = row.place.path if row.place is not None else ""
    chosen = at if at in dict(found) else found[0][0] if found else ""
    return ChoiceField(name="file", label="in", choices=found or [("", "you may write neither file")],
                       chosen=chosen)  # fmt: skip


def _file(values: Values) -> str:
    return str(values["file"])


def _unwritable() -> Made:
    system, mine = own.files()
    return Made(refused=f"Neither {mine} nor {system} can be written by you")


# One setting


def setting_form(row: OwnRow) -> Form:
    """The form of a setting with a value of its own."""
    setting = row.setting
    assert setting is not None
    value = getattr(load(), setting.field)
    return Form(setting.name, [_value_field(setting, value), _file_field(row)], at="value", verb="keep")


def _value_field(setting: Setting, value: Any) -> FormField:
    kind, default = setting.kind, getattr(Settings, setting.field)
    hint = setting.unit or kind.words.partition(": ")[2] or kind.words  # here it is typed without quotes
    if kind.shape == "yes":
        said = [("true", ""), ("false", "")]
        words = value_words(setting, default)
        said = [(word, "the default" if word == words else about) for word, about in said]
        chosen = "true" if value else "false"
        return ChoiceField(name="value", label="value", choices=said, chosen=chosen)
    if kind.shape == "choice":
        said = [(word, _or_default(word, about, default)) for word, about in kind.choices]
        return ChoiceField(name="value", label="value", choices=said, chosen=str(value))
    if kind.shape == "list":
        return ListField(name="value", label="value", items=list(value), hint=kind.words)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return TextField(name="value", label="value", content=text, hint=hint)


def _or_default(word: str, about: str, default: object) -> str:
    return ", ".join(filter(None, (about, "the default" if word == default else "")))


def typed(setting: Setting, values: Values) -> Value:
    """The value that is typed, as it goes into the file. Raises TypeError with what it must be."""
    said = values["value"]
    value: Value
    if setting.kind.shape == "yes":
        value = said == "true"
    elif setting.kind.shape == "list":
        value = list(said)
    elif setting.kind.shape == "number":
        try:
            value = float(str(said))
        except ValueError:
            raise TypeError(setting.kind.words) from None
    else:
        value = str(said)
    setting.kind.take(value)
    return value


def setting_notes(setting: Setting, values: Values) -> list[Note]:
    """What is wrong with what is typed."""
    try:
        typed(setting, values)
    except TypeError as error:
        return [Note("value", f"must be {error}", "error")]
    return []


def keep_setting(setting: Setting, values: Values) -> Made:
    """Write it."""
    if not _file(values):
        return _unwritable()
    try:
        value = typed(setting, values)
        put(_file(values), setting.name, value)
    except TypeError as error:
        return Made(refused=f"{setting.name} must be {error}", notes=setting_notes(setting, values))
    except FileProblem as problem:
        return Made(refused=str(problem))
    return Made(says=_kept(setting, _file(values)))


def _kept(setting: Setting, path: str) -> list[str]:
    now = value_words(setting, getattr(load(), setting.field))
    says = [f"{setting.name}: {now}, kept in {short_path(path, 40)}"]
    system, mine = own.files()
    if path == system and _is_in(mine, setting.name):
        says = [f"{setting.name} is kept in {system}, but {short_path(mine, 40)} wins: {now}"]
    return says if setting.at_once else [*says, "from the next start"]


def _is_in(path: str, name: str) -> bool:
    from mailtui.settingsread import lines, read

    return name in lines(read(path).text)


# The keys of an action


def key_form(row: OwnRow, keys_now: Sequence[str]) -> Form:
    """The keys of an action, each on a line of its own."""
    field = ListField(name="value", label="keys", items=[written(key) for key in keys_now],
                      hint="each as N, ctrl+n, f5, ? or space; none: its own again")  # fmt: skip
    return Form(f"keys of {row.name}", [field, _file_field(row)], verb="keep")


def key_notes(index: Index, name: str, values: Values) -> list[Note]:
    """What is wrong with the keys that are typed."""
    why = _key_trouble(index, name, list(values["value"]))
    return [Note("value", why, "error")] if why else []


def _key_trouble(index: Index, name: str, texts: list[str]) -> str:
    if not texts:
        return ""
    try:
        wanted = keys(texts)
    except TypeError as error:
        return f"must be {error}"
    said = dict(load().keymap)
    refused = index.refused(said)
    holding = {each: found for each, found in said.items() if each != name and each not in refused}
    return index.refused({**holding, name: wanted}).get(name, "")


def keep_keys(index: Index, row: OwnRow, values: Values) -> Made:
    """Write them; its own keys again take the line out."""
    texts = list(values["value"])
    if not _file(values):
        return _unwritable()
    if why := _key_trouble(index, row.name, texts):
        return Made(refused=f"{row.name}: {why}", notes=key_notes(index, row.name, values))
    default = row.action.keys if row.action is not None else ()
    own_again = not texts or keys(texts) == default
    try:
        put_key(_file(values), row.name, None if own_again else texts)
    except FileProblem as problem:
        return Made(refused=str(problem))
    now = dict(load().keymap).get(row.name, default)
    return Made(says=[f"{row.name}: {key_words(now)}, kept in {short_path(_file(values), 40)}"])


# Instances and silenced findings


def table_form(part: str, row: OwnRow | None) -> Form:
    """The form of an instance or a silenced finding; None: of a new one."""
    texts = row.texts if row is not None else ("", "", "")
    fields: list[FormField] = [
        TextField(name=name, label=name, content=text, hint=_HINTS.get(name, ""))
        for name, text in zip(_FIELDS[part], texts, strict=True)
    ]
    file = _file_field(row if row is not None else OwnRow("instance", "", ""))
    if row is not None:  # it stays where it is
        here = row.place.path if row.place is not None else ""
        file = ChoiceField(name="file", label="in", choices=[(here, "")], chosen=here)
    return Form(part if row is not None else f"new {part}", [*fields, file], verb="keep",
                at="reason" if part == "silence" else "")  # fmt: skip


def table_notes(part: str, values: Values) -> list[Note]:
    """What is wrong with what is typed."""
    entry = {name: str(values[name]) for name in _FIELDS[part]}
    notes = [Note(name, "is needed", "error") for name in _needed(part) if not entry[name]]
    if notes:
        return notes
    try:
        BY_NAME[part].kind.take([{name: text for name, text in entry.items() if text}])
    except TypeError as error:
        return [Note(_needed(part)[-1], f"must be {error}", "error")]
    if part == "instance" and not os.path.exists(os.path.join(entry["config_dir"], "main.cf")):
        return [Note("config_dir", "there is no main.cf", "warning")]
    return []


def _needed(part: str) -> tuple[str, str]:
    names = _FIELDS[part]
    return (names[0], names[1]) if part == "instance" else (names[0], names[2])


def keep_table(part: str, row: OwnRow | None, values: Values) -> Made:
    """Write it."""
    notes = [note for note in table_notes(part, values) if note.severity == "error"]
    path, entry = _file(values), {name: str(values[name]) for name in _FIELDS[part]}
    if not path:
        return _unwritable()
    if notes:
        return Made(refused=f"{notes[0].field} {notes[0].text}", notes=notes)
    mine = row.at if row is not None else None
    same = (name for at, (name, *_) in enumerate(_in(path, part)) if at != mine)
    if part == "instance" and entry["name"] in same:
        words = "is there already"
        return Made(refused=f"{entry['name']} {words}", notes=[Note("name", words, "error")])
    try:
        put_table(path, part, mine, entry)
    except FileProblem as problem:
        return Made(refused=str(problem))
    return Made(says=[f"{part} {entry[_FIELDS[part][0]]}: kept in {short_path(path, 40)}"])


def _in(path: str, part: str) -> Sequence[tuple[str, ...]]:
    from mailtui.settingsread import read

    found: Sequence[tuple[str, ...]] = read(path).values.get(BY_NAME[part].field, ())
    return found


# Back to the default


def take_out(rows: Sequence[OwnRow]) -> Made:
    """Take these out of the file in which each holds."""
    placed = [row for row in rows if row.place is not None and row.place.line]
    if not placed:
        return Made(refused="It is the default already: no file says it")
    says: list[str] = []
    for row in sorted(placed, key=lambda row: (str(row.place and row.place.path), -row.at)):
        assert row.place is not None
        if row.setting is not None and row.part == "setting" and row.setting.kind.shape == "tables":
            return Made(refused=f"Take out each {row.name} by itself")
        try:
            _remove(row, row.place.path)
        except FileProblem as problem:
            return Made(refused=str(problem), says=says)
        says.append(_removed(row))
    return Made(says=says)


def _remove(row: OwnRow, path: str) -> None:
    name = row.name
    if row.part in {"instance", "silence"}:
        put_table(path, row.part, row.at, None)
    elif row.part == "key" or name.startswith("keymap."):
        put_key(path, name.removeprefix("keymap."), None)
    else:
        put(path, name, None)


def _removed(row: OwnRow) -> str:
    assert row.place is not None
    where = f"{short_path(row.place.path, 40)}:{row.place.line}"
    if row.part == "setting" and row.setting is not None:
        now = value_words(row.setting, getattr(load(), row.setting.field))
        which = "the default" if len(row.places) == 1 else f"as {row.places[-2]} says"
        return f"{row.name}: {now}, {which}; was {row.value} ({where})"
    if row.part == "key":
        return f"{row.name}: its own keys again; was {row.value} ({where})"
    return f"{row.title}: taken out; was {row.value} ({where})"
