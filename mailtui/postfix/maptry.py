"""An address tried on the live tables of a parameter by `postmap -q`, key by key as Postfix asks.

    tried = try_address(instance, "transport_maps", "jean@sub.example")
    tried.answers           # (key, table, value or None) in order, the last one answered if `tried.found`

What is asked is the compiled table on the disk: a staged or not yet compiled entry is not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailtui import commands
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import PATTERNS, Lookup
from mailtui.postfix.mapkeys import asked, example
from mailtui.postfix.mapkinds import MAP_KINDS
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import decode, safe


class Asked(NamedTuple):
    """One question. `value` None: the table has no such key."""

    key: str
    table: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What was asked, in order, and what came of it."""

    address: str
    answers: tuple[Asked, ...]

    @property
    def found(self) -> Asked | None:
        """The question that was answered: Postfix asks no further."""
        return self.answers[-1] if self.answers and self.answers[-1].value is not None else None


def try_address(
    instance: Instance, parameter: str, text: str, tables: Sequence[Lookup] | None = None
) -> Tried:
    """Ask the tables of a parameter (or these of them) for an address, a key of such a table, or a domain.

    Raises InstanceError where a table cannot be asked: Postfix defers the mail then.
    """
    resolver = Resolver(instance)
    kind = MAP_KINDS.get(parameter)
    address = example(kind.keys if kind is not None else "address", text.strip(), resolver)
    lookups = instance.lookups(parameter) if tables is None else tables
    answers: list[Asked] = []
    for key, full in asked(parameter, address, resolver):
        for lookup in lookups:
            if not full and lookup.type in PATTERNS:
                continue
            answers.append(Asked(key, lookup.spec, ask(instance, lookup, key)))
            if answers[-1].value is not None:
                return Tried(address, tuple(answers))
    return Tried(address, tuple(answers))


def ask(instance: Instance, lookup: Lookup, key: str) -> str | None:
    """What the live table answers to exactly this key. Raises InstanceError."""
    try:
        result = commands.ask(["postmap", "-c", instance.config_dir, "-q", key, lookup.spec])
    except commands.CommandError as error:
        raise InstanceError(str(error)) from None
    if result.status not in {0, 1} or (not result.ok and result.err.strip()):
        raise InstanceError(f"{safe(lookup.spec)}: {result.words}")
    return decode(result.out.removesuffix(b"\n")) if result.ok else None
