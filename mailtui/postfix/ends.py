"""The other way round: every alias through which mail ends at an address, or passes it.

The texts of the tables are searched backwards from the address; what is found is confirmed by following
it forwards, so that an entry that another one hides is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.localusers import LocalUsers
    from mailtui.postfix.lookups import Lookup
    from mailtui.postfix.resolution import Step

SEARCHED = ("recipient_canonical_maps", "canonical_maps", "virtual_alias_maps", "alias_maps")
"""The maps whose texts are searched."""

END_LIMIT = 1000
"""Aliases told of for one address, unless the caller wants fewer or more."""


@dataclass(frozen=True, slots=True)
class End:
    """An alias (as its table writes it) whose mail comes to the address that was asked for, and the way."""

    alias: str
    table: str
    file: str | None
    line: int | None
    path: tuple[Step, ...]

    @property
    def direct(self) -> bool:
        """Whether the alias names the address itself."""
        return len(self.path) == 1


def find_ends(
    instance: Instance, address: str, users: LocalUsers | None = None, limit: int = END_LIMIT
) -> list[End]:
    """Every alias through which mail comes to `address`, directly or by others; see `iter_ends`."""
    return list(iter_ends(instance, address, users, limit))


def unsearched(instance: Instance) -> list[str]:
    """The alias tables that have no text to search, or none that may be read, as the parameters name them.

    Raises ParameterError.
    """
    found = (each for name in SEARCHED for each in instance.lookups(name))
    return list(dict.fromkeys(each.written for each in found if not _has_text(instance, each)))


def _has_text(instance: Instance, lookup: Lookup) -> bool:
    if lookup.target is None:
        return False
    try:
        instance.files.document(lookup.target)
    except OSError:
        return False
    return True


def iter_ends(
    instance: Instance, address: str, users: LocalUsers | None = None, limit: int = END_LIMIT
) -> Iterator[End]:
    """The same one by one, nearest first, at most `limit`; for a worker that may be cancelled.

    `address` may also be a `|command`, a `/file` or `:include:/list`. A .forward is followed forwards
    only. Raises as Resolver does.
    """
    from mailtui.postfix.endsearch import Search
    from mailtui.postfix.resolver import Resolver

    search = Search(Resolver(instance, users))
    wanted = search.place(address)
    frontier = [wanted]
    places = {wanted}
    entries_seen: set[tuple[str, int]] = set()
    told = 0
    while frontier:
        nearer, frontier = frontier, []
        for found in search.naming(nearer):
            if (found.lookup.spec, found.line) in entries_seen:
                continue
            entries_seen.add((found.lookup.spec, found.line))
            source = search.source(found)
            if source not in places:
                places.add(source)
                frontier.append(source)
            path = search.confirmed(found, wanted)
            if not path:
                continue
            yield End(found.key, found.lookup.written, found.lookup.path, found.line, path)
            told += 1
            if told >= limit:
                return
