"""All restrictions that this Postfix knows, to choose from: found by name or by words, with help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailtui.postfix.restrictionnames import ARGUMENTS, OLD_NAMES, Argument
from mailtui.postfix.restrictiontext import Needs, Spends, Words
from mailtui.postfix.restrictionwords import WORDS
from mailtui.postfix.smtpd.session import PARAMETERS, Stage

_SAME = {old: new for old, new in OLD_NAMES.items() if new in ARGUMENTS and old not in WORDS}
_ARGUMENT: dict[Argument, str] = {
    "": "", "table": "a table, type:name", "zone": "a DNS zone, with =127.0.0.[2..11] for its answers",
    "policy": "inet:host:port or unix:path", "seconds": "a number of seconds",
    "ccert": "a table of fingerprints", "rule": "the next rule",
}  # fmt: skip
_SPENDS: dict[Spends, str] = {
    "": "", "table": "a table", "dns": "DNS", "dns table": "DNS and a table", "socket": "a socket",
    "probe": "an address probe", "time": "time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One restriction. `says` names its argument as `{argument_words}` would be; `old`: what to write in
    its place, empty for a name in use. `stages`: the lists in which it does anything with
    smtpd_delay_reject as it is by default (yes)."""

    name: str
    says: str
    wise: str
    argument: Argument
    argument_words: str
    spends: str
    stages: tuple[Stage, ...]
    words: str
    old: str = ""

    def matches(self, text: str) -> bool:
        """Whether every word of `text` is in its name, its sentence or its words."""
        whole = f"{self.name} {self.says} {self.words} {self.old}".lower()
        return all(word in whole for word in text.lower().split())


def words_of(name: str) -> Words | None:
    """What is known of a restriction by any of its names; None for a name that smtpd does not know."""
    lower = name.lower()
    return WORDS.get(lower) or WORDS.get(_SAME.get(lower, ""))


def sentence(name: str, argument: str) -> str:
    """What a restriction does with this argument; empty for a name that smtpd does not know."""
    found = words_of(name)
    if found is None:
        return ""
    return found.says.replace("{x}", argument or "its argument")


def known_at(stage: str, *, delayed: bool) -> frozenset[Needs]:
    """What smtpd knows of a session when it walks a list (smtpd_check.c). In the data lists the recipient
    only where there is one alone; a class has what the list has that names it."""
    everything: frozenset[Needs] = frozenset(("", "client", "helo", "sender", "recipient"))
    match stage:
        case "etrn":
            return frozenset(("", "client", "helo", "etrn"))
        case "client" if not delayed:
            return frozenset(("", "client"))
        case "helo" if not delayed:
            return frozenset(("", "client", "helo"))
        case "sender" if not delayed:
            return everything - {"recipient"}
        case _:
            return everything


def _stages(words: Words) -> tuple[Stage, ...]:
    return tuple(stage for stage in PARAMETERS if words.needs in known_at(stage, delayed=True))


def _entry(name: str) -> Entry:
    found = words_of(name)
    assert found is not None  # every name of ARGUMENTS has its words
    argument = ARGUMENTS[name]
    return Entry(
        name, found.says.replace("{x}", _NOUNS[argument]), found.wise, argument, _ARGUMENT[argument],
        _SPENDS[found.spends], _stages(found), found.words, OLD_NAMES.get(name, ""),
    )  # fmt: skip


_NOUNS: dict[Argument, str] = {
    "": "", "table": "a table", "zone": "you name", "policy": "an address", "seconds": "some",
    "ccert": "a table", "rule": "",
}  # fmt: skip


def everything() -> Sequence[Entry]:
    """Every restriction that smtpd knows, those in use first."""
    order = {name: place for place, name in enumerate(WORDS)}

    def key(name: str) -> tuple[bool, int]:
        return name in OLD_NAMES, order[_SAME.get(name) or name]

    return [_entry(name) for name in sorted(ARGUMENTS, key=key)]


def catalogue(stage: str, *, delayed: bool = True) -> list[Entry]:
    """The restrictions that do anything in a list, with smtpd_delay_reject as `delayed` says. All of them
    for a class, which may be used in any list. `warn_if_reject` is not among them: it is part of a rule."""
    if stage.startswith("class:"):
        return [entry for entry in everything() if entry.name != "warn_if_reject"]
    known = known_at(stage, delayed=delayed)
    return [
        entry
        for entry in everything()
        if entry.name != "warn_if_reject" and (found := words_of(entry.name)) and found.needs in known
    ]
