"""What a command says of a name that is not there: that it is not, and which one was perhaps meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from mailtui.cli.output import note
from mailtui.edits.entries import EntryDocument
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader, entries
from mailtui.text.safe import decode, safe

MOST = 5000
"""Names among which a near one is looked for: a fifth of a second. Of more, nothing is said."""
_ALIKE = 0.75
"""How alike two names must be, from 0 to 1: a letter or two in a word."""


def near(name: str, names: Iterable[str]) -> str:
    """The name that is most like this one; empty where none is, or there are too many to ask. Of an address
    one half must be the same: two people of a domain are not alike."""
    known = {each.lower(): each for each in islice(names, MOST + 1)}
    if len(known) > MOST:
        return ""
    user, at, domain = name.lower().rpartition("@")
    if not at:
        return _nearest(domain, known)
    halves = [(known[each], each.rpartition("@")) for each in known]
    return _nearest(user, {half[0]: each for each, half in halves if half[2] == domain}) or _nearest(
        domain, {half[2]: each for each, half in halves if half[1] and half[0] == user}
    )


def _nearest(part: str, known: Mapping[str, str]) -> str:
    found = difflib.get_close_matches(part, known, n=1, cutoff=_ALIKE)
    return known[found[0]] if found else ""


def absent(kind: str, name: str, names: Iterable[str]) -> str:
    """`there is no alias X; did you mean Y?`, safe to show."""
    other = near(name, names)
    return safe(f"there is no {kind} {name}" + (f"; did you mean {other}?" if other else ""))


def tell_absent(kind: str, name: str, names: Iterable[str]) -> None:
    """The same on standard error."""
    note(f"note: {absent(kind, name, names)}")


def keys(files: Reader, target: Target) -> Iterator[str]:
    """The keys of a table that are in force; none where it cannot be read, or holds too many."""
    try:
        yield from keys_of(entries(files, target))
    except OSError:
        return


def keys_of(document: EntryDocument) -> Iterator[str]:
    """The same of a document."""
    if len(document) <= MOST:
        enabled = (index for index in range(len(document)) if document.is_enabled(index))
        yield from (decode(document.entry(index).key) for index in enabled)
