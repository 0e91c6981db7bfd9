"""What cleanup(8) does to a recipient: canonical maps, then virtual aliases, over and over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailtui.postfix.addresses import Rules, complete, fold, quote
from mailtui.postfix.mapsearch import Hit, Maps, result_addresses
from mailtui.postfix.resolution import Step, Trail

CANONICAL_ROUNDS = 10
"""How often one canonical map is applied to its own result (cleanup_map11.c)."""


class Unexpandable(Exception):
    """cleanup(8) does not take the message: 451 4.6.0 Alias expansion error. `circle`: the addresses."""

    def __init__(self, why: str, circle: list[str]) -> None:
        super().__init__(why)
        self.why = why
        self.circle = circle


@dataclass(frozen=True, slots=True)
class Limits:
    """virtual_alias_recursion_limit, virtual_alias_expansion_limit, virtual_alias_address_length_limit."""

    recursion: int = 1000
    expansion: int = 1000
    length: int = 1000


class Rewriter:
    """The maps by which cleanup(8) rewrites envelope recipients. `is_here`: see Maps.find."""

    def __init__(
        self,
        rules: Rules,
        is_here: Callable[[str], bool],
        canonical: tuple[Maps, ...],
        virtual: Maps,
        *,
        propagate: frozenset[str],
        limits: Limits | None = None,
    ) -> None:
        self.rules = rules
        self.canonical_maps = canonical
        self.virtual_maps = virtual
        self._is_here = is_here
        self._propagate = propagate
        self._limits = limits or Limits()

    def listed(self, address: str) -> bool:
        """Whether a canonical or virtual alias map names the address: it then passes the check at RCPT TO."""
        return any(
            maps.find(address, self.rules, self._is_here) is not None
            for maps in (*self.canonical_maps, self.virtual_maps)
        )

    def recipients(self, address: str, trail: Trail) -> list[str]:
        """The recipients that mail to `address` is queued for. Raises Unexpandable."""
        for maps in self.canonical_maps:
            address = self.canonical(maps, address, trail)
        return self._virtual(address, trail)

    def canonical(self, maps: Maps, address: str, trail: Trail) -> str:
        """What one canonical map makes of a complete address. A circle is noted in the trail."""
        for _ in range(CANONICAL_ROUNDS):
            new = self._mapped(maps, address, "canonical", trail)
            if not new or fold(new[0]) == fold(address):
                return new[0] if new else address
            address = new[0]
        circle = f"{maps.parameter} rewrites {quote(address)} without end"
        trail.note(f"{circle}; Postfix stops after {CANONICAL_ROUNDS} rounds")
        return address

    def _virtual(self, address: str, trail: Trail) -> list[str]:
        """The list grows while it is walked; what named itself is not expanded again (cleanup_map1n.c)."""
        found = [address]
        done: set[str] = set()
        hops: dict[str, list[str]] = {}
        for at, _ in enumerate(found):
            if len(found) > self._limits.expansion:
                why = f"more than {self._limits.expansion} recipients"
                raise Unexpandable(why, [quote(one) for one in _circle(hops, fold(address))])
            self._expand(found, at, done, hops, trail)
        once: dict[str, str] = {}
        for one in found:
            once.setdefault(fold(one), one)
        return list(once.values())

    def _expand(
        self, found: list[str], at: int, done: set[str], hops: dict[str, list[str]], trail: Trail
    ) -> None:
        """Follow the address at one place of the list until nothing maps it."""
        chain: list[str] = []
        seen: dict[str, int] = {}
        while fold(found[at]) not in done:
            address = found[at]
            if seen.get(fold(address)) == len(done):
                circle = [*chain[chain.index(fold(address)) :], fold(address)]
                raise Unexpandable("it maps to itself through others", [quote(one) for one in circle])
            if len(chain) >= self._limits.recursion:
                raise Unexpandable(f"more than {self._limits.recursion} steps", [])
            chain.append(fold(address))
            seen[fold(address)] = len(done)
            new = self._mapped(self.virtual_maps, address, "virtual", trail)
            if not new:
                return
            hops[fold(address)] = [fold(one) for one in new]
            if any(len(one) > self._limits.length for one in new):
                raise Unexpandable(f"an address grows beyond {self._limits.length} characters", [])
            if any(fold(one) == fold(address) for one in new):
                done.add(fold(address))
            found[at] = new[0]
            found += new[1:]

    def _mapped(self, maps: Maps, address: str, what: str, trail: Trail) -> list[str]:
        """What one map makes of an address, completed; empty where it has no entry for it."""
        hit = maps.find(address, self.rules, self._is_here)
        if hit is None:
            return []
        raw = result_addresses(hit, address, propagate=what in self._propagate)
        new = [one for one in (complete(text, self.rules) for text in raw) if one]
        for one in new:
            trail.step(step(quote(address), quote(one), hit, maps.parameter))
        return new


def _circle(hops: dict[str, list[str]], start: str) -> list[str]:
    """A circle of two addresses or more that `start` leads into, its first repeated at the end."""
    way = [start]
    waiting = {start: iter(hops.get(start, ()))}
    done: set[str] = set()
    while way:
        here = way[-1]
        to = next((one for one in waiting[here] if one != here and one not in done), None)
        if to is None:
            done.add(way.pop())
        elif to in way:
            return [*way[way.index(to) :], to]
        else:
            way.append(to)
            waiting[to] = iter(hops.get(to, ()))
    return []


def step(source: str, to: str, hit: Hit, parameter: str) -> Step:
    """A hop made by an entry of a map."""
    return Step(source, to, hit.spec, hit.key, hit.file, hit.line, parameter)
