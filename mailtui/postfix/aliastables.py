"""The tables in which an instance keeps aliases: virtual_alias_maps and alias_maps, in Postfix's order; and,
one parameter at a time, those by which it rewrites and routes (`MAP_KINDS`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mailtui.formats.target import Target
from mailtui.postfix.addresses import Rules
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.lastcopies import answered_by, last_copy
from mailtui.postfix.lookups import PATTERNS, Lookup
from mailtui.postfix.mapkinds import MAP_KINDS, MapKind
from mailtui.postfix.rules import rules_of
from mailtui.text.safe import safe

Role = Literal["virtual", "local", "map"]

_ROLES: tuple[tuple[str, Role], ...] = (("virtual_alias_maps", "virtual"), ("alias_maps", "local"))
_REFERRING = ("virtual_alias_maps", "virtual_alias_domains", "alias_maps", "alias_database")
"""Parameters that are told of when they name a table; the maps themselves first."""

_PATTERN_NOTE = "its patterns are shown here, and changed by mailtui table set {} PATTERN RESULT"


@dataclass(frozen=True, slots=True)
class AliasTable:
    """One table of aliases."""

    lookup: Lookup
    parameters: tuple[str, ...]
    """The parameters that name it."""
    role: Role
    """`virtual`: whole addresses (virtual(5)). `local`: names of local(8) (aliases(5)). `map`: see `kind`."""
    target: Target | None
    """The text to list; also that of patterns, which are only shown. None where there is no text."""
    editable: bool
    note: str = ""
    """Why it cannot be edited, or what keeps it from counting: not compiled, no file, never matched."""
    is_error: bool = False
    """Whether the note tells of something that is wrong."""
    kind: MapKind | None = None
    """What it is asked for, where it holds no aliases: its values are then one text each."""

    @property
    def name(self) -> str:
        """The table in a list's column: the last part of its path, else the whole item."""
        return self.target.name if self.target is not None else self.lookup.written

    @property
    def spec(self) -> str:
        """The table as the parameter names it."""
        return self.lookup.written


class AliasTables:
    """The alias tables of an instance, those searched first above."""

    def __init__(self, tables: tuple[AliasTable, ...], rules: Rules) -> None:
        self.tables = tables
        self.rules = rules

    def __iter__(self) -> Iterator[AliasTable]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    @classmethod
    def of(cls, instance: Instance) -> AliasTables:
        """What virtual_alias_maps and alias_maps name now. Raises ParameterError."""
        named: dict[str, list[str]] = {}
        for parameter in _REFERRING:
            for lookup in instance.lookups(parameter):
                named.setdefault(lookup.spec, []).append(parameter)
        found: dict[str, AliasTable] = {}
        for parameter, role in _ROLES:
            for lookup in instance.lookups(parameter):
                if lookup.spec not in found:
                    names = tuple(dict.fromkeys(named[lookup.spec]))
                    found[lookup.spec] = _table(instance, lookup, names, role)
        return cls(tuple(found.values()), rules_of(instance))

    @classmethod
    def of_maps(cls, instance: Instance, parameter: str) -> AliasTables:
        """The tables that one of `MAP_KINDS` names now. Raises ParameterError."""
        found: dict[str, AliasTable] = {}
        for lookup in instance.lookups(parameter):
            if lookup.spec not in found:
                found[lookup.spec] = _table(instance, lookup, (parameter,), "map", MAP_KINDS[parameter])
        return cls(tuple(found.values()), rules_of(instance))

    def by_target(self, target: Target) -> AliasTable | None:
        """The table whose text this is."""
        return next((table for table in self.tables if table.target == target), None)

    def by_spec(self, spec: str) -> AliasTable | None:
        """The table that a parameter, or someone at the command line, calls so."""
        return next((table for table in self.tables if spec in {table.spec, table.lookup.spec}), None)


def targets_of(instance: Instance) -> list[Target]:
    """The texts of the tables that hold aliases. Raises ParameterError."""
    found = (lookup for parameter, _ in _ROLES for lookup in instance.lookups(parameter))
    return [lookup.target for lookup in found if lookup.editable and lookup.target is not None]


def access_table(
    instance: Instance, lookup: Lookup, parameters: tuple[str, ...], kind: MapKind
) -> AliasTable:
    """A table that a restriction asks."""
    return _table(instance, lookup, parameters, "map", kind)


def maps_in_use(instance: Instance) -> tuple[str, ...]:
    """Those of `MAP_KINDS` that name a table, or whose value cannot be read: opening its list says why."""
    return tuple(parameter for parameter in MAP_KINDS if _names_table(instance, parameter))


def _names_table(instance: Instance, parameter: str) -> bool:
    try:
        return bool(instance.lookups(parameter))
    except ParameterError:
        return True


def _table(
    instance: Instance, lookup: Lookup, parameters: tuple[str, ...], role: Role, kind: MapKind | None = None
) -> AliasTable:
    table = AliasTable(lookup, parameters, role, lookup.target, lookup.editable, kind=kind)
    if role == "map" and lookup.program == "postalias" and lookup.editable:
        note = "is written as aliases(5) and compiled by postalias: its entries are among the aliases"
        return replace(table, target=None, editable=False, note=note)
    if lookup.type == "texthash" and role == "local" and lookup.editable:
        note = (
            "nothing in it is ever found: texthash keeps the colon in the keys; "
            f"name it as hash:{safe(lookup.path)} and run postalias"
        )
        target = Target("aliases", lookup.path, lookup.type)
        return replace(table, target=target, editable=False, note=note, is_error=True)
    if lookup.type in PATTERNS and lookup.has_file:
        target = Target("table", lookup.path, lookup.type)
        changed = _PATTERN_NOTE.format(safe(lookup.spec))
        return _with_state(instance, replace(table, target=target, note=f"{lookup.how}; {changed}"))
    if not lookup.editable:
        return replace(table, note=lookup.how, is_error=bool(lookup.error))
    return _with_state(instance, table)


def _with_state(instance: Instance, table: AliasTable) -> AliasTable:
    """The table with a note on what its files lack."""
    lookup = table.lookup
    try:
        instance.files.raw(lookup.path)
    except FileNotFoundError:
        copy = last_copy(lookup)
        if copy:
            return replace(table, note=answered_by(lookup, copy), is_error=True)
        first = "the first entry makes it" if table.kind is not None else "the first alias makes it"
        what = first if table.editable else "Postfix cannot open the table"
        return replace(table, note=f"{safe(lookup.path)} does not exist; {what}", is_error=not table.editable)
    except OSError as error:
        note = problem_words(error, lookup.path, table.parameters[0])
        return replace(table, note=note, is_error=True, editable=False)
    compiled = lookup.compiled()
    if compiled is None:
        return table
    if not compiled.exists:
        note = f"not compiled: {lookup.program} {safe(lookup.spec)} makes it count"
        return replace(table, note=note, is_error=True)
    if compiled.older:
        note = f"saved after it was last compiled: {lookup.program} {safe(lookup.spec)} makes it count"
        return replace(table, note=note)
    return table
