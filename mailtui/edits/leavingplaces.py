"""One place where somebody who leaves is named, what can become of it, and what somebody wants.

    wish = Wish("jean@falcot.com", forward="laure@falcot.com", choices={"virtual:web@falcot.com": "keep"})

A place is called by its table and key (`virtual:web@falcot.com`); its key, its kind or `FILE:LINE` call it
too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeVar

from mailtui.edits.model import Edit
from mailtui.sasl.names import Account

Choice = Literal["forward", "remove", "keep", ""]
"""What becomes of a place; "" where nothing was chosen yet, or nothing can be."""

Kind = Literal[
    "alias", "destination", "list", "address", "mailbox", "owner", "canonical", "bcc", "relocated",
    "transport", "generic", "recipient", "local", "sender-login", "access", "password", "parameter",
    "pattern", "forward-file", "account", "greylist", "dkim", "other", "perhaps",
]  # fmt: skip

_Wanted = TypeVar("_Wanted")


class Way(NamedTuple):
    """One of the things that can become of a place: the edits, and what holds afterwards."""

    edits: tuple[Edit, ...]
    then: str


@dataclass(frozen=True, slots=True)
class Place:
    """See the module's text. `what`: what the place is, in a sentence; `value`: what stands there, safe to
    be seen by everybody."""

    kind: Kind
    key: str
    what: str
    value: str = ""
    table: str = ""
    """As a parameter names it; empty where it is no lookup table."""
    file: str = ""
    line: int | None = None
    ways: Mapping[Choice, Way] = field(default_factory=dict)
    """What can become of it; empty where that is not for an edit: `what` says whose it is."""
    default: Choice = ""
    choice: Choice = ""
    now: str = ""
    """The command that does what is to be done here: at once, without undo, never staged."""
    account: Account | None = None
    own: bool = False
    """Whether the key is an address of theirs."""
    empties: bool = False
    """Whether nobody else gets the mail of this alias."""

    @property
    def name(self) -> str:
        """What it is called."""
        where = os.path.basename(self.file) or self.kind
        return f"{where}:{self.key}"

    @property
    def marker(self) -> str:
        """`-` removed, `~` handed on, a blank for kept, `!` needs a choice, `?` for what is not edited here,
        `now` for what is done at once."""
        if self.now:
            return "now"
        if not self.ways:
            return "?"
        return {"remove": "-", "forward": "~", "keep": " ", "": "!"}[self.choice]

    @property
    def where(self) -> str:
        """File and line, else the table."""
        if self.file:
            return f"{self.file}:{self.line}" if self.line else self.file
        return self.table

    @property
    def undecided(self) -> bool:
        """Whether nothing can be written before somebody chooses."""
        return bool(self.ways) and not self.choice

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the choice comes to."""
        return self.ways[self.choice].edits if self.choice in self.ways else ()

    @property
    def then(self) -> str:
        """What holds once that is written."""
        return self.ways[self.choice].then if self.choice in self.ways else ""

    def as_json(self) -> dict[str, Any]:
        """One of `places` in `leave --json`; what does not apply is absent."""
        found: dict[str, Any] = {
            "place": self.name, "kind": self.kind, "table": self.table, "file": self.file,
            "line": self.line, "key": self.key, "value": self.value, "choices": [*self.ways],
            "why": self.what, "then": self.then, "command": self.now,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value} | {"choice": self.choice or None}


@dataclass(frozen=True, slots=True)
class Wish:
    """Who leaves, and what is to become of them. `also`: further addresses of theirs. `choices` and `given`
    (somebody else who gets this one place) go by what places are called."""

    address: str
    forward: str = ""
    also: tuple[str, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def to(self, kind: Kind, key: str, file: str, line: int | None) -> str:
        """Who gets what came here; empty for nobody."""
        return _wanted(self.given, Place(kind, key, "", file=file, line=line)) or self.forward

    def settled(self, place: Place) -> Place:
        """The place with what is wanted of it."""
        if not place.ways:
            return place
        wanted = _wanted(self.choices, place)
        if wanted is None and _wanted(self.given, place) is not None:
            wanted = "forward"
        choice = wanted if wanted is not None and wanted in place.ways else place.default
        return replace(place, choice=choice)

    def unmet(self, places: list[Place]) -> Iterator[str]:
        """Those choices that no place takes, in words."""
        for name, wanted in (*self.choices.items(), *((each, "forward") for each in self.given)):
            found = [place for place in places if name.casefold() in _names(place)]
            if not found:
                yield f"there is no place {name}"
            for place in found:
                if wanted not in place.ways:
                    can = " or ".join(each for each in place.ways) or "nothing that an edit does"
                    yield f"{place.name}: not {wanted}, only {can}"


def _names(place: Place) -> tuple[str, ...]:
    """What calls the place, the exact names first."""
    base = os.path.basename(place.file)
    names = (place.name, f"{place.file}:{place.line}", f"{base}:{place.line}", place.key, place.kind)
    return tuple(name.casefold() for name in names)


def _wanted(wishes: Mapping[str, _Wanted], place: Place) -> _Wanted | None:
    folded = {name.casefold(): wanted for name, wanted in wishes.items()}
    return next((folded[name] for name in _names(place) if name in folded), None)
