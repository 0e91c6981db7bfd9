"""The entries of an alias table that may have a problem, found without looking at every row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.postfix.aliasrows import wrong_words
from mailtui.postfix.mapkinds import MapKind
from mailtui.text.folded import find
from mailtui.text.safe import decode

LOCAL_ONLY = (b"|", b"/", b":include:")
"""What begins a destination that only alias_maps can have."""


def holding(document: Table | Aliases, words: Sequence[bytes]) -> set[int]:
    """The entries whose lines hold one of the words."""
    found: set[int] = set()
    for word in words:
        at = find(document.folded, word)
        while at >= 0:
            found.add(document.index_at(at))
            at = find(document.folded, word, at + 1)
    found.discard(len(document))
    return found


def wrong(document: Table | Aliases, kind: MapKind) -> Iterator[int]:
    """The entries in force that cannot work by their words alone."""
    for index in range(len(document)):
        entry = document.entry(index)
        if entry.enabled and wrong_words(kind, decode(entry.key), decode(entry.value)):
            yield index
