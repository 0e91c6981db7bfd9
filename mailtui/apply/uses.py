"""Which configuration values name which table: what must be compiled, and who must hear of a change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailtui.formats.target import Target
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import main_cf, master_cf
from mailtui.postfix.instance import Instance

INDEXED = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm")
"""Types that a program compiles, and whose change daemons notice by themselves (DATABASE_README)."""
AT_START = ("texthash", "regexp", "pcre", "cidr")
"""Types that a process reads once, when it starts: a change needs a reload."""

_SPEC = re.compile(rf"(?<![\w:/.-])({'|'.join((*INDEXED, *AT_START))}):(/[^\s,{{}}]+)")
_DEFAULTS = ("alias_maps", "alias_database")
"""Parameters whose built-in default names a file."""
_SECRET_NAME = re.compile(r"_password_maps$")
_SECRET_FILE = re.compile(r"passw|secret|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Use:
    """A table as parameters name it. `named_by` are their names, a service's own as `smtp/inet: name`."""

    type: str
    path: str
    named_by: tuple[str, ...]

    @property
    def spec(self) -> str:
        return f"{self.type}:{self.path}"

    @property
    def indexed(self) -> bool:
        return self.type in INDEXED


def _values(instance: Instance) -> Iterator[tuple[str, str]]:
    """Every value in force that may name a table, with the name it goes by."""
    parameters = instance.parameters
    document = main_cf(instance.files, instance.main)
    for name in dict.fromkeys([*(found.name for found in document.parameters), *_DEFAULTS]):
        try:
            yield name, parameters.expanded(name)
        except ParameterError:  # a broken macro: what is written may still name a table
            yield name, parameters.get(name) or ""
    try:
        services = master_cf(instance.files, instance.master).services
    except FileNotFoundError:
        return
    for service in services:
        if not service.enabled:
            continue
        called = f"{service.name}/{service.type}"
        own = parameters.service(service.name, service.type)
        for name in own.options:
            try:
                yield f"{called}: {name}", own.expanded(name)
            except ParameterError:
                yield f"{called}: {name}", own.options[name]


def all_uses(instance: Instance) -> tuple[Use, ...]:
    """Every table file that main.cf and master.cf name, in the order in which they do."""
    named: dict[tuple[str, str], list[str]] = {}
    for name, value in _values(instance):
        for kind, path in _SPEC.findall(value):
            users = named.setdefault((kind, path), [])
            if name not in users:
                users.append(name)
    return tuple(Use(kind, path, tuple(users)) for (kind, path), users in named.items())


def of_file(uses: Iterable[Use], target: Target) -> tuple[Use, ...]:
    """The tables whose text is the target's file: all that are named, and the target's own type."""
    real = os.path.realpath(target.path)
    found = {use.spec: use for use in uses if os.path.realpath(use.path) == real}
    if target.type and target.spec not in found:
        found[target.spec] = Use(target.type, target.path, ())
    return tuple(found.values())


def is_secret(target: Target, uses: Iterable[Use]) -> bool:
    """Whether the file holds passwords: a `*_password_maps` table, or one whose name says so."""
    if target.format not in {"table", "aliases"}:
        return False
    if _SECRET_FILE.search(target.name):
        return True
    return any(_SECRET_NAME.search(name) for use in uses for name in use.named_by)
