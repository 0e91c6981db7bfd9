"""What is typed after `:`, understood. Free of Textual and of the screens.

parse("aliases smith")  == Goto("aliases", "smith")
parse("q!")             == Word("quit-keep")
parse("12")             == Line(12)
parse("frobnicate")     == Unknown("frobnicate", ())
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailtui.screens.parts.names import MODES, named

WORDS: Mapping[str, tuple[str, str]] = {
    "w": ("review", "see the staged changes before they are written"),
    "write": ("review", "see the staged changes before they are written"),
    "wq": ("review-quit", "see the staged changes; leave once they are written"),
    "x": ("review-quit", "see the staged changes; leave once they are written"),
    "q": ("quit", "leave; asks while changes are staged"),
    "quit": ("quit", "leave; asks while changes are staged"),
    "q!": ("quit-keep", "leave and keep the staged changes for next time"),
    "e!": ("drop-draft", "take back everything that is staged; asks"),
    "e": ("reread", "read again from the disk"),
    "r": ("reread", "read again from the disk"),
    "u": ("undo", "take back the last staged change"),
    "undo": ("undo", "take back the last staged change"),
    "instance": ("instances", "the Postfix instances of this host; with a name: open that one"),
    "firstrun": ("firstrun", "what mailtui found here, where it writes, and how to take that back"),
    "migrate": ("migrate", "put tables of hash and btree into lmdb or cdb, all at once"),
    "leave": ("leave", "someone leaves…: every place of an address, as one change; :leave ADDRESS"),
    "import": ("import", "aliases, mailboxes, domains or accounts of a CSV or JSON file; :import KIND FILE"),
    "export": ("export", "aliases, mailboxes, domains or accounts as a CSV or JSON file; :export KIND FILE"),
    "help": ("help", "the keys of this view"),
    "h": ("help", "the keys of this view"),
}
"""Word → (what it does, in words of `CommandLine`; a sentence)."""


FOLLOWED = frozenset({"import", "export"})
"""Words that take what is typed behind them."""


@dataclass(frozen=True, slots=True)
class Goto:
    """Go to a screen, and filter there where `filter` is not empty."""

    mode: str
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Go to a row, counted from 1."""

    number: int


@dataclass(frozen=True, slots=True)
class Word:
    """Do something; `name` is the first of a pair in WORDS, `rest` what was typed behind one of FOLLOWED."""

    name: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Run an action of the view by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing of that name, or several beginnings: `meant` lists them."""

    text: str
    meant: tuple[str, ...]


Command = Goto | Line | Word | Action | Unknown


def parse(text: str, ids: Iterable[str] = (), destructive: Iterable[str] = ()) -> Command | None:
    """What `text` asks for; None where it is empty. `ids` are the view's actions.

    Exact words first: command words, screen names, action ids (also without what stands before the
    point). Then a beginning that only one screen or harmless action has.
    """
    text = text.strip()
    if not text:
        return None
    if text.isdecimal():
        return Line(int(text))
    head, _, rest = text.partition(" ")
    rest = rest.strip().removeprefix("/")
    if not rest and head in WORDS:
        return Word(WORDS[head][0])
    if head in FOLLOWED:
        return Word(WORDS[head][0], rest)
    if screen := named(head):
        return Goto(screen.mode, rest)
    ids = tuple(ids)
    if not rest:
        for name in ids:
            if head in (name, name.rpartition(".")[2]):
                return Action(name)
    return _beginning(head, rest, ids, set(destructive))


def _beginning(head: str, rest: str, ids: tuple[str, ...], destructive: set[str]) -> Command:
    lower = head.lower()
    screens = [name.mode for name in MODES if name.mode.startswith(lower)]
    if len(screens) == 1:
        return Goto(screens[0], rest)
    actions = [
        name for name in ids if name not in destructive and name.rpartition(".")[2].startswith(lower)
    ]  # fmt: skip
    if not screens and len(actions) == 1 and not rest:
        return Action(actions[0])
    return Unknown(head, (*screens, *actions))
