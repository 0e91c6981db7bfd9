"""A field for the value of a parameter, after its type: choices, items one a line, or a line with a hint."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramtypes import ParamType, type_of
from mailtui.screens.parts.form import ChoiceField, Complete, FormField, ListField, TextField
from mailtui.screens.parts.keys import key_for

_AS_WRITTEN = "as it is written now"
_MOST = 20
"""Names that are proposed at once."""


def _moved() -> str:
    """How the items of a list change places."""
    up, down = key_for("edit.move-up", "Ctrl+T"), key_for("edit.move-down", "Ctrl+N")
    return f"{up} and {down} move an item up and down"


def value_field(
    instance: Instance, name: str, value: str, items: Sequence[str] | None = None, *, lists: bool = True
) -> FormField:
    """The field `value` of a parameter that holds this now: of a list its `items` (else those of `value`),
    or one line where `lists` is false. Raises ParameterError."""
    type_ = type_of(instance, name)
    if lists and type_.is_list:
        found = list(split_list(value) if items is None else items)
        hint = f"{type_.words}; {_moved()}" if len(found) > 1 else type_.words
        return ListField(name="value", label="value", items=found, hint=hint,
                         complete=_complete(instance, type_), split=split_list)  # fmt: skip
    default = instance.parameters.default(name)
    choices = _choices(type_, value, default)
    if choices and "$" not in value:
        return ChoiceField(name="value", label="value", choices=choices, chosen=value, hint=type_.words)
    complete = _complete(instance, type_)
    hint = "" if type_.kind == "text" else type_.words
    return TextField(name="value", label="value", content=value, hint=hint, complete=complete)


def _choices(type_: ParamType, value: str, default: str | None) -> list[tuple[str, str]]:
    """The values there are, each with what is to be said of it; none where any text may be typed."""
    if type_.kind == "bool":
        words = ["yes", "no"]
    elif type_.kind == "enum" and type_.choices:
        words = [*type_.choices, *([""] if type_.empty else [])]
    else:
        return []
    found = [(word, _about(word, default)) for word in words]
    return found if value in words else [(value, _AS_WRITTEN), *found]


def _about(word: str, default: str | None) -> str:
    said = "empty: nothing" if not word else ""
    return f"{said}{', ' * bool(said)}the default" if word == default else said


def _complete(instance: Instance, type_: ParamType) -> Complete:
    """Names that a value of this type begins with, and names of parameters behind a `$`."""
    words = (
        [f"{word}:" for word in type_.choices]
        if type_.kind in ("maps", "match", "cache")
        else list(type_.choices)
    )

    def known(prefix: str) -> list[str]:
        if prefix.startswith("$"):
            return [f"${name}" for name in instance.parameters.names() if name.startswith(prefix[1:])][:_MOST]
        return [word for word in words if word.startswith(prefix)][:_MOST]

    return known
