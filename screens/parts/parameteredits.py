"""What the keys of the Parameters screen come to: edits of main.cf, or why there can be none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailtui.edits.model import Edit, Value
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramcheck import check_value
from mailtui.screens.parts.form import Form, ListField, Made, Note, TextField, Values
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.valueform import value_field

if TYPE_CHECKING:
    from mailtui.postfix.paramlist import ParameterRow

_NAME = re.compile(r"[A-Za-z0-9_]+")
_TOLD = 4
"""Rows of a bulk edit that are told of one by one."""


# Editing one


def form_of(after: Instance, name: str) -> tuple[Form, Value | None]:
    """The form for a parameter, and what it is set to now in the shape of the form's value; None where it
    is not set. Raises ParameterError."""
    parameters = after.parameters
    value = parameters.get(name)
    set_now = value is not None
    shown = value if value is not None else parameters.default(name) or ""
    items = [text for text, _ in parameters.items(name)] if set_now else None
    field = value_field(after, name, shown, items)
    listed = isinstance(field, ListField)
    form = Form(
        f"{name}{'' if set_now else ' (not set: the default is shown)'}",
        [field],
        at="value" if listed else "",
    )
    if not set_now:
        return form, None
    return form, tuple(items or ()) if listed else value


def value_notes(after: Instance, name: str, values: Values, field: str = "value") -> list[Note]:
    """What is to be said of the value that is typed; of an item under its own line."""
    value = values["value"]
    notes: list[Note] = []
    for found in check_value(after, name, value):
        item = None if isinstance(value, str) else _item_of(value, found.text)
        notes.append(Note(field, found.text, found.severity, item))
    return notes


def _item_of(items: Sequence[str], text: str) -> int | None:
    """The item that a sentence speaks of, where it quotes just one."""
    found = [place for place, item in enumerate(items) if f"“{item}”" in text]
    return found[0] if len(found) == 1 else (len(items) - 1 if items else None)


def with_value(after: Instance, name: str, was: Value | None, before: Value, values: Values) -> Made:
    """The value that was typed. `before`: what the form showed at first."""
    value = values["value"]
    if value == before:
        return Made()
    notes = value_notes(after, name, values)
    wrong = [note.text for note in notes if note.severity == "error"]
    if wrong:
        return Made(refused=wrong[0], notes=notes)
    return Made([SetParameter(after.main, name, value, was)], to=name)


# A new one


def new_form() -> Form:
    return Form("new parameter", [
        TextField(name="name", label="name", hint="letters, digits and _; $name uses it in other values"),
        TextField(name="value", label="value"),
    ])  # fmt: skip


def new_notes(after: Instance, values: Values) -> list[Note]:
    """What is to be said of a new name while it is typed."""
    name = str(values["name"])
    if not name:
        return []
    if why := _not_new(after, name):
        return [Note("name", why, "error")]
    notes = [
        Note("value", found.text, found.severity) for found in check_value(after, name, str(values["value"]))
    ]
    return notes if values["value"] else [note for note in notes if note.severity != "error"]


def _not_new(after: Instance, name: str) -> str:
    if not _NAME.fullmatch(name):
        return f"{name!r} cannot be a name: letters, digits and _ only, else $name would not find it"
    if after.parameters.get(name) is not None:
        return f"{name} is set already; {key_for('parameters.edit', 'Enter')} on it changes it"
    if after.parameters.default(name) is not None:
        return f"{name} is one of Postfix's own; {key_for('parameters.edit', 'Enter')} on it changes it"
    return ""


def new(after: Instance, values: Values) -> Made:
    """What the form of a new name comes to."""
    name, value = str(values["name"]), str(values["value"])
    if not name:
        return Made(refused="Type a name first")
    if why := _not_new(after, name):
        return Made(refused=why, notes=[Note("name", why, "error")])
    notes = new_notes(after, values)
    wrong = [note.text for note in notes if note.severity == "error"]
    if wrong:
        return Made(refused=wrong[0], notes=notes)
    return Made([SetParameter(after.main, name, value, None)], to=name)


# Back to the default


def reset(after: Instance, rows: Sequence[ParameterRow]) -> Made:
    """`d`: each back to its default."""
    edits: list[Edit] = []
    says: list[str] = []
    refused = ""
    for row in rows:
        if row.marker == "-":
            continue
        was = after.parameters.get(row.name)
        if was is None:
            refused = f"{row.name} is not set: its default is in force"
            continue
        edits.append(ResetParameter(after.main, row.name, _shaped(after, row.name, was)))
        if len(says) < _TOLD:
            says.append(_fate(row))
    if not edits:
        return Made(refused=refused)
    label = f"- {len(edits)} parameters back to their defaults" if len(edits) > 1 else ""
    return Made(edits, label, says=[*says, *([f"not {refused}"] if refused else [])])


def _shaped(after: Instance, name: str, was: str) -> Value:
    """The value by which the edit knows what it takes out: of several lines its items."""
    items = tuple(text for text, _ in after.parameters.items(name))
    return items if items and tuple(split_list(was)) == items and len(items) > 1 else was


def _fate(row: ParameterRow) -> str:
    """What holds once a definition is gone."""
    if row.default is None:
        who = f"; $ of it is empty then in {', '.join(row.used_by[:3])}" if row.used_by else ""
        return f"{row.name}: nobody sets it any more{who}"
    return f"{row.name}: {row.default or 'empty'}, the default"
