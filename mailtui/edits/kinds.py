"""The kinds of edit by the names that they have in a saved draft; each is imported when it is asked for:
a change of one alias needs no rules, filters and keys."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from mailtui.edits.model import Edit

_CLASSES = {
    "bulk": ("SetEntries",),
    "compiling": ("CompileTable", "KeepCompiled", "MigrateTable"),
    "datasets": ("AddLine", "RemoveKeyRow", "RemoveLine", "SetKeyRow", "SwitchKeyRow", "SwitchLine"),
    "duplicates": ("AddDuplicates", "DropDuplicates"),
    "entries": (
        "AddDisabledEntry", "RemoveDisabledEntry", "RemoveEntry", "RenameEntry", "SetDisabledEntry",
        "SetEntry", "SwitchEntry",
    ),
    "folders": ("MakeFolder", "RemoveFolder"),
    "greylist": ("AddWhite", "RemoveWhite", "SetDefault", "SetWhite", "SwitchWhite"),
    "items": ("AddItem", "RemoveItem"),
    "keywords": ("AddKeyword", "RemoveKeyword", "SetKeyword", "SwitchKeyword", "UnsetKeyword"),
    "lastline": ("CutLine", "EndLine"),
    "notes": ("SetNote",),
    "notundone": ("NotUndone",),
    "parameters": ("RenameParameter", "ResetParameter", "SetParameter"),
    "patternrules": ("AddPattern", "MovePattern", "RemovePattern", "SetPattern", "SwitchPattern"),
    "rulemoves": ("MoveRule", "SwitchRule"),
    "rules": ("AddOffRule", "InsertRule", "RemoveRule", "SetRule"),
    "services": (
        "AddService", "RemoveService", "RemoveServiceOption", "SetServiceField", "SetServiceOption",
        "SwitchService", "SwitchServiceOption",
    ),
}  # fmt: skip
"""The classes of each module of this room."""


def _name(class_name: str) -> str:
    """The name in a draft: `set-entry` of SetEntry."""
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in class_name).removeprefix("-")


_PLACES = {_name(each): (module, each) for module, classes in _CLASSES.items() for each in classes}
NAMES = frozenset(_PLACES)
"""The names of all kinds."""


@cache
def kind_of(name: str) -> type[Edit]:
    """The kind of this name. Raises KeyError where there is none."""
    module, class_name = _PLACES[name]
    found: type[Edit] = getattr(import_module(f"mailtui.edits.{module}"), class_name)
    assert found.kind == name
    return found
