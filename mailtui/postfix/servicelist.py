"""master.cf as a list: each service, its overrides under it, and what a draft makes of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mailtui.postfix.instance import Instance
from mailtui.postfix.services import OptionRow, ServiceRow, services
from mailtui.text.query import Query
from mailtui.text.safe import encode

Name = TypeVar("Name")
Key = tuple[str, str, int]
"""What a line is: its service, the option's name (empty for the service itself), and which of those alike."""


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service (`option` None) or one of its overrides. `was`: what stands on the disk where a draft changes
    it; `marker`: `+ ~ - #`, or `=` for an entry whose place a later one of the same name and type takes."""

    key: Key
    service: ServiceRow
    option: OptionRow | None
    marker: str
    was: ServiceRow | OptionRow | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is in force."""
        return self.service.enabled and (self.option is None or self.option.enabled)

    @property
    def name(self) -> str:
        """What it is called: `smtp/inet`, `smtp/inet -o name`."""
        return self.service.service + (f" -o {self.option.name}" if self.option is not None else "")

    @property
    def text(self) -> str:
        """What a filter looks at."""
        row = self.service
        if self.option is not None:
            return f"{row.service} -o {self.option.name}={self.option.value}"
        return f"{row.service} {row.command} {row.also}"


class ServiceList:
    """The lines in the order of the file; those that a draft removes stand where they were."""

    def __init__(self, lines: Sequence[ServiceLine]) -> None:
        self._lines = lines
        self._places = {line.key: at for at, line in enumerate(lines)}

    def __len__(self) -> int:
        return len(self._lines)

    def row(self, index: int) -> ServiceLine:
        return self._lines[index]

    def key(self, index: int) -> Key:
        return self._lines[index].key

    def find(self, key: object) -> int | None:
        return self._places.get(key) if isinstance(key, tuple) else None

    def search(self, query: Query) -> Iterator[int | None]:
        """The lines that match; with an override its service, so that one sees whose it is."""
        found = [query.matches(encode(line.text)) for line in self._lines]
        own = False
        for at in range(len(found) - 1, -1, -1):
            if self._lines[at].option is not None:
                own = own or found[at]
            else:
                found[at], own = found[at] or own, False
        for at, matches in enumerate(found):
            yield at if matches else None


def service_list(before: Instance, after: Instance) -> ServiceList:
    """What is on the disk and what a draft makes of it, in one list. Raises InstanceError."""
    old = _numbered(services(before))
    new = _numbered(services(after))
    lines: list[ServiceLine] = []
    for key in _in_order(list(old), list(new)):
        gone = key not in new
        lines += _lines(key, old[key] if gone else new[key], old.get(key), gone=gone)
    return ServiceList(lines)


def _in_order(old: Sequence[Name], new: Sequence[Name]) -> Iterator[Name]:
    """All names in the order of `new`, those that are only in `old` where they stood there."""
    known, places = set(new), {name: at for at, name in enumerate(old)}
    done = 0
    for name in new:
        if name in places:
            yield from (gone for gone in old[done : places[name]] if gone not in known)
            done = max(done, places[name] + 1)
        yield name
    yield from (gone for gone in old[done:] if gone not in known)


def _numbered(rows: Sequence[ServiceRow]) -> dict[tuple[str, int], ServiceRow]:
    """The rows by name and which of those alike; commented-out ones are counted with the others."""
    found: dict[tuple[str, int], ServiceRow] = {}
    for row in rows:
        number = 0
        while (row.service, number) in found:
            number += 1
        found[row.service, number] = row
    return found


def _lines(
    key: tuple[str, int], row: ServiceRow, was: ServiceRow | None, *, gone: bool
) -> Iterator[ServiceLine]:
    name, number = key
    changed = was is not None and _columns(was) != _columns(row)
    marker = "-" if gone else _marker(row.enabled, was is None, was is not None and was.enabled, changed)
    if marker == " " and row.enabled and not row.counts:
        marker = "="
    yield ServiceLine((name, "", number), row, None, marker, was if marker in "~#" else None)
    old = {} if was is None else _options(was)
    new = _options(row)
    for option, at in _in_order(list(old), list(new)):
        each, before = new.get((option, at)), old.get((option, at))
        place = (name, option, number * 1000 + at)
        if each is None or gone:
            yield ServiceLine(place, row, each or before, "-", None)
            continue
        sign = _marker(
            each.enabled and row.enabled,
            before is None,
            before is not None and was is not None and before.enabled and was.enabled,
            before is not None and before.value != each.value,
        )
        yield ServiceLine(place, row, each, sign, before if sign in "~#" else None)


def _columns(row: ServiceRow) -> tuple[str, ...]:
    return (row.private, row.unprivileged, row.chroot, row.wakeup, row.process_limit, row.command, row.also)


def _options(row: ServiceRow) -> dict[tuple[str, int], OptionRow]:
    found: dict[tuple[str, int], OptionRow] = {}
    for option in row.options:
        number = 0
        while (option.name, number) in found:
            number += 1
        found[option.name, number] = option
    return found


def _marker(enabled: bool, new: bool, was_enabled: bool, changed: bool) -> str:
    if new:
        return "+"
    if not enabled:
        return "#"
    return "~" if changed or not was_enabled else " "
