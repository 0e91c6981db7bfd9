"""Every action of every view by its id, and which keys may be given to it.

index = action_index()                # imports every screen: in a thread, half a second or more
index.actions["aliases.new"].keys     # ("n",)
index.refused({"aliases.new": ("d",)})  # {"aliases.new": "d is aliases.delete already"}
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Literal, NamedTuple

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from mailtui.screens.parts.keys import key_name

Keys = Sequence[str]
Map = Mapping[str, Keys]
_EDGE = "cursor key"


class Action(NamedTuple):
    """`keys` by default, in the order of their declaration; `word` and `sentence` of footer and help."""

    id: str
    keys: tuple[str, ...]
    word: str
    sentence: str


class View(NamedTuple):
    """Whatever has keys: the console itself, a screen, a dialog over it, a list in it, a field."""

    name: str
    kind: Literal["app", "screen", "dialog", "list", "field"]
    bindings: tuple[Binding, ...]

    @property
    def ids(self) -> set[str]:
        """The actions that it has."""
        return {each.id for each in self.bindings if each.id}


def classes() -> list[type[DOMNode]]:
    """Every class of the console that can have keys. Imports all of them."""
    for package in (importlib.import_module(name) for name in ("mailtui.screens", "mailtui.screens.parts")):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    found = {each for each in _below(DOMNode) if each.__module__.startswith("mailtui.screens")}
    return sorted(found, key=lambda each: (each.__module__, each.__qualname__))


def _below(base: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


def bindings_of(owner: type[DOMNode]) -> list[Binding]:
    """The keys of a class with those that it inherits, a Binding for each key."""
    return [binding for _, binding in owner._merge_bindings()]  # noqa: SLF001  # Textual's only word for it


def _kind(owner: type[DOMNode]) -> Literal["app", "screen", "dialog", "list", "field"]:
    if issubclass(owner, App):
        return "app"
    if issubclass(owner, ModalScreen):
        return "dialog"
    if issubclass(owner, Screen):
        return "screen"
    return "field" if issubclass(owner, Input) else "list"


class Index:
    """See the module's text."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = list(views)
        self.actions: dict[str, Action] = {}
        for view in self.views:
            for each in view.bindings:
                if not each.id:
                    continue
                known = self.actions.get(each.id)
                keys = (*known.keys, each.key) if known is not None else (each.key,)
                word = known.word if known is not None else each.description
                sentence = known.sentence if known is not None else each.tooltip
                self.actions[each.id] = Action(each.id, tuple(dict.fromkeys(keys)), word, sentence)

    def refused(self, keymap: Map) -> dict[str, str]:
        """The entries of a key map that cannot hold, each with the reason. The others may change places."""
        why = {name: self._unknown(name) for name in keymap if name not in self.actions}
        holding = {name: keys for name, keys in keymap.items() if name not in why}
        while True:
            clash = next(self._clashes(holding), None)
            if clash is None:
                return why
            name, words = clash
            why[name] = words
            del holding[name]

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, self.actions, 1, 0.6)
        return f"there is no such action; did you mean {near[0]}?" if near else "there is no such action"

    def _clashes(self, keymap: Map) -> Iterator[tuple[str, str]]:
        """Entries that get in another's way, the last of the map first: what came before it stays."""
        for name in reversed(list(keymap)):
            for view in self.views:
                if name in view.ids and (words := self._in_the_way(view, name, keymap)):
                    yield name, words
                    break

    def _in_the_way(self, view: View, name: str, keymap: Map) -> str:
        for key in keymap[name]:
            if view.kind == "field" and (key == "space" or len(key_name(key)) == 1):
                return f"{key_name(key)} is text there: {name} belongs to a field"
            for other in (view, *self._beside(view)):
                if does := _of(other, keymap, key, name):
                    return f"{key_name(key)} is {does} already"
        return ""

    def _beside(self, view: View) -> list[View]:
        """The views whose keys work at the same time."""
        kinds: dict[str, tuple[str, ...]] = {
            "app": ("screen", "list"), "screen": ("app", "list"), "list": ("app", "screen", "dialog"),
            "dialog": ("list",), "field": ("app",),
        }  # fmt: skip
        return [each for each in self.views if each is not view and each.kind in kinds[view.kind]]


def _of(view: View, keymap: Map, key: str, name: str) -> str:
    """What another action than `name` does with this key there; empty where none does."""
    for each in view.bindings:
        if each.id == name:
            continue
        if key in (keymap.get(each.id, (each.key,)) if each.id else (each.key,)):
            return each.id or f"the {_EDGE} {each.description}".rstrip()
    return ""


@cache
def action_index() -> Index:
    """The index of this console. The first call imports every screen."""
    return Index(
        [
            View(owner.__qualname__.rpartition(".")[2], _kind(owner), tuple(bindings_of(owner)))
            for owner in classes()
            if bindings_of(owner)
        ]
    )
