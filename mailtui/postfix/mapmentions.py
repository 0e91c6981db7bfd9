"""Where main.cf and master.cf name compiled tables (hash, btree, lmdb, cdb), in which text, and for what.

`uses` says which tables come of it once every `$` is expanded; `places` has the texts that can be edited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.instance import ALIAS_PARAMETERS, Instance
from mailtui.postfix.services import ServiceRow, services

BERKELEY = ("hash", "btree")
"""The types of Berkeley DB (DATABASE_README), both compiled to PATH.db."""
COMPILED = (*BERKELEY, "lmdb", "cdb")
"""The types between which tables can be moved."""
CACHES = re.compile(r"_cache_(?:database|map)$|^address_verify_map$")
"""Parameters whose tables a daemon of Postfix writes by itself."""
TYPE_NAMES = ("default_database_type", "default_cache_db_type")
"""Parameters of Postfix's own that hold a type alone (the second since 3.11)."""

_BEGIN = r"(?:(?<![\w:/.\-])|(?<=proxy:))"
_TYPES = "|".join(COMPILED)
_PATH = r"(?:\$\{[^{}]*\}|\$\([^()]*\)|[^\s,{}])*"
WRITTEN = re.compile(rf"{_BEGIN}(?P<type>{_TYPES}):(?P<path>(?=[/$]){_PATH})")
"""A table in a value as it is written, `$` and all."""
_EXPANDED = re.compile(rf"{_BEGIN}(?P<type>{_TYPES}):(?P<path>[^\s,{{}}]+)")


class Spec(NamedTuple):
    """A table: `hash` and `/etc/postfix/virtual`."""

    type: str
    path: str

    def __str__(self) -> str:
        return f"{self.type}:{self.path}"


class Place(NamedTuple):
    """One value that may name tables. `service`: of its `-o`, as `smtp/inet`; else of main.cf. `text`: as it
    is written, its lines joined; the default of a parameter that is not set."""

    name: str
    text: str
    line: int | None
    service: str = ""
    is_set: bool = True

    @property
    def title(self) -> str:
        return f"{self.service} -o {self.name}" if self.service else self.name

    @property
    def is_cache(self) -> bool:
        return CACHES.search(self.name) is not None

    def target(self, instance: Instance) -> Target:
        """The file in which it stands, or would."""
        return instance.master if self.service else instance.main

    def expand(self, instance: Instance, text: str) -> str:
        """Any text with its `$` expanded as here. Raises ParameterError."""
        if not self.service:
            return instance.parameters.expand_text(text)
        return instance.parameters.service(*_split(self.service)).expanded_text(text)

    def expanded(self, instance: Instance) -> str:
        """The value with its `$` expanded; as it is written where that cannot be done."""
        try:
            return self.expand(instance, self.text)
        except ParameterError:
            return self.text

    def specs(self, instance: Instance) -> list[Spec]:
        """The compiled tables that the value names once it is expanded."""
        return specs(self.expanded(instance))


class Use(NamedTuple):
    """A table with every place that names it."""

    spec: Spec
    places: Sequence[Place]

    @property
    def is_cache(self) -> bool:
        return any(place.is_cache for place in self.places)


def specs(text: str) -> list[Spec]:
    """The compiled tables that an expanded text names."""
    return [Spec(found["type"], found["path"]) for found in _EXPANDED.finditer(text)]


def places(instance: Instance) -> list[Place]:
    """Every value in force that main.cf and the services of master.cf set, and the defaults that name a table
    which is there. Raises ParameterError."""
    values = instance.parameters.values
    found = [Place(name, text, values.definitions[name].line) for name, text in values.explicit.items()]
    rows = _rows(instance)
    for row in rows:
        found += [
            Place(option.name, option.value, option.line, row.service)
            for option in row.options
            if option.enabled and option.counts
        ]
    return [*found, *_defaults(instance, rows, found)]


def _rows(instance: Instance) -> list[ServiceRow]:
    try:
        return [row for row in services(instance) if row.enabled and row.counts]
    except InstanceError:  # no master.cf: main.cf names what it names
        return []


def _defaults(instance: Instance, rows: Sequence[ServiceRow], found: Sequence[Place]) -> Iterator[Place]:
    """Parameters that are not set, where their default names a table that somebody uses."""
    parameters = instance.parameters
    names = [name for name in ALIAS_PARAMETERS if _has_file(instance, name)]
    if any(row.command == "postscreen" for row in rows):
        names.append("postscreen_cache_map")
    if any("unverified" in place.text for place in found):
        names.append("address_verify_map")
    for name in names:
        default = parameters.default(name)
        if parameters.get(name) is None and default:
            yield Place(name, default, None, is_set=False)


def _has_file(instance: Instance, name: str) -> bool:
    try:
        found = specs(instance.parameters.expanded(name))
    except ParameterError:
        return False
    return any(instance.files.stamp(spec.path) is not None for spec in found)


def uses(
    instance: Instance, found: Sequence[Place] | None = None, types: Collection[str] = BERKELEY
) -> list[Use]:
    """Every table of these types that is named, in the order in which it first is. Raises ParameterError."""
    named: dict[Spec, list[Place]] = {}
    for place in places(instance) if found is None else found:
        for spec in place.specs(instance):
            if spec.type not in types or spec.path.endswith("/"):
                continue  # what a name of the admin's own begins with: whoever uses it names the table
            if place not in named.setdefault(spec, []):
                named[spec].append(place)
    return [Use(spec, tuple(who)) for spec, who in named.items()]


def _split(service: str) -> tuple[str, str]:
    name, _, kind = service.rpartition("/")
    return name, kind
