"""Aliases that lead in a circle, found in the texts and then followed as Postfix follows them; and those with
more destinations than Postfix takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailtui.doctor.case import Case
from mailtui.doctor.model import About, Finding
from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.hosted import Hosted
from mailtui.text.safe import decode, safe

LARGEST = 1 << 20
"""Bytes of all texts together above which circles are not looked for: doctor must be quick."""
MOST = 10
"""Circles that are told of, and aliases with too many destinations."""
_PROBE = "mailtui-probe"
_LIMIT = "virtual_alias_expansion_limit"

_Place = tuple[Target, int]


class _Graph:
    """Which key leads to which key."""

    def __init__(self) -> None:
        self.to: dict[str, list[str]] = {}
        self.places: dict[str, _Place] = {}

    def add(self, target: Target, document: Table | Aliases) -> None:
        for index in range(len(document)):
            entry = document.entry(index)
            key = decode(entry.key).lower()
            if entry.enabled and key not in self.to:
                self.to[key] = [decode(item).lower() for item in document.items(index)]
                self.places[key] = (target, entry.line)

    def edges(self) -> Mapping[str, Sequence[str]]:
        return {
            key: [to for item in items if (to := self._key(item)) != key] for key, items in self.to.items()
        }

    def _key(self, item: str) -> str:
        """The key that answers for an address; the address where none does."""
        if item in self.to:
            return item
        domain = item[item.rfind("@") :] if "@" in item else ""
        return domain if domain in self.to else item


def circles(case: Case, hosted: Hosted) -> Iterator[Finding]:
    """Of virtual_alias_maps, and of alias_maps, each circle once."""
    virtual, local = _Graph(), _Graph()
    texts = [(text.lookup.target, text.document) for text in hosted.alias_texts]
    others = list(_local_texts(case))
    if sum(len(document.raw) for _, document in (*texts, *others)) > LARGEST:
        return
    for graph, found in ((virtual, texts), (local, others)):
        for target, document in found:
            if target is not None:
                graph.add(target, document)
        if graph is virtual:
            yield from _too_many(case, graph)
        for circle in _circles(graph.edges())[:MOST]:
            yield from _finding(
                case, circle, graph.places[circle[0]], "" if graph is virtual else _local(hosted)
            )


def _local_texts(case: Case) -> Iterator[tuple[Target | None, Table | Aliases]]:
    try:
        lookups = case.instance.lookups("alias_maps")
    except InstanceError:
        return
    for lookup in lookups:
        if lookup.target is not None:
            try:
                yield lookup.target, entries(case.instance.files, lookup.target)
            except OSError:
                continue  # the tables' family tells of it


def _circles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """A circle of each knot of keys that lead to one another, its keys in order; without recursion."""
    state: dict[str, int] = {}
    found: list[list[str]] = []
    for start in edges:
        if start in state:
            continue
        path: list[str] = []
        work: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        state[start] = 1
        path.append(start)
        while work:
            step = next(work[-1][1], None)
            if step is None:
                state[work.pop()[0]] = 2
                path.pop()
            elif step not in edges:
                continue
            elif state.get(step) == 1:
                found.append(path[path.index(step) :])
            elif step not in state:
                state[step] = 1
                path.append(step)
                work.append((step, iter(edges[step])))
    return found


def _too_many(case: Case, graph: _Graph) -> Iterator[Finding]:
    """Virtual aliases beyond virtual_alias_expansion_limit (postconf(5))."""
    limit = case.instance.parameters.effective(_LIMIT)
    if not limit.isdecimal():
        return
    wide = [(key, len(items)) for key, items in graph.to.items() if len(items) > int(limit)]
    for key, count in wide[:MOST]:
        target, line = graph.places[key]
        yield Finding(
            "alias-too-many", "error", f"{safe(key)} has {count:,} destinations, {int(limit):,} is the most",
            target.path, line,
            f"cleanup(8) refuses mail that virtual aliases turn into more than {_LIMIT} recipients: 451 4.6.0"
            " at the end of DATA, until the sender gives up", None,
            f"set {_LIMIT} above {count}, or make it an :include: list of alias_maps, for which there is no"
            " such limit", about=About("aliases", key),
        )  # fmt: skip


def _local(hosted: Hosted) -> str:
    """`@domain` of a local domain: an alias of local(8) holds in all of them."""
    return next((f"@{name}" for name in hosted.classes["local"].found if not name.startswith(".")), "")


def _finding(case: Case, circle: list[str], place: _Place, domain: str) -> Iterator[Finding]:
    """`domain`: what completes an alias of local(8)."""
    from mailtui.postfix.resolve import resolve

    address = _PROBE + circle[0] if circle[0].startswith("@") else circle[0] + domain
    try:
        seen = resolve(case.instance, address)
    except InstanceError:
        return
    if not seen.loops and not seen.why:
        return
    (target, line), shown = place, " → ".join(safe(each) for each in (*circle[:6], circle[0]))
    told = safe(seen.loops[0]) if seen.loops else shown
    end = seen.why or ("its mail has no end" if not seen.final else "of its mail only a part arrives")
    yield Finding(
        "alias-circle", "warning" if seen.final else "error", f"aliases lead in a circle: {shown}",
        target.path, line, f"each of them leads to the next: {told}; {safe(end)}", None,
        "mailtui cannot know which of them is meant to be the end: give one of them a mailbox or another"
        " destination", about=About("aliases", circle[0]),
    )  # fmt: skip
