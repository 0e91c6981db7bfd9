"""Circles that aliases would close, found by one walk from those that change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mailtui.edits.bulk import Change, folded
from mailtui.formats.recipientlists import recipient_texts
from mailtui.postfix.addresses import Rules, complete, split

_SHOWN = 6
"""Addresses of a circle that are named."""
_Graph = dict[str, Sequence[str]]
Find = Callable[[Sequence[str]], Mapping[str, str]]
"""What stands in a table under some folded names, by these."""


def circles(texts: Iterable[tuple[Find, Sequence[Change], bool]], rules: Rules) -> dict[str, str]:
    """By name, folded, the circles that the changes close. `texts`: what stands in each table, its changes,
    and whether it holds virtual aliases.

    An alias that names itself keeps a copy, and closes none (cleanup(8) expands no address twice).
    """
    found: dict[str, str] = {}
    for find, changes, virtual in texts:
        walk = _Walk(find, changes, rules if virtual else None)
        for circle in walk.circles():
            words = " → ".join([*circle[:_SHOWN], circle[0] if len(circle) <= _SHOWN else "…"])
            members = set(circle)
            for each in changes:
                if walk.full(each.name) in members:
                    found.setdefault(folded(each.name), words)
    return found


class _Walk:
    """Who passes mail on to whom, once the changes to one table are made."""

    def __init__(self, find: Find, changes: Sequence[Change], rules: Rules | None) -> None:
        """`rules`: for virtual aliases, whose names are completed."""
        self._find, self._rules = find, rules
        self._graph: _Graph = {}
        self._starts = [self._put(each.name, each.value) for each in changes]
        ends = {end for each in self._graph.values() for end in each}
        self._read(ends - self._graph.keys())

    def full(self, name: str) -> str:
        """A name as it is followed."""
        if self._rules is None or "@" in name:
            return folded(name)
        return folded(complete(name, self._rules))

    def _put(self, name: str, value: str) -> str:
        key = self.full(name)
        ends = [self.full(item) for item in recipient_texts(value)]
        self._graph[key] = [] if key in ends else ends
        return key

    def _read(self, wanted: set[str]) -> None:
        """The entries of the file that are met on the way."""
        while wanted:
            before = len(self._graph)
            for name, value in self._find(list(self._names(wanted))).items():
                if self.full(name) not in self._graph:
                    self._put(name, value)
            if len(self._graph) == before:
                return
            news = list(self._graph.values())[before:]
            wanted = {end for each in news for end in each} - self._graph.keys()

    def _names(self, wanted: Iterable[str]) -> Iterator[str]:
        """Under which keys they may stand: also without the domain that completes a name."""
        origin = "" if self._rules is None else self._rules.myorigin.casefold()
        for name in wanted:
            yield name
            local, domain = split(name)
            if origin and domain == origin:
                yield local

    def circles(self) -> Iterator[list[str]]:
        """Circles that can be reached from what changes; each name is visited once."""
        done: set[str] = set()
        for start in self._starts:
            if start not in done:
                yield from _from(start, self._graph, done)


def _from(start: str, graph: Mapping[str, Sequence[str]], done: set[str]) -> Iterator[list[str]]:
    path: list[str] = [start]
    places = {start: 0}
    waiting = [iter(graph.get(start, ()))]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            gone = path.pop()
            del places[gone]
            done.add(gone)
        elif following in places:
            yield path[places[following] :]
        elif following in graph and following not in done:
            places[following] = len(path)
            path.append(following)
            waiting.append(iter(graph[following]))
